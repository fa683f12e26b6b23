"""Sites to measure, as production runs them: on SQLite and on PostgreSQL, each with a database of its own."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from tests.postgresql import cluster

from .cost import Cost, python, run
from .serving import Server, serving

SERVER = [sys.executable, "-m", "quicktakes.server", "--bind", "127.0.0.1:{port}"]
# As a server is set up that has the machine to itself: its memory is half of what PostgreSQL is told there is.
POSTGRESQL = (
    "shared_buffers=1GB", "effective_cache_size=4GB", "work_mem=32MB", "maintenance_work_mem=512MB",
    "max_wal_size=8GB", "random_page_cost=1.1", "jit=off",
)  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A site on the database at `url`; what it writes besides stands in `folder`."""

    where: str
    url: str
    folder: Path
    key: str = field(default_factory=lambda: secrets.token_hex(32))

    def environment(self, **variables: str) -> dict[str, str]:
        return {
            "DEBUG": "false",
            "SECRET_KEY": self.key,
            "SITE_URL": "http://127.0.0.1",
            "DATABASE_URL": self.url,
            "CARDS_DIR": str(self.folder / "cards"),
            "LOG_LEVEL": "ERROR",
            "RATE_LIMITS": "false",  # all requests come from one address
            **variables,
        }

    def manage(self, *arguments: str | Path, **variables: str) -> Cost:
        """Run a command of manage.py; raises CommandFailedError where it fails."""
        return run(python("manage.py", *arguments), self.environment(**variables))

    def facts(self) -> Mapping[str, Any]:
        """What `bench.facts` tells of its content."""
        facts: Mapping[str, Any] = json.loads(run(python("-m", "bench.facts"), self.environment()).output)
        return facts

    def served(self, *, processes: int = 2, **variables: str) -> AbstractContextManager[Server]:
        """The site, as `make serve` runs it."""
        environment = self.environment(WEB_CONCURRENCY=str(processes), **variables)
        return serving(SERVER, "/readyz", environment)


class Database(Protocol):
    """Where sites keep what they hold. `site` gives one with an empty, migrated database, or a kept one."""

    name: str

    def site(self, label: str, *, is_kept: bool = False) -> tuple[Site, bool]:
        """A site with the database `label`, and whether it was kept by an earlier run; the others begin empty."""

    def size(self, site: Site) -> float:
        """Megabytes of the site's database."""

    def version(self) -> str: ...


class SQLite:
    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def site(self, label: str, *, is_kept: bool = False) -> tuple[Site, bool]:
        path = self.folder / f"{label}.sqlite3"
        if not is_kept:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
        was_there = path.exists()
        site = Site(self.name, f"sqlite:///{path}", self.folder)
        site.manage("migrate", "--verbosity=0")
        return site, was_there

    def size(self, site: Site) -> float:
        return Path(site.url.removeprefix("sqlite:///")).stat().st_size / 1e6

    def version(self) -> str:
        import sqlite3  # noqa: PLC0415

        return sqlite3.sqlite_version


class PostgreSQL:
    name = "PostgreSQL"

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    def site(self, label: str, *, is_kept: bool = False) -> tuple[Site, bool]:
        database = f"bench_{label}".replace("-", "_")
        was_there = bool(self._ask("SELECT 1 FROM pg_database WHERE datname = %s", database))
        if was_there and not is_kept:
            self._ask(f'DROP DATABASE "{database}" WITH (FORCE)')
        if not was_there or not is_kept:
            self._ask(f'CREATE DATABASE "{database}"')
        site = Site(self.name, f"{self.url.rpartition('/')[0]}/{quote(database)}", self.folder)
        site.manage("migrate", "--verbosity=0")
        return site, was_there and is_kept

    def size(self, site: Site) -> float:
        ((size,),) = self._ask("SELECT pg_database_size(%s)", site.url.rpartition("/")[2])
        return float(size) / 1e6

    def settle(self, site: Site) -> None:
        """What autovacuum does a minute after a load: without it, the planner knows nothing of the rows."""
        self._ask("VACUUM ANALYZE", url=site.url)

    def version(self) -> str:
        ((version,),) = self._ask("SHOW server_version")
        return str(version).split()[0]

    def _ask(self, statement: str, *values: str, url: str = "") -> list[tuple[Any, ...]]:
        import psycopg  # noqa: PLC0415 an extra of the project

        with psycopg.connect(
            (url or self.url).replace("postgres://", "postgresql://"), autocommit=True
        ) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def databases(folder: Path, names: list[str]) -> Iterator[list[SQLite | PostgreSQL]]:
    """The databases of these names, PostgreSQL with a server of its own in `folder`.

    Raises FileNotFoundError where PostgreSQL is asked for and its server is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: list[SQLite | PostgreSQL] = [SQLite(folder)] if "sqlite" in names else []
    if "postgresql" not in names:
        yield found
        return
    with cluster(*POSTGRESQL, data=folder / "postgresql") as url:
        yield [*found, PostgreSQL(folder, url)]
