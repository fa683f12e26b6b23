"""PostgreSQL: the search index is made anew while people search and read."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT

from .conftest import environment

psycopg = pytest.importorskip("psycopg")

READ = "SELECT (SELECT COUNT(*) FROM learn_search), (SELECT COUNT(*) FROM learn_article)"
REPAIR = "import django; django.setup(); from learn import search; search.repair_index()"
LOAD = """
import django; django.setup()
from learn import search
from learn.models import Article
search.BULK = 1
with search.bulk_load(Article.objects.count()):
    for article in Article.objects.all():
        article.question += " "
        article.save()
"""


@pytest.mark.parametrize("work", [REPAIR, LOAD])
def test_nobody_waits_for_a_rebuild_behind_a_long_search(postgresql_url: str, work: str) -> None:
    """A long search holds the tables; who comes after it must not wait for who wants to change them."""
    with psycopg.connect(postgresql_url, autocommit=True) as reader, psycopg.connect(postgresql_url) as long:
        if work is REPAIR:
            reader.execute("COMMENT ON TABLE learn_search IS 'of an older form'")
        reader.execute("SET lock_timeout = '5s'")  # of itself alone: a timeout is the failure
        long.execute(READ)
        repair = subprocess.Popen([sys.executable, "-c", work], cwd=ROOT, env=environment(postgresql_url))
        try:
            reads = 0
            while reads < 50 and repair.poll() is None:
                reader.execute(READ)
                # From then on it tries to put the new table in its place, a few times a second.
                reads += reader.execute("SELECT to_regclass('learn_search_shadow')").fetchone() != (None,)
                time.sleep(0.02)
            long.rollback()
            assert repair.wait(60) == 0
            assert reads == 50
        finally:
            repair.kill()
        counts = reader.execute(READ).fetchone()
        assert counts[0] == counts[1] > 0


def test_what_is_written_during_a_rebuild_is_found(postgresql_url: str) -> None:
    """An editor's save after the new table was filled and before it takes its place."""
    script = """
import django; django.setup()
from django.db import connection
from learn import search
from learn.models import Article
from learn.search import backends, shadow
catch_up = shadow._catch_up
first, second = Article.objects.all()[:2]
def edited(*arguments):
    shadow._catch_up = catch_up
    first.question = "What does the quokka eat?"
    first.save()
    second.delete()
    return catch_up(*arguments)
shadow._catch_up = edited
search.rebuild()
backends.of(connection).check(connection)
assert search.is_complete()
assert search.article_ids("quokka") == [first.pk]
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        check=False,
        env=environment(postgresql_url),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_a_load_that_was_killed_is_completed_by_the_next(postgresql_url: str) -> None:
    script = """
import django, os, signal; django.setup()
from learn import search
from learn.models import Article
search.BULK = 1
with search.bulk_load(Article.objects.count()):
    Article.objects.all().update(question="Whose zyzzyva is it?")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    run = [sys.executable, "-c"]
    killed = subprocess.run([*run, script], cwd=ROOT, env=environment(postgresql_url), check=False)
    assert killed.returncode == -9
    check = """
import django; django.setup()
from django.db import connection
from learn import search
from learn.models import Article
from learn.search import backends
assert not search.is_complete()
assert not search.article_ids("zyzzyva"), "the old index answers"
search.repair_index()
backends.of(connection).check(connection)
assert len(search.article_ids("zyzzyva")) == Article.objects.count() > 0
"""
    done = subprocess.run(
        [*run, check], cwd=ROOT, env=environment(postgresql_url), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
