"""The list of articles, and the form on which one is edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn import rendering, rights, search
from learn.editing import related_links, trash
from learn.identity import row_key
from learn.models import Article, ImportConflict, RevisionDetails
from learn.models.revisions import record
from learn.rendering import flaws

from . import actions, deletion, edit_conflicts, editing, kept_texts, revisions
from .exporting import zip_response
from .filters import HealthFilter, ImportFilter, IndexingFilter, StatusFilter
from .forms import ArticleForm
from .lists import ArticleList, CappedPaginator, LearnModelAdmin
from .login import editor
from .markup import badge, short_troubles, time_tag

Source = RevisionDetails.Source
Status = Article.Status
FOUND_MAX = 2_000  # articles that a search in the list finds at most; it says so where there are more
RANKED = 100  # of these so many stand in the order of their rank
TRANSITIONS = {"_publish": Status.PUBLISHED, "_unpublish": Status.UNPUBLISHED}


@admin.register(Article)
class ArticleAdmin(LearnModelAdmin):
    form = ArticleForm
    list_display = ("question", "subject_title", "state", "search_engines", "troubles", "changed")
    list_filter = (StatusFilter, "subject", HealthFilter, ImportFilter, IndexingFilter)
    list_select_related = ("subject",)
    sortable_by = ("changed",)  # any other column would sort the whole table
    ordering = ("-updated_at", "-id")
    search_fields = ("question",)  # shows the box; learn.search does the searching
    search_help_text = "Words, “phrases” and -without. A path finds the article at that address."
    actions = actions.ALL
    delete_confirmation_template = "admin/learn/article/delete.html"
    object_history_template = "admin/learn/article/history.html"
    change_form_template = "admin/learn/article/change_form.html"
    change_list_template = "admin/learn/article/change_list.html"
    fieldsets = (
        ("Question and answer", {"fields": ("question", "answer"), "classes": ("admin-text",)}),
        ("Related questions", {"fields": ("related",), "classes": ("admin-related",)}),
        ("In search results", {"fields": ("description", "keywords"), "classes": ("admin-found",)}),
        ("Address", {"fields": ("subject", "slug"), "classes": ("admin-address",)}),
        (
            "Publication",
            {
                "fields": ("publish_at", "expires", "no_index", "is_preferred", "date", "author"),
                "classes": ("admin-publication",),
            },
        ),
        ("This change", {"fields": ("note",), "classes": ("admin-reason",)}),
        (
            "In the file",
            {
                "fields": (
                    "title", "article_title", "seo_title", "subject_label", "date_format", "post_on_text", "body",
                    "seen_version",
                ),
                "classes": ("collapse", "admin-file"),
            },
        ),
    )  # fmt: skip

    # --- Who may do what --------------------------------------------------------------------------------------

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return rights.may_change(request.user, "article", "status")

    def get_readonly_fields(self, request: HttpRequest, obj: Article | None = None) -> list[str]:
        """What the table of rights (learn.rights) closes to this editor. The status has buttons instead."""
        is_live = obj is not None and obj.status != Status.DRAFT
        closed = rights.closed_fields(request.user, "article", is_live=is_live)
        return [name for name in closed if name != "status"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without Django's own deletion: it would list every link of every article. One by one is enough."""
        chosen = super().get_actions(request)
        chosen.pop("delete_selected", None)
        return chosen

    # --- The list ---------------------------------------------------------------------------------------------

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
            found = search.article_ids(term, queryset.order_by().select_related(None), FOUND_MAX)  # type: ignore[arg-type]
        ranks = [When(pk=pk, then=Value(rank)) for rank, pk in enumerate(found[:RANKED])]
        request.found_count = len(found)  # type: ignore[attr-defined]  # for get_paginator: filters are in it
        queryset = queryset.filter(pk__in=found)
        if ranks and "o" not in request.GET:
            queryset = queryset.order_by(Case(*ranks, default=Value(RANKED)), "-updated_at")
        return queryset, False

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> CappedPaginator:
        paginator: CappedPaginator = super().get_paginator(request, *args, **kwargs)  # type: ignore[assignment]
        paginator.known_count = getattr(request, "found_count", None)
        paginator.known_limit = FOUND_MAX
        return paginator

    @admin.display(description="Subject", ordering="subject__title")
    def subject_title(self, article: Article) -> str:
        return article.subject.title

    @admin.display(description="Status", ordering="status")
    def state(self, article: Article) -> SafeString:
        return badge(article)

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

    @admin.display(description="Changed", ordering="updated_at")
    def changed(self, article: Article) -> SafeString:
        return time_tag(article.updated_at)

    # --- The form ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return super().get_queryset(request).select_related("subject")

    def get_form(
        self, request: HttpRequest, obj: Article | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.conflict = getattr(request, "edit_conflict", None)
        form.may_publish = self.has_publish_permission(request)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "author": "QuickTakes"}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        if not self.has_publish_permission(request) and any(name in request.POST for name in TRANSITIONS):
            raise PermissionDenied
        if request.POST.keys() & TRANSITIONS.keys():
            posted: Any = request.POST.copy()
            posted["_continue"] = "1"
            request.POST = posted
        with transaction.atomic():
            if object_id and self.has_change_permission(request):
                self._check_version(request, object_id)
            response = super().changeform_view(request, object_id, form_url, extra_context)
        if getattr(request, "edit_conflict", None) and isinstance(response, TemplateResponse):
            response.status_code = 409
        return response

    def _check_version(self, request: HttpRequest, object_id: str) -> None:
        """Take the row's lock, if it still has the version that the editor saw; else put both texts together.

        The lock holds until the transaction ends, so nobody can come between this check and the save.
        """
        version = request.POST.get("seen_version", "")
        is_current = (
            row_key(object_id) is not None
            and row_key(version) is not None
            and Article.objects.filter(pk=object_id, version=version).update(version=F("version"))
        )
        article = None if is_current else self.get_object(request, object_id)
        if article is not None:
            form = self.get_form(request, article, change=True, fields=None)
            found: Any = edit_conflicts.find(article, form, request.POST)
            request.edit_conflict, request.POST = found  # type: ignore[attr-defined]

    def save_model(self, request: HttpRequest, obj: Article, form: ArticleForm, change: bool) -> None:
        obj.status = self._status(request, obj, change=change)
        if not self._is_changed(request, form, change=change):
            return
        if change and "subject" in form.changed_data:
            before = Article.objects.select_related("subject").only("subject").get(pk=obj.pk)
            obj.follow_subject(before.subject, obj.subject)
        if change and obj.is_preferred and "is_preferred" in form.changed_data:
            rivals = Article.objects.filter(content_key=obj.content_key, is_preferred=True).exclude(pk=obj.pk)
            rivals.update(is_preferred=False, version=F("version") + 1)
        obj.save(source=None)  # save_related writes the revision
        request.is_saved = True  # type: ignore[attr-defined]  # for the message

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What a deletion does to visitors, instead of every row that goes with an article."""
        told = [line for article in objs for line in deletion.consequences(article)]
        return told, {"articles": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        pk = obj.pk
        trash.delete(obj, editor(request), lead_to=deletion.chosen_target(request, obj))
        revisions.attribute(revisions.latest(pk), source=Source.ADMIN, user=editor(request))

    def _status(self, request: HttpRequest, obj: Article, *, change: bool) -> str:
        for name, status in TRANSITIONS.items():
            if name in request.POST and self.has_publish_permission(request):
                return status
        return obj.status if change else Status.DRAFT

    def _is_changed(self, request: HttpRequest, form: ArticleForm, *, change: bool) -> bool:
        return not change or bool(form.changed_fields) or bool(request.POST.keys() & TRANSITIONS.keys())

    def save_related(self, request: HttpRequest, form: ArticleForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not self._is_changed(request, form, change=change):
            return
        obj = form.instance
        if "related" in form.changed_data:
            related_links.replace(obj, related_links.parse(form.cleaned_data["related"]))
        obj.refresh_link_flaws()
        pressed = next((name.strip("_") for name in TRANSITIONS if name in request.POST), "")
        reason = form.cleaned_data.get("note") or pressed
        record([obj], source=Source.ADMIN, user=editor(request), reason=reason)

    def log_change(self, request: HttpRequest, obj: Article, message: Any) -> Any:
        return super().log_change(request, obj, message) if message else None

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        if not self._is_changed(request, form, change=not add):
            return []
        said = super().construct_change_message(request, form, formsets, add)
        done = [name.strip("_").capitalize() + "ed." for name in TRANSITIONS if name in request.POST]
        return " ".join(done) if done and not said else said

    def response_add(
        self, request: HttpRequest, obj: Article, post_url_continue: str | None = None
    ) -> HttpResponse:
        self._say_saved(request, obj)
        return self._go_on(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        self._say_saved(request, obj)
        return self._go_on(request, obj, None)

    def _go_on(self, request: HttpRequest, obj: Article, url: str | None) -> HttpResponse:
        if "_save" in request.POST:
            response = self.response_post_save_change(request, obj)
        else:
            response = HttpResponseRedirect(url or reverse("admin:learn_article_change", args=[obj.pk]))
        return kept_texts.confirm(request, response)

    def _say_saved(self, request: HttpRequest, obj: Article) -> None:
        """Tell what happened: whether anything was saved, whether visitors see it, where the page is now."""
        if not getattr(request, "is_saved", False):
            self.message_user(request, "Nothing was changed, so nothing was saved.", messages.INFO)
            return
        path = obj.get_absolute_url()
        if obj.is_published:
            text = format_html('Saved. Visitors see it at <a href="{}">{}</a>.', path, path)
        elif obj.is_scheduled:
            text = format_html("Saved. It appears on {} UTC at {}.", time_tag(obj.publish_at), path)
        else:
            text = format_html("Saved as {}. Visitors do not see it.", obj.get_status_display().lower())
        self.message_user(request, text, messages.SUCCESS)

    def view_on_site(self, obj: Article) -> str | None:
        return obj.get_absolute_url() if obj.is_published else None

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Article | None = None,
    ) -> HttpResponse:
        context.update(
            conflict=getattr(request, "edit_conflict", None),
            may_publish=self.has_publish_permission(request),
            draft_key=kept_texts.key_of(request),
            **(self._about(obj) if obj else {"status": Status.DRAFT}),
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _about(self, obj: Article) -> dict[str, Any]:
        """What stands beside the form: at most 4 queries."""
        shown = Article.objects.get(pk=obj.pk) if obj.get_deferred_fields() else obj
        copies = (
            Article.objects.filter(content_key=shown.content_key)
            .exclude(pk=obj.pk)
            .select_related("subject")
            .only(
                "slug",
                "question",
                "status",
                "publish_at",
                "expires",
                "canonical_id",
                "subject__slug",
                "subject__title",
            )
        )
        return {
            "badge": badge(shown),
            "status": shown.status,
            "page_path": shown.get_absolute_url(),
            "findings": flaws.examine(shown.answer, rendering.render(shown.answer)),
            "troubles": short_troubles(shown),
            "copies": list(copies),
            "last_revision": revisions.latest(obj.pk),
            "import_conflict": ImportConflict.objects.filter(article=obj, resolved_at=None).first(),
        }

    # --- Pages of its own -------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        def page(view: Any) -> Any:
            return self.admin_site.admin_view(view)

        options = {"modeladmin": self}
        return [
            path("preview/", page(editing.preview), options, name="learn_article_preview"),
            path("card.png", page(editing.card), options, name="learn_article_card"),
            path("find/", page(editing.find), options, name="learn_article_find"),
            path("suggestions/", page(editing.suggestions), options, name="learn_article_suggestions"),
            path("export/", page(self.export_view), name="learn_article_export"),
            path(
                "<int:pk>/history/<int:number>/",
                page(revisions.revision),
                options,
                name="learn_article_revision",
            ),
            path(
                "<int:pk>/history/<int:number>/restore/",
                page(revisions.restore),
                options,
                name="learn_article_restore",
            ),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Every article that the list with these filters holds, as a .zip."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return zip_response(self.get_changelist_instance(request).get_queryset(request))  # type: ignore[return-value]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return revisions.overview(request, self, object_id)
