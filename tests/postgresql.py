"""Run a command with DATABASE_URL pointing at a PostgreSQL of its own, thrown away afterwards.

    python tests/postgresql.py COMMAND...

Uses Debian's server binaries on a Unix socket in a temporary folder: no port, no password, no durability.
PostgreSQL refuses to run as root; then the account `postgres`, which Debian's package makes, runs it.
Exit code: the command's; 69 where no server binaries are found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits.h


def server_binaries() -> Path | None:
    """The folder of the newest installed server's initdb and pg_ctl."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    on_path = shutil.which("initdb")
    return versions[0].parent if versions else Path(on_path).parent if on_path else None


# For databases that live as long as a test: nothing is lost that anybody would miss.
FORGETFUL = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "jit=off")


@contextmanager
def cluster(*settings: str, data: Path | None = None) -> Iterator[str]:
    """The URL of a database of a server of its own, run with these `settings` ("jit=off").

    Thrown away afterwards, unless `data` names a folder that keeps it; it is made there where it is missing.
    Raises FileNotFoundError where no server binaries are found.
    """
    with _folder() as folder:
        data = data or Path(folder, "data")
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if account := _account():
            shutil.chown(data, **account)
        if not (data / "PG_VERSION").exists():
            _run("initdb", "--pgdata", data, "--username", "learn", "--auth", "trust", "--encoding", "UTF8",
                 "--no-sync", folder=folder)  # fmt: skip
        with _started(data, folder, settings):
            yield _url(folder)


@contextmanager
def standby(socket: str, *settings: str) -> Iterator[str]:
    """The URL of a copy of the server at the folder `socket` that follows it, as a read replica does."""
    with _folder() as folder:
        data = Path(folder, "data")
        # -R writes what makes the copy a standby of where it was taken from.
        _run("pg_basebackup", "--pgdata", data, "--host", socket, "--username", "learn", "--write-recovery-conf",
             "--checkpoint", "fast", folder=folder)  # fmt: skip
        with _started(data, folder, settings):
            yield _url(folder)


@contextmanager
def _folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="learn-postgresql-") as folder:
        if account := _account():
            shutil.chown(folder, **account)
        yield folder


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; Debian's package makes an account for it."""
    return {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}


def _run(name: str, *arguments: str | Path, folder: str) -> None:
    binaries = server_binaries()
    if binaries is None:
        raise FileNotFoundError("PostgreSQL's server is not installed (Debian: apt install postgresql).")
    subprocess.run(
        [binaries / name, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, **_account(),
    )  # fmt: skip


@contextmanager
def _started(data: Path, folder: str, settings: tuple[str, ...]) -> Iterator[None]:
    """The server of `data`, listening on a socket in `folder` and nowhere else."""
    options = " ".join(f"-c {setting}" for setting in ("listen_addresses=''", *settings))
    _run("pg_ctl", "--pgdata", data, "--wait", "--silent", "--timeout", "300", "--log", f"{folder}/log",
         "--options", f"-k {folder} {options}", "start", folder=folder)  # fmt: skip
    try:
        yield
    finally:
        mode = "immediate" if data.is_relative_to(folder) else "fast"
        _run("pg_ctl", "--pgdata", data, "--wait", "--silent", "--mode", mode, "stop", folder=folder)


def _url(folder: str) -> str:
    return f"postgres://learn@{quote(folder, safe='')}/postgres"


def main(command: list[str]) -> int:
    try:
        with cluster(*FORGETFUL) as url:
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode
    except FileNotFoundError as error:
        sys.stderr.write(f"{error}\n")
        return UNAVAILABLE


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
