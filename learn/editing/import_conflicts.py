"""Files that changed although an editor had changed or deleted their article: kept until somebody chooses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from learn import documents, files
from learn.db import state
from learn.models import Article, ImportConflict, ImportedFile, ImportRun, Revision, RevisionDetails, Subject
from learn.models.revisions import record

from . import related_links
from .three_way import CHOSEN, Side, put_together, side_of, side_of_file

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Resolution = ImportConflict.Resolution


class Clash(NamedTuple):
    """What the import knows of a conflict: the article's key, and the file with its hash and its whole text.

    `deleted_id`, in its place: the key of the DeletedArticle. `file_source_id`: the source that the file belongs to.
    """

    article_id: int | None
    source_path: str
    source_hash: str
    document: str
    deleted_id: int | None = None
    file_source_id: int | None = None


def record_conflicts(run: ImportRun, clashes: Iterable[Clash]) -> None:
    """Keep the conflicts of a batch of `run`: three queries.

    An article has one open conflict, that with the latest file; the same file reported again changes nothing.
    Call it in the transaction of the batch.
    """
    waiting = {(clash.article_id, clash.deleted_id): clash for clash in clashes}
    articles = [article for article, _deleted in waiting if article]
    deleted = [gone for _article, gone in waiting if gone]
    still_open = ImportConflict.objects.filter(
        Q(article__in=articles) | Q(deleted__in=deleted), resolved_at=None
    )
    superseded = []
    for pk, article_id, deleted_id, source_hash in still_open.values_list(
        "pk", "article", "deleted", "source_hash"
    ):
        if source_hash == waiting[article_id, deleted_id].source_hash:
            del waiting[article_id, deleted_id]
        else:
            superseded.append(pk)
    ImportConflict.objects.filter(pk__in=superseded).update(
        resolved_at=timezone.now(), resolution=ImportConflict.Resolution.SUPERSEDED
    )
    ImportConflict.objects.bulk_create(
        ImportConflict(run=run, **clash._asdict()) for clash in waiting.values()
    )


def sides(conflict: ImportConflict) -> tuple[Side, Side, Side | None]:
    """What the article says now, what the file says, and what both began with, where the history knows it.

    Raises DocumentError where the stored file is not one that can be imported (any more).
    """
    article = Article.objects.select_related("subject").get(pk=conflict.article_id or 0)
    return side_of(article), file_side(conflict), _base(conflict)


def file_side(conflict: ImportConflict) -> Side:
    """What the file of a conflict says. Raises DocumentError where it cannot be imported (any more)."""
    return side_of_file(conflict.document.encode(), conflict.source_path)


def _base(conflict: ImportConflict) -> Side | None:
    """What file and article last agreed on: the file as it was last imported, where its bytes are kept.

    Failing that, the file of the last choice, then the last imported revision.
    """
    if known := ImportedFile.objects.of_conflict(conflict.file_source_id, conflict.source_path):
        with suppress(files.DocumentError):
            return side_of_file(known, conflict.source_path)
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
            .get(pk=conflict.article_id or 0)
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
        _renew_base(conflict, article.pk, file)
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


def resolve_many(
    waiting: Iterable[ImportConflict], how: str, user: User, *, keep: Collection[str] = ()
) -> tuple[int, int]:
    """Settle many conflicts alike; return how many were settled and how many were left.

    `how` (of Resolution): MINE keeps the articles, FILE takes the files, MERGED takes both where nothing clashes.
    `keep` names columns that stay as they are. Left are those whose file cannot be taken, or whose article is deleted.
    """
    settled = left = 0
    for conflict in waiting:
        done = False
        if conflict.article_id and conflict.resolved_at is None:
            with suppress(files.DocumentError):
                chosen = _values_for(conflict, how)
                if chosen is not None:
                    values, related = chosen
                    kept = values and {name: value for name, value in values.items() if name not in keep}
                    done = resolve(conflict, how, user, values=kept, related=related)
        settled += done
        left += not done
    return settled, left


def _values_for(
    conflict: ImportConflict, how: str
) -> tuple[Mapping[str, Any] | None, Sequence[documents.Related] | None] | None:
    """The columns and links that a decision gives the article (None: keeps); None where it cannot be made."""
    if how == Resolution.MINE:
        return None, None
    mine, file, base = sides(conflict)
    if how == Resolution.FILE:
        return file.values, file.related
    if base is None:
        return None
    together = put_together(base, mine, file)
    return None if together.clashes else (together.values, together.related)


def _renew_base(conflict: ImportConflict, key: int, file: Side | None) -> None:
    """The file of a settled conflict counts as imported."""
    if conflict.file_source_id:
        ImportedFile.objects.settle(
            conflict.file_source_id,
            conflict.source_path,
            digest=conflict.source_hash,
            data=conflict.document.encode(),
            article_key=key,
            url=file.path if file else None,
        )
