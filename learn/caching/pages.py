"""The page cache: finished pages in the memory of each process and, where CACHE_URL names a server, for all.

A cached page is valid for one version: one state of the library and one build of the site (see
learn.caching.conditional). An edit, an import or an article that falls due is seen at the next request, in every
process. Django's cache middleware knows only a lifetime: it would serve old pages until they expire.
"""

from __future__ import annotations

import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeGuard

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase

from learn import metrics
from learn.db import availability, state

from .build import build
from .conditional import (
    CACHE_INFO_ATTRIBUTE,
    STATE_ATTRIBUTE,
    CacheInfo,
    CacheKey,
    GetResponse,
    chosen_encoding,
    digest,
)
from .sealed import seal, unseal

logger = logging.getLogger(__name__)

# Addresses under which a page is cached: its own and those of its numbered pages, not what visitors make up.
CACHED_QUERY = re.compile(r"(?:page=\d{1,6})?")
# They say how this process and its database are, also while that is away.
ASK_NOTHING = ("/healthz", "/readyz", "/metrics")
PAGE_IN_ENVIRON = "learn.page"  # the cached page that a request was answered with
REFUSED_ATTRIBUTE = "learn_refused"
STALE_SHARED_FOR = 10  # seconds that a CDN may show a page which nobody could check
# What a 304 says again of the 200 it stands for: https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5
NOT_MODIFIED_HEADERS = ("Cache-Control", "ETag", "Last-Modified", "Vary")


@dataclass(slots=True)
class CachedPage:
    """A finished page, with the headers that the whole site gives it, and its version.

    `right_at` is when it was last known to be right, in seconds of time.monotonic; `view` the name of what made it.
    `answers` has the headers of whole answers with it, by how they were asked for (learn.caching.front).
    """

    version: str
    tag: str
    body: bytes
    headers: dict[str, str]
    view: str
    right_at: float = field(default_factory=time.monotonic)
    answers: dict[tuple[str, ...], list[tuple[str, str]]] = field(default_factory=dict)

    def response(self) -> HttpResponse:
        return HttpResponse(self.body, headers=self.headers)

    def stale_response(self) -> HttpResponse:
        """The page while nobody can say whether it is still right; shared caches ask again soon."""
        response = self.response()
        age = time.monotonic() - self.right_at
        response.headers["Cache-Control"] = f"public, max-age=0, s-maxage={STALE_SHARED_FOR}"
        # https://www.rfc-editor.org/rfc/rfc9211: found, and older than it should be
        response.headers["Cache-Status"] = f'learn; hit; ttl=-{age:.0f}; detail="the database is away"'
        return response

    def not_modified(self) -> HttpResponse:
        response = HttpResponseNotModified()
        for name in NOT_MODIFIED_HEADERS:
            if name in self.headers:
                response.headers[name] = self.headers[name]
        return response

    def __len__(self) -> int:
        """Bytes of memory, roughly."""
        return len(self.body) + 4_000


class PageCache:
    """Finished pages in the memory of this process, the least recently used of them dropped when it is full."""

    def __init__(self) -> None:
        self._pages: OrderedDict[CacheKey, CachedPage] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: CacheKey) -> CachedPage | None:
        with self._lock:
            if key not in self._pages:
                return None
            self._pages.move_to_end(key)
            return self._pages[key]

    def put(self, key: CacheKey, page: CachedPage) -> None:
        limit = settings.PAGE_CACHE_MB * 1_000_000
        with self._lock:
            if (old := self._pages.pop(key, None)) is not None:
                self._size -= len(old)
            self._pages[key] = page
            self._size += len(page)
            while self._size > limit:
                _key, dropped = self._pages.popitem(last=False)
                self._size -= len(dropped)

    def drop(self, key: CacheKey) -> None:
        """Forget a page whose address leads elsewhere by now."""
        if key in self._pages:
            with self._lock:
                if (old := self._pages.pop(key, None)) is not None:
                    self._size -= len(old)

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()
            self._size = 0


class SharedPages:
    """The same for all processes and machines, in the cache that CACHE_URL names, unless that is a process's own.

    A page is found by its version, so that no entry is ever wrong: an old one is just not asked for again,
    and the cache drops it. What others wrote there is not looked at (learn.caching.sealed). A cache that does not
    answer is left alone for PAUSE seconds; pages are made meanwhile.
    """

    PAUSE = 10.0
    PROCESS_OWN = ("locmem", "dummy")

    def __init__(self) -> None:
        self._paused_until = 0.0

    @property
    def is_on(self) -> bool:
        backend = settings.CACHES["default"]["BACKEND"]
        is_shared = not any(f".{name}." in backend for name in self.PROCESS_OWN)
        return is_shared and settings.PAGE_CACHE_MB > 0 and time.monotonic() >= self._paused_until

    def get(self, version: str) -> CachedPage | None:
        name = f"page:{version}"
        stored = unseal(name, self._ask(lambda: cache.get(name)))
        if stored is None:
            return None
        (tag, headers, view), body = stored
        return CachedPage(version, tag, body, headers, view)

    def put(self, page: CachedPage) -> None:
        name = f"page:{page.version}"
        value = seal(name, (page.tag, page.headers, page.view), page.body)
        self._ask(lambda: cache.set(name, value, timeout=settings.CDN_MAX_AGE))

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except Exception:
            self._paused_until = time.monotonic() + self.PAUSE
            logger.exception("the cache at CACHE_URL does not answer; left alone for %s seconds", self.PAUSE)
            return None


pages = PageCache()
shared_pages = SharedPages()


def page_cache(get_response: GetResponse) -> GetResponse:
    """Middleware: answer with a page that is cached, if it is still right, before the address is even looked up.

    Costs one small query (learn.db.state) and a look into a dictionary, or into the shared cache. Holds what
    `conditional(keep=True)` lets it, with all headers that the middleware behind this one adds, PAGE_CACHE_MB in all.
    What another kind of answer might be asked for by (`Accept: text/markdown`, a date, an address that visitors make
    up) is passed on.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path in ASK_NOTHING:
            return get_response(request)
        key = _cache_key(request)
        setattr(request, metrics.CACHE_ATTRIBUTE, "miss" if key else "none")
        with availability.attempt() as may_ask:
            if not may_ask:
                error = availability.AwayError("the database is away")
                return stale_page(request, key) or _refused(get_response, request, error)
            return _answer(get_response, request, key)

    return middleware


def _answer(get_response: GetResponse, request: HttpRequest, key: CacheKey | None) -> HttpResponseBase:
    try:
        if key and (early := _early_answer(request, key)):
            return early
    except DatabaseError as error:
        if not availability.is_away(error):
            raise
        availability.note_failure()
        return stale_page(request, key) or _refused(get_response, request, error)
    response = get_response(request)
    if response.status_code == 503:
        return stale_page(request, key) or response
    if response.status_code < 500:
        availability.note_answer()
    if key is None:
        return response
    made: CacheInfo | None = getattr(response, CACHE_INFO_ATTRIBUTE, None)
    if made and made.key == key and _may_keep(response):
        page = CachedPage(
            made.version, made.tag, response.content, dict(response.items()), metrics.view_of(request)
        )
        pages.put(key, page)
        request.META[PAGE_IN_ENVIRON] = page
        if shared_pages.is_on:
            shared_pages.put(page)
    elif response.status_code in (301, 302, 404, 410):
        pages.drop(key)
    return response


def stale_page(request: HttpRequest, key: CacheKey | None) -> HttpResponse | None:
    """The page that was right last at this address, for at most STALE_IF_ERROR seconds more."""
    cached = pages.get(key) if key else None
    if cached is None and key and _last_state and shared_pages.is_on:
        cached = shared_pages.get(digest(_last_state[0], build().key, *key))
    if cached is None or time.monotonic() - cached.right_at > settings.STALE_IF_ERROR:
        return None
    _note(request, "stale", cached)
    return cached.stale_response()


def _refused(get_response: GetResponse, request: HttpRequest, error: DatabaseError) -> HttpResponseBase:
    """503, made further in (learn.middleware.refusals), so that it has the headers of every answer."""
    setattr(request, REFUSED_ATTRIBUTE, error)
    return get_response(request)


_last_state: list[str] = []  # its key, as last read


def _early_answer(request: HttpRequest, key: CacheKey) -> HttpResponseBase | None:
    cached = pages.get(key)
    if cached is None and not shared_pages.is_on:
        return None
    present = state.read()
    availability.note_answer()
    if present is None:
        return None
    _last_state[:] = [present.key]
    version = digest(present.key, build().key, *key)
    if (cached is None or cached.version != version) and shared_pages.is_on:
        cached = shared_pages.get(version)
        if cached is not None:
            pages.put(key, cached)
    if cached is None or cached.version != version:
        setattr(request, STATE_ATTRIBUTE, present)
        return None
    cached.right_at = time.monotonic()
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if known is not None and f'"{cached.tag}"' not in known:
        return None
    _note(request, "hit", cached)
    request.META[PAGE_IN_ENVIRON] = cached
    return cached.response() if known is None else cached.not_modified()


def _note(request: HttpRequest, cache: metrics.Cache, cached: CachedPage) -> None:
    """For learn.metrics."""
    setattr(request, metrics.CACHE_ATTRIBUTE, cache)
    setattr(request, metrics.VIEW_ATTRIBUTE, cached.view)


def _may_keep(response: HttpResponseBase) -> TypeGuard[HttpResponse]:
    """Whether the answer is a whole page for everybody: one with a cookie is for one visitor."""
    is_page = isinstance(response, HttpResponse) and response.status_code == 200
    return is_page and not response.cookies and settings.PAGE_CACHE_MB > 0


def _cache_key(request: HttpRequest) -> CacheKey | None:
    """The key under which an answer to `request` is cached; None where it is not."""
    if request.method not in ("GET", "HEAD"):
        return None
    meta = request.META
    if "HTTP_IF_MODIFIED_SINCE" in meta or "markdown" in meta.get("HTTP_ACCEPT", "").lower():
        return None
    if not CACHED_QUERY.fullmatch(meta.get("QUERY_STRING", "")):
        return None
    return request.get_full_path(), chosen_encoding(request)
