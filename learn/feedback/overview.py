"""What readers told, added up for editors: by article, by subject, and by how many an answer helped."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, F, Max, Min, OuterRef, Subquery, Sum
from django.utils import timezone

from learn.models import Article, HelpfulCount, Report, Subject
from learn.models.querysets import ArticleQuerySet

SHOWN = 100
OPEN = (Report.State.NEW, Report.State.ACCEPTED)
COLUMNS = ("question", "slug", "version", "subject__slug", "subject__title")


@dataclass(slots=True)
class Reported:
    """An article with reports that wait: how many readers said something, of which kinds, since when."""

    article: Article
    readers: int = 0
    reports: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    first: dt.datetime | None = None
    last: dt.datetime | None = None


def reported_articles(limit: int = SHOWN) -> list[Reported]:
    """The articles with open reports, those first of which most readers said something. Three queries."""
    rows = (
        Report.objects.filter(state__in=OPEN)
        .order_by()
        .values("article")
        .annotate(readers=Sum("times"), reports=Count("pk"), first=Min("created_at"), last=Max("last_at"))
        .order_by("-readers", "first")[:limit]
    )
    found = list(rows)
    articles = (
        Article.objects.select_related("subject").only(*COLUMNS).in_bulk([row["article"] for row in found])
    )
    listed = {
        row["article"]: Reported(
            articles[row["article"]], row["readers"], row["reports"], first=row["first"], last=row["last"]
        )
        for row in found
        if row["article"] in articles
    }
    kinds = Report.objects.filter(state__in=OPEN, article__in=listed).order_by()
    for pk, kind, readers in kinds.values_list("article", "kind").annotate(readers=Sum("times")):
        listed[pk].kinds[Report.Kind(kind).label] = readers
    return list(listed.values())


@dataclass(frozen=True, slots=True)
class SubjectReports:
    """What is reported of a subject: `kinds` with the number of readers, most first; `days` until it was decided."""

    subject: Subject
    readers: int
    waiting: int
    kinds: list[tuple[str, int]]
    days: float | None


def by_subject(days: int = 365) -> list[SubjectReports]:
    """Each subject of which something was reported in the last `days` days, the most reported first.

    Two queries over the reports, of which there are at most learn.feedback.reports.STORED_MAX; the days until a
    decision are their median.
    """
    since = timezone.now() - dt.timedelta(days=days)
    kinds: defaultdict[int, Counter[str]] = defaultdict(Counter)
    waiting: Counter[int] = Counter()
    took: defaultdict[int, list[float]] = defaultdict(list)
    rows = Report.objects.filter(last_at__gte=since).order_by()
    columns = ("article__subject", "kind", "times", "state", "created_at", "decided_at")
    for subject, kind, times, state, created, decided in rows.values_list(*columns).iterator(
        chunk_size=2_000
    ):
        kinds[subject][Report.Kind(kind).label] += times
        waiting[subject] += state in OPEN
        if decided is not None and state != Report.State.DISMISSED:
            took[subject].append((decided - created) / dt.timedelta(days=1))
    subjects = Subject.objects.in_bulk(list(kinds))
    found = [
        SubjectReports(subjects[pk], counts.total(), waiting[pk], counts.most_common(), _median(took[pk]))
        for pk, counts in kinds.items()
        if pk in subjects
    ]
    return sorted(found, key=lambda each: (-each.readers, each.subject.title))


def _median(values: list[float]) -> float | None:
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return None
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


@dataclass(frozen=True, slots=True)
class Helped:
    """What readers said of one version of an article."""

    article: Article
    version: int
    helpful: int
    not_helpful: int

    @property
    def is_present(self) -> bool:
        return self.version == self.article.version


ORDERS = {
    "not-helpful": "Helped least",
    "helpful": "Helped most",
}


_MORE_AND_FEWER = {"not-helpful": ("not_helpful", "helpful"), "helpful": ("helpful", "not_helpful")}


def by_votes(articles: ArticleQuerySet, order: str) -> ArticleQuerySet:
    """Those of `articles` whose present version helped more readers than not, or fewer; the most so first.

    `order` is one of ORDERS. Only what readers voted on is looked at, which is little. Raises KeyError.
    """
    more, fewer = _MORE_AND_FEWER[order]
    counts = HelpfulCount.objects.filter(version=F("article__version"), **{f"{more}__gt": F(fewer)})
    surplus = HelpfulCount.objects.filter(article=OuterRef("pk"), version=OuterRef("version"))
    return (
        articles.filter(pk__in=counts.values("article"))
        .annotate(surplus=Subquery(surplus.values(surplus=F(more) - F(fewer))))
        .order_by("-surplus", "-pk")
    )


def helped(order: str = "not-helpful", limit: int = SHOWN) -> list[Helped]:
    """Versions of articles that readers voted on, by the difference of the votes. One query. Raises KeyError."""
    more, fewer = _MORE_AND_FEWER[order]
    rows = (
        HelpfulCount.objects.annotate(surplus=F(more) - F(fewer))
        .filter(surplus__gt=0)
        .select_related("article__subject")
        .only("version", "helpful", "not_helpful", *(f"article__{name}" for name in COLUMNS))
        .order_by("-surplus", "-pk")[:limit]
    )
    return [Helped(row.article, row.version, row.helpful, row.not_helpful) for row in rows]
