"""The questions before and after an article in the list of its subject."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from learn.db.prepared import Prepared
from learn.models import Article
from learn.models.querysets import ArticleQuerySet


def _beside(subject: int, date: dt.date, slug: str, now: dt.datetime) -> ArticleQuerySet:
    """Both neighbours: those of the same day first, where the index leads straight to the slug; then the next day's."""
    peers = Article.objects.listable(now).filter(subject_id=subject)
    upwards, downwards = ("date", "-slug"), ("-date", "slug")
    before = Coalesce(
        _first(peers.filter(date=date, slug__lt=slug).order_by(*upwards)),
        _first(peers.filter(date__gt=date).order_by(*upwards)),
    )
    after = Coalesce(
        _first(peers.filter(date=date, slug__gt=slug).order_by(*downwards)),
        _first(peers.filter(date__lt=date).order_by(*downwards)),
    )
    return Article.objects.for_links().filter(Q(pk=before) | Q(pk=after))


def _first(articles: ArticleQuerySet) -> QuerySet[Article, Any]:
    return articles.values("pk")[:1]


_neighbours = Prepared(_beside, subject=int, date=dt.date, slug=str, now=dt.datetime)


def neighbours(article: Article) -> tuple[Article | None, Article | None]:
    """The articles that stand before and after `article` in its subject's list (newest first), in one query."""
    previous = following = None
    for neighbour in _neighbours(
        subject=article.subject_id, date=article.date, slug=article.slug, now=timezone.now()
    ):
        if (neighbour.date, article.slug) > (article.date, neighbour.slug):
            previous = neighbour
        else:
            following = neighbour
    return previous, following
