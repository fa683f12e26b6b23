"""The revisions of articles: who changed what, when, from where; what an article said before.

An article gets its first revision when it is first changed, not when it is made: an import of a whole library writes
none. That first revision says what stood there before, since when and from where. After that there is one revision
per change. Revisions are django-simple-history's (`Article.history`), written here in bulk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal

from django.db import models
from django.db.models import F, QuerySet
from django.utils import timezone
from simple_history.models import HistoricalRecords

from learn.db.rows import batched, insert

from .links import RelatedLink

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from .articles import Article

Kind = Literal["+", "~", "-"]  # django-simple-history's: created, changed, deleted
REASON_MAX_LENGTH = 100  # the column of django-simple-history


class RevisionDetails(models.Model):
    """What a revision of an article says beside the article's own columns: where it came from, and its links."""

    class Source(models.TextChoices):
        ADMIN = "admin", "Admin"
        ACTION = "action", "Bulk action"
        IMPORT = "import", "Import"
        RESTORE = "restore", "Restore"
        CODE = "code", "Program"

    source = models.CharField(max_length=10, choices=Source, default=Source.CODE)
    # The related links as `[position, source_id, title, subject, url]`, in their order.
    related = models.JSONField(default=list)
    # The change set that it belongs to, where it was one change of many.
    change_set = models.ForeignKey(
        "learn.ChangeSet", null=True, blank=True, on_delete=models.SET_NULL, related_name="revisions"
    )

    class Meta:
        abstract = True


Source = RevisionDetails.Source
_change_set: ContextVar[int | None] = ContextVar("change_set", default=None)


@contextmanager
def of_change_set(pk: int | None) -> Iterator[None]:
    """Within it, every revision that is recorded names this change set."""
    token = _change_set.set(pk)
    try:
        yield
    finally:
        _change_set.reset(token)


def current_change_set() -> int | None:
    """The key of the change set that what is written now belongs to."""
    return _change_set.get()


class Revisions(HistoricalRecords):  # type: ignore[misc]  # the package has no types
    """The history of an article. The package's own receivers write nothing: `record` does, with the related links."""

    def post_delete(self, instance: Article, using: str | None = None, **kwargs: Any) -> None:
        """Nothing: the links are gone by now. `learn.models.articles.record_deletion` wrote the revision before."""

    def create_historical_record(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: `Article.save` writes its one revision."""


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
    call `ensure_first_revision` before the change. `source` is one of RevisionDetails.Source; `kind` None means created
    for an article of version 1, else changed.
    """
    now = timezone.now()
    for batch in batched(articles):
        related = related_of(article.pk for article in batch)
        model = _model(batch[0])
        details = {
            "history_date": now,
            "history_user_id": user.pk if user else None,
            "history_change_reason": reason[:REASON_MAX_LENGTH],
            "source": source,
            "change_set_id": _change_set.get(),
        }
        insert(
            model,
            [
                {
                    **_columns(model, article),
                    **details,
                    "history_type": kind or ("+" if article.version == 1 else "~"),
                    "related": related[article.pk],
                }
                for article in batch
            ],
        )


def ensure_first_revision(model: type[Article], pks: Iterable[int]) -> None:
    """Write what stands in the database as the first revision of those of these articles that have none.

    Call it before a change, in the same transaction. One query per 500 where all have one, four otherwise.
    """
    revisions = model.history.model.objects
    for batch in batched(sorted(set(pks))):
        known = set(revisions.filter(id__in=batch).order_by().values_list("id", flat=True))
        missing = [pk for pk in batch if pk not in known]
        if not missing:
            continue
        related = related_of(missing)
        history = _model(model)
        rows = model.objects.filter(pk__in=missing)
        insert(
            history,
            [
                {
                    **_columns(history, article),
                    "history_date": article.created_at,
                    "history_type": "+",
                    "source": Source.IMPORT if article.imported_key else Source.CODE,
                    "history_change_reason": "",
                    "related": related[article.pk],
                }
                for article in tracked(rows, "created_at", "imported_key")
            ],
        )


def change_alike(
    model: type[Article], pks: Iterable[int], values: Mapping[str, Any], *, source: str, reason: str
) -> int:
    """Give these articles the same `values`, a new version and a revision of it; return how many there are.

    The same as `ensure_first_revision`, an update and `record`, of rows that are read once: six queries per 500, 0.2 ms
    for each article. Call it in a transaction.
    """
    revisions = _model(model)
    names = [field.attname for field in revisions.tracked_fields]
    now = timezone.now()
    count = 0
    for batch in batched(sorted(set(pks))):
        known = set(revisions.objects.filter(id__in=batch).order_by().values_list("id", flat=True))
        related = related_of(batch)
        first, changed = [], []
        articles = model.objects.filter(pk__in=batch)
        for row in articles.order_by("pk").values(*names, "created_at", "imported_key"):
            made, imported = row.pop("created_at"), row.pop("imported_key")
            row["related"] = related[row["id"]]
            if row["id"] not in known:
                by = Source.IMPORT if imported else Source.CODE
                about = {"history_date": made, "history_type": "+", "source": by, "history_change_reason": ""}
                first.append({**row, **about})
            new = {**row, **{name: value for name, value in values.items() if name in row}}
            new |= {
                "version": row["version"] + 1,
                "updated_at": now,
                "history_date": now,
                "history_type": "~",
            }
            new |= {"source": source, "history_change_reason": reason[:REASON_MAX_LENGTH]}
            changed.append({**new, "change_set_id": _change_set.get()})
        insert(revisions, first + changed)
        articles.update(**values, version=F("version") + 1, updated_at=now)
        count += len(changed)
    return count


def tracked(articles: QuerySet[Article], *more: str) -> QuerySet[Article]:
    """The articles with the columns that a revision keeps, and these: what is derived from them is most of a row."""
    fields = _model(articles.model).tracked_fields
    return articles.only(*(field.name for field in fields), *more)


def snapshot(article: Article) -> Any:
    """A revision of `article` as it is now, which is not saved: to compare others with."""
    model = _model(article)
    related = related_of([article.pk])[article.pk]
    return model(**_columns(model, article), related=related, history_date=article.updated_at)


def _model(article: Article | type[Article]) -> Any:
    """The model of the revisions. Ask once for many: the package makes a manager's class at each access."""
    return article.history.model if isinstance(article, type) else type(article).history.model


def _columns(model: Any, article: Article) -> dict[str, Any]:
    return {field.attname: getattr(article, field.attname) for field in model.tracked_fields}


def related_of(pks: Iterable[int]) -> dict[int, list[list[Any]]]:
    """The related links of each article, as a revision keeps them."""
    related: dict[int, list[list[Any]]] = defaultdict(list)
    links = RelatedLink.objects.filter(article__in=list(pks)).order_by("article", "position")
    for pk, *link in links.values_list("article", "position", "source_id", "title", "subject", "url"):
        related[pk].append(link)
    return related
