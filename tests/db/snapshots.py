"""Databases that stand at a migration, each made once in a run and copied by every test that begins there."""

from __future__ import annotations

import shutil

from django.core.management import call_command
from django.db import connection

from tests.sites import Samples


class Snapshots:
    """Of SQLite files that all processes of a run share, of PostgreSQL databases of this process."""

    def __init__(self, samples: Samples, names: list[str]) -> None:
        self._folder, self._names = samples.folder, names
        self._databases: dict[str, str] = {}  # of PostgreSQL, by the migration at which they stand

    def begin_at(self, name: str) -> None:
        """Make the empty database of `connection` one in which the migrations up to `name` ran, and no more."""
        before = [known for known in self._names[: self._names.index(name) + 1] if self._is_known(known)]
        if before:
            self._load(before[-1])
        if before[-1:] != [name]:
            call_command("migrate", "learn", name, verbosity=0, interactive=False)
            self._save(name)

    def drop(self) -> None:
        """Remove the databases of PostgreSQL; the files go with the folder."""
        for database in self._databases.values():
            _run(f"DROP DATABASE {database}")

    def _is_known(self, name: str) -> bool:
        return name in self._databases or (self._folder / f"{name}.sqlite3").exists()

    def _load(self, name: str) -> None:
        here = str(connection.settings_dict["NAME"])
        connection.close()
        if connection.vendor == "sqlite":
            shutil.copyfile(self._folder / f"{name}.sqlite3", here)
        else:
            _run(f"DROP DATABASE {here}", f"CREATE DATABASE {here} TEMPLATE {self._databases[name]}")

    def _save(self, name: str) -> None:
        here = str(connection.settings_dict["NAME"])
        connection.close()  # SQLite's last connection puts what stands beside the file into it
        if connection.vendor == "sqlite":
            unfinished = shutil.copyfile(here, f"{here}.copy")
            shutil.move(unfinished, self._folder / f"{name}.sqlite3")
        else:
            database = f"{here}_{name[:4]}"
            _run(f"CREATE DATABASE {database} TEMPLATE {here}")
            self._databases[name] = database


def _run(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
