"""Everything moves from SQLite to PostgreSQL, or nothing does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests import postgresql
from tests.conftest import FIXTURES

from .conftest import manage

psycopg = pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def empty_url() -> Iterator[str]:
    if postgresql.server_binaries() is None:
        pytest.skip("PostgreSQL's server is not installed")
    with postgresql.cluster(*postgresql.FORGETFUL) as url:
        assert manage(url, "migrate", "-v0").returncode == 0
        yield url


def file_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


def test_everything_moves_to_the_microsecond(sqlite_url: str, empty_url: str) -> None:
    path = file_of(sqlite_url)
    with closing(sqlite3.connect(path)) as source, source:
        moments = source.execute(
            "SELECT slug, created_at, question FROM learn_article ORDER BY id"
        ).fetchall()
    done = manage(empty_url, "move_database", path)
    assert done.returncode == 0, done.stderr
    assert "moved and compared" in done.stdout
    with psycopg.connect(empty_url) as target:
        target.execute("SET TimeZone = 'UTC'")
        moved = target.execute(
            "SELECT slug, to_char(created_at, 'YYYY-MM-DD HH24:MI:SS.US'), question FROM learn_article ORDER BY id"
        ).fetchall()
        assert moved == moments
        triggers = "SELECT COUNT(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'"
        assert target.execute(triggers).fetchone() == (0,), "every trigger is on again"
    # Rows that come later get keys of their own, and the search follows.
    done = manage(empty_url, "import_articles", str(FIXTURES / "articles"), "--force", "-v0")
    assert done.returncode == 0, done.stderr


def test_a_database_that_holds_articles_is_not_emptied_unasked(sqlite_url: str, postgresql_url: str) -> None:
    done = manage(postgresql_url, "move_database", file_of(sqlite_url))
    assert done.returncode == 1
    assert "--replace" in done.stderr
    done = manage(postgresql_url, "move_database", file_of(sqlite_url), "--replace")
    assert done.returncode == 0, done.stderr


def test_what_postgresql_cannot_hold_is_named_and_nothing_is_moved(
    sqlite_url: str, postgresql_url: str
) -> None:
    path = file_of(sqlite_url)
    with closing(sqlite3.connect(path)) as source, source:
        source.execute("UPDATE learn_article SET question = 'a' || char(0) || 'b' WHERE id = 1")
    count = "SELECT COUNT(*) FROM learn_article"
    with psycopg.connect(postgresql_url, autocommit=True) as target:
        before = target.execute(count).fetchone()
        done = manage(postgresql_url, "move_database", path, "--replace")
        assert done.returncode == 1
        assert "Nothing was moved. learn_article, after row" in done.stderr
        assert target.execute(count).fetchone() == before


def test_says_what_is_no_database(tmp_path: Path, postgresql_url: str) -> None:
    (tmp_path / "text").write_text("no database" * 100)
    for path in (tmp_path / "text", tmp_path / "nothing"):
        done = manage(postgresql_url, "move_database", str(path))
        assert done.returncode == 1
        assert str(path) in done.stderr
        assert "Traceback" not in done.stderr
