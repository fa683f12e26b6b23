"""PostgreSQL, with triggers that survive a change of the columns they name (see learn.db.backends) and our pool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base, schema
from django.db.models import Field, Model

from learn.db import budgets
from learn.db.backends import with_column_renamed

from .pool import Pool

# The table itself and those whose foreign keys lead to it: a key's type changes in all of them.
TRIGGERS = """
    WITH RECURSIVE linked (id) AS (
        SELECT to_regclass(%s)::oid
        UNION SELECT conrelid FROM pg_constraint JOIN linked ON confrelid = linked.id WHERE contype = 'f'
    )
    SELECT tgname, tgrelid::regclass::text, tgrelid = to_regclass(%s)::oid, pg_get_triggerdef(pg_trigger.oid),
        pg_get_functiondef(tgfoid)
    FROM pg_trigger JOIN linked ON tgrelid = linked.id WHERE NOT tgisinternal ORDER BY tgrelid, tgname
"""


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def alter_field(
        self,
        model: type[Model],
        old_field: Field[Any, Any],
        new_field: Field[Any, Any],
        strict: bool = False,  # noqa: FBT001, FBT002 Django's signature
    ) -> None:
        if not self._field_should_be_altered(old_field, new_field):  # type: ignore[attr-defined]  # not in the stubs
            return
        with self._without_triggers(model, (old_field.column, new_field.column)):
            super().alter_field(model, old_field, new_field, strict)

    def remove_field(self, model: type[Model], field: Field[Any, Any]) -> None:
        with self._without_triggers(model):
            super().remove_field(model, field)

    @contextmanager
    def _without_triggers(
        self, model: type[Model], renamed: tuple[str | None, str | None] = (None, None)
    ) -> Iterator[None]:
        """Drop the triggers that the change of a column may touch, and make them again at the end.

        `renamed` is the column's name before and after: its table's triggers and their functions follow.
        """
        table = self.quote_name(model._meta.db_table)
        old, new = renamed
        with self.connection.cursor() as cursor:
            cursor.execute(TRIGGERS, [table, table])
            triggers = cursor.fetchall()
            for name, where, *_rest in triggers:
                cursor.execute(f"DROP TRIGGER {self.quote_name(name)} ON {where}")
            yield
            for _name, _where, is_own, statement, function in triggers:
                if is_own and old and new and old != new:
                    cursor.execute(with_column_renamed(function, old, new))
                    statement = with_column_renamed(statement, old, new)  # noqa: PLW2901
                cursor.execute(statement)


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
    _pools: ClassVar[dict[tuple[str, str], Pool]] = {}  # of this process, by alias and budget
    # Django's own dictionary, empty: its pools are not used. learn.jobs.workers forgets those of a parent process.
    _connection_pools = _pools

    @property
    def pool(self) -> Pool | None:
        """The pool of whoever asks now (learn.db.budgets); None where there is to be none."""
        if self.alias == NO_DB_ALIAS or not self.settings_dict["OPTIONS"].get("pool"):
            return None
        budget = budgets.current()
        key = (self.alias, budget.name)
        if key not in self._pools:
            configure = self._configure_connection  # type: ignore[attr-defined]  # the stubs leave it out
            pool = Pool(budget, self.get_connection_params(), configure)
            self._pools.setdefault(key, pool)  # two threads may make it at the same moment
        return self._pools[key]

    def close_pool(self) -> None:
        for key in [key for key in self._pools if key[0] == self.alias]:
            self._pools.pop(key).close()
