"""How Django speaks to the database that a URL names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url


def settings_of(address: str, folder: Path) -> dict[str, Any]:
    """The settings of the database at this URL; a relative file stands in `folder`."""
    url: dict[str, Any] = {**dj_database_url.parse(address)}
    url = {**url, "ENGINE": url["ENGINE"].replace("django.db.backends.", "learn.db.backends.")}
    if not url["ENGINE"].endswith("sqlite3"):
        # learn.db.backends.postgresql.pool: DATABASE_POOL_SIZE for articles, half of it for the search, half for the
        # admin. Processes x 2 x DATABASE_POOL_SIZE must stay below PostgreSQL's max_connections.
        return {**url, "OPTIONS": {**url.get("OPTIONS", {}), "pool": True}}
    url["NAME"] = str(folder / url["NAME"])  # wherever a command is started
    # IMMEDIATE: a writer waits for its turn instead of failing when it upgrades from a read.
    # mmap stays off: with it a passing WAL fault can become a lasting one.
    # The log goes into the database every 32 MB, not every 4: an import writes the same pages of its indexes again and
    # again, and 5 % of its time went into copying them each time.
    return {
        **url,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,  # seconds
            "init_command": (
                "PRAGMA journal_mode=WAL;"
                "PRAGMA synchronous=NORMAL;"
                "PRAGMA wal_autocheckpoint=8000;"
                "PRAGMA cache_size=-20000;"
                "PRAGMA temp_store=MEMORY;"
                "PRAGMA journal_size_limit=67108864;"
            ),
        },
    }
