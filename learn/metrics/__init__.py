"""What each process counts of the requests it answers, for /metrics (learn.operations.metrics).

One histogram holds all that is told of requests: its count is their number, its buckets are their latency, the label
`cache` the share of kept pages. So a request costs one observation, some four microseconds. No label repeats what a
visitor wrote: a view is one of the names in the URL configuration, or one of the words below.

Where several processes serve, prometheus_client keeps the values in a folder that all of them can read, and /metrics
adds them up, also those of processes that have ended: https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore
from typing import Literal, Protocol

from django.conf import settings
from django.http import HttpRequest
from prometheus_client import CollectorRegistry, Gauge, Histogram

Cache = Literal["hit", "miss", "stale", "none"]
Queue = Literal["requests", "searches"]

CACHE_ATTRIBUTE = "learn_cache"  # of a request: what the page cache had for it; unset where it was not asked
VIEW_ATTRIBUTE = "learn_view"  # of a request that the page cache answered: the view that made the page
ADMIN, STATIC, UNKNOWN = "admin", "static", "unknown"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

registry = CollectorRegistry(auto_describe=False)
REQUESTS = Histogram(
    "quicktakes_request_seconds",
    "How long requests took in their process, by view, class of status, and what the page cache had.",
    ["view", "status", "cache"],
    buckets=SECONDS,
    registry=registry,
)
WAITED = Histogram(
    "quicktakes_wait_seconds",
    "How long requests waited that had to: for one of the places in which a process works, or for a search.",
    ["queue"],
    buckets=SECONDS,
    registry=registry,
)
WAITING = Gauge(
    "quicktakes_waiting",
    "Requests that wait at this moment.",
    ["queue"],
    multiprocess_mode="livesum",
    registry=registry,
)
_observers: dict[tuple[str, int, str], Histogram] = {}  # labels() takes as long as the observation


class Answer(Protocol):
    @property
    def status_code(self) -> int: ...


def note_request(request: HttpRequest, response: Answer, seconds: float) -> None:
    """Count a request that was answered in `seconds`."""
    note(view_of(request), response.status_code, getattr(request, CACHE_ATTRIBUTE, "none"), seconds)


def note(view: str, status: int, cache: Cache, seconds: float) -> None:
    """The same where there is no request object."""
    key = view, status // 100, cache
    observer = _observers.get(key)
    if observer is None:
        observer = _observers[key] = REQUESTS.labels(view, f"{status // 100}xx", cache)
    observer.observe(seconds)


def view_of(request: HttpRequest) -> str:
    """The name of the view that answered, `admin`, `static`, or `unknown` where the address led to none."""
    if kept := getattr(request, VIEW_ATTRIBUTE, None):
        return str(kept)
    if match := request.resolver_match:
        if "admin" in match.namespaces:
            return ADMIN
        return match.url_name or UNKNOWN
    return STATIC if request.path.startswith(settings.STATIC_URL) else UNKNOWN


def acquire(places: Semaphore, queue: Queue, timeout: float | None = None) -> bool:
    """Take one of `places`, after at most `timeout` seconds; only who has to wait is counted."""
    if places.acquire(blocking=False):
        return True
    if not settings.METRICS_TOKEN:
        return places.acquire(timeout=timeout)
    with _waiting(queue):
        return places.acquire(timeout=timeout)


@contextmanager
def _waiting(queue: Queue) -> Iterator[None]:
    waiting = WAITING.labels(queue)
    with waiting.track_inprogress(), WAITED.labels(queue).time():
        yield
