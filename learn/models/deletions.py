"""What follows when an article is deleted, and when a deleted one comes back."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver
from django.utils import timezone

from learn.identity import article_path
from learn.signals import pages_changed

from .articles import Article
from .bases import DeletedArticle
from .links import Redirect
from .revisions import ensure_first_revision, record

_KEYS = "learn_canonical_keys"  # of the articles whose canonical one a deletion may change


@receiver(pre_delete, sender=Article)
def record_deletion(instance: Article, **_kwargs: Any) -> None:
    """A deleted article can be brought back from the history; caches learn what showed it while it is there."""
    ensure_first_revision(Article, [instance.pk])
    record([instance], kind="-")
    DeletedArticle.objects.update_or_create(
        article_key=instance.pk,
        defaults={
            "url": article_path(instance.subject.slug, instance.slug),
            "source_url": instance.source_url or "",
            "question": instance.question,
            "imported_key": instance.imported_key,
            "source_hash": instance.source_hash,
            "deleted_at": timezone.now(),
            "deleted_by": None,
            "redirects": list(
                Redirect.objects.filter(target=instance)
                .order_by("old_path")
                .values_list("old_path", flat=True)
            ),
            "purged_at": None,
        },
    )
    pages_changed.send(sender=Article, pks=[instance.pk])
    followers = Article.objects.filter(canonical=instance.pk)
    keys = {instance.content_key, *followers.values_list("content_key", flat=True)}
    setattr(instance, _KEYS, keys)


@receiver(post_delete, sender=Article)
def leave_gone_redirect(instance: Article, **_kwargs: Any) -> None:
    """A deleted article answers 410 Gone, so that search engines drop it at once; its copies choose anew."""
    Redirect.objects.get_or_create(
        old_path=article_path(instance.subject.slug, instance.slug), defaults={"is_automatic": True}
    )
    Article.objects.choose_canonicals(getattr(instance, _KEYS, ()))


@receiver(post_save, sender=Article)
def forget_deletion(instance: Article, *, created: bool, raw: bool, **_kwargs: Any) -> None:
    """An article that came back is not deleted any more; what waited for a decision waits with it."""
    if raw:
        return  # a dump that is loaded says itself what was deleted
    if created and (deleted := DeletedArticle.objects.filter(article_key=instance.pk).first()):
        deleted.conflicts.update(article=instance, deleted=None)
        deleted.delete()
