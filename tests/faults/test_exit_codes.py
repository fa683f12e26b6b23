"""A command that cannot go on says in a sentence what to do, and has an exit code for it."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, OperationalError

from quicktakes.command_line import ExitCode, explained
from tests.conftest import FIXTURES, ROOT

from .conftest import environment


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(url), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (
            OperationalError("deadlock detected\nDETAIL: Process 1 waits"),
            ExitCode.DATABASE,
            "run the same command",
        ),
        (OperationalError("database is locked"), ExitCode.DATABASE, "does not answer"),
        (OperationalError("server closed the connection unexpectedly"), ExitCode.DATABASE, "does not answer"),
        (OperationalError("database or disk is full"), ExitCode.DISK, "no room"),
        (OperationalError("could not extend file: No space left on device"), ExitCode.DISK, "no room"),
        (OSError(errno.ENOSPC, "No space left on device", "page.html"), ExitCode.DISK, "no room"),
        (OSError(errno.EROFS, "Read-only file system"), ExitCode.DISK, "no room"),
        (OperationalError("attempt to write a readonly database"), ExitCode.DISK, "may not be written"),
        (DatabaseError("database disk image is malformed"), ExitCode.DATABASE, "damaged"),
        (TypeError("a fault of ours"), ExitCode.CRASH, "--traceback"),
    ],
)
def test_each_kind_has_its_code_and_its_advice(error: Exception, code: ExitCode, says: str) -> None:
    ended, text = explained(error)
    assert ended == code
    assert says in text
    assert "DETAIL" not in text


def test_a_damaged_database_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    path.write_bytes(b"this is no database at all " * 100)
    done = run(f"sqlite:///{path}", "import_articles", str(FIXTURES / "articles"))
    assert done.returncode == ExitCode.DATABASE
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert run(
        f"sqlite:///{path}", "import_articles", str(FIXTURES / "articles"), "--traceback"
    ).stderr.count("Traceback")


def test_a_database_that_is_not_there_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    done = run(f"postgres://nobody@{str(tmp_path).replace('/', '%2F')}/none", "check_content")
    assert done.returncode == ExitCode.DATABASE, done.stderr
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr
