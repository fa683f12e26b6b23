"""Readiness: what has to work before a load balancer sends visitors to this process (/readyz)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from learn import search
from learn.db import availability, state
from learn.models import Article, Worker

LEAST_FREE = 100 << 20  # bytes; an import writes a log of 64 MB beside SQLite's database

_up_to_date: set[str] = set()  # databases whose migrations were found complete; they stay so for this process


def problems() -> Iterator[str]:
    """A line for each thing that is wrong; none where all is well. Within a second: see learn.db.budgets."""
    yield from _without_room()
    try:
        yield from _of_database()
    except DatabaseError as error:
        availability.is_away(error)  # remembers damage
        yield f"the database does not answer: {availability.reason(error)}"
        return
    try:
        search.suggest("what is")
    except DatabaseError as error:
        cause = availability.reason(error)
        yield f"the search index cannot be read: {cause}; run `manage.py relate_articles --reindex`"
    if trouble := availability.trouble():
        yield f"the database failed a request in the last minute: {trouble}"


def pending_migrations() -> int:
    """How many migrations have not run; looked at until there is none."""
    if connection.alias in _up_to_date:
        return 0
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if not pending:
        _up_to_date.add(connection.alias)
    return pending


def _of_database() -> Iterator[str]:
    if pending := pending_migrations():
        yield f"{pending} migrations have not run"
        return
    for worker in Worker.objects.dead():
        silent = (timezone.now() - worker.seen_at).total_seconds()
        yield f"the worker {worker} has given no sign of life for {silent:.0f} seconds: start it again"
    if state.read() is None:
        yield "the row of the site's state is missing: run `manage.py migrate`"
    # The two ends of the table: a page that is damaged in between shows when it is asked for.
    for order in ("pk", "-pk"):
        Article.objects.order_by(order).only("question", "answer_html").first()


def folders() -> dict[str, Path]:
    """What we write to on this machine: each folder that there is, or the one above it, by what is in it."""
    wanted = {"uploads": Path(settings.UPLOAD_DIR), "cards": Path(settings.CARDS_DIR)}
    if connection.vendor == "sqlite" and (name := Path(str(connection.settings_dict["NAME"]))).exists():
        wanted["database"] = name.parent
    found = {}
    for what, folder in wanted.items():
        if existing := next((path for path in (folder, *folder.parents) if path.exists()), None):
            found[what] = existing
    return found


def _without_room() -> Iterator[str]:
    """Folders that we write to whose disk is full."""
    told: set[int] = set()
    for folder in folders().values():
        if (device := folder.stat().st_dev) in told:
            continue
        if (free := shutil.disk_usage(folder).free) < LEAST_FREE:
            told.add(device)
            yield f"the disk of {folder.name} has {free >> 20} MB left"
