"""The subjects: their titles, descriptions, and whether the library lists them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn import rights
from learn.editing import subjects
from learn.models import Article, Subject

from .lists import LearnModelAdmin
from .login import editor


@admin.register(Subject)
class SubjectAdmin(LearnModelAdmin):
    list_display = ("title", "slug", "is_listed", "article_link")
    list_filter = ("is_listed",)
    search_fields = ("title", "slug")
    actions = None
    fields = ("title", "slug", "description", "is_listed")

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
        if change and {"title", "slug"} & set(form.changed_data):
            moved = subjects.rename(obj, editor(request))
            self.message_user(
                request, f"{moved:,} articles follow; their former addresses lead to the new ones."
            )
        else:
            super().save_model(request, obj, form, change)
        if change and "is_listed" in form.changed_data:
            keys = Article.objects.filter(subject=obj).order_by().values_list("content_key", flat=True)
            Article.objects.choose_canonicals(keys.iterator())

    def has_delete_permission(self, request: HttpRequest, obj: Subject | None = None) -> bool:
        """A subject goes only when its last article is gone."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not Article.objects.filter(subject=obj).exists())
