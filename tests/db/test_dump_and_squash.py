"""`dumpdata`, `loaddata` and `squashmigrations` work as on any Django site."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings

from learn import migrations as present
from learn.db import counts, state
from learn.models import Article, SiteState, Subject
from learn.search import backends
from tests.db.filling import fill
from tests.db.test_migrations import NAMES, contents, found_by_search, migrate, models_of, schema
from tests.factories import make_article, make_link

pytestmark = pytest.mark.django_db


def to_milliseconds(found: dict[str, dict[str, list[str]]]) -> str:
    """What Django's dump of JSON keeps of a moment."""
    kept = re.sub(r"(\d\d:\d\d:\d\d\.\d{3})\d{3}", r"\1", repr(found))
    return kept.replace(".000", "")  # which is not written where it comes back


def empty(database: BaseDatabaseWrapper) -> None:
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    else:
        database.close()
        for path in Path(str(database.settings_dict["NAME"])).parent.glob("scratch.sqlite3*"):
            path.unlink()


def test_a_dump_is_loaded_into_an_empty_database(scratch: BaseDatabaseWrapper, tmp_path: Path) -> None:
    call_command("migrate", verbosity=0)
    first = make_article(question="What is zirconium?")
    make_link(first, make_article(subject="biology", no_index=True))
    first.answer = "An element."
    first.save()  # a revision
    make_article(subject="biology", status=Article.Status.DRAFT)
    fill(models_of(apps))
    before = to_milliseconds(contents(models_of(apps)))
    counted, generation = counts.of_subjects(), SiteState.objects.get().generation
    dump = tmp_path / "dump.json"
    call_command("dumpdata", output=str(dump), verbosity=0)

    empty(scratch)
    call_command("migrate", verbosity=0)
    assert not Subject.objects.exists()
    for _again in range(2):  # over itself, too
        call_command("loaddata", str(dump), verbosity=0)
        assert to_milliseconds(contents(models_of(apps))) == before
        assert counts.of_subjects() == counted
        assert found_by_search("zirconium") == 1
        backends.of(connection).check(connection)
        assert SiteState.objects.get().generation != generation
    present_state = state.read()
    article = Article.objects.get(pk=first.pk)
    article.question = "What is beryllium?"
    article.save()
    assert state.read() != present_state
    assert make_article().pk > article.pk


def test_the_migrations_can_be_squashed(scratch: BaseDatabaseWrapper, tmp_path: Path) -> None:
    migrate(NAMES[-1])
    expected = schema()
    copied = tmp_path / "copied"
    shutil.copytree(Path(str(present.__file__)).parent, copied, ignore=shutil.ignore_patterns("__pycache__"))
    script = (
        "import django, sys; sys.path.insert(0, sys.argv[1])\n"
        "from django.conf import settings; settings.MIGRATION_MODULES = {'learn': 'copied'}; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('squashmigrations', 'learn', '0001', sys.argv[2], squashed_name='whole', interactive=False)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), NAMES[-1]],
        env=environment, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Manual porting" not in done.stdout
    (squashed,) = copied.glob("*whole.py")
    for path in copied.glob("0*.py"):
        if path != squashed:
            path.unlink()
    migrate("zero")
    sys.path.insert(0, str(tmp_path))
    try:
        with override_settings(MIGRATION_MODULES={"learn": "copied"}):
            call_command("migrate", "learn", verbosity=0)
            assert set(expected) <= set(schema())
            # Made and dropped in one migration: PostgreSQL's schema editor makes it last, and so it stays.
            spare = {name for name, *_rest in set(schema()) - set(expected)}
            assert spare <= {"learn_article_subject_id_a88470da"}
            make_article(question="What is zirconium?")
            assert found_by_search("zirconium") == 1
    finally:
        sys.path.remove(str(tmp_path))
