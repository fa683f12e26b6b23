"""Which database a query that Django's ORM does not run reads from."""

from __future__ import annotations

from django.apps import apps
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper


def connection_for_read(model_name: str) -> BaseDatabaseWrapper:
    """The connection from which rows of this model of the app "learn" are read, as the routers say.

    By name, because this package stands below the models.
    """
    return connections[router.db_for_read(apps.get_model("learn", model_name))]
