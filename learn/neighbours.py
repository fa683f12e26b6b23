"""The questions before and after an article in the list of its subject."""

from __future__ import annotations

from django.db.models import Q

from .models import Article


def neighbours(article: Article) -> tuple[Article | None, Article | None]:
    """The articles that stand before and after `article` in its subject's list (newest first), in one query.

    The condition on the date alone is implied by the other; it lets the index start at the article's own day
    instead of at the subject's first.
    """
    peers = Article.objects.listable().filter(subject_id=article.subject_id)
    before = peers.filter(
        Q(date__gt=article.date) | Q(date=article.date, slug__lt=article.slug), date__gte=article.date
    ).order_by("date", "-slug")
    after = peers.filter(
        Q(date__lt=article.date) | Q(date=article.date, slug__gt=article.slug), date__lte=article.date
    ).order_by("-date", "slug")
    found = Article.objects.for_listing().filter(Q(pk=before.values("pk")[:1]) | Q(pk=after.values("pk")[:1]))
    previous = following = None
    for neighbour in found:
        if (neighbour.date, article.slug) > (article.date, neighbour.slug):
            previous = neighbour
        else:
            following = neighbour
    return previous, following
