"""Import conflicts: changed files whose article an editor had changed too, stored until somebody decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from learn import documents, files
from learn.db import state
from learn.models import Article, ImportConflict, ImportRun, Revision, RevisionDetails, Subject
from learn.models.revisions import record

from . import related_links

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Resolution = ImportConflict.Resolution
# The columns that an editor chooses between; `layout` only says how the file was written.
CHOSEN = tuple(column for column in documents.FILE_COLUMNS if column != "layout")


class Clash(NamedTuple):
    """What the import knows of a conflict: the article's key, and the file with its hash and its whole text."""

    article_id: int
    source_path: str
    source_hash: str
    document: str


def record_conflicts(run: ImportRun, clashes: Iterable[Clash]) -> None:
    """Keep the conflicts of a batch of `run`: three queries.

    An article has one open conflict, that with the latest file; the same file reported again changes nothing.
    Call it in the transaction of the batch.
    """
    by_article = {clash.article_id: clash for clash in clashes}
    still_open = ImportConflict.objects.filter(article__in=by_article, resolved_at=None)
    superseded = []
    for pk, article_id, source_hash in still_open.values_list("pk", "article", "source_hash"):
        if source_hash == by_article[article_id].source_hash:
            del by_article[article_id]
        else:
            superseded.append(pk)
    ImportConflict.objects.filter(pk__in=superseded).update(
        resolved_at=timezone.now(), resolution=ImportConflict.Resolution.SUPERSEDED
    )
    ImportConflict.objects.bulk_create(
        ImportConflict(run=run, **clash._asdict()) for clash in by_article.values()
    )


@dataclass(frozen=True)
class Side:
    """What one side says: the columns of CHOSEN, the related links, the address."""

    values: Mapping[str, Any]
    related: Sequence[documents.Related]
    path: str


def sides(conflict: ImportConflict) -> tuple[Side, Side, Side | None]:
    """What the article says now, what the file says, and what both began with, where the history knows it.

    Raises DocumentError where the stored file is not one that can be imported (any more).
    """
    article = Article.objects.select_related("subject").get(pk=conflict.article_id)
    related = [documents.related_of(link) for link in article.related_links.order_by("position")]
    values = {column: getattr(article, column) for column in CHOSEN}
    return Side(values, related, article.get_absolute_url()), file_side(conflict), _base(conflict)


def file_side(conflict: ImportConflict) -> Side:
    """What the file of a conflict says. Raises DocumentError where it cannot be imported (any more)."""
    document, _warnings = files.read_document(conflict.document.encode(), conflict.source_path)
    values = documents.row_values(document)
    return Side(values, documents.related_values(document), document.url)


def _base(conflict: ImportConflict) -> Side | None:
    """What file and article last agreed on: the file of the last choice, else the last imported revision."""
    earlier = (
        ImportConflict.objects.filter(article=conflict.article_id, resolved_at__isnull=False)
        .exclude(resolution=Resolution.SUPERSEDED)
        .order_by("-resolved_at")
        .first()
    )
    imported = (
        Revision.objects.filter(id=conflict.article_id, source=RevisionDetails.Source.IMPORT)
        .order_by("-history_id")
        .first()
    )
    if earlier and (imported is None or imported.history_date < earlier.resolved_at):
        try:
            return file_side(earlier)
        except files.DocumentError:
            return None
    if imported is None:
        return None
    subject = Subject.objects.filter(pk=imported.subject_id).first()
    return Side(
        {column: getattr(imported, column) for column in CHOSEN},
        [documents.Related(*row) for row in imported.related],
        f"/learn/{subject.slug}/questions/{imported.slug}" if subject else "",
    )


def resolve(
    conflict: ImportConflict,
    resolution: str,
    user: User,
    *,
    values: Mapping[str, Any] | None = None,
    related: Sequence[documents.Related] | None = None,
    version: int | None = None,
) -> bool:
    """Give the article these `values` (of CHOSEN) and `related` links, and settle the conflict.

    None leaves what the article says. Either way the file counts as seen: the next import brings it up again only
    where it has changed. The address stays: an article moves in its form. False, with nothing done, where the
    conflict was settled meanwhile or the article is not of `version` any more.
    """
    try:
        file = file_side(conflict)
    except files.DocumentError:
        if values is not None or related is not None:
            raise
        file = None
    with transaction.atomic():
        state.lock_writes()
        article = (
            Article.objects.select_for_update(of=("self",))
            .select_related("subject")
            .get(pk=conflict.article_id)
        )
        settled = ImportConflict.objects.filter(pk=conflict.pk, resolved_at=None)
        if version not in (None, article.version) or not settled.update(
            resolved_at=timezone.now(), resolution=resolution, resolved_by=user
        ):
            return False
        is_changed = values is not None or related is not None
        for column, value in (values or {}).items():
            setattr(article, column, value)
        article.source_path = conflict.source_path
        article.source_hash = conflict.source_hash
        if file:
            article.imported_key = documents.import_key(file.path, dict(file.values), file.related)
        if is_changed:
            article.save(source=None)  # the revision is written below, with the links
            if related is not None:
                related_links.restore(article, related)
        else:
            columns = ("source_path", "source_hash", "imported_key")
            Article.objects.filter(pk=article.pk).update(**{name: getattr(article, name) for name in columns})
        article.refresh_link_flaws()
        if is_changed:
            reason = f"{Resolution(resolution).label}: {conflict.source_path}"
            record([article], source=RevisionDetails.Source.ADMIN, user=user, reason=reason)
    return True
