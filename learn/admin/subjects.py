"""The subjects: their titles, descriptions, and whether the library lists them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn import rights
from learn.changesets import subjects as change_sets
from learn.models import Article, Subject

from .change_sets import open_set
from .lists import LearnModelAdmin
from .login import editor


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(Subject.objects.all(), empty_label="Choose a subject")


@admin.register(Subject)
class SubjectAdmin(LearnModelAdmin):
    list_display = ("title", "slug", "is_listed", "position", "article_link")
    list_filter = ("is_listed",)
    search_fields = ("title", "slug")
    actions = None
    fields = ("title", "slug", "description", "is_listed", "position")
    change_form_template = "admin/learn/subject/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subject]:
        articles = Article.objects.filter(subject=OuterRef("pk")).order_by().values("subject")
        count = articles.annotate(count=Count("*")).values("count")
        subjects: Any = super().get_queryset(request)
        counted: QuerySet[Subject] = subjects.annotate(article_count=Coalesce(Subquery(count), 0))
        return counted

    def get_readonly_fields(self, request: HttpRequest, obj: Subject | None = None) -> list[str]:
        """Whether a subject is listed decides what search engines see of all its articles."""
        closed = rights.closed_fields(request.user, "subject")
        # Its slug is part of the address of every article: a new one moves them all.
        return closed if obj else [name for name in closed if name != "slug"]

    @admin.display(description="Articles")
    def article_link(self, subject: Any) -> SafeString:
        url = f"{reverse('admin:learn_article_changelist')}?subject__id__exact={subject.pk}"
        return format_html('<a href="{}">{}</a>', url, f"{subject.article_count:,}")

    def save_model(self, request: HttpRequest, obj: Subject, form: Any, change: bool) -> None:
        """A change is a change set, because articles, files and addresses follow it."""
        if not change:
            super().save_model(request, obj, form, change)
        elif form.changed_data:
            request.change_set = change_sets.rename(obj, editor(request))  # type: ignore[attr-defined]

    def log_change(self, request: HttpRequest, obj: Subject, message: Any) -> Any:
        """Nothing: the change set is the log."""

    def response_change(self, request: HttpRequest, obj: Subject) -> HttpResponse:
        if change_set := getattr(request, "change_set", None):
            return open_set(change_set)
        self.message_user(request, "Nothing was changed.", messages.INFO)
        return HttpResponseRedirect(reverse("admin:learn_subject_changelist"))

    def get_urls(self) -> list[URLPattern]:
        merge = path(
            "<int:pk>/merge/", self.admin_site.admin_view(self.merge_view), name="learn_subject_merge"
        )
        return [merge, *super().get_urls()]

    def merge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask into which subject; the change set shows what the merge would do."""
        if not (self.has_delete_permission_of_any(request) and rights.may_publish(request.user)):
            raise PermissionDenied
        subject = get_object_or_404(Subject, pk=pk)
        form = MergeForm(request.POST or None)
        form.fields["into"].queryset = Subject.objects.exclude(pk=pk)  # type: ignore[attr-defined]
        if form.is_valid():
            return open_set(change_sets.merge(subject, form.cleaned_data["into"], editor(request)))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Merge {subject.title} into another subject",
            "opts": self.opts,
            "subject": subject,
            "form": form,
            "count": Article.objects.filter(subject=subject).count(),
        }
        return TemplateResponse(request, "admin/learn/subject/merge.html", context)

    def has_delete_permission_of_any(self, request: HttpRequest) -> bool:
        """Whether this user may change and delete subjects at all."""
        return request.user.has_perms(("learn.change_subject", "learn.delete_subject"))

    def has_delete_permission(self, request: HttpRequest, obj: Subject | None = None) -> bool:
        """A subject goes only when its last article is gone."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not Article.objects.filter(subject=obj).exists())
