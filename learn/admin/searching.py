"""What editors tell the search: synonyms, and pinned results."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn.editing import related_links
from learn.editing.moments import MomentField
from learn.files.limits import URL_MAX_LENGTH
from learn.models import Article, SearchPin, SearchSynonym
from learn.search import synonyms
from learn.search.query import normal

from .lists import LearnModelAdmin
from .markup import time_tag

PINNED_FOR = dt.timedelta(days=30)


class SynonymForm(ModelForm):
    class Meta:
        model = SearchSynonym
        fields = ("term", "means", "both_ways", "is_active")

    def clean_term(self) -> str:
        return self._normal("term")

    def clean_means(self) -> str:
        return self._normal("means")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("term") and values.get("term") == values.get("means"):
            raise ValidationError(
                {"means": "This is the same as the first: write what the articles say instead."}
            )
        return values

    def _normal(self, name: str) -> str:
        words = synonyms.normal(self.cleaned_data[name])
        if not words:
            raise ValidationError("This holds no word: write letters or digits.")
        if len(words.split()) > synonyms.LONGEST:
            raise ValidationError(f"At most {synonyms.LONGEST} words are looked up together: write fewer.")
        return words


@admin.register(SearchSynonym)
class SearchSynonymAdmin(LearnModelAdmin):
    form = SynonymForm
    list_display = ("term", "means", "both_ways", "is_active", "source")
    list_filter = ("source", "is_active", "both_ways")
    search_fields = ("term", "means")

    def save_model(self, request: HttpRequest, obj: SearchSynonym, form: Any, change: bool) -> None:
        """What an editor changed is the editor's: reading the articles again does not take it back."""
        obj.source = SearchSynonym.Source.EDITOR
        super().save_model(request, obj, form, change)


class PinForm(ModelForm):
    leads_to = forms.CharField(
        label="Article",
        max_length=URL_MAX_LENGTH,
        widget=AdminTextInputWidget(attrs={"class": "vLargeTextField", "data-find-article": ""}),
        help_text="Its address, or words to find it by. Only articles that visitors find are shown.",
    )

    until = MomentField(help_text="From this moment on the search decides alone again.")

    class Meta:
        model = SearchPin
        fields = ("query", "until")
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "query": AdminTextInputWidget(attrs={"class": "vLargeTextField"})
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["leads_to"] = self.instance.article.get_absolute_url()

    def clean_query(self) -> str:
        if not (query := normal(self.cleaned_data["query"])):
            raise ValidationError("This holds no word: write what visitors type.")
        return query

    def clean_until(self) -> dt.datetime:
        until: dt.datetime = self.cleaned_data["until"]
        if until <= timezone.now():
            raise ValidationError("This time has passed: choose one to come.")
        return until

    def clean_leads_to(self) -> str:
        """Sets the instance's article: of a copy, the original, which is what the search shows."""
        text = str(self.cleaned_data["leads_to"]).strip()
        paths = related_links.parse(text)
        found = related_links.look_up(paths[:1])[0].article if paths else None
        if found is None:
            raise ValidationError("No article stands at this address.")
        article = Article.objects.select_related("canonical").get(pk=found.pk)
        article = article.canonical or article
        if not Article.objects.indexable().filter(pk=article.pk).exists():
            raise ValidationError(
                "The search does not show this article: it is not published, or kept out of lists."
            )
        self.instance.article = article
        return text

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        query, article = values.get("query"), self.instance.article_id
        others = SearchPin.objects.exclude(pk=self.instance.pk)
        if query and article and others.filter(query=query, article=article).exists():
            raise ValidationError(
                {"leads_to": "This article is pinned to this search already: change that one."}
            )
        return values


class LastingFilter(admin.SimpleListFilter):
    title = "time"
    parameter_name = "time"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "Now"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SearchPin]) -> QuerySet[SearchPin] | None:
        match self.value():
            case "now":
                return queryset.filter(until__gt=timezone.now())
            case "over":
                return queryset.filter(until__lte=timezone.now())
            case _:
                return None


@admin.register(SearchPin)
class SearchPinAdmin(LearnModelAdmin):
    form = PinForm
    fields = ("query", "leads_to", "until")
    list_display = ("query", "shows", "lasts")
    list_filter = (LastingFilter,)
    search_fields = ("query",)
    change_form_template = "admin/find_article_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SearchPin]:
        pins: QuerySet[SearchPin] = super().get_queryset(request)
        return pins.select_related("article__subject").defer("article__answer", "article__answer_html")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"until": timezone.now() + PINNED_FOR, **super().get_changeform_initial_data(request)}

    @admin.display(description="Article")
    def shows(self, pin: SearchPin) -> SafeString:
        url = reverse("admin:learn_article_change", args=[pin.article_id])
        return format_html('<a href="{}">{}</a>', url, pin.article.question)

    @admin.display(description="Until", ordering="until")
    def lasts(self, pin: SearchPin) -> SafeString:
        moment = time_tag(pin.until)
        return moment if pin.until > timezone.now() else format_html("{} (over)", moment)

    def save_model(self, request: HttpRequest, obj: SearchPin, form: Any, change: bool) -> None:
        obj.is_over = False
        super().save_model(request, obj, form, change)
