"""PostgreSQL, with triggers that survive a change of the columns they name: see learn.db.backends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.postgresql import base, schema
from django.db.models import Field, Model


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def alter_field(self, model: type[Model], *args: Any, **kwargs: Any) -> None:
        with self._without_triggers(model):
            super().alter_field(model, *args, **kwargs)

    def remove_field(self, model: type[Model], field: Field[Any, Any]) -> None:
        with self._without_triggers(model):
            super().remove_field(model, field)

    @contextmanager
    def _without_triggers(self, model: type[Model]) -> Iterator[None]:
        """Drop the triggers of the model's table and make them again at the end."""
        table = self.quote_name(model._meta.db_table)
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger "
                "WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal ORDER BY tgname",
                [table],
            )
            triggers = cursor.fetchall()
            for name, _statement in triggers:
                cursor.execute(f"DROP TRIGGER {self.quote_name(name)} ON {table}")
            yield
            for _name, statement in triggers:
                cursor.execute(statement)


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
