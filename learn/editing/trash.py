"""Deleted articles: what is told of them, and how one comes back. What they said is in their last revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from learn import documents
from learn.db import state
from learn.files import lifecycle
from learn.models import (
    Article,
    DeletedArticle,
    ImportConflict,
    ImportedFile,
    Redirect,
    Revision,
    RevisionDetails,
    Subject,
)
from learn.models.revisions import record

from . import related_links, three_way

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def delete(article: Article, user: User | None, *, lead_to: Article | None = None) -> None:
    """Delete an article: its address and those that led to it answer 410, or lead to `lead_to`.

    A row of DeletedArticle says who did it and when: the import does not bring the article back unasked.
    """
    key, path = article.pk, article.get_absolute_url()
    with transaction.atomic():
        state.lock_writes()
        if lead_to:
            Redirect.objects.filter(target=article).update(target=lead_to)
        article.delete()
        DeletedArticle.objects.filter(article_key=key).update(deleted_by=user)
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
    related_links.restore(article, related)
    article.refresh_link_flaws()
    source = RevisionDetails.Source.RESTORE if user else RevisionDetails.Source.IMPORT
    record([article], source=source, user=user, reason=reason, kind="~")
    return article


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
