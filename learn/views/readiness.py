"""Readiness: what has to work before a load balancer sends visitors to this process (/readyz)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from learn.db import state

_up_to_date: set[str] = set()  # databases whose migrations were found complete; they stay so for this process


def problems() -> Iterator[str]:
    """A line for each thing that is wrong; none where all is well."""
    try:
        if connection.alias not in _up_to_date:
            executor = MigrationExecutor(connection)
            if pending := executor.migration_plan(executor.loader.graph.leaf_nodes()):
                yield f"{len(pending)} migrations have not run"
                return
            _up_to_date.add(connection.alias)
        if state.read() is None:
            yield "the row of the site's state is missing: run `manage.py migrate`"
    except DatabaseError as error:
        yield f"the database does not answer: {type(error).__name__}"
