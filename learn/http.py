"""HTTP requests that the site itself makes: to a cache in front of it, to search engines. Short, with a time limit.

The standard library's client: one POST now and then needs no sessions, redirects or retries of requests or httpx."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

MOST_READ = 100_000  # bytes of an answer that are looked at


def is_web_address(text: str) -> bool:
    """Whether `text` is an absolute address of http or https that names a host: what a browser can be sent to."""
    try:
        parts = urlsplit(text)
        if re.search(r"[\x00-\x20\x7f\\]", text):
            return False
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # "http://[", a port of letters
        return False


class RequestError(Exception):
    """A request that was refused (`status`), or got no answer (`status` 0). `is_temporary`: later it may be taken."""

    def __init__(self, message: str, *, status: int = 0, is_temporary: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.is_temporary = is_temporary


class _NoRedirects(HTTPRedirectHandler):
    """A PURGE that is sent on as a GET would fill the cache; a redirected POST would lose its body."""

    def redirect_request(self, *_arguments: object) -> None:
        return None


_opener = build_opener(_NoRedirects)


def send(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, *, timeout: float
) -> bytes:
    """Send one request and return the body of the answer; `timeout` in seconds.

    Raises RequestError for every answer other than a 2xx, a redirect included, and where there is none.
    """
    try:
        request = Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310 from the settings
        with _opener.open(request, timeout=timeout) as answer:
            content: bytes = answer.read(MOST_READ)
            return content
    except HTTPError as error:
        with error:
            text = error.read(500).decode(errors="replace")
        temporary = (
            error.code == HTTPStatus.TOO_MANY_REQUESTS or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
        )
        message = f"{method} {url}: {error.code} {text}"
        raise RequestError(message, status=error.code, is_temporary=temporary) from error
    except ValueError as error:  # an address that is none
        raise RequestError(f"{method} {url}: {error}") from error
    except OSError as error:  # no server there, no answer in time, a certificate that does not hold
        raise RequestError(f"{method} {url}: {error}", is_temporary=True) from error
