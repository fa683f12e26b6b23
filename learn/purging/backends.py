"""The caches that can be purged: one small interface, three implementations.

No library: each is one documented POST, for which an SDK would be the larger code.

A backend gets paths of this site (`/learn/physics?page=2`), at most `batch` of them at once, and raises RequestError
where the cache did not take them. It neither retries nor waits.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils import timezone

from learn.http import RequestError, send

from .signing import Credentials, signed_headers

CLOUDFLARE = "https://api.cloudflare.com/client/v4"
CLOUDFRONT = "https://cloudfront.amazonaws.com"
# Where our pages and files stand, for a purge of everything that spares the rest of the host.
PREFIXES = ("/learn",)
FILES = ("/", "/sitemap.xml", "/robots.txt", "/llms.txt")


class Backend(Protocol):
    batch: int

    def purge(self, paths: Sequence[str]) -> None: ...

    def purge_everything(self) -> None: ...


class HTTPPurge:
    """PURGE requests to one or more caches of our own, such as Varnish, Squid or nginx with a purge module.

    Everything is one request for the expression `/.*` with `X-Purge-Method: regex`, the custom of Varnish set-ups.
    """

    batch = 100

    def __init__(self, urls: Sequence[str]) -> None:
        self.urls = [url.rstrip("/") for url in urls]

    def purge(self, paths: Sequence[str]) -> None:
        for url in self.urls:
            for path in paths:
                self._send(url, path, {})

    def purge_everything(self) -> None:
        for url in self.urls:
            self._send(url, "/.*", {"X-Purge-Method": "regex"})

    def _send(self, url: str, path: str, headers: Mapping[str, str]) -> None:
        host = urlsplit(settings.SITE_URL).netloc
        try:
            _send("PURGE", url + path, {"Host": host, **headers})
        except RequestError as error:
            # nginx's purge module answers 404 for a page that it does not hold: nothing is left to do.
            if error.status != HTTPStatus.NOT_FOUND:
                raise


class Cloudflare:
    """https://developers.cloudflare.com/api/resources/cache/methods/purge/ : 100 items in a request, on every plan."""

    batch = 100

    def __init__(self, url: str, zone: str, token: str) -> None:
        self.url = f"{url.rstrip('/')}/zones/{zone}/purge_cache"
        self.token = token

    def purge(self, paths: Sequence[str]) -> None:
        self._send({"files": [settings.SITE_URL + path for path in paths]})

    def purge_everything(self) -> None:
        # By prefix, because the zone may hold more than this library; a prefix is written without its scheme.
        host = urlsplit(settings.SITE_URL).netloc
        self._send({"prefixes": [host + prefix for prefix in PREFIXES]})
        self.purge(FILES)

    def _send(self, order: Mapping[str, object]) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        answer = _send("POST", self.url, headers, json.dumps(order).encode())
        try:
            done = json.loads(answer).get("success")
        except (ValueError, AttributeError):
            done = False
        if not done:
            raise RequestError(f"Cloudflare answered {answer[:500]!r}")


class CloudFront:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html

    The distribution has to cache by the query string `page` for numbered pages to have entries of their own.
    """

    batch = 1_000  # of 3,000 paths that may be under way at once

    def __init__(self, url: str, distribution: str, credentials: Credentials) -> None:
        self.url = f"{url.rstrip('/')}/2020-05-31/distribution/{distribution}/invalidation"
        self.credentials = credentials

    def purge(self, paths: Sequence[str]) -> None:
        items = "".join(f"<Path>{escape(quote(path, safe='/?=&*-._~'))}</Path>" for path in paths)
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">'
            f"<CallerReference>{secrets.token_hex(16)}</CallerReference>"
            f"<Paths><Items>{items}</Items><Quantity>{len(paths)}</Quantity></Paths></InvalidationBatch>"
        ).encode()
        headers = signed_headers(
            self.credentials,
            "POST",
            self.url,
            body,
            region="us-east-1",
            service="cloudfront",
            now=timezone.now(),
        )
        _send("POST", self.url, {**headers, "Content-Type": "text/xml"}, body)

    def purge_everything(self) -> None:
        self.purge([*(f"{prefix}*" for prefix in PREFIXES), *FILES])


def configured() -> Backend | None:
    """The backend that the settings name; None for `none`."""
    urls: list[str] = settings.PURGE_URLS
    match settings.PURGE_BACKEND:
        case "http":
            return HTTPPurge(urls)
        case "cloudflare":
            url = urls[0] if urls else CLOUDFLARE
            return Cloudflare(url, settings.CLOUDFLARE_ZONE_ID, settings.CLOUDFLARE_API_TOKEN)
        case "cloudfront":
            keys = Credentials(
                settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY, settings.AWS_SESSION_TOKEN
            )
            return CloudFront(urls[0] if urls else CLOUDFRONT, settings.CLOUDFRONT_DISTRIBUTION_ID, keys)
        case _:
            return None


def _send(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> bytes:
    return send(method, url, headers, body, timeout=settings.PURGE_TIMEOUT)
