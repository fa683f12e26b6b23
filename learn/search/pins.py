"""Pinned results: the articles that editors put first where visitors look for something, for a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Length
from django.utils import timezone

from learn.models import SearchPin
from learn.models.querysets import ArticleQuerySet

from .query import normal

MOST = 5  # pinned results of one search
SUGGESTED_FROM = 3  # characters typed from which a suggestion may be a pinned one


def pinned(texts: Iterable[str], scope: ArticleQuerySet) -> list[int]:
    """The primary keys of the articles pinned to one of `texts`, those pinned first at the beginning.

    Only articles of `scope`; of a copy, its original. One query, two where something is pinned.
    """
    wanted = {normal(text) for text in texts} - {""}
    return _visible(SearchPin.objects.filter(query__in=wanted), scope) if wanted else []


def suggested(text: str, scope: ArticleQuerySet) -> list[int]:
    """The same for what is typed so far: at least half of what the article is pinned to."""
    typed = normal(text)
    if len(typed) < SUGGESTED_FROM:
        return []
    begun = SearchPin.objects.filter(query__startswith=typed).annotate(length=Length("query"))
    return _visible(begun.filter(length__lte=2 * len(typed)), scope)


def end_old(now: dt.datetime | None = None) -> int:
    """Mark the pins whose time has passed; return how many. Caches in front learn by it that pages changed."""
    past = SearchPin.objects.filter(until__lte=now or timezone.now(), is_over=False)
    return past.update(is_over=True) if past.exists() else 0


def _visible(pins: QuerySet[SearchPin], scope: ArticleQuerySet) -> list[int]:
    lasting = pins.filter(until__gt=timezone.now()).order_by("pk")
    pks = list(lasting.values_list(Coalesce("article__canonical_id", "article_id"), flat=True)[: 4 * MOST])
    if not pks:
        return []
    seen = set(scope.filter(pk__in=pks).values_list("pk", flat=True))
    return [pk for pk in dict.fromkeys(pks) if pk in seen][:MOST]
