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
    binaries = server_binaries()
    if binaries is None:
        raise FileNotFoundError("PostgreSQL's server is not installed (Debian: apt install postgresql).")
    account: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="learn-postgresql-") as folder:
        data = data or Path(folder, "data")
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if account:
            shutil.chown(folder, **account)
            shutil.chown(data, **account)
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

        def run(name: str, *arguments: str) -> None:
            subprocess.run(
                [str(binaries / name), "--pgdata", str(data), *arguments],
                check=True, stdout=subprocess.DEVNULL, cwd=folder, env=environment, **account,
            )  # fmt: skip

        if not (data / "PG_VERSION").exists():
            run("initdb", "--username", "learn", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        options = " ".join(f"-c {setting}" for setting in ("listen_addresses=''", *settings))
        run(
            "pg_ctl", "--wait", "--silent", "--timeout", "300", "--log", f"{folder}/log",
            "--options", f"-k {folder} {options}", "start",
        )  # fmt: skip
        try:
            yield f"postgres://learn@{quote(folder, safe='')}/postgres"
        finally:
            mode = "immediate" if data.is_relative_to(folder) else "fast"
            run("pg_ctl", "--wait", "--silent", "--mode", mode, "stop")


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
