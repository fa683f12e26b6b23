"""The list of articles: columns, filters, search, and who works on what."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn import rights, search
from learn.editing import related_links
from learn.models import Article

from . import actions
from .filters import HealthFilter, ImportFilter, IndexingFilter, StatusFilter, VotesFilter
from .lists import ArticleList, CappedPaginator, LearnModelAdmin
from .markup import badge, moment_text, short_troubles, time_tag

LISTED_MAX = 2_000  # keys of found articles that a query names; of more it asks the index itself
RANKED = 100  # of these so many stand in the order of their rank


class ArticleListAdmin(LearnModelAdmin):
    list_display = ("question", "subject_title", "state", "search_engines", "troubles", "changed", "votes")
    list_filter = (StatusFilter, "subject", HealthFilter, VotesFilter, ImportFilter, IndexingFilter)
    sortable_by = ("changed",)  # any other column would sort the whole table
    ordering = ("-updated_at", "-id")
    search_fields = ("question",)  # shows the box; learn.search does the searching
    search_help_text = "Words, “phrases” and -without. A path finds the article at that address."
    actions = actions.ALL
    change_list_template = "admin/learn/article/change_list.html"

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return rights.may_publish(request.user)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without Django's own deletion: it would list every link of every article. One by one is enough."""
        chosen = super().get_actions(request)
        chosen.pop("delete_selected", None)
        return chosen

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        may_see = request.user.has_perm("learn.view_helpfulcount")
        return tuple(name for name in self.list_display if name != "votes" or may_see)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ArticleList]:
        return ArticleList

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: QuerySet[Article],
        search_term: str,
    ) -> tuple[QuerySet[Article], bool]:
        """The articles that our own index finds, drafts included, the best first."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if "/learn/" in term:
            found = [t.article.pk for t in related_links.look_up(related_links.parse(term)) if t.article]
        else:
            scope: Any = queryset.order_by().select_related(None)
            found = search.article_ids(term, scope, LISTED_MAX)
            if len(found) == LISTED_MAX:
                queryset = queryset.filter(pk__in=search.every_match(term, scope))
                request.found_count = queryset.order_by().count()  # type: ignore[attr-defined]  # for get_paginator
                return self._by_rank(request, queryset, found), False
        request.found_count = len(found)  # type: ignore[attr-defined]  # filters are in it
        return self._by_rank(request, queryset.filter(pk__in=found), found), False

    def _by_rank(
        self, request: HttpRequest, queryset: QuerySet[Article], found: list[int]
    ) -> QuerySet[Article]:
        """The first ones in the order of their rank, unless the list is sorted."""
        ranks = [When(pk=pk, then=Value(rank)) for rank, pk in enumerate(found[:RANKED])]
        if ranks and "o" not in request.GET:
            return queryset.order_by(Case(*ranks, default=Value(RANKED)), "-updated_at")
        return queryset

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> CappedPaginator:
        paginator: CappedPaginator = super().get_paginator(request, *args, **kwargs)  # type: ignore[assignment]
        paginator.known_count = getattr(request, "found_count", None)
        paginator.known_limit = None
        return paginator

    @admin.display(description="Subject", ordering="subject__title")
    def subject_title(self, article: Article) -> str:
        return article.subject.title

    @admin.display(description="Status", ordering="status")
    def state(self, article: Article) -> SafeString:
        copy = getattr(article, "working_copy", None)
        if copy is None:
            return badge(article)
        who = copy.changed_by or "somebody"
        waits = " The live page changed since." if copy.base_version != article.version else ""
        when = f"Goes live on {moment_text(copy.goes_live_at)}." if copy.goes_live_at else ""
        told = format_html(
            '<span class="badge badge-draft">Unpublished changes</span> <span class="quiet">by {}, {}.{} {}</span>',
            who, time_tag(copy.changed_at), waits, when,
        )  # fmt: skip
        return format_html("{} {}", badge(article), told)

    @admin.display(description="Search engines")
    def search_engines(self, article: Article) -> str:
        if article.is_indexable:
            return "Shown"
        if article.no_index:
            return "Kept out"
        return "Copy" if article.canonical_id else "–"

    @admin.display(description="Health")
    def troubles(self, article: Article) -> str:
        return ", ".join(short_troubles(article)) or "–"

    @admin.display(description="Helped")
    def votes(self, article: Article) -> str:
        helpful, not_helpful = article.helpful or 0, article.not_helpful or 0  # type: ignore[attr-defined]  # ArticleList
        return f"{helpful:,} yes, {not_helpful:,} no" if helpful or not_helpful else "–"

    @admin.display(description="Changed", ordering="updated_at")
    def changed(self, article: Article) -> SafeString:
        return time_tag(article.updated_at)
