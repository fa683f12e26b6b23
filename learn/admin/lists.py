"""Lists that stay fast at a million rows."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from learn.models import Article

COUNT_LIMIT = 10_000  # a filtered list is counted no further: at a million rows that would take seconds
FAR_BACK = 1_000  # rows that are read and thrown away before a page, at most
# What the list shows. The others, above all the answer and its HTML, stay in the database.
LIST_COLUMNS = (
    "question", "slug", "status", "publish_at", "no_index", "is_indexable", "canonical_id", "flaws", "link_flaws",
    "edited_at", "updated_at", "subject__title", "subject__slug",
)  # fmt: skip


class CappedPaginator(Paginator):
    """Counts an unfiltered list whole (an index does it) and a filtered one up to COUNT_LIMIT.

    `known_count` is the number of objects, where it is known already.
    """

    known_count: int | None = None

    @cached_property
    def count(self) -> int:
        if self.known_count is not None:
            return self.known_count
        objects: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        if not objects.query.where:
            return objects.count()
        counted = objects.order_by()[: COUNT_LIMIT + 1].count()
        return min(counted, COUNT_LIMIT)

    def page(self, number: Any) -> Page[Any]:
        """A page far back is found in two steps: its keys, which an index holds, then their rows."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        objects: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        if start < FAR_BACK:
            return super().page(number)
        keys = list(objects.values_list("pk", flat=True)[start : start + self.per_page])
        return Page(objects.filter(pk__in=keys), number, self)

    @cached_property
    def is_capped(self) -> bool:
        return self.count == COUNT_LIMIT


class ArticleList(ChangeList):
    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Article]:
        found = super().get_queryset(request, exclude_parameters)
        return found.only(*LIST_COLUMNS)

    @property
    def is_capped(self) -> bool:
        return bool(getattr(self.paginator, "is_capped", False))


class DeskAdmin(admin.ModelAdmin):
    """What all our lists have in common: a plain title, and no counts that cost more than they tell."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions_on_bottom = False
    list_per_page = 50
    paginator = CappedPaginator

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})


class ReadOnlyAdmin(DeskAdmin):
    """Rows that only the program writes."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
