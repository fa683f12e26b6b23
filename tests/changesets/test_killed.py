"""A worker that is killed leaves nothing half done: the next one goes on, and no article is done twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests import postgresql
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.any_database]  # of databases of its own
KILLS = int(os.environ.get("FAULT_KILLS", "1"))  # of each kind of set; 20 in `make faults`, which tries all
USUAL = (("move", "sqlite"), ("replace", "sqlite"), ("merge", "sqlite"), ("replace", "postgresql"))
ARTICLES = 90

MAKE = """
import django; django.setup()
from tests.changesets.scenes import SCENES, library
from learn.changesets import making, running
library({articles})
change_set = SCENES[{scene!r}]()
while change_set.state == "checking":
    running.check_some(change_set.pk); change_set.refresh_from_db()
assert making.confirm(change_set, change_set.ready), (change_set.state, change_set.message)
"""
WORK = ["manage.py", "run_change_sets"]
ROWS = (
    """select a.slug, s.slug, status, no_index, question, answer, a.description, a.version, is_indexable,
        subject_label, canonical_id from learn_article a join learn_subject s on s.id = a.subject_id order by a.id""",
    "select slug, title from learn_subject order by slug",
    """select r.old_path, r.new_path, a.slug, s.slug from learn_redirect r left join learn_article a
        on a.id = r.target_id left join learn_subject s on s.id = a.subject_id order by old_path""",
    "select article_id, position, title, url, target_id from learn_relatedlink order by article_id, position",
    "select id, version, answer, status, history_change_reason from learn_revision order by id, history_id",
    "select article_key, path, state, before, after from learn_changeitem order by id",
    "select state, done, changed, unchanged, refused from learn_changeset order by id",
)


class Databases(Protocol):
    """Databases that are copied as a whole; `name` is the first, migrated and empty."""

    def url(self, name: str) -> str: ...

    def copy(self, name: str, to: str) -> None: ...

    def rows(self, name: str) -> list[list[tuple[object, ...]]]: ...


class SQLite:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.sqlite3"

    def _open(self, name: str) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self.folder / f"{name}.sqlite3"))

    def copy(self, name: str, to: str) -> None:
        with self._open(name) as one, self._open(to) as other:
            one.backup(other)

    def rows(self, name: str) -> list[list[tuple[object, ...]]]:
        with self._open(name) as connection:
            return [list(connection.execute(query)) for query in ROWS]


class PostgreSQL:
    def __init__(self, url: str) -> None:
        self.server = urlsplit(url)

    def url(self, name: str) -> str:
        return urlunsplit(self.server._replace(path=f"/{name}"))

    def copy(self, name: str, to: str) -> None:
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{to}" TEMPLATE "{name}"')

    def rows(self, name: str) -> list[list[tuple[object, ...]]]:
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(self.url(name)) as connection:
            return [connection.execute(query).fetchall() for query in ROWS]


def start(databases: Databases, name: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DATABASE_URL": databases.url(name),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
        "LOG_LEVEL": "ERROR",
    }
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )


def run(databases: Databases, name: str, *arguments: str) -> float:
    """Seconds from the first line that the command says to its end."""
    with start(databases, name, *arguments) as process:
        assert process.stdout is not None
        process.stdout.readline()
        began = time.monotonic()
        process.wait()
    assert process.returncode == 0
    return time.monotonic() - began


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    databases = SQLite(tmp_path_factory.mktemp("killed"))
    run(databases, "empty", "manage.py", "migrate", "-v", "0")
    return databases


@pytest.fixture(scope="module")
def postgresql_server() -> Iterator[Databases]:
    if postgresql.server_binaries() is None:
        pytest.skip("PostgreSQL's server is not installed")
    with postgresql.cluster(*postgresql.FORGETFUL) as url:
        databases = PostgreSQL(url)
        databases.copy("template0", "empty")
        run(databases, "empty", "manage.py", "migrate", "-v", "0")
        yield databases


def scenes() -> list[tuple[str, str]]:
    from tests.changesets.scenes import SCENES  # noqa: PLC0415 needs the models

    if "FAULT_KILLS" not in os.environ:
        return [*USUAL]
    return [(scene, vendor) for scene in sorted(SCENES) for vendor in ("sqlite", "postgresql")]


@pytest.mark.parametrize(("scene", "vendor"), scenes())
def test_killed_at_any_moment_and_gone_on_with_it_equals_an_undisturbed_run(
    scene: str, vendor: str, request: pytest.FixtureRequest
) -> None:
    databases: Databases = request.getfixturevalue(
        {"sqlite": "sqlite", "postgresql": "postgresql_server"}[vendor]
    )
    clean, killed = f"{scene}-clean", f"{scene}-killed"
    databases.copy("empty", clean)
    run(databases, clean, "-c", MAKE.format(articles=ARTICLES, scene=scene))
    databases.copy(clean, killed)
    duration = run(databases, clean, *WORK)
    chance = random.Random(scene)  # noqa: S311 repeatable moments, no secret
    for _ in range(KILLS):
        with start(databases, killed, *WORK) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "working\n"
            time.sleep(duration * chance.uniform(0.0, 1.5 / KILLS))
            process.send_signal(signal.SIGKILL)
    run(databases, killed, *WORK)
    assert databases.rows(killed) == databases.rows(clean)
