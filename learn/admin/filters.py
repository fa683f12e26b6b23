"""The filters of the list of articles. Each condition has an index of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from learn.editing import content_health
from learn.feedback import overview
from learn.models import Article, ImportConflict, Subject, WorkingCopy
from learn.models.querysets import ArticleQuerySet

Status = Article.Status
Choices = Iterable[tuple[str, str]]


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("published", "Published"),
            ("scheduled", "Scheduled"),
            ("draft", "Draft"),
            ("unpublished", "Unpublished"),
            ("changes", "With unpublished changes"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article] | None:
        value = self.value()
        if value == "scheduled":
            now = timezone.now()
            later = Article.objects.filter(status=Status.PUBLISHED, publish_at__gt=now).order_by()
            changes = WorkingCopy.objects.filter(article__status=Status.PUBLISHED, goes_live_at__gt=now)
            # By key: an index knows the few.
            return queryset.filter(pk__in=later.values("pk").union(changes.values("article")))
        if value == "changes":
            return queryset.filter(pk__in=WorkingCopy.objects.filter(article__isnull=False).values("article"))
        return queryset.filter(status=value) if value in Status.values else None


class HealthFilter(admin.SimpleListFilter):
    """The kinds of learn.editing.content_health; published articles only, as in its report."""

    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(kind.key, kind.title) for kind in content_health.KINDS.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article] | None:
        kind = content_health.KINDS.get(self.value() or "")
        return queryset.filter(kind.condition(), status=Status.PUBLISHED) if kind else None


class VotesFilter(admin.SimpleListFilter):
    """What readers said of the present version; the list then begins with those most of whom said so."""

    title = "whether it helped"
    parameter_name = "votes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(overview.ORDERS.items()) if request.user.has_perm("learn.view_helpfulcount") else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article] | None:
        order = asked_votes(request)
        return overview.by_votes(cast("ArticleQuerySet", queryset), order) if order else None


def asked_votes(request: HttpRequest) -> str:
    """The order by votes that the address asks for; empty for none, and for who may not see them."""
    order = request.GET.get(VotesFilter.parameter_name, "")
    return order if order in overview.ORDERS and request.user.has_perm("learn.view_helpfulcount") else ""


class ImportFilter(admin.SimpleListFilter):
    title = "import"
    parameter_name = "import"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("edited", "Edited since import"),
            ("conflict", "In conflict with its file"),
            ("missing", "Gone from the source"),
            ("own", "Written here"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article] | None:
        match self.value():
            case "edited":
                return queryset.filter(edited_at__isnull=False)
            case "conflict":
                return queryset.filter(
                    pk__in=ImportConflict.objects.filter(resolved_at=None).values("article")
                )
            case "missing":
                return queryset.filter(missing_since__isnull=False)
            case "own":
                return queryset.filter(source_url=None)
            case _:
                return None


class IndexingFilter(admin.SimpleListFilter):
    title = "search engines"
    parameter_name = "indexing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("indexable", "Shown to them"),
            ("no-index", "Kept out"),
            ("duplicate", "Sent to another copy"),
            ("unlisted", "In an unlisted subject"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article] | None:
        match self.value():
            case "indexable":
                return queryset.filter(is_indexable=True)
            case "no-index":
                return queryset.filter(no_index=True)
            case "duplicate":
                return queryset.filter(canonical__isnull=False)
            case "unlisted":
                return queryset.filter(subject__in=Subject.objects.filter(is_listed=False).values("pk"))
            case _:
                return None
