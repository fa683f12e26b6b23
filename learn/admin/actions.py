"""Actions on many articles of the list: each begins a change set (learn.changesets), which shows what it would do.

Each names its permission, because a request can be forged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from learn.changesets import making
from learn.models import Article, ChangeSet, Subject

from .change_sets import open_set
from .exporting import zip_response
from .login import editor
from .merging import merge
from .replacing import replace


def _keys(queryset: QuerySet[Article]) -> list[int]:
    """The keys of all articles that were chosen, however many."""
    return list(queryset.order_by("pk").values_list("pk", flat=True))


def _begin(
    request: HttpRequest, queryset: QuerySet[Article], kind: str, name: str, **options: Any
) -> HttpResponse:
    """A change set of the chosen articles, which shows what it would do."""
    items = making.of_articles(_keys(queryset))
    return open_set(making.create(kind, name, editor(request), items, options=options))


def _simple(kind: ChangeSet.Kind, name: str) -> Callable[[Any, HttpRequest, QuerySet[Article]], HttpResponse]:
    def act(_modeladmin: Any, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse:
        return _begin(request, queryset, kind, kind.label)

    act.__name__ = name
    return act


def _action(kind: ChangeSet.Kind, name: str) -> Any:
    # Django leaves out, and refuses, an action whose permission (has_<name>_permission of the model admin) is missing.
    return admin.action(description=f"{kind.label}…", permissions=["publish"])(_simple(kind, name))


Keys = ChangeSet.Kind
publish = _action(Keys.PUBLISH, "publish")
publish_changes = _action(Keys.PUBLISH_CHANGES, "publish_changes")
unpublish = _action(Keys.UNPUBLISH, "unpublish")
no_index = _action(Keys.NO_INDEX, "no_index")
index = _action(Keys.INDEX, "index")
render = _action(Keys.RENDER, "render")


class MoveForm(forms.Form):
    subject = forms.ModelChoiceField(Subject.objects.all(), empty_label="Choose a subject")


@admin.action(description="Move to another subject…", permissions=["publish"])
def move(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse:
    """Ask for the subject on a page of its own; the change set shows what the move would do."""
    form = MoveForm(request.POST if "subject" in request.POST else None)
    if form.is_valid():
        subject = form.cleaned_data["subject"]
        return _begin(request, queryset, Keys.MOVE, f"Move to {subject.title}", subject=subject.pk)
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": "Move to another subject",
        "opts": modeladmin.opts,
        "form": form,
        "count": queryset.order_by().count(),
        "articles": Article.objects.for_listing().filter(pk__in=_keys(queryset)[:20]),
        "checkbox": helpers.ACTION_CHECKBOX_NAME,
        "selected": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "media": modeladmin.media,
    }
    return TemplateResponse(request, "admin/learn/article/move.html", context)


@admin.action(description="Export as .zip", permissions=["view"])
def export(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponseBase:  # noqa: ARG001
    """The files of the chosen articles; no limit, because they are sent as they are written."""
    return zip_response(queryset)


ALL = [publish, publish_changes, unpublish, no_index, index, move, replace, merge, render, export]
