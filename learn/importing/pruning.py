"""Takes down what is gone from the source, and publishes again what came back."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from learn.db.rows import batched
from learn.models import Article, Redirect, RevisionDetails
from learn.models.revisions import ensure_first_revision, record, tracked
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
            _update_with_history(
                [row.pk for row in rows],
                "back in the source",
                status=Article.Status.PUBLISHED,
                missing_since=None,
            )


def unpublish(missing: list[Known]) -> tuple[int, int]:
    """Take down what is gone from the source: 410, or 301 where the same question lives on at another URL.

    Returns how many articles were unpublished and how many redirects made. Nothing is deleted.
    """
    unpublished = redirects = 0
    gone = [article for article in missing if article.is_published]
    for batch in batched(gone):
        with transaction.atomic():
            rows = Article.objects.filter(pk__in=[article.pk for article in batch])
            keys = dict(rows.values_list("pk", "content_key"))
            pages_changed.send(sender=Article, pks=list(keys))
            unpublished += _update_with_history(
                list(keys),
                "gone from the source",
                status=Article.Status.UNPUBLISHED,
                missing_since=timezone.now(),
            )
            gone_pks = {article.pk for article in gone}
            living = (
                Article.objects.published()
                .filter(content_key__in=set(keys.values()))
                .exclude(pk__in=gone_pks)
            ).order_by("-is_preferred", "-subject__is_listed", "date", "subject__slug", "slug")
            by_key: dict[str, Article] = {}
            for article in living.only("content_key"):
                by_key.setdefault(article.content_key, article)
            moved = {
                article.path: by_key[keys[article.pk]] for article in batch if keys[article.pk] in by_key
            }
            redirects += Redirect.objects.leave(moved)
    return unpublished, redirects


def _update_with_history(pks: list[int], reason: str, **values: object) -> int:
    """Change articles as an editor's bulk action does: a new version, and a revision that says from where."""
    ensure_first_revision(Article, pks)
    rows = Article.objects.filter(pk__in=pks)
    count = rows.update(**values, version=F("version") + 1, updated_at=timezone.now())
    record(list(tracked(rows)), source=RevisionDetails.Source.IMPORT, reason=reason)
    return count
