"""The list of articles, and the form on which one is edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from learn.editing import bulk, edit_conflicts, saving, trash, wording
from learn.editing import reviews as asked
from learn.editing import working_copies as copies
from learn.editing.forms import ArticleForm
from learn.identity import row_key
from learn.models import Article, ImportConflict, RevisionDetails
from learn.models.articles import latest_revision
from learn.models.pictures import known_pictures
from learn.rendering import render

from . import (
    answer_links,
    deletion,
    draft_log,
    editing,
    kept_texts,
    previews,
    queues,
    reviews,
    revisions,
    saved,
    splitting,
    unpublished,
    working_copies,
)
from .article_list import ArticleListAdmin
from .exporting import zip_response
from .login import editor
from .markup import badge, moment_text, short_troubles

OF_A_COPY = (
    "slug", "question", "status", "publish_at", "expires", "canonical_id", "subject__slug", "subject__title",
)  # fmt: skip
Source = RevisionDetails.Source
Status = Article.Status
TRANSITIONS = {"_publish": Status.PUBLISHED, "_unpublish": Status.UNPUBLISHED}


@admin.register(Article)
class ArticleAdmin(ArticleListAdmin):
    form = ArticleForm
    delete_confirmation_template = "admin/learn/article/delete.html"
    object_history_template = "admin/learn/article/history.html"
    change_form_template = "admin/learn/article/change_form.html"
    fieldsets = (
        ("Question and answer", {"fields": ("question", "answer"), "classes": ("admin-text",)}),
        ("Related questions", {"fields": ("related",), "classes": ("admin-related",)}),
        ("In search results", {"fields": ("description", "keywords"), "classes": ("admin-found",)}),
        ("Address", {"fields": ("subject", "slug"), "classes": ("admin-address",)}),
        (
            "Publication",
            {
                "fields": ("publish_at", "expires", "expires_to", "no_index", "is_preferred", "date", "author"),
                "classes": ("admin-publication",),
            },
        ),
        ("This change", {"fields": ("note",), "classes": ("admin-reason",)}),
        (
            "In the file",
            {
                "fields": (
                    "title", "article_title", "seo_title", "subject_label", "date_format", "post_on_text", "body",
                    "seen_version", "seen_copy", "seen_values",
                ),
                "classes": ("collapse", "admin-file"),
            },
        ),
    )  # fmt: skip

    # --- Who may do what --------------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: Article | None = None) -> list[str]:
        """What the table of rights (learn.rights) closes to this editor. The status has buttons instead."""
        return [name for name in working_copies.closed_to(request.user, obj) if name != "status"]

    def has_change_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """What is live is only looked at where a working copy stands beside it."""
        is_looking = obj is not None and request.method == "GET" and request.GET.get("show") == "live"
        return super().has_change_permission(request, obj) and not is_looking

    # --- The form ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return super().get_queryset(request).select_related("subject")

    def get_form(
        self, request: HttpRequest, obj: Article | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.conflict = getattr(request, "edit_conflict", None)
        form.user = editor(request)
        form.may_publish = self.has_publish_permission(request)
        form.is_kept_apart = obj is not None and working_copies.is_kept_apart(request, obj.status)
        form.shown = getattr(request, "shown", None)
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
            working_copies.show(request, row_key(object_id) if object_id else None)
            if saved := request.saved_as:  # type: ignore[attr-defined]
                return HttpResponseRedirect(reverse("admin:learn_article_change", args=[saved.pk]))
            return super().changeform_view(request, object_id, form_url, extra_context)
        if not self.has_publish_permission(request) and request.POST.keys() & {
            *working_copies.SCHEDULES,
            *TRANSITIONS,
        }:
            raise PermissionDenied
        if self.has_publish_permission(request):
            working_copies.schedule_ahead(request, row_key(object_id) if object_id else None)
        if request.POST.keys() & {"_draft", *working_copies.SCHEDULES, *TRANSITIONS}:
            posted: Any = request.POST.copy()
            posted["_continue"] = "1"
            request.POST = posted
        if "_next" in request.POST:
            request.following = queues.after(request, self, row_key(object_id or "") or 0)  # type: ignore[attr-defined]
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
        key, version = row_key(object_id), row_key(request.POST.get("seen_version", ""))
        rows = Article.objects.filter(pk=key or 0, version=version or 0)
        status = rows.values_list("status", flat=True).first() if key and version else None
        # A working copy is no change of the row: caches need not look at it again.
        is_current = status is not None and (
            working_copies.is_kept_apart(request, status) or bool(rows.update(version=F("version")))
        )
        article = self.get_object(request, object_id)
        if article is None:
            return
        form = self.get_form(request, article, change=True, fields=None)
        if not is_current:
            found: Any = edit_conflicts.find(article, form, request.POST)
            request.edit_conflict, request.POST = found  # type: ignore[attr-defined]
        working_copies.check(request, article, form)

    def save_model(self, request: HttpRequest, obj: Article, form: ArticleForm, change: bool) -> None:
        """Save the row with all that belongs to it, or keep the form as a working copy beside it."""
        pk, key = obj.pk if change else None, request.POST.get("draft_key", "")
        closed = working_copies.closed_to(request.user, obj if change else None)
        if form.is_kept_apart:
            beside = Article.objects.select_related("subject").get(pk=pk or 0)
            kept = copies.keep(beside, working_copies.posted(form), editor(request), closed=closed)
            if "_unpublish" in request.POST:
                self._unpublish(request, obj)
            else:
                request.kept_copy = kept and working_copies.confirm_schedule(request, kept)  # type: ignore[attr-defined]
            return
        obj.status = self._status(request, obj, change=change)
        if self._is_changed(request, form, change=change):
            pressed = next((name.strip("_") for name in TRANSITIONS if name in request.POST), "")
            saving.save(form, editor(request), reason=pressed)
            asked.reopen(obj.pk)
            request.is_saved = True  # type: ignore[attr-defined]  # for the message
        copies.settle(obj if change else None, editor(request), key=key, closed=closed)

    def _unpublish(self, request: HttpRequest, obj: Article) -> None:
        """Take the page off the site, with the text that it has."""
        bulk.unpublish([obj.pk], editor(request))
        revisions.attribute(latest_revision(obj.pk), source=Source.ADMIN, user=editor(request))
        obj.status = Status.UNPUBLISHED  # for the message
        request.is_saved = True  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: ArticleForm, formsets: Any, change: bool) -> None:
        """Nothing: `save_model` saved the related questions, too."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What a deletion does to visitors, instead of every row that goes with an article."""
        told = [line for article in objs for line in deletion.consequences(article)]
        return told, {"articles": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        pk = obj.pk
        trash.delete(obj, editor(request), lead_to=deletion.chosen_target(request, obj))
        revisions.attribute(latest_revision(pk), source=Source.ADMIN, user=editor(request))

    def _status(self, request: HttpRequest, obj: Article, *, change: bool) -> str:
        for name, status in TRANSITIONS.items():
            if name in request.POST and self.has_publish_permission(request):
                return status
        return obj.status if change else Status.DRAFT

    def _is_changed(self, request: HttpRequest, form: ArticleForm, *, change: bool) -> bool:
        if form.is_kept_apart:
            return False
        return not change or bool(form.changed_fields) or bool(request.POST.keys() & TRANSITIONS.keys())

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        copy = working_copies.keep_of_deleted(request, row_key(object_id) or 0)
        if copy is None:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc,no-any-return]
        told = "Somebody deleted the article while you were writing. What you wrote is kept as this draft."
        self.message_user(request, told, messages.WARNING)
        there = f"{reverse('admin:learn_article_add')}?draft={copy.key}"
        return kept_texts.confirm(request, HttpResponseRedirect(there))

    def log_change(self, request: HttpRequest, obj: Article, message: Any) -> Any:
        return super().log_change(request, obj, message) if message else None

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        if not self._is_changed(request, form, change=not add):
            return []
        if add:
            return draft_log.added(request.POST.get("draft_key", ""))
        said = super().construct_change_message(request, form, formsets, add)
        done = [name.strip("_").capitalize() + "ed." for name in TRANSITIONS if name in request.POST]
        return " ".join(done) if done and not said else said

    def response_add(
        self, request: HttpRequest, obj: Article, post_url_continue: str | None = None
    ) -> HttpResponse:
        saved.tell(self, request, obj)
        return self._go_on(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        saved.tell(self, request, obj)
        return self._go_on(request, obj, None)

    def _go_on(self, request: HttpRequest, obj: Article, url: str | None) -> HttpResponse:
        response: HttpResponse
        if "_save" in request.POST:
            response = self.response_post_save_change(request, obj)
        elif "_next" in request.POST:
            response = self._go_to_next(request, obj)
        else:
            # A new article is shown to others by a page of its own, which takes a row: the draft.
            pages = {"_preview": "page", "_review": "review"}
            page = next((pages[name] for name in pages if name in request.POST), "change")
            there = reverse(f"admin:learn_article_{page}", args=[obj.pk])
            if page == "change":
                there = queues.address(request, self, obj.pk)
            response = HttpResponseRedirect(url or there)
        return kept_texts.confirm(request, response)

    def _go_to_next(self, request: HttpRequest, obj: Article) -> HttpResponse:
        following = getattr(request, "following", None)
        if following is None:
            self.message_user(request, "That was the last one of this list.", messages.INFO)
            return self.response_post_save_change(request, obj)
        return HttpResponseRedirect(queues.address(request, self, following))

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
            is_from_list=obj is not None and bool(queues.filters_of(request, self)),
            **(self._about(obj) if obj else {"status": Status.DRAFT}),
        )
        context.update(
            (name, value)
            for name, value in working_copies.context(request, obj).items()
            if name != "conflict" or not context["conflict"]
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _about(self, obj: Article) -> dict[str, Any]:
        """What stands beside the form: at most 5 queries."""
        shown = Article.objects.get(pk=obj.pk) if obj.get_deferred_fields() else obj
        copies = (
            Article.objects.filter(content_key=shown.content_key)
            .exclude(pk=obj.pk)
            .select_related("subject")
            .only(*OF_A_COPY)
        )
        ((pictures, _names),) = known_pictures([(shown.answer, shown.subject.slug)])
        return {
            "badge": badge(shown),
            "status": shown.status,
            "is_live": shown.is_published,
            "is_ahead": shown.publish_at > timezone.now(),
            "appears_at": moment_text(shown.publish_at),
            "page_path": shown.get_absolute_url(),
            "findings": wording.advice(shown.answer, render(shown.answer, pictures), pictures),
            "troubles": short_troubles(shown),
            "copies": list(copies),
            "last_revision": latest_revision(obj.pk),
            "review": obj.reviews.filter(is_open=True).select_related("asked_of", "decided_by").first(),
            "import_conflict": ImportConflict.objects.filter(article=obj, resolved_at=None).first(),
        }

    # --- Pages of its own -------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        def page(view: Any) -> Any:
            return self.admin_site.admin_view(view)

        options = {"modeladmin": self}
        return [
            path("preview/", page(editing.preview), options, name="learn_article_preview"),
            path("document/", page(editing.document), options, name="learn_article_document"),
            path("card.png", page(editing.card), options, name="learn_article_card"),
            path("find/", page(editing.find), options, name="learn_article_find"),
            path("suggestions/", page(editing.suggestions), options, name="learn_article_suggestions"),
            path("<int:pk>/review/", page(reviews.review), options, name="learn_article_review"),
            path("draft/", page(unpublished.overview), options, name="learn_article_unpublished"),
            path("draft/here/", page(working_copies.here), options, name="learn_article_here"),
            path("<int:pk>/split/", page(splitting.split), options, name="learn_article_split"),
            path("<int:pk>/page/", page(previews.overview), options, name="learn_article_page"),
            path("<int:pk>/page/alone/", page(previews.framed), options, name="learn_article_framed"),
            path("draft/keep/", page(working_copies.keep), options, name="learn_article_keep"),
            path("draft/token/", page(working_copies.token), options, name="learn_article_token"),
            path(
                "draft/<slug:key>/discard/",
                page(working_copies.discard),
                options,
                name="learn_article_discard",
            ),
            path("<int:pk>/links/", page(answer_links.here), options, name="learn_article_links"),
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
