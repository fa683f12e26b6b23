"""Actions on many articles of the list. Each names its permission, because a request can be forged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from learn.db.rows import batched
from learn.editing import bulk, working_copies
from learn.models import Article, Subject, WorkingCopy

from .exporting import zip_response
from .login import editor

# More than an editor can have looked at; it keeps the request below some ten seconds.
MAX_ARTICLES = 5_000
REFUSED_SHOWN = 10


def _pks(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Article]) -> list[int] | None:
    """The chosen articles; None, with a message, where they are too many for one request."""
    pks = list(queryset.order_by("pk").values_list("pk", flat=True)[: MAX_ARTICLES + 1])
    if len(pks) > MAX_ARTICLES:
        modeladmin.message_user(
            request,
            f"That is more than {MAX_ARTICLES:,} articles. Narrow the list with the filters; nothing was changed.",
            messages.ERROR,
        )
        return None
    return pks


def _report(modeladmin: Any, request: HttpRequest, outcome: bulk.Outcome, done: str) -> None:
    parts = [f"{done}: {outcome.changed:,}."]
    if outcome.unchanged:
        parts.append(f"Already so: {outcome.unchanged:,}.")
    if outcome.changed or outcome.unchanged or not outcome.refused:
        modeladmin.message_user(request, " ".join(parts), messages.SUCCESS)
    if outcome.refused:
        modeladmin.message_user(request, _refusals(outcome), messages.ERROR)


def _refusals(outcome: bulk.Outcome) -> SafeString:
    lines = [
        format_html(
            '<li><a href="{}">{}</a>: {}</li>',
            reverse("admin:learn_article_change", args=[article.pk]),
            article.question,
            reason,
        )
        for article, reason in outcome.refused[:REFUSED_SHOWN]
    ]
    if len(outcome.refused) > REFUSED_SHOWN:
        lines.append(format_html("<li>and {} more</li>", len(outcome.refused) - REFUSED_SHOWN))
    return format_html(
        "Refused and left as they were: {}.<ul>{}</ul>",
        len(outcome.refused),
        mark_safe("".join(lines)),  # each line is made by format_html
    )


def _simple(
    change: Callable[..., bulk.Outcome], done: str, **options: Any
) -> Callable[[Any, HttpRequest, QuerySet[Article]], None]:
    def act(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        pks = _pks(modeladmin, request, queryset)
        if pks is not None:
            _report(modeladmin, request, change(pks, editor(request), **options), done)

    return act


# Django leaves out, and refuses, an action whose permission (has_<name>_permission of the model admin) is missing.
publish = admin.action(description="Publish", permissions=["publish"])(_simple(bulk.publish, "Published"))
publish.__name__ = "publish"
unpublish = admin.action(description="Unpublish", permissions=["publish"])(
    _simple(bulk.unpublish, "Unpublished")
)
unpublish.__name__ = "unpublish"
no_index = admin.action(description="Keep out of search engines", permissions=["publish"])(
    _simple(bulk.set_no_index, "Kept out of search engines", value=True)
)
no_index.__name__ = "no_index"
index = admin.action(description="Let into search engines", permissions=["publish"])(
    _simple(bulk.set_no_index, "Let into search engines", value=False)
)
index.__name__ = "index"


@admin.action(description="Publish the unpublished changes", permissions=["publish"])
def publish_changes(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Article]) -> None:
    """Make the working copies of the chosen articles live, each in a transaction of its own."""
    pks = _pks(modeladmin, request, queryset)
    if pks is None:
        return
    outcome = bulk.Outcome()
    for batch in batched(pks):
        for copy in WorkingCopy.objects.filter(article__in=batch).select_related("article").order_by("pk"):
            trouble = working_copies.publish(copy, editor(request))
            if trouble and copy.article:
                outcome.refused.append((copy.article, " ".join(trouble)))
            else:
                outcome.changed += 1
    _report(modeladmin, request, outcome, "Changes published")


@admin.action(description="Render anew", permissions=["publish"])
def render(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Article]) -> None:
    pks = _pks(modeladmin, request, queryset)
    if pks is not None:
        _report(modeladmin, request, bulk.render(pks), "Rendered anew")


class MoveForm(forms.Form):
    subject = forms.ModelChoiceField(Subject.objects.all(), empty_label="Choose a subject")


@admin.action(description="Move to another subject…", permissions=["publish"])
def move(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse | None:
    """Ask for the subject on a page of its own, then move."""
    pks = _pks(modeladmin, request, queryset)
    if pks is None:
        return None
    form = MoveForm(request.POST if "subject" in request.POST else None)
    if form.is_valid():
        subject = form.cleaned_data["subject"]
        outcome = bulk.move(pks, editor(request), subject=subject)
        _report(
            modeladmin,
            request,
            outcome,
            f"Moved to {subject.title}, each with a redirect from its old address",
        )
        return None
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": "Move to another subject",
        "opts": modeladmin.opts,
        "form": form,
        "count": len(pks),
        "articles": Article.objects.for_listing().filter(pk__in=pks[:20]),
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


ALL = [publish, publish_changes, unpublish, no_index, index, move, render, export]
