"""What `publish_due` does for scheduled articles whose time has come.

The page of one appears by itself: visibility depends on the clock (`ArticleQuerySet.published`), and so is the site's
state, by which every process knows that lists and feeds changed. What the clock cannot do is done here: choosing the
canonical one among its copies, and purging the cache in front of the site.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from learn.db import state
from learn.db.rows import batched
from learn.models import Article, SiteState
from learn.signals import pages_changed


def publish_due() -> list[str]:
    """Announce the articles that fell due since the last call; return their paths.

    May be called at any time and from anywhere: what was announced once is not announced again.
    """
    since = SiteState.objects.values_list("due_until", flat=True).first()
    now = timezone.now()
    articles = (
        Article.objects.published()
        .filter(publish_at__lte=now)
        .select_related("subject")
        .order_by("publish_at")
    )
    if since is not None:
        articles = articles.filter(publish_at__gt=since)
    due = list(articles.only("subject__slug", "slug", "content_key"))
    for batch in batched(due):
        with transaction.atomic():
            state.lock_writes()
            Article.objects.choose_canonicals({article.content_key for article in batch})
            pages_changed.send(sender=Article, pks=[article.pk for article in batch])
    SiteState.objects.update(due_until=now)
    return [article.get_absolute_url() for article in due]
