"""What visitors look for, without saying who: texts with counts per day, for editors to learn from.

A row holds a normalised text, the day, how often it was looked for, how many articles held all its words, and after how
many of these searches a result was opened. No address, no cookie, no time of day, and no text that may name or reach a
person (`is_impersonal`). What few looked for is forgotten after KEPT_DAYS days.

A reader's search must not wait for the database's writers. Searches are therefore gathered in this process, and a
thread of its own writes them together, SECONDS_BETWEEN_WRITES after the first; where a process ends, the last seconds
are lost. What is gathered and what is stored are both bounded, whatever visitors send. Behind a cache that answers a
search itself, only those that reach this process are counted.

Whether a result was opened is told by a request that the page of results sends along (static/js/opened.js), once for
each page: it names the text and nothing else. Not by a parameter of the links, under which each page would be cached
anew and shared with it; not by a redirect, which costs the reader a round trip; not by the header Referer, because
opened pages come from caches. Without script, pages work and openings are not counted.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import DatabaseError, connections, router, transaction
from django.db.models import F, Sum
from django.db.models.functions import Least
from django.utils import timezone

from learn.models import SEARCHED_MAX_LENGTH, SearchLogEntry
from learn.search.query import normal, tidy
from learn.search.words import fold

from .aside import Aside

SECONDS_BETWEEN_WRITES = 10.0
GATHERED_MAX = 500  # different texts; beyond it, new ones are dropped until the next write
STORED_MAX = 10_000  # rows; those that were looked for least and longest ago go first
MOST_WORDS = 12
KEPT_DAYS = 30
RARE = 5  # searches; what was looked for less often is dropped after KEPT_DAYS
FORGOTTEN_DAYS = 365  # after which a row goes, however often it was looked for
TRIES = 3  # writes that a note of an opened result waits for its search, which another process may hold

# Asked of the folded text as it was typed, punctuation included. Rather too much is left out than too little: a lost
# search costs an editor nothing.
_PERSONAL = re.compile(
    "|".join(
        (
            r"@|[\[({]\s*at\s*[\])}]|\bat\b.{1,40}\bdot\b",  # an e-mail address, or a name on a social network
            r"\b(?:https?|ftp|mailto|tel|sip):|\bwww\.",
            r"\w\.(?:com|org|net|edu|gov|info|biz|io|me|co|uk|de|fr|au|ca|us|eu|ch|at|es|it|nl|in|jp)\b",
            r"(?:\d[\W_]{0,3}){5}",  # telephone, card, account, date of birth, postcode
            r"\b(?=\w*\d)(?=\w*[a-z])\w{12,}",  # a key, a licence, an account of letters and digits
            r"(?:\b[0-9a-f]{1,4}:+){3}|\b[0-9a-f]{8}-[0-9a-f]{4}-",  # an address of a device, a UUID
            # a house: 12 Elm Street, Lindenstraße 12
            r"\b\d{1,5}[a-z]?,?\s+(?:[^\W\d_][\w.'’-]*\s+){1,3}(?:street|st|avenue|ave|road|rd|lane|ln|drive|boulevard|blvd)\b",
            r"\w(?:stra(?:ss|ß)e|str\.|weg|gasse|platz)\s+\d",
            r"\b(?:my name|i am called|i live (?:in|at))\b",
        )
    )
)

Key = tuple[str, dt.date]

_lock = threading.Lock()
_searches: dict[Key, tuple[int, int]] = {}  # times, and hits of the last
_openings: dict[Key, tuple[int, int]] = {}  # times, and how many writes they still wait for


def is_impersonal(text: str) -> bool:
    """Whether a search may be kept: a few words, without addresses and sequences of digits."""
    plain = fold(tidy(text))
    return (
        len(plain) <= SEARCHED_MAX_LENGTH and len(plain.split()) <= MOST_WORDS and not _PERSONAL.search(plain)
    )


def record_search(text: str, hits: int) -> None:
    """Count a search for `text` that found `hits` articles with all words. Costs no query."""
    _gather(_searches, text, lambda times, _hits: (times + 1, hits))


def record_opening(text: str) -> None:
    """Count that a result of a search for `text` was opened. Where that search was not counted, nothing comes of it."""
    _gather(_openings, text, lambda times, _tries: (times + 1, TRIES))


def flush() -> None:
    """Write what was gathered: one statement for the searches, one for each text of which a result was opened.

    Raises DatabaseError where it cannot be written; then it waits for the next time.
    """
    with _lock:
        searches, openings = dict(_searches), dict(_openings)
        _searches.clear()
        _openings.clear()
    try:
        waiting = write(searches, openings)
    except DatabaseError:
        _put_back(searches, openings)
        raise
    _put_back({}, waiting)


def write(
    searches: Mapping[Key, tuple[int, int]], openings: Mapping[Key, tuple[int, int]]
) -> dict[Key, tuple[int, int]]:
    """Add the counts to the table, which stays below STORED_MAX; return the openings whose search is not there yet."""
    waiting: dict[Key, tuple[int, int]] = {}
    connection = connections[router.db_for_write(SearchLogEntry)]
    with transaction.atomic(using=connection.alias):
        # In one order, so that two processes cannot lock each other out.
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO learn_searchlogentry (text, day, times, hits, opened) VALUES (%s, %s, %s, %s, 0) "
                "ON CONFLICT (text, day) DO UPDATE SET times = learn_searchlogentry.times + excluded.times, "
                "hits = excluded.hits",
                [
                    [text, connection.ops.adapt_datefield_value(day), *counts]
                    for (text, day), counts in sorted(searches.items())
                ],
            )
        for (text, day), (times, tries) in sorted(openings.items()):
            row = SearchLogEntry.objects.filter(text=text, day=day)
            if not row.update(opened=Least(F("times"), F("opened") + times)) and tries > 1:
                waiting[text, day] = times, tries - 1
        surplus = SearchLogEntry.objects.count() - STORED_MAX
        if surplus > 0:
            least = SearchLogEntry.objects.order_by("times", "day", "pk").values_list("pk", flat=True)
            SearchLogEntry.objects.filter(pk__in=list(least[:surplus])).delete()
    return waiting


def forget_old(today: dt.date | None = None) -> int:
    """Drop what few looked for and what is old, and everything where SEARCH_LOG is off; return how many rows went."""
    rows = SearchLogEntry.objects.order_by()
    if settings.SEARCH_LOG:
        today = today or timezone.now().date()
        past = rows.filter(day__lt=today - dt.timedelta(days=KEPT_DAYS))
        rare = rows.values("text").annotate(total=Sum("times")).filter(total__lt=RARE).values("text")
        old = rows.filter(day__lt=today - dt.timedelta(days=FORGOTTEN_DAYS))
        rows = past.filter(text__in=rare) | old
    return rows.delete()[0]


def forget_gathered() -> None:
    """Drop what this process gathered and has not written."""
    with _lock:
        _searches.clear()
        _openings.clear()


def _gather(kept: dict[Key, tuple[int, int]], text: str, add: Callable[[int, int], tuple[int, int]]) -> None:
    if not settings.SEARCH_LOG or not is_impersonal(text) or not (known_as := normal(text)):
        return
    key = known_as[:SEARCHED_MAX_LENGTH], timezone.now().date()
    with _lock:
        if key in kept or len(kept) < GATHERED_MAX:
            kept[key] = add(*kept.get(key, (0, 0)))
            _aside.start()


def _put_back(searches: Mapping[Key, tuple[int, int]], openings: Mapping[Key, tuple[int, int]]) -> None:
    """Gather these again, beside what came in the meantime."""
    with _lock:
        for kept, old in ((_searches, searches), (_openings, openings)):
            for key, (times, other) in old.items():
                if key in kept or len(kept) < GATHERED_MAX:
                    now_times, now_other = kept.get(key, (0, other))
                    kept[key] = now_times + times, now_other
        if _searches or _openings:
            _aside.start()


_aside = Aside("searches", SECONDS_BETWEEN_WRITES, flush)
