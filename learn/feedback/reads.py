"""How often each article is read in a day, from the site's own answers, without anything that says who.

A row holds an article, a day and a number. Nothing else is stored: no address, no browser, no time of day, no cookie;
the page sends nothing. Programs are left out by what they say of themselves, by headers that browsers send and they do
not, and by how fast they read; for the last, a keyed hash of the address is in memory for a minute. Behind a cache that
answers itself, only what reaches this site is counted, or else what its log tells (learn.feedback.cdn_logs). What was
counted is added up in memory and written together.
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections, router, transaction
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from learn import limits
from learn.identity import ARTICLE_PATH
from learn.models import Article, ReadCount

from .aside import Aside

SECONDS_BETWEEN_WRITES = 30.0
GATHERED_MAX = 5_000  # different articles; beyond it, others are not counted until the next write
KEPT_DAYS = 92
FASTEST = 20  # articles a minute; who reads more is no reader
MOST_AT_ONCE = 500  # rows of one statement
LONGEST_AGENT = 500  # characters
PROGRAMS = re.compile(
    r"\bbots?\b|[a-z](?<!\bcu)bot|crawl|spider|slurp|scrap|fetch|archiv|monitor|uptime|preview|headless|lighthouse|pagespeed|"
    r"validator|feed|curl|wget|python|java/|okhttp|go-http|ruby|perl|php|libwww|httpclient|axios|node|phantom|"
    r"selenium|facebookexternalhit|embedly|whatsapp|telegrambot|slack|discord|-user\b|externalagent|inspectiontool|mediapartners|read-aloud|httrack|barkrowler|^mozilla/5\.0$",
    re.IGNORECASE,
)

Key = tuple[str, dt.date]
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_lock = threading.Lock()
_reads: Counter[Key] = Counter()
_fast = limits.Memory(20_000)


def counted(application: Application) -> Application:
    """A WSGI application that counts which of the answers of `application` show an article to a person.

    In front of everything, because kept pages are answered there. Costs a comparison of the address for what is no
    article, some ten microseconds for what is, and no query.
    """

    def counting(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not settings.COUNT_READS or settings.READS_FROM_LOGS or not is_read(environ):
            return application(environ, start_response)

        def noting(status: str, headers: Any, *more: Any) -> Any:
            if status.startswith(("200", "304")):
                _record(environ)
            return start_response(status, headers, *more)

        return application(environ, noting)

    return counting


def is_read(environ: Environ) -> bool:
    """Whether a browser asks for an article that its reader is going to see.

    Browsers say what they fetch (Sec-Fetch-Dest, all of them since 2023), and in which language; programs that pretend
    to be one rarely do. What is fetched ahead is not read yet. https://www.w3.org/TR/fetch-metadata/
    """
    if environ.get("REQUEST_METHOD") != "GET" or not is_article(environ.get("PATH_INFO", "")):
        return False
    if not is_browser(environ.get("HTTP_USER_AGENT", "")):
        return False
    if "HTTP_ACCEPT_LANGUAGE" not in environ or "text/html" not in environ.get("HTTP_ACCEPT", ""):
        return False
    if environ.get("HTTP_SEC_FETCH_DEST", "document") != "document":
        return False
    return "prefetch" not in (environ.get("HTTP_SEC_PURPOSE") or environ.get("HTTP_PURPOSE") or "")


def is_article(path: str) -> bool:
    """Whether this could be the address of an article."""
    return ARTICLE_PATH.match(path) is not None


def is_browser(agent: str) -> bool:
    """Whether a `User-Agent` names none of the programs that say what they are."""
    return bool(agent) and len(agent) <= LONGEST_AGENT and not PROGRAMS.search(agent)


def _record(environ: Environ) -> None:
    if _is_too_fast(environ):
        return
    key = environ["PATH_INFO"], timezone.now().date()
    with _lock:
        if key not in _reads and len(_reads) >= GATHERED_MAX:
            return
        _reads[key] += 1
    _aside.start()


def _is_too_fast(environ: Environ) -> bool:
    request = HttpRequest()
    request.META = environ
    text = f"reads {limits.client_address(request)} {time.time() // 60}".encode(errors="replace")
    key = hmac.digest(settings.SECRET_KEY.encode(), text, "sha256").hex()[:32]
    return _fast.add(key, 60) > FASTEST


def flush() -> None:
    """Write what was gathered. Raises DatabaseError where it cannot be written; then it waits for the next time."""
    with _lock:
        reads = dict(_reads)
        _reads.clear()
    try:
        write(reads)
    except DatabaseError:
        with _lock:
            _reads.update(reads)
        _aside.start()
        raise


def write(reads: dict[Key, int]) -> int:
    """Add the counts to the table, and return how many reads these are.

    Addresses at which no article stands are left out. Two statements for each 500.
    """
    written = 0
    connection = connections[router.db_for_write(ReadCount)]
    items = sorted(reads.items())
    for start in range(0, len(items), MOST_AT_ONCE):
        batch = items[start : start + MOST_AT_ONCE]
        keys = Article.objects.using(connection.alias).at_paths(path for (path, _day), _times in batch)
        rows = sorted(
            [keys[path], connection.ops.adapt_datefield_value(day), times]
            for (path, day), times in batch
            if path in keys
        )
        # In one order, so that two processes cannot lock each other out.
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO learn_readcount (article_id, day, times) VALUES (%s, %s, %s) "
                "ON CONFLICT (article_id, day) DO UPDATE SET times = learn_readcount.times + excluded.times",
                rows,
            )
        written += sum(times for (path, _day), times in batch if path in keys)
    return written


def forget_old(today: dt.date | None = None) -> int:
    """Drop days that are long over, and everything where COUNT_READS is off; return how many rows went."""
    rows = ReadCount.objects.order_by()
    if settings.COUNT_READS:
        rows = rows.filter(day__lt=(today or timezone.now().date()) - dt.timedelta(days=KEPT_DAYS))
    return rows.delete()[0]


def forget_gathered() -> None:
    """Drop what this process gathered and has not written."""
    with _lock:
        _reads.clear()
    _fast.clear()


@dataclass(frozen=True, slots=True)
class Read:
    """An article, and how often it was read."""

    article: Article
    times: int


def most_read(days: int, limit: int = 100) -> list[Read]:
    """The articles that were read most in the last `days` days, today included, the most read first. Two queries."""
    since = timezone.now().date() - dt.timedelta(days=days - 1)
    rows = ReadCount.objects.filter(day__gte=since).order_by().values("article").annotate(total=Sum("times"))
    times = dict(rows.order_by("-total", "article").values_list("article", "total")[:limit])
    columns = ("question", "slug", "subject__slug", "subject__title")
    articles = Article.objects.select_related("subject").only(*columns).in_bulk(list(times))
    return [Read(articles[pk], count) for pk, count in times.items() if pk in articles]


_aside = Aside("reads", SECONDS_BETWEEN_WRITES, flush)
