"""The WSGI application that a server loads: Django's, for as many requests at once as are good for a process.

A body is read before a request takes one of the places: a client that sends it slowly, or not at all, holds a thread of
the server, of which there are many, and none of the places in which pages are made. Pages, searches, readers' forms,
logins and the rest of the admin have places of their own: no flood of one kind keeps the others waiting.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.utils.module_loading import import_string

from learn.caching import front
from learn.limits import IS_CROWDED, OPENED, SEARCH

from .places import CrowdedError, Places

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quicktakes.settings")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Body = tempfile.SpooledTemporaryFile[bytes]

AT_ONCE = 8  # requests of one kind that one process works on: more would only take turns on its core
SEARCHES_WAITING = 32
SEARCH_WAIT = 3.0  # seconds
BODIES = 400  # bodies that are read at once, at most; the server has more threads (quicktakes.server)
BODY_TIMEOUT = 20.0  # seconds that a client may take to send a body, and
BYTES_PER_SECOND = 50_000  # as many more as a slow line needs for a large one
CHUNK = 64 << 10  # bytes
KEPT_IN_MEMORY = 2 << 20  # bytes of a body; what is larger waits on the disk

_places = {
    "pages": Places(AT_ONCE),
    # A search costs as much as a hundred articles, and they share the core with it.
    "searches": Places(1, SEARCHES_WAITING, SEARCH_WAIT, "searches"),
    "logins": Places(AT_ONCE),
    "administration": Places(AT_ONCE),
    "forms": Places(2),  # of readers: few are sent, and a flood of them shares the core with who reads
}
_bodies = threading.BoundedSemaphore(BODIES)
_django = get_wsgi_application()
_login = f"{settings.ADMIN_PATH}login/"


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    if not _has_body(environ):
        return _read_only(environ, start_response)
    if not _bodies.acquire(blocking=False):
        return _refused(start_response, "503 Service Unavailable", ("Retry-After", "5"))
    try:
        body = _read(environ["wsgi.input"], _length(environ))
    finally:
        _bodies.release()
    if body is None:
        return _refused(start_response, "408 Request Timeout", ("Connection", "close"))
    with body:
        return _answered({**environ, "wsgi.input": body}, start_response)


def _answered(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    try:
        return _places[_kind(environ)].run(lambda: _django(environ, start_response))
    except CrowdedError:
        try:
            return _django({**environ, IS_CROWDED: True}, start_response)
        finally:
            connections.close_all()


# A page that is kept takes no place: it is there at once.
_counted: Callable[..., Callable[..., Iterable[bytes]]] = import_string("learn.feedback.reads.counted")
_read_only = _counted(front.in_front_of(_answered))  # imported here: models are there once Django is set up


def _kind(environ: Environ) -> str:
    path = environ.get("PATH_INFO", "")
    if path.startswith(SEARCH) and path != OPENED:
        return "searches"
    if path.startswith(settings.ADMIN_PATH):
        return "logins" if path.startswith(_login) else "administration"
    if environ.get("REQUEST_METHOD") == "POST":
        return "forms"
    return "pages"


def _has_body(environ: Environ) -> bool:
    return environ.get("CONTENT_LENGTH", "") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ


def _length(environ: Environ) -> int | None:
    text = environ.get("CONTENT_LENGTH", "")
    return int(text) if text.isdecimal() else None


def _read(stream: Any, length: int | None) -> Body | None:
    """The body, rewound; None where the client took too long for it."""
    allowed = BODY_TIMEOUT + (length or 0) / BYTES_PER_SECOND
    deadline = time.monotonic() + allowed
    body = tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 closed by who reads it
    left = length
    while left is None or left > 0:
        chunk = stream.read(CHUNK if left is None else min(CHUNK, left))
        if not chunk:
            break
        if time.monotonic() > deadline:
            body.close()
            return None
        body.write(chunk)
        left = None if left is None else left - len(chunk)
    body.seek(0)
    return body


def _refused(start_response: StartResponse, status: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    text = f"{status[4:]}\n".encode()
    start_response(status, [*headers, ("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [text]
