"""Lists that stay fast at a million rows."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from learn.models import Article, HelpfulCount

from .filters import asked_votes

COUNT_LIMIT = 100_000  # a filtered list is counted no further: at a million rows that would take seconds
FAR_BACK = 1_000  # rows that are read and thrown away before a page, at most
# What the list shows. The others, above all the answer and its HTML, stay in the database.
LIST_COLUMNS = (
    "question", "slug", "status", "publish_at", "expires", "no_index", "is_indexable", "canonical_id",
    "flaws", "link_flaws",
    "edited_at", "updated_at", "version", "subject__title", "subject__slug",
    "working_copy__changed_at", "working_copy__base_version", "working_copy__goes_live_at",
    "working_copy__changed_by__username",
)  # fmt: skip


class CappedPaginator(Paginator):
    """Counts an unfiltered list whole (an index does it) and a filtered one up to COUNT_LIMIT.

    `known_count` is the number of objects, where it is known already.
    """

    known_count: int | None = None
    known_limit: int | None = COUNT_LIMIT  # `known_count` was counted no further; None: it is all of them

    @cached_property
    def count(self) -> int:
        if self.known_count is not None:
            return self.known_count
        if not self._is_filtered:
            return self._objects.count()
        return min(len(self._keys), COUNT_LIMIT)

    def page(self, number: Any) -> Page[Any]:
        """A page of a filtered list, or far back, is found in two steps: its keys, by an index, then their rows."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        if self.known_count is None and self._is_filtered:
            keys = self._keys[: self.count][start : start + self.per_page]
        elif start >= FAR_BACK:
            keys = list(self._objects.values_list("pk", flat=True)[start : start + self.per_page])
        else:
            return super().page(number)
        rows = self._objects.all()
        rows.query.clear_where()  # asked already, and some conditions cost more than everything else
        return Page(rows.filter(pk__in=keys), number, self)

    @cached_property
    def is_capped(self) -> bool:
        return self.count == (COUNT_LIMIT if self.known_count is None else self.known_limit)

    @property
    def _objects(self) -> QuerySet[Any]:
        return self.object_list  # type: ignore[return-value]

    @property
    def _is_filtered(self) -> bool:
        return bool(self._objects.query.where)

    @cached_property
    def _keys(self) -> list[Any]:
        """The keys of a filtered list in its order: the filter is asked once, for the count and for every page."""
        return list(self._objects.values_list("pk", flat=True)[: COUNT_LIMIT + 1])


class ArticleList(ChangeList):
    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Article]:
        found = super().get_queryset(request, exclude_parameters)
        rows: QuerySet[Article] = found.select_related("subject", "working_copy__changed_by").only(
            *LIST_COLUMNS
        )
        votes = HelpfulCount.objects.filter(article=OuterRef("pk"), version=OuterRef("version"))
        return rows.annotate(**{name: Subquery(votes.values(name)) for name in ("helpful", "not_helpful")})

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """By the votes where the list is reduced to what was voted on, unless a column was chosen."""
        if asked_votes(request) and ORDER_VAR not in self.params:
            return ["-surplus", "-pk"]
        return super().get_ordering(request, queryset)

    def get_results(self, request: HttpRequest) -> None:
        """Django's, but a list of one page comes from its paginator, too, which asked the filter already."""
        super().get_results(request)
        if not self.multi_page:
            self.result_list = self.paginator.page(1).object_list

    @property
    def is_capped(self) -> bool:
        return bool(getattr(self.paginator, "is_capped", False))


class LearnModelAdmin(admin.ModelAdmin):
    """What all our lists have in common: a plain title, and no counts that cost more than they tell."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions_on_bottom = False
    list_per_page = 50
    paginator = CappedPaginator

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})


class ReadOnlyAdmin(LearnModelAdmin):
    """Rows that only the program writes."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
