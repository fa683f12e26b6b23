"""What visitors looked for, as lists for editors: most often, in vain, and without opening a result."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Max, OuterRef, Subquery, Sum
from django.utils import timezone

from learn.models import SearchLogEntry

# Which searches, in the words of the page that lists them.
KINDS = {
    "top": "Top searches",
    "in-vain": "Without result",
    "unopened": "Without click",
}
UNOPENED_FROM = 3  # searches of one text after which it says something that nothing was opened
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Searched:
    """A text that visitors looked for; `hits` is how many articles held all its words, the last time."""

    text: str
    times: int
    hits: int
    opened: int
    last: dt.date

    @property
    def opened_percent(self) -> int:
        return round(100 * self.opened / self.times) if self.times else 0


def searches(kind: str, days: int, limit: int = SHOWN) -> list[Searched]:
    """The `limit` texts of a kind (of KINDS) that were looked for most in the last `days` days, today included.

    One query over the rows of these days, of which there are at most learn.feedback.search_log.STORED_MAX. Raises
    KeyError for another kind.
    """
    since = timezone.now().date() - dt.timedelta(days=days - 1)
    latest = SearchLogEntry.objects.filter(text=OuterRef("text")).order_by("-day").values("hits")[:1]
    texts = (
        SearchLogEntry.objects.filter(day__gte=since)
        .order_by()
        .values("text")
        .annotate(sought=Sum("times"), clicks=Sum("opened"), last=Max("day"), found=Subquery(latest))
    )
    chosen = {
        "top": texts,
        "in-vain": texts.filter(found=0),
        "unopened": texts.filter(found__gt=0, clicks=0, sought__gte=UNOPENED_FROM),
    }[kind]
    columns = ("text", "sought", "found", "clicks", "last")
    return [Searched(*row) for row in chosen.order_by("-sought", "text").values_list(*columns)[:limit]]
