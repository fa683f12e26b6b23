"""The interface of a search backend, and the backend of a connection."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper as Connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import CursorWrapper as Cursor

from . import postgresql, sqlite
from .query import Columns, Query


class Backend(Protocol):
    """The functions that learn.search.sqlite and learn.search.postgresql share; they are described there."""

    ORDER: str

    def set_up(self, connection: Connection) -> None: ...
    def tear_down(self, connection: Connection) -> None: ...
    def is_complete(self, connection: Connection) -> bool: ...
    def pause(self, connection: Connection) -> None: ...
    def repair(self, connection: Connection) -> None: ...
    def rebuild(self, connection: Connection) -> None: ...
    def loading_words(self, connection: Connection) -> AbstractContextManager[None]: ...
    def check(self, connection: Connection) -> None: ...
    def source(self, query: Query, columns: Columns, subject: int | None) -> tuple[str, str, list[Any]]: ...
    def similar_words(self, cursor: Cursor, word: str, edits: int, limit: int) -> list[tuple[str, int]]: ...
    def words_beginning(self, cursor: Cursor, beginning: str, limit: int) -> list[str]: ...


def of(connection: Connection) -> Backend:
    if connection.vendor == "sqlite":
        return sqlite
    if connection.vendor == "postgresql":
        return postgresql
    raise ImproperlyConfigured(
        f"The search knows SQLite and PostgreSQL, not {connection.vendor}. Change DATABASE_URL."
    )


def make_index(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """For RunPython: make the index as this version of the code wants it, filled."""
    of(schema_editor.connection).set_up(schema_editor.connection)


def remove_index(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The reverse of `make_index`."""
    of(schema_editor.connection).tear_down(schema_editor.connection)
