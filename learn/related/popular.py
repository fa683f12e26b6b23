"""Popular questions: those that most related links lead to. Counted outside of requests, which reads all links."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count

from learn.models import Article, MostLinked, RelatedLink

STORED = 400  # of which a list shows the first that may be shown


def refresh() -> None:
    """Count the related links by their target and keep the most frequent ones; writes where that changed only."""
    counted = (
        RelatedLink.objects.filter(target__isnull=False)
        .order_by()
        .values("target")
        .annotate(links=Count("pk"))
        .order_by("-links", "target")
        .values_list("target", "links")[:STORED]
    )
    with transaction.atomic():
        most = list(counted)
        if list(MostLinked.objects.order_by("-links", "article").values_list("article", "links")) != most:
            MostLinked.objects.all().delete()
            MostLinked.objects.bulk_create(MostLinked(article_id=pk, links=links) for pk, links in most)


def questions(count: int) -> list[Article]:
    """The first `count` of them that search engines may know, those with most links first. Two queries."""
    most = list(MostLinked.objects.order_by("-links", "article").values_list("article", flat=True))
    found = Article.objects.indexable().for_listing().in_bulk(most)
    return [found[pk] for pk in most if pk in found][:count]
