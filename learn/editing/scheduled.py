"""What `publish_due` does for scheduled articles and changes whose time has come, and for what is over.

The page of one appears, or goes, by itself: visibility depends on the clock (`ArticleQuerySet.published`), and so is
the site's state, by which every process knows that lists and feeds changed. What the clock cannot do is done here:
choosing the canonical one among its copies, purging the cache in front of the site, and taking down for good what
expired.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from learn.db import state
from learn.db.rows import batched
from learn.models import Article, ArticleToPlace, RevisionDetails, SiteState
from learn.models.revisions import ensure_first_revision, record, tracked
from learn.signals import pages_changed

from . import working_copies


def publish_due() -> list[str]:
    """Announce the articles that fell due since the last call, make scheduled changes live, unpublish what expired.

    Returns the paths of their pages.

    May be called at any time and from anywhere: what was announced once is not announced again.
    """
    since = SiteState.objects.values_list("due_until", flat=True).first()
    now = timezone.now()
    changed = working_copies.publish_due(now)
    gone = _unpublish_expired(now)
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
            # Nothing was written that would tell: the lists of their topics have one more from now on.
            pks = [article.pk for article in batch]
            ArticleToPlace.objects.note(pks)
            pages_changed.send(sender=Article, pks=pks)
    SiteState.objects.update(due_until=now)
    return [article.get_absolute_url() for article in due] + changed + gone


def _unpublish_expired(now: dt.datetime) -> list[str]:
    """Unpublish what expired by `now`, each with a revision that says so; return the paths."""
    published = Article.Status.PUBLISHED
    expired = Article.objects.filter(status=published, expires__lte=now).select_related("subject")
    paths = []
    for batch in batched(list(expired.order_by("expires").only("subject__slug", "slug", "content_key"))):
        pks = [article.pk for article in batch]
        with transaction.atomic():
            state.lock_writes()
            ensure_first_revision(Article, pks)
            rows = Article.objects.filter(pk__in=pks, status=published, expires__lte=now)
            pks = list(rows.values_list("pk", flat=True))
            rows = Article.objects.filter(pk__in=pks)
            rows.update(status=Article.Status.UNPUBLISHED, version=F("version") + 1, updated_at=now)
            record(
                list(tracked(rows)), source=RevisionDetails.Source.ACTION, reason="its time is over: expired"
            )
            Article.objects.choose_canonicals({article.content_key for article in batch})
            pages_changed.send(sender=Article, pks=pks)
        paths += [article.get_absolute_url() for article in batch]
    return paths
