"""Merge articles: choose which one stays, take parts of the others into it; the change set shows what would happen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from learn import rights
from learn.changesets import merging
from learn.editing import diffs, splitting
from learn.editing.forms import TextField
from learn.files import limits
from learn.identity import row_key
from learn.models import Article

from .change_sets import open_set
from .login import editor


def _few_lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "class": "vLargeTextField", "spellcheck": "true"})


class MergeForm(forms.Form):
    question = forms.CharField(
        required=False, max_length=limits.TITLE_MAX_LENGTH,
        widget=forms.TextInput(attrs={"class": "vLargeTextField", "spellcheck": "true"}),
    )  # fmt: skip
    answer = TextField(
        label="The answer that stays", max_length=limits.ANSWER_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 24, "class": "vLargeTextField", "spellcheck": "true"}),
    )  # fmt: skip
    description = TextField(required=False, widget=_few_lines(3))
    keywords = TextField(required=False, widget=_few_lines(2))
    related = TextField(label="Related questions", required=False, widget=_few_lines(5))
    note = forms.CharField(
        required=False, max_length=1000, widget=forms.TextInput(attrs={"class": "vLargeTextField"})
    )

    @property
    def values(self) -> dict[str, str]:
        """What was posted of the fields that the article which stays may take; the others stay as they are."""
        return {name: str(self.cleaned_data[name]) for name in merging.MERGED if name in self.data}


def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The articles that the address names (with `?article=` once for each), beside each other.

    Of one alone, with those that ask the same. `?stays=` chooses which one stays; else that with most links to it.
    """
    if not (rights.may_publish(request.user) and request.user.has_perm("learn.change_article")):
        raise PermissionDenied
    keys = [key for text in request.GET.getlist("article")[: merging.MOST] if (key := row_key(text))]
    if len(keys) == 1 and (alone := Article.objects.filter(pk=keys[0]).first()):
        keys += merging.twins_of(alone)
    articles = list(Article.objects.filter(pk__in=keys).select_related("subject").order_by("pk"))
    if not articles:
        raise Http404
    stays = next((one for one in articles if str(one.pk) == request.GET.get("stays")), None) or _first(
        articles
    )
    others = [one for one in articles if one is not stays]
    form = MergeForm(request.POST or None, initial=merging.said_by(stays))
    if form.is_valid() and others:
        note = form.cleaned_data["note"]
        return open_set(merging.merge(stays, others, editor(request), values=form.values, note=note))
    context = {
        **site.each_context(request),
        "title": "Merge articles",
        "articles": articles,
        "stays": stays,
        "others": [
            (
                one,
                [part.rstrip("\n") for part in splitting.parts_of(one.answer)],
                diffs.compare(stays.answer, one.answer),
                _offered(stays, one),
            )
            for one in others
        ],
        "form": form,
    }
    return TemplateResponse(request, "admin/merge.html", context)


def _offered(stays: Article, other: Article) -> list[tuple[str, str, str]]:
    """What `other` says otherwise than the one that stays: the name of each field, its label, its text."""
    mine, theirs = merging.said_by(stays), merging.said_by(other)
    return [
        (name, str(MergeForm.base_fields[name].label or name.capitalize()), text)
        for name, text in theirs.items()
        if name != "answer" and text.strip() and text != mine[name]
    ]


@admin.action(description="Merge into one…", permissions=["publish"])
def merge(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse | None:
    """Two or more articles of the list."""
    keys = [str(pk) for pk in queryset.order_by("pk").values_list("pk", flat=True)[: merging.MOST + 1]]
    if not 2 <= len(keys) <= merging.MOST:
        modeladmin.message_user(request, f"Choose two to {merging.MOST} articles to merge.", messages.ERROR)
        return None
    return HttpResponseRedirect(f"{reverse('admin:merge')}?{urlencode({'article': keys}, doseq=True)}")


def _first(articles: list[Article]) -> Article:
    """The one that is suggested to stay: published, and led to by most links."""
    return max(articles, key=lambda one: (one.is_published, one.linked_from.count(), -one.pk))
