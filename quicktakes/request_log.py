"""What the log says of requests: an id that all records of one share, how long it took, and what it asked the database.

Paths are logged without what stands behind `?`: what a reader searched for is nobody's business.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import random
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path

from learn import metrics

GetResponse = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger("quicktakes.requests")
request_id: ContextVar[str] = ContextVar("request_id", default="")
LONGEST_QUERY = 2_000  # characters of a statement in the log
# What a proxy makes: hexadecimal digits or a UUID. Anything else would be a visitor's text in our log.
PROXYS_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")


class JsonFormatter(logging.Formatter):
    """One JSON object per record and line: time (RFC 3339), level, logger, message, request_id, and more fields."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, tz=dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identity := request_id.get():
            told["request_id"] = identity
        told |= getattr(record, "fields", {})
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


class Queries:
    """Counts and times what the database is asked, as a wrapper of Django's cursors; logs what takes SLOW_QUERY_MS.

    The statement without its parameters: these may be a visitor's words, or an editor's name.
    """

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., Any], sql: Any, *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, *arguments)
        finally:
            seconds = time.perf_counter() - started
            self.count += 1
            self.seconds += seconds
            if 0 < settings.SLOW_QUERY_MS <= seconds * 1000:
                _log_query(str(sql), seconds * 1000)


def log_requests(get_response: GetResponse) -> GetResponse:
    """Middleware: give each request its id, and log it where ACCESS_LOG is on or it took SLOW_REQUEST_MS or more.

    Outermost, so that its time is the whole time in this process; learn.metrics gets it, too. Costs some 15
    microseconds where nothing is logged.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        queries = Queries()
        token = request_id.set(_id_of(request))
        watched = [connections[alias].execute_wrappers for alias in connections]
        started = time.perf_counter()
        try:
            for wrappers in watched:
                wrappers.append(queries)
            response = get_response(request)
            seconds = time.perf_counter() - started
            if settings.METRICS_TOKEN:
                metrics.note_request(request, response, seconds)
            _log(request, response, seconds, queries)
        finally:
            for wrappers in watched:
                wrappers.remove(queries)
            request_id.reset(token)
        return response

    return middleware


def _id_of(request: HttpRequest) -> str:
    """The id that the proxy gave the request, where one is to be believed; else a new one."""
    if settings.TRUST_PROXY_HEADERS:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        if PROXYS_ID.fullmatch(given):
            return str(given)
    return f"{random.getrandbits(128):032x}"


def _log_query(sql: str, milliseconds: float) -> None:
    text = " ".join(sql.split())[:LONGEST_QUERY]
    fields = {"query": text, "duration_ms": round(milliseconds, 1)}
    logger.warning("slow query: %s ms, %s", fields["duration_ms"], text, extra={"fields": fields})


def _log(request: HttpRequest, response: HttpResponse, seconds: float, queries: Queries) -> None:
    milliseconds = seconds * 1000
    is_slow = 0 < settings.SLOW_REQUEST_MS <= milliseconds
    if not (is_slow or settings.ACCESS_LOG):
        return
    fields: dict[str, Any] = {
        "method": request.method,
        "path": escape_uri_path(request.path),
        "status": response.status_code,
        "duration_ms": round(milliseconds, 1),
        "queries": queries.count,
        "queries_ms": round(queries.seconds * 1000, 1),
    }
    user = getattr(
        request, "_cached_user", None
    )  # set where somebody asked who it is; to ask would be a query
    if user is not None and user.pk is not None:
        fields["user"] = user.pk
    logger.log(
        logging.WARNING if is_slow else logging.INFO,
        "%s%s %s %s in %s ms, %s queries in %s ms",
        "slow: " if is_slow else "",
        fields["method"], fields["path"], fields["status"], fields["duration_ms"], fields["queries"],
        fields["queries_ms"],
        extra={"fields": fields},
    )  # fmt: skip
