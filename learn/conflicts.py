"""Files that changed although an editor had changed their article: kept until somebody chooses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.utils import timezone

from .models import ImportConflict, ImportRun


class Clash(NamedTuple):
    """What the import knows of a conflict: the article's key, and the file with its hash and its whole text."""

    article_id: int
    source_path: str
    source_hash: str
    document: str


def note(run: ImportRun, clashes: Iterable[Clash]) -> None:
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
