"""Missing pages: addresses without a page that visitors asked for, with counts, for editors to redirect.

A crawler with a list of guesses must not make the database write at every request. Misses are therefore gathered
in this process and written together, at most every few seconds; where a process ends, the last seconds are lost.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from learn.files.limits import URL_MAX_LENGTH
from learn.http import is_web_address
from learn.identity import digest
from learn.models import MissingPage

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_WRITES = 10.0
GATHERED_MAX = 100  # different addresses; beyond it, new ones are dropped until the next write
STORED_MAX = 10_000  # rows; the least asked-for go first
REFERRER_MAX_LENGTH = 1000

_lock = threading.Lock()
_hits: Counter[str] = Counter()
_referrers: dict[str, str] = {}
_last_write = float("-inf")  # seconds, of time.monotonic


def record_miss(request: HttpRequest) -> None:
    """Count a request that found no page, if its address is one that a page of ours could have.

    That is one under /learn, or one that a page of our own links to, the admin's own aside; what scanners try is not
    worth a row.
    """
    global _last_write  # noqa: PLW0603 one buffer per process
    path = request.path
    referrer = request.headers.get("Referer", "")
    is_ours = path.startswith("/learn") or referrer.startswith(f"{settings.SITE_URL}/")
    if not is_ours or path.startswith(settings.ADMIN_PATH) or len(path) > URL_MAX_LENGTH or "\0" in path:
        return
    with _lock:
        if path in _hits or len(_hits) < GATHERED_MAX:
            _hits[path] += 1
            if is_web_address(referrer):
                _referrers[path] = _without_secrets(referrer)
        now = time.monotonic()
        if now - _last_write < SECONDS_BETWEEN_WRITES:
            return
        _last_write = now
        hits, referrers = dict(_hits), dict(_referrers)
        _hits.clear()
        _referrers.clear()
    try:
        write(hits, referrers)
    except DatabaseError:
        logger.exception("%s requests that found no page could not be counted", sum(hits.values()))


def _without_secrets(referrer: str) -> str:
    """Where a visitor came from, as far as it helps to mend a link: our own path, or another site's name.

    An address of another site may hold a search, a name, a token. A hash of it tells whether two came from one page.
    """
    parts = urlsplit(referrer)
    if referrer.startswith(f"{settings.SITE_URL}/"):
        return f"{settings.SITE_URL}{parts.path}"[:REFERRER_MAX_LENGTH]
    if parts.path in ("", "/") and not parts.query:
        return f"{parts.scheme}://{parts.hostname}/"
    return f"{parts.scheme}://{parts.hostname}/#{digest(settings.SECRET_KEY, referrer)[:12]}"


def forget() -> None:
    """Drop what is gathered, and let the next address be written at once."""
    global _last_write  # noqa: PLW0603 as above
    with _lock:
        _hits.clear()
        _referrers.clear()
        _last_write = float("-inf")


def write(hits: dict[str, int], referrers: dict[str, str]) -> None:
    """Add the counts to the table: two queries and one more per address."""
    now = timezone.now()
    with transaction.atomic():
        MissingPage.objects.bulk_create(
            (MissingPage(path=path, first_seen=now, last_seen=now) for path in hits), ignore_conflicts=True
        )
        for path, count in sorted(
            hits.items()
        ):  # in one order, so that two processes cannot lock each other out
            seen = {"referrer": referrers[path]} if path in referrers else {}
            MissingPage.objects.filter(path=path).update(hits=F("hits") + count, last_seen=now, **seen)
        _drop_least()


def _drop_least() -> None:
    surplus = MissingPage.objects.count() - STORED_MAX
    if surplus > 0:
        least = MissingPage.objects.filter(is_ignored=False).order_by("hits", "last_seen")
        MissingPage.objects.filter(pk__in=list(least.values_list("pk", flat=True)[:surplus])).delete()
