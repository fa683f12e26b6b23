from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import DjangoDbBlocker

from tests.db.schemas import NAMES
from tests.db.snapshots import Snapshots
from tests.sites import Samples


@pytest.fixture(scope="session")
def snapshots(samples: Samples, django_db_blocker: DjangoDbBlocker) -> Iterator[Snapshots]:
    made = Snapshots(samples, NAMES)
    yield made
    with django_db_blocker.unblock():
        made.drop()


@pytest.fixture
def begin_at(scratch: BaseDatabaseWrapper, snapshots: Snapshots) -> Callable[[str], None]:
    """`begin_at(name)` gives the empty database of `scratch` what the migrations up to `name` make."""
    return snapshots.begin_at


@pytest.fixture
def scratch(db: None, tmp_path: Path) -> Iterator[BaseDatabaseWrapper]:
    """A database of its own without any table, which is the default one until the test ends."""
    usual = connections["default"]
    is_postgresql = usual.vendor == "postgresql"
    # Of a name of this process's own: the processes of a run share one server.
    name = f"{usual.settings_dict['NAME']}_scratch" if is_postgresql else str(tmp_path / "scratch.sqlite3")
    if is_postgresql:
        with usual._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
    options = {key: value for key, value in usual.settings_dict["OPTIONS"].items() if key != "pool"}
    connection = type(usual)({**usual.settings_dict, "NAME": name, "OPTIONS": options}, "default")
    connections["default"] = connection
    try:
        yield connection
    finally:
        connection.close()
        connections["default"] = usual
        if is_postgresql:
            with usual._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name}")
