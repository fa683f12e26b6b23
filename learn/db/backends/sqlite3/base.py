"""SQLite, with triggers that survive the rebuild of a table (see learn.db.backends), and files for their owner only.

A reader waits less for a lock than an editor (learn.db.budgets).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base, schema
from django.db.models import Field, Model

from learn.db import budgets
from learn.db.backends import with_column_renamed
from learn.db.budgets import Budget


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def _remake_table(
        self,
        model: type[Model],
        *args: Any,
        alter_fields: Sequence[tuple[Field[Any, Any], Field[Any, Any]]] | None = None,
        **kwargs: Any,
    ) -> None:
        """Django's, without any trigger meanwhile: those of other tables may name this one, which is away."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _table, _statement in triggers:
                cursor.execute(f"DROP TRIGGER {self.quote_name(name)}")
            super()._remake_table(model, *args, alter_fields=alter_fields, **kwargs)  # type: ignore[misc]  # not in the stubs
            for _name, table, statement in triggers:
                if table == model._meta.db_table:
                    for old, new in alter_fields or ():
                        if old.column and new.column and old.column != new.column:
                            statement = with_column_renamed(statement, old.column, new.column)  # noqa: PLW2901
                cursor.execute(statement)


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
    _budget: Budget | None = None  # whose patience the connection has now

    def create_cursor(self, name: str | None = None) -> Any:
        budget = budgets.current()
        if budget is not self._budget:
            wait = budget.lock_timeout
            seconds = self.settings_dict["OPTIONS"].get("timeout", 5) if wait is None else wait
            self.connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
            self._budget = budget
        return super().create_cursor(name)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._budget = None
        _make_for_owner(str(conn_params["database"]))
        return super().get_new_connection(conn_params)


def _make_for_owner(name: str) -> None:
    """Make a new database, and its folder, so that only their owner reads them: accounts and sessions are in it.

    SQLite gives the files that it makes beside a database (-wal, -shm) the permissions of the database. What is there
    already stays as it is. https://www.sqlite.org/wal.html#read_only_databases
    """
    path = Path(name)
    if name.startswith((":", "file:")) or path.exists():
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise OperationalError(f"the database {name} cannot be made: {error.strerror}") from error
