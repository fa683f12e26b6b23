"""Find and replace: a form, whose change set shows every hit before anything is changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import AdminSite, helpers
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from learn import rights
from learn.changesets import finding, making, replacing, writing
from learn.changesets.repairs import REPAIRS, Repair, of_health
from learn.editing import content_health
from learn.models import Article, ChangeSet, Subject

from .change_sets import open_set
from .login import editor

LINES = {"rows": 2, "class": "vLargeTextField", "spellcheck": "false"}


class ReplaceForm(forms.Form):
    find = forms.CharField(strip=False, max_length=finding.FIND_MAX, widget=forms.Textarea(attrs=LINES))
    replace = forms.CharField(
        label="Replace by", strip=False, required=False, max_length=finding.REPLACE_MAX,
        widget=forms.Textarea(attrs=LINES),
        help_text="Empty: what is found goes. In a pattern \\1 stands for its first group, \\u1 for the same with a "
        "capital, \\n for a new line.",
    )  # fmt: skip
    is_pattern = forms.BooleanField(
        label="A pattern",
        required=False,
        help_text="A regular expression as RE2 knows them, without look-around.",
    )
    match_case = forms.BooleanField(label="Case matters", required=False, initial=True)
    whole_words = forms.BooleanField(label="Whole words", required=False)
    where = forms.ChoiceField(
        choices=[
            (finding.OUTSIDE, "Outside code and formulas"),
            (finding.INSIDE, "Inside code and formulas"),
            (finding.EVERYWHERE, "Everywhere"),
        ]
    )
    fields_of = forms.MultipleChoiceField(
        label="In",
        choices=list(finding.FIELDS.items()),
        initial=["answer"],
        widget=forms.CheckboxSelectMultiple,
    )
    subject = forms.ModelChoiceField(Subject.objects.all(), required=False, empty_label="All subjects")
    health = forms.ChoiceField(
        label="Only with this trouble", required=False,
        choices=[("", "Any"), *((kind.key, kind.title) for kind in content_health.KINDS.values())],
    )  # fmt: skip
    into = forms.ChoiceField(
        label="What is live",
        choices=[
            (writing.DRAFTS, "Change drafts beside the live pages"),
            (writing.LIVE, "Change the live pages"),
        ],
    )
    note = forms.CharField(
        required=False, max_length=1000, widget=forms.TextInput(attrs={"class": "vLargeTextField"})
    )

    def __init__(self, *args: Any, user: Any, is_chosen: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not rights.may_publish(user):
            into: Any = self.fields["into"]
            into.choices = into.choices[:1]
        if is_chosen:
            del self.fields["subject"], self.fields["health"]

    def clean_find(self) -> str:
        return _with_our_newlines(self.cleaned_data["find"])

    def clean_replace(self) -> str:
        return _with_our_newlines(self.cleaned_data["replace"])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                replacing.search_of(self.options())
            except finding.PatternError as error:
                raise ValidationError({"find": str(error)}) from error
        return values

    def options(self) -> dict[str, Any]:
        """The options of a change set."""
        names = ("find", "replace", "is_pattern", "match_case", "whole_words", "where", "into")
        return {**{name: self.cleaned_data[name] for name in names}, "fields": self.cleaned_data["fields_of"]}


def _with_our_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the address asks for: a saved search, with the articles that it is for."""
    repair = REPAIRS.get(request.GET.get("repair", ""))
    if repair is None:
        return {"health": request.GET.get("health", ""), "find": request.GET.get("find", "")}
    search = repair.search
    return {
        "find": search.find, "replace": search.replace, "is_pattern": search.is_pattern, "note": repair.title,
        "match_case": search.match_case, "whole_words": search.whole_words, "where": search.where,
        "fields_of": list(search.fields), "health": repair.health,
    }  # fmt: skip


def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """Find and replace in all articles, those of a subject, or those with one kind of trouble."""
    if not request.user.has_perm("learn.change_article"):
        raise PermissionDenied
    return _page(request, site, None, {})


@admin.action(description="Find and replace…", permissions=["change"])
def replace(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Article]) -> HttpResponse:
    """Find and replace in the chosen articles of the list."""
    hidden = {
        "action": ["replace"],
        "select_across": [request.POST.get("select_across", "0")],
        helpers.ACTION_CHECKBOX_NAME: request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
    }
    return _page(request, modeladmin.admin_site, queryset, hidden)


def _page(
    request: HttpRequest, site: AdminSite, chosen: QuerySet[Article] | None, hidden: dict[str, list[str]]
) -> HttpResponse:
    is_sent = request.method == "POST" and "find" in request.POST
    form = ReplaceForm(
        request.POST if is_sent else None,
        initial=_initial(request),
        user=request.user,
        is_chosen=chosen is not None,
    )
    if is_sent and form.is_valid():
        options = form.options()
        keys = replacing.candidates(replacing.search_of(options), _articles(form, chosen))
        items = making.of_articles(keys.order_by("pk").values_list("pk", flat=True))
        name = f"Replace “{_short(options['find'])}” by “{_short(options['replace'])}”"
        note = form.cleaned_data["note"]
        kind = ChangeSet.Kind.REPLACE
        return open_set(making.create(kind, name, editor(request), items, options=options, note=note))
    context = {
        **site.each_context(request),
        "title": "Find and replace",
        "form": form,
        "count": chosen.order_by().count() if chosen is not None else None,
        "hidden": [(name, value) for name, values in hidden.items() for value in values],
        "repairs": REPAIRS.values() if chosen is None else (),
    }
    return TemplateResponse(request, "admin/replace.html", context)


def _articles(form: ReplaceForm, chosen: QuerySet[Article] | None) -> QuerySet[Article]:
    if chosen is not None:
        return chosen
    articles: QuerySet[Article] = Article.objects.all()
    if subject := form.cleaned_data["subject"]:
        articles = articles.filter(subject=subject)
    if health := form.cleaned_data["health"]:
        articles = articles.filter(pk__in=content_health.affected(content_health.KINDS[health]).values("pk"))
    return articles


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def repairs_for(user: Any, kind: str) -> list[Repair]:
    """The saved searches that this user is offered for one kind of trouble."""
    return of_health(kind) if user.has_perm("learn.change_article") else []
