"""Deleted articles: what is told of them, how one comes back, and when it is gone for good.

What they said is in their last revision, the trash. It is kept for TRASH_DAYS; the row that says that an article was
deleted stays after that, so that its file does not bring it back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from learn import documents
from learn.db import state
from learn.files import lifecycle
from learn.models import (
    Article,
    Comment,
    DeletedArticle,
    ImportConflict,
    ImportedFile,
    Redirect,
    Review,
    Revision,
    RevisionDetails,
    Subject,
    WorkingCopy,
)
from learn.models.revisions import record

from . import related_links, reviews, three_way
from .bulk import missing_for_live_page

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def delete(article: Article, user: User | None, *, lead_to: Article | None = None) -> None:
    """Delete an article: its address and those that led to it answer 410, or lead to `lead_to`.

    A row of DeletedArticle says who did it and when: the import does not bring the article back unasked.
    """
    key, path = article.pk, article.get_absolute_url()
    with transaction.atomic():
        state.lock_writes()
        older = list(
            Redirect.objects.filter(target=article).order_by("old_path").values_list("old_path", flat=True)
        )
        if lead_to:
            Redirect.objects.filter(target=article).update(target=lead_to)
        drafts = list(WorkingCopy.objects.filter(article=article).values_list("pk", flat=True))
        article.delete()
        WorkingCopy.objects.filter(pk__in=drafts).update(article_key=key)
        DeletedArticle.objects.filter(article_key=key).update(deleted_by=user, redirects=older)
        if lead_to:
            Redirect.objects.leave({path: lead_to})


def bring_back(
    deleted: DeletedArticle,
    *,
    subject: Subject,
    slug: str,
    values: Mapping[str, Any],
    related: Sequence[documents.Related],
    user: User | None = None,
    reason: str = "",
) -> Article:
    """Publish a deleted article again, under its old key and with its history, saying what these `values` say.

    Where its file says that it is a draft, unpublished or for later, it is so.

    Call it in a transaction; the address must be free.
    """
    key = deleted.article_key
    last = Revision.objects.filter(id=key).order_by("-history_id").first()
    article = Article(pk=key, subject=subject, slug=slug, version=last.version + 1 if last else 1)
    if last:
        article.publish_at, article.is_preferred = last.publish_at, last.is_preferred
    life = lifecycle.read(values.get("extra") or {})
    article.status = life.status
    article.publish_at = life.publish_at or article.publish_at
    article.expires = life.expires
    for name, value in values.items():
        setattr(article, name, value)
    article.save(source=None)
    _take_up_draft(article)
    related_links.restore(article, related)
    article.refresh_link_flaws()
    source = RevisionDetails.Source.RESTORE if user else RevisionDetails.Source.IMPORT
    record([article], source=source, user=user, reason=reason, kind="~")
    return article


def why_not(row: Any) -> str:
    """What keeps a deleted article from coming back as it was at the revision `row`; empty where nothing does."""
    if not Subject.objects.filter(pk=row.subject_id).exists():
        return "The subject of this article is gone. Make it again, then write the article anew from its versions."
    if Article.objects.filter(subject=row.subject_id, slug=row.slug).exists():
        return "Another article stands at this address now. Move that one first."
    return ""


def restore(row: Any, user: User, *, as_it_was: bool) -> Article:
    """Bring a deleted article back as it was at the revision `row`, under its old key: links, redirects and history.

    As a draft, or (`as_it_was`) with the status that it had when it was deleted, where nothing that a page needs is
    missing. Call it in a transaction, where `why_not` says nothing.
    """
    deleted = DeletedArticle.objects.filter(article_key=row.id).first()
    last = Revision.objects.filter(id=row.id).order_by("-history_id").first()
    values = {field.attname: getattr(row, field.attname) for field in Revision.tracked_fields}
    article = Article(**{**values, "status": Article.Status.DRAFT, "version": last.version + 1})
    if as_it_was and not missing_for_live_page(article):
        article.status = last.status
    path = article.get_absolute_url()
    # Visitors of the older addresses were led on, or told that it is gone.
    led_to = Redirect.objects.filter(old_path=path).values_list("target", flat=True).first()
    article.save(source=None)  # the revision is written below, when the links are back, too
    _take_up_draft(article)
    related_links.restore(article, row.related)
    article.refresh_link_flaws()
    if deleted is not None:
        theirs = Redirect.objects.filter(old_path__in=deleted.redirects, new_path="")
        theirs.filter(Q(target=None) | Q(target=led_to)).update(target=article)
    record(
        [article],
        source=RevisionDetails.Source.RESTORE,
        user=user,
        reason=f"version {row.version} of {row.history_date:%Y-%m-%d %H:%M}",
    )
    return article


def _take_up_draft(article: Article) -> None:
    """Give the working copy that the article had back to it; what was approved before is looked at again."""
    reviews.reopen(article.pk)
    WorkingCopy.objects.filter(article_key=article.pk).update(article=article, article_key=None)


def purge(key: int) -> bool:
    """Delete the history of the deleted article `key`, and what was said of it, for good.

    False where it is no deleted one (any more).
    """
    with transaction.atomic():
        state.lock_writes()
        if Article.objects.filter(pk=key).exists():
            return False
        found = DeletedArticle.objects.filter(article_key=key, purged_at=None).update(
            purged_at=timezone.now()
        )
        if found:
            Revision.objects.filter(id=key).delete()
            Review.objects.filter(article=key).delete()
            Comment.objects.filter(article=key).delete()
    return bool(found)


def kept_until(deleted: DeletedArticle) -> dt.datetime:
    """When the trash forgets it."""
    return deleted.deleted_at + dt.timedelta(days=settings.TRASH_DAYS)


def empty_old() -> int:
    """Purge what has waited for TRASH_DAYS; return how many. Each in a transaction of its own."""
    limit = timezone.now() - dt.timedelta(days=settings.TRASH_DAYS)
    old = DeletedArticle.objects.filter(purged_at=None, deleted_at__lt=limit)
    return sum(purge(key) for key in list(old.values_list("article_key", flat=True)))


def decide(conflict: ImportConflict, user: User, *, revive: bool) -> bool:
    """Settle the conflict of a changed file whose article was deleted: bring it back as the file says, or do not.

    Either way the file counts as imported. False, with nothing done, where it was settled meanwhile, or another
    article stands at the address. Raises DocumentError where the file cannot be imported (any more).
    """
    side = three_way.side_of_file(conflict.document.encode(), conflict.source_path)
    with transaction.atomic():
        state.lock_writes()
        deleted = DeletedArticle.objects.select_for_update().filter(conflicts=conflict).first()
        waiting = ImportConflict.objects.filter(pk=conflict.pk, resolved_at=None)
        if deleted is None or not waiting.exists() or (revive and Article.objects.at_paths([side.path])):
            return False
        key = deleted.article_key
        resolution = ImportConflict.Resolution.REVIVED if revive else ImportConflict.Resolution.MINE
        if revive:
            _, _, subject_slug, _, slug = side.path.split("/")
            title = side.values["subject_label"] or subject_slug.replace("-", " ").capitalize()
            subject, _made = Subject.objects.get_or_create(slug=subject_slug, defaults={"title": title})
            columns = {
                "source_url": side.path,
                "source_path": conflict.source_path,
                "source_hash": conflict.source_hash,
                "imported_key": documents.import_key(side.path, dict(side.values), side.related),
            }
            bring_back(
                deleted, subject=subject, slug=slug, values={**side.values, **columns}, related=side.related,
                user=user, reason=f"brought back: {conflict.source_path}",
            )  # fmt: skip
        waiting.update(resolved_at=timezone.now(), resolution=resolution, resolved_by=user)
        if conflict.file_source_id:
            ImportedFile.objects.settle(
                conflict.file_source_id, conflict.source_path, digest=conflict.source_hash,
                data=conflict.document.encode(), article_key=key, url=side.path,
            )  # fmt: skip
    return True
