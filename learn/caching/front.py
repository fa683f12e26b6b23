"""Kept pages answered in front of Django: what `page_cache` would answer, without a request object.

A page that Django answered in full is kept with the headers that the whole site gave it, for the host and scheme it was
asked under (learn.caching.pages.CachedPage.answers). It is sent again as it stands while the library's state is the one
it was made from. On SQLite whether that changed is known without a query: `PRAGMA data_version` is another number as
soon as any other connection, of whatever process, has committed: https://www.sqlite.org/pragma.html#pragma_data_version
Everything else is Django's: other databases, requests with a session or with another method, and whatever is not kept.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from django.conf import settings
from django.utils import timezone

from learn import metrics
from learn.db.state import STATE

from .build import build
from .conditional import best_encoding, digest
from .pages import CACHED_QUERY, NOT_MODIFIED_HEADERS, PAGE_IN_ENVIRON, CachedPage, pages

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

PLAIN_PATH = re.compile(r"/[A-Za-z0-9/._~-]*")  # which Django's escaping leaves as it is
MOST_ANSWERS = 4  # hosts and schemes under which one page is kept
NEXT_MOMENT = """
    SELECT MIN(moment) FROM (
        SELECT MIN(publish_at) AS moment FROM learn_article WHERE publish_at > ?
        UNION ALL SELECT MIN(expires) FROM learn_article WHERE expires > ?)
"""


class SQLiteState:
    """The key of the library's present state (learn.db.state), read anew only when something was committed.

    One connection for the process, read-only, under a lock: asking it takes some 5 microseconds.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._data_version = -1
        self._key: str | None = None
        self._until = 0.0  # time.time() at which an article falls due or expires

    def key(self) -> str | None:
        """None where the database does not say."""
        with self._lock:
            try:
                return self._read()
            except (sqlite3.Error, OSError):
                self._close()
                return None

    def _read(self) -> str | None:
        file = os.stat(self._path)  # noqa: PTH116 half the time of Path.stat
        if self._connection is None or self._file != (
            file.st_dev,
            file.st_ino,
        ):  # a backup was put in its place
            self._close()
            self._connection = sqlite3.connect(
                f"file:{self._path}?mode=ro", uri=True, check_same_thread=False, timeout=0.1
            )
            self._file = file.st_dev, file.st_ino
        (data_version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if data_version != self._data_version or time.time() >= self._until:
            now = timezone.now()
            moments = [str(now.replace(tzinfo=None))] * 2  # as Django writes them
            (key,) = self._connection.execute(f"SELECT {STATE.replace('%s', '?')}", moments).fetchone()
            (due,) = self._connection.execute(NEXT_MOMENT, moments).fetchone()
            self._key = key
            self._until = (
                dt.datetime.fromisoformat(due).replace(tzinfo=dt.UTC).timestamp() if due else float("inf")
            )
            self._data_version = data_version
        return self._key

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._data_version, self._until = None, -1, 0.0


def in_front_of(application: Application) -> Application:
    """`application`, with kept pages answered before it is asked, where that can be known (`Front`)."""
    state = _state()
    return Front(application, state) if state else application


class Front:
    """A WSGI application: kept pages at once, everything else from the application behind it."""

    def __init__(self, application: Application, state: SQLiteState) -> None:
        self._application = application
        self._state = state

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not is_plain(environ):
            return self._application(environ, start_response)
        body = self._kept(environ, start_response)
        return self._made(environ, start_response) if body is None else body

    def _kept(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes] | None:
        started = time.perf_counter()
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        key = (f"{path}?{query}" if query else path), best_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        page = pages.get(key)
        headers = page.answers.get(asked_as(environ)) if page else None
        if page is None or headers is None:
            return None
        present = self._state.key()
        if present is None or page.version != digest(present, build().key, *key):
            return None
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and f'"{page.tag}"' not in known:
            return None
        page.right_at = time.monotonic()
        is_known = known is not None
        if is_known:
            start_response("304 Not Modified", not_modified(page, headers))
        else:
            start_response("200 OK", list(headers))
        if settings.METRICS_TOKEN:
            metrics.note(page.view, 304 if is_known else 200, "hit", time.perf_counter() - started)
        return [] if is_known or environ["REQUEST_METHOD"] == "HEAD" else [page.body]

    def _made(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The answer of the application; where it is a page that is kept, its headers are kept with it."""
        told: list[tuple[str, Headers]] = []

        def noting(status: str, headers: Headers, *more: Any) -> Any:
            told.append((status, list(headers)))
            return start_response(status, headers, *more)

        result = self._application(environ, noting)
        page: CachedPage | None = environ.pop(PAGE_IN_ENVIRON, None)
        if page is not None and told and told[0][0].startswith("200"):
            if len(page.answers) >= MOST_ANSWERS:
                page.answers.clear()
            page.answers[asked_as(environ)] = told[0][1]
        return result


def asked_as(environ: Environ) -> tuple[str, ...]:
    """All of a request, besides address and encoding, that the headers of a page may depend on."""
    secure = settings.SECURE_PROXY_SSL_HEADER
    return (
        environ.get("HTTP_HOST") or environ.get("SERVER_NAME", ""),
        environ.get("HTTP_X_FORWARDED_HOST", "") if settings.USE_X_FORWARDED_HOST else "",
        environ.get("wsgi.url_scheme", ""),
        environ.get(secure[0], "") if secure else "",
    )


def not_modified(page: CachedPage, headers: Headers) -> Headers:
    """Of the headers of the whole answer those that a 304 says again: not what tells of the body that it has not."""
    return [
        (name, value) for name, value in headers if name in NOT_MODIFIED_HEADERS or name not in page.headers
    ]


def is_plain(environ: Environ) -> bool:
    """Whether Django would ask its page cache, and nothing of a session."""
    return (
        environ.get("REQUEST_METHOD") in ("GET", "HEAD")
        and "HTTP_IF_MODIFIED_SINCE" not in environ
        and settings.SESSION_COOKIE_NAME not in environ.get("HTTP_COOKIE", "")
        and "markdown" not in environ.get("HTTP_ACCEPT", "").lower()
        and not environ.get("SCRIPT_NAME")
        and PLAIN_PATH.fullmatch(environ.get("PATH_INFO", "")) is not None
        and CACHED_QUERY.fullmatch(environ.get("QUERY_STRING", "")) is not None
    )


def _state() -> SQLiteState | None:
    """None where Django has to be asked: on other databases, and where each answer is logged or made anew."""
    database = settings.DATABASES["default"]
    is_file = database["ENGINE"].endswith("sqlite3") and "memory" not in str(database["NAME"])
    if not is_file or "replica" in settings.DATABASES or settings.DEBUG or settings.ACCESS_LOG:
        return None
    return SQLiteState(str(database["NAME"]))
