"""Readiness: what has to work before a load balancer sends visitors to this process (/readyz)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from learn import search
from learn.db import availability, state
from learn.models import Article

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


def _of_database() -> Iterator[str]:
    if connection.alias not in _up_to_date:
        executor = MigrationExecutor(connection)
        if pending := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            yield f"{len(pending)} migrations have not run"
            return
        _up_to_date.add(connection.alias)
    if state.read() is None:
        yield "the row of the site's state is missing: run `manage.py migrate`"
    # The two ends of the table: a page that is damaged in between shows when it is asked for.
    for order in ("pk", "-pk"):
        Article.objects.order_by(order).only("question", "answer_html").first()


def _without_room() -> Iterator[str]:
    """Folders that we write to on this machine whose disk is full."""
    folders = [Path(settings.UPLOAD_DIR), Path(settings.CARDS_DIR)]
    if connection.vendor == "sqlite" and (name := Path(str(connection.settings_dict["NAME"]))).exists():
        folders.append(name.parent)
    told: set[int] = set()
    for folder in folders:
        existing = next((path for path in (folder, *folder.parents) if path.exists()), None)
        if existing is None or (device := existing.stat().st_dev) in told:
            continue
        if (free := shutil.disk_usage(existing).free) < LEAST_FREE:
            told.add(device)
            yield f"the disk of {existing.name} has {free >> 20} MB left"
