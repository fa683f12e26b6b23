"""Sends the reads of public pages to a replica, where DATABASE_REPLICA_URL names one; everything else stays.

Only a GET or HEAD of a public page may read a little late. The admin, commands and whatever follows a
write in the same request read what was just written, from the primary.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

_may_read_late: ContextVar[bool] = ContextVar("may_read_late", default=False)


def public_reads(get_response: GetResponse) -> GetResponse:
    """Middleware: let the queries of a public page go to the replica."""

    def middleware(request: HttpRequest) -> HttpResponse:
        is_private = request.path.startswith((settings.ADMIN_PATH, "/readyz"))
        is_public = request.method in ("GET", "HEAD") and not is_private
        token = _may_read_late.set(is_public)
        try:
            return get_response(request)
        finally:
            _may_read_late.reset(token)

    return middleware


class ReplicaRouter:
    """Reads from `replica` where the request allows it; writes, and what is read after one, use `default`."""

    def db_for_read(self, model: type[models.Model], **_hints: Any) -> str:  # noqa: ARG002 Django's signature
        return "replica" if _may_read_late.get() else "default"

    def db_for_write(self, model: type[models.Model], **_hints: Any) -> str:  # noqa: ARG002
        _may_read_late.set(False)  # the rest of this request reads what it writes
        return "default"

    def allow_relation(self, _first: models.Model, _second: models.Model, **_hints: Any) -> bool:
        return True  # both hold the same rows

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:  # noqa: ARG002
        return db == "default"  # the replica receives the schema as it receives the rows
