"""SQLite, with triggers that survive the rebuild of a table: see learn.db.backends."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base, schema
from django.db.models import Model


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def _remake_table(self, model: type[Model], *args: Any, **kwargs: Any) -> None:
        """Django's, without any trigger meanwhile: those of other tables may name this one, which is away."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _statement in triggers:
                cursor.execute(f"DROP TRIGGER {self.quote_name(name)}")
            super()._remake_table(model, *args, **kwargs)  # type: ignore[misc]  # the stubs leave it out
            for _name, statement in triggers:
                cursor.execute(statement)


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
