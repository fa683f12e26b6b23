"""Takes down what is gone from the source, and publishes again what came back."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from learn.db.rows import batched
from learn.models import Article, Redirect, RevisionDetails
from learn.models.revisions import change_alike
from learn.signals import pages_changed

from .facts import Known


def publish_again(pks: list[int]) -> None:
    """Publish the articles that an earlier run took down as missing and that are back, unchanged."""
    for batch in batched(pks):
        with transaction.atomic():
            rows = Article.objects.filter(pk__in=batch, missing_since__isnull=False)
            paths = [
                row.get_absolute_url() for row in rows.select_related("subject").only("slug", "subject__slug")
            ]
            Redirect.objects.filter(old_path__in=paths, is_automatic=True).delete()
            pages_changed.send(sender=Article, pks=[row.pk for row in rows])
            change_alike(
                Article,
                [row.pk for row in rows],
                {"status": Article.Status.PUBLISHED, "missing_since": None},
                source=RevisionDetails.Source.IMPORT,
                reason="back in the source",
            )


def unpublish(missing: list[Known]) -> tuple[int, int]:
    """Take down what is gone from the source: 410, or 301 where the same question lives on at another URL.

    Returns how many articles were unpublished and how many redirects made. Nothing is deleted.
    """
    unpublished = redirects = 0
    gone = [article for article in missing if article.is_published]
    gone_pks = {article.pk for article in gone}
    for batch in batched(gone):
        with transaction.atomic():
            rows = Article.objects.filter(pk__in=[article.pk for article in batch])
            keys = dict(rows.values_list("pk", "content_key"))
            pages_changed.send(sender=Article, pks=list(keys))
            unpublished += change_alike(
                Article,
                keys,
                {"status": Article.Status.UNPUBLISHED, "missing_since": timezone.now()},
                source=RevisionDetails.Source.IMPORT,
                reason="gone from the source",
            )
            living = (Article.objects.published().filter(content_key__in=set(keys.values()))).order_by(
                "-is_preferred", "-subject__is_listed", "date", "subject__slug", "slug"
            )
            by_key: dict[str, Article] = {}
            for article in living.only("content_key"):
                if article.pk not in gone_pks:  # those that this run takes down in a later batch
                    by_key.setdefault(article.content_key, article)
            moved = {
                article.path: by_key[keys[article.pk]] for article in batch if keys[article.pk] in by_key
            }
            redirects += Redirect.objects.leave(moved)
    return unpublished, redirects
