"""Requests pages of the site in this process, through the middleware, as a visitor would.

Django's test client does the same with signals, cookies and exceptions that publishing would have to undo."""

from __future__ import annotations

import io
import sys
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished
from django.db import close_old_connections

from learn.views import errors

from .tree import Response


class Site:
    """The site at SITE_URL, without a network between."""

    def __init__(self) -> None:
        self._handler = WSGIHandler()
        self._address = urlsplit(settings.SITE_URL)

    def get(self, url: str) -> Response:
        """What the site answers to a GET of `url`, a path with its query."""
        response = self._handler.get_response(WSGIRequest(self._environ(url)))
        body = b"".join(response)
        # One connection serves the whole run: with CONN_MAX_AGE at 0 every page would end it.
        request_finished.disconnect(close_old_connections)
        try:
            response.close()
        finally:
            request_finished.connect(close_old_connections)
        return Response(response.status_code, dict(response.items()), body)

    def error_page(self, status: int) -> Response:
        """The page for an address without one, as 200: the server that shows it says what is wrong."""
        request = WSGIRequest(self._environ("/"))
        page = errors.gone(request) if status == HTTPStatus.GONE else errors.not_found(request)
        return Response(HTTPStatus.OK, dict(page.items()), page.content)

    def _environ(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
            "QUERY_STRING": parts.query,
            "SERVER_NAME": self._address.hostname or "localhost",
            "SERVER_PORT": str(self._address.port or (443 if self._address.scheme == "https" else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": self._address.netloc,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self._address.scheme,
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if settings.SECURE_PROXY_SSL_HEADER:
            name, value = settings.SECURE_PROXY_SSL_HEADER
            environ[name] = value if self._address.scheme == "https" else "http"
        return environ
