"""HTTP caching of public pages: ETags, conditional requests (304) and Cache-Control. RFC 9110 and 9111.

Every public page has an ETag of two halves, `"<version>-<content>"`:

- *version* names all that the page depends on: the state of the library (learn.db.state), the build
  (learn.caching.build), the address and the encoding. It is known after one small query, before anything is looked
  up or rendered. While it is what the visitor sends back, the answer is 304.
- *content* is a hash of the page itself. Where something changed, but not on this page, it still is what the visitor
  sends back: then the page had to be made, but need not be sent.

Finished pages are cached by learn.caching.pages, which answers before Django resolves the URL. Django's
`ConditionalGetMiddleware` would make each page before it answers 304.

No page is served after its state ended: an edit, an import or an article that falls due is seen at the next request,
in every process.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TypeVar

import brotli
from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date, parse_etags, parse_http_date_safe

from learn.db import state
from learn.db.state import State

from .build import build

View = Callable[..., HttpResponseBase]
GetResponse = Callable[[HttpRequest], HttpResponseBase]
Policy = Callable[[], str]
Response = TypeVar("Response", bound=HttpResponseBase)

IMMUTABLE = "public, max-age=31536000, immutable"
# An agent's own answer to its own question: a cache that ignores Vary must never hand it to a reader.
PRIVATE = "private, no-cache"

COMPRESSED = re.compile(r"text/|application/(?:json|xml|[\w.+-]+\+(?:xml|json))")
LONGEST_ENCODINGS = 200  # characters of Accept-Encoding; whoever sends more gets no encoding
SMALLEST_COMPRESSED = 500  # bytes; below, the head of the compressed form eats what it saves
STATE_ATTRIBUTE = "learn_state"
CACHE_INFO_ATTRIBUTE = "learn_cache_info"


def page_policy() -> str:
    """Cache-Control of a page: short for browsers, long for a CDN, stale while it is fetched anew.

    https://www.rfc-editor.org/rfc/rfc9111 and https://www.rfc-editor.org/rfc/rfc5861
    """
    return (
        f"public, max-age={settings.PAGE_MAX_AGE}, s-maxage={settings.CDN_MAX_AGE}, "
        f"stale-while-revalidate={settings.STALE_WHILE_REVALIDATE}, stale-if-error={settings.STALE_IF_ERROR}"
    )


def conditional(
    *,
    policy: Policy = page_policy,
    keep: bool = True,
    compress: bool = True,
    brings_state: bool = False,
    variant: str = "",
) -> Callable[[View], View]:
    """Make a view of a public page cacheable: ETag, Last-Modified, Cache-Control, compression, 304.

    A 304 costs one query, unless something changed since the visitor's copy was made: then it costs the page.
    `keep` lets learn.caching.pages hold the page. `brings_state` is for a view that looks the state up with a row of
    its own (`state.annotation`, `note_state`) and so saves that query. `variant` names what a view answers besides the
    page itself at one address, so that the copy of one is never taken for the other; it is not cached. Only answers
    with status 200 are touched; a header that the view set stays.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if request.method not in ("GET", "HEAD"):
                return view(request, *args, **kwargs)
            conditional_response = ConditionalResponse(request, policy, compress, variant)
            if present := getattr(request, STATE_ATTRIBUTE, None):
                conditional_response.use_state(present)  # learn.caching.pages has read it
            elif not brings_state or conditional_response.is_conditional:
                conditional_response.use_state(state.read())
            if early := conditional_response.early_answer():
                return early
            response = view(request, *args, **kwargs)
            if response.status_code != 200:
                return response
            if conditional_response.state is None:
                conditional_response.use_state(getattr(request, STATE_ATTRIBUTE, None))
            return conditional_response.finalize(response, keep=keep and not variant)

        return answer

    return decorate


def note_state(request: HttpRequest, row: Model) -> None:
    """Tell `conditional(brings_state=True)` the state that came with `row`, the first one the view read."""
    if key := getattr(row, "state_key", None):
        setattr(request, STATE_ATTRIBUTE, State(key))


def chosen_encoding(request: HttpRequest) -> str:
    """The best of the encodings that we write and the request accepts: "br", "gzip" or none of them ("").

    https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
    """
    return best_encoding(request.META.get("HTTP_ACCEPT_ENCODING", ""))


def best_encoding(header: str) -> str:
    """The same for a value of Accept-Encoding."""
    return _best_encoding(header) if settings.COMPRESS_PAGES and len(header) <= LONGEST_ENCODINGS else ""


@lru_cache(maxsize=256)
def _best_encoding(header: str) -> str:
    """Browsers send a few different headers: each is read once."""
    accepted = {}
    for part in header.lower().split(","):
        coding, _, weight = part.partition(";")
        accepted[coding.strip()] = not re.fullmatch(r"\s*q\s*=\s*0(?:\.0*)?\s*", weight)
    return next((coding for coding in ("br", "gzip") if accepted.get(coding)), "")


def last_modified(present: State) -> dt.datetime:
    """When any page may last have changed, rounded up to the second of the header.

    Rounded up, so that what changes later in the same second is never taken for older.
    """
    latest = max(present.changed_at, build().made_at)
    return latest if not latest.microsecond else latest.replace(microsecond=0) + dt.timedelta(seconds=1)


class ConditionalResponse:
    """One request for a public page, and what is known about the answer before it is made."""

    def __init__(self, request: HttpRequest, policy: Policy, compress: bool, variant: str) -> None:  # noqa: FBT001
        self.request = request
        self.variant = [variant] if variant else []
        self.policy = policy
        self.compress = compress
        self.key: CacheKey = (request.get_full_path(), chosen_encoding(request) if compress else "")
        # Tags without quotes. A proxy that compresses makes them weak (W/): they are compared all the same.
        header = request.headers.get("If-None-Match", "")
        self.tags = [tag.removeprefix("W/").strip('"') for tag in parse_etags(header)]
        self.state: State | None = None
        self.version = ""

    @property
    def is_conditional(self) -> bool:
        return "If-None-Match" in self.request.headers or "If-Modified-Since" in self.request.headers

    def use_state(self, present: State | None) -> None:
        self.state = present
        self.version = digest(present.key, build().key, *self.key, *self.variant) if present else ""

    def early_answer(self) -> HttpResponseBase | None:
        """304 where the visitor's copy is still right; None where the view has to be asked."""
        if self.state is None:
            return None
        for tag in self.tags:
            if tag.partition("-")[0] == self.version:
                return self.not_modified(tag)
        if "If-None-Match" not in self.request.headers and self._is_unmodified_since(self.state):
            return self.not_modified()
        return None

    def finalize(self, response: HttpResponseBase, *, keep: bool) -> HttpResponseBase:
        """Give the view's answer its headers, and keep it."""
        response.headers.setdefault("Cache-Control", self.policy())
        if self.compress:
            patch_vary_headers(response, ["Accept-Encoding"])
        tag = self.version
        if isinstance(response, HttpResponse):
            tag = f"{self.version}-{digest(*self.key, response.content)}"
            _compress(response, self.key[1])
        if self.state is None:
            return response
        if keep:
            setattr(response, CACHE_INFO_ATTRIBUTE, CacheInfo(self.key, self.version, tag))
        return self.not_modified_page(tag) or self.validated(response, tag)

    def not_modified_page(self, tag: str) -> HttpResponse | None:
        """304 where the visitor's copy has another version and yet the same content as the page with `tag`."""
        made = tag.partition("-")[2]
        for known in self.tags:
            if known == "*":
                return self.not_modified(tag)
            if made and known.partition("-")[2] == made:
                return self.not_modified(known)
        return None

    def not_modified(self, tag: str = "") -> HttpResponse:
        """304 with what a cache updates its copy by: https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5"""
        response = HttpResponseNotModified()
        response.headers["Cache-Control"] = self.policy()
        if self.compress:
            patch_vary_headers(response, ["Accept-Encoding"])
        return self.validated(response, tag)

    def validated(self, response: Response, tag: str) -> Response:
        if tag:
            response.headers["ETag"] = f'"{tag}"'
        if self.state and (latest := last_modified(self.state)) <= timezone.now():
            response.headers["Last-Modified"] = http_date(latest.timestamp())
        return response

    def _is_unmodified_since(self, present: State) -> bool:
        since = parse_http_date_safe(self.request.headers.get("If-Modified-Since", ""))
        latest = last_modified(present)
        return since is not None and latest <= timezone.now() and since >= latest.timestamp()


def _compress(response: HttpResponse, encoding: str) -> None:
    body = response.content
    is_text = COMPRESSED.match(response.headers.get("Content-Type", ""))
    if (
        encoding
        and is_text
        and len(body) >= SMALLEST_COMPRESSED
        and "Content-Encoding" not in response.headers
    ):
        if encoding == "br":
            # 4 takes half the time of 5 for 2 % more bytes
            response.content = brotli.compress(body, mode=brotli.MODE_TEXT, quality=4)
        else:
            response.content = gzip.compress(body, compresslevel=6, mtime=0)
        response.headers["Content-Encoding"] = encoding
    response.headers["Content-Length"] = str(len(response.content))


def digest(*parts: str | bytes) -> str:
    """64 bits: enough to tell the versions of one address apart."""
    return hashlib.blake2b(
        b"\0".join(part if isinstance(part, bytes) else part.encode() for part in parts), digest_size=8
    ).hexdigest()


CacheKey = tuple[str, str]  # address with query string, encoding


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What `conditional` tells learn.caching.pages of a page that may be cached."""

    key: CacheKey
    version: str
    tag: str
