"""Servers of the tests' own, which they may stop, lock and fill."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import postgresql
from tests.conftest import FIXTURES, ROOT
from tests.sites import Samples

Manage = Callable[..., subprocess.CompletedProcess[str]]


def environment(database: str, **variables: str) -> dict[str, str]:
    return {
        **os.environ, "DATABASE_URL": database, "SITE_URL": "http://127.0.0.1",
        "SECRET_KEY": "a key for the servers of these tests and for nothing else",
        "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT), **variables,
    }  # fmt: skip


def manage(database: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "django", *arguments]
    return subprocess.run(
        command, env=environment(database, **variables), cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL with the sample articles in it; skipped where no server is installed."""
    if postgresql.server_binaries() is None:
        pytest.skip("PostgreSQL's server is not installed")
    with postgresql.cluster(*postgresql.FORGETFUL) as url:
        for arguments in (
            ["migrate", "--verbosity=0"],
            ["import_articles", str(FIXTURES / "articles"), "-v0"],
        ):
            done = manage(url, *arguments)
            assert done.returncode == 0, done.stderr
        yield url


def database_with(folder: Path, source: Path | None) -> Path:
    """A SQLite database in `folder`, migrated, with the articles of `source` where there is one."""
    path = folder / "db.sqlite3"
    commands = [["migrate", "--verbosity=0"], *([["import_articles", str(source), "-v0"]] if source else [])]
    for arguments in commands:
        done = manage(f"sqlite:///{path}", *arguments)
        assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, samples: Samples) -> str:
    """A SQLite database of this test's own with the sample articles in it."""
    shutil.copy(samples.database(), tmp_path / "db.sqlite3")
    return f"sqlite:///{tmp_path / 'db.sqlite3'}"
