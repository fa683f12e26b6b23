"""The admin's front page: open work, content problems, recent changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, Value
from django.http import HttpRequest
from django.utils import timezone

from learn import rights
from learn.editing import content_health, reviews, wording
from learn.models import (
    Article,
    ImportConflict,
    ImportRun,
    MissingPage,
    Revision,
    Subject,
    SyncRun,
    WorkingCopy,
)

from . import unpublished
from .cached import cached_until_change
from .markup import moment_text

SHOWN = 8
COUNTED_TO = 1_000  # beyond it a number tells an editor nothing more
COLUMNS = ("pk", "question", "subject__title", "updated_at")
Status = Article.Status


@dataclass(frozen=True)
class Bar:
    """A bar of the chart; `width`, at most 100, is the share of the largest."""

    subject: Subject
    count: int
    width: float


def context(request: HttpRequest) -> dict[str, Any]:
    """Everything on the front page: at most 15 queries, one more with git, and 12 after a change of pages."""
    user = request.user
    if isinstance(user, AnonymousUser) or not user.has_perm("learn.view_article"):
        return {}
    later = _due()
    due = [{**row, "when": moment_text(row["moment"])} for row in later[:SHOWN]]
    copies = list(unpublished.newest_first()[:SHOWN])
    return {
        **cached_until_change(f"front-{wording.stamp()}", _library),
        "due": due,
        "due_count": _count(later) if len(due) == SHOWN else len(due),
        "changes": Revision.objects.select_related("history_user")
        .only(
            "id", "history_id", "history_date", "history_type", "history_user__username", "question", "source",
            "history_change_reason",
        )
        .order_by("-history_date", "-history_id")[:SHOWN],
        "imports": ImportRun.objects.defer("problems", "problem_keys")[:5],
        "syncs": list(SyncRun.objects.select_related("target")[:3]) if settings.SYNC_REPOSITORY else [],
        "open_conflicts": ImportConflict.objects.filter(resolved_at=None).count(),
        "waiting": list(reviews.waiting_for(user)[:SHOWN]),
        "copies": copies,
        "copy_count": _count(WorkingCopy.objects.all()) if len(copies) == SHOWN else "",
        "may_publish": rights.may_publish(user),
        "missing_pages": MissingPage.objects.filter(is_ignored=False)[:SHOWN],
    }  # fmt: skip


def _due() -> Any:
    """What goes live by itself, the next first: articles, and changes of articles that are live. One query."""
    now = timezone.now()
    articles = Article.objects.filter(status=Status.PUBLISHED, publish_at__gt=now).order_by()
    copies = WorkingCopy.objects.filter(article__status=Status.PUBLISHED, goes_live_at__gt=now, trouble="")
    pages = articles.values("pk", "question", moment=F("publish_at"), is_change=Value(value=False))
    changes = copies.values("article_id", "article__question", "goes_live_at", is_change=Value(value=True))
    return pages.union(changes, all=True).order_by("moment")


def _library() -> dict[str, Any]:
    """What the articles alone decide on."""
    drafts = Article.objects.filter(status=Status.DRAFT)
    counts = content_health.counts()
    return {
        "draft_count": _count(drafts),
        "drafts": list(drafts.order_by("-updated_at").values(*COLUMNS)[:SHOWN]),
        "health": [(key, content_health.KINDS[key].title, count) for key, count in counts.items() if count],
        **chart(),
    }


def _count(articles: Any) -> str:
    count = articles.order_by()[: COUNTED_TO + 1].count()
    return f"{count:,}" if count <= COUNTED_TO else f"more than {COUNTED_TO:,}"


def chart() -> dict[str, Any]:
    """Articles per subject, the largest first, as bars for an SVG. Two queries, one over an index alone."""
    counts: dict[int, int] = dict(
        Article.objects.order_by().values_list("subject").annotate(count=Count("*"))
    )
    subjects = sorted(Subject.objects.all(), key=lambda subject: -counts.get(subject.pk, 0))
    largest = max(counts.values(), default=1)
    bars = [
        Bar(subject, counts.get(subject.pk, 0), 100 * counts.get(subject.pk, 0) / largest)
        for subject in subjects
    ]
    return {"bars": bars, "total": sum(counts.values())}
