"""The revisions of articles: who changed what, when, from where; what an article said before.

An article gets its first revision when it is first changed, not when it is made: an import of a whole library writes
none. That baseline says what stood there before, since when and from where. After that there is one revision per
change. Revisions are django-simple-history's (`Article.history`), written here in bulk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from django.utils import timezone

from .models import Article, RelatedLink, Revision, RevisionDetails

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Source = RevisionDetails.Source
Kind = Literal["+", "~", "-"]  # django-simple-history's: created, changed, deleted
BATCH = 500
REASON_MAX_LENGTH = 100  # the column of django-simple-history


def record(
    articles: Sequence[Article],
    *,
    source: str = Source.CODE,
    user: User | None = None,
    reason: str = "",
    kind: Kind | None = None,
) -> None:
    """Write a revision of each of `articles` as it is now, with its related links: two queries per 500.

    Call it after the rows and their links are saved, in the same transaction, only with articles that changed, and
    call `keep_baselines` before the change. `source` is one of RevisionDetails.Source; `kind` None means created
    for an article of version 1, else changed.
    """
    now = timezone.now()
    for start in range(0, len(articles), BATCH):
        batch = articles[start : start + BATCH]
        related = _related(article.pk for article in batch)
        Revision.objects.bulk_create(
            [
                _revision(
                    article,
                    related[article.pk],
                    history_date=now,
                    history_type=kind or ("+" if article.version == 1 else "~"),
                    history_user_id=user.pk if user else None,
                    history_change_reason=reason[:REASON_MAX_LENGTH],
                    source=source,
                )
                for article in batch
            ]
        )


def keep_baselines(pks: Iterable[int]) -> None:
    """Write what stands in the database as the first revision of those of these articles that have none.

    Call it before a change, in the same transaction. Two queries per 500 where all have one, four otherwise.
    """
    wanted = sorted(set(pks))
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        known = set(Revision.objects.filter(id__in=batch).order_by().values_list("id", flat=True))
        missing = [pk for pk in batch if pk not in known]
        if not missing:
            continue
        related = _related(missing)
        Revision.objects.bulk_create(
            [
                _revision(
                    article,
                    related[article.pk],
                    history_date=article.created_at,
                    history_type="+",
                    source=Source.IMPORT if article.imported_key else Source.CODE,
                    history_change_reason="",
                )
                for article in Article.objects.filter(pk__in=missing)
            ]
        )


def snapshot(article: Article) -> Any:
    """A revision of `article` as it is now, which is not saved: to compare others with."""
    return _revision(article, _related([article.pk])[article.pk], history_date=article.updated_at)


def latest(pk: int) -> Any:
    """The last revision of an article, with its user; None where it never changed."""
    return Revision.objects.filter(id=pk).select_related("history_user").order_by("-history_id").first()


def attribute(revision: Any, *, source: str, user: User) -> None:
    """Name who made a revision that was written where nobody knew: by the signal of a deletion."""
    Revision.objects.filter(pk=revision.pk).update(source=source, history_user=user)


def _revision(article: Article, related: list[list[Any]], **details: Any) -> Any:
    columns = {field.attname: getattr(article, field.attname) for field in Revision.tracked_fields}
    return Revision(**columns, related=related, **details)


def _related(pks: Iterable[int]) -> dict[int, list[list[Any]]]:
    """The related links of each article, as a revision keeps them."""
    related: dict[int, list[list[Any]]] = defaultdict(list)
    links = RelatedLink.objects.filter(article__in=list(pks)).order_by("article", "position")
    for pk, *link in links.values_list("article", "position", "source_id", "title", "subject", "url"):
        related[pk].append(link)
    return related
