"""Pinned results: the articles that editors put first where visitors look for something, for a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connections
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
    queries = sorted({normal(text) for text in texts} - {""})
    return _visible(f"query IN ({', '.join(['%s'] * len(queries))})", queries, scope) if queries else []


def suggested(text: str, scope: ArticleQuerySet) -> list[int]:
    """The same for what is typed so far: at least half of what the article is pinned to."""
    typed = normal(text)
    if len(typed) < SUGGESTED_FROM:
        return []
    # Each as its index on the column answers; no letter is a wildcard.
    if connections[scope.db].vendor == "postgresql":
        begun, values = "query LIKE %s", [f"{typed}%"]
    else:
        begun, values = "query >= %s AND query < %s", [typed, typed + chr(0x10FFFF)]
    return _visible(f"{begun} AND LENGTH(query) <= %s", [*values, 2 * len(typed)], scope)


def end_old(now: dt.datetime | None = None) -> int:
    """Mark the pins whose time has passed; return how many. Caches in front learn by it that pages changed."""
    past = SearchPin.objects.filter(until__lte=now or timezone.now(), is_over=False)
    return past.update(is_over=True) if past.exists() else 0


def _visible(condition: str, values: list[Any], scope: ArticleQuerySet) -> list[int]:
    connection = connections[scope.db]
    with connection.cursor() as cursor:
        # Without a queryset, which takes ten times as long to make as the database to find that nothing is pinned.
        cursor.execute(
            "SELECT COALESCE(article.canonical_id, article.id) FROM learn_searchpin pin "
            f"JOIN learn_article article ON article.id = pin.article_id WHERE {condition} AND until > %s "
            f"ORDER BY pin.id LIMIT {4 * MOST}",
            [*values, connection.ops.adapt_datetimefield_value(timezone.now())],
        )
        pks = [pk for (pk,) in cursor.fetchall()]
    if not pks:
        return []
    seen = set(scope.filter(pk__in=pks).values_list("pk", flat=True))
    return [pk for pk in dict.fromkeys(pks) if pk in seen][:MOST]
