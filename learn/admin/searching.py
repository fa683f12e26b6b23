"""What editors tell the search: synonyms; and what waits for them: groups of near-duplicates."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from learn.editing import near_duplicates
from learn.models import DuplicateGroup, SearchSynonym
from learn.search import synonyms

from .lists import LearnModelAdmin


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


@admin.register(DuplicateGroup)
class DuplicateGroupAdmin(LearnModelAdmin):
    list_display = ("likely", "articles")
    list_display_links = None
    ordering = ("-likelihood", "pk")
    actions = ("mark_as_different",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DuplicateGroup | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[DuplicateGroup]:
        groups: QuerySet[DuplicateGroup] = super().get_queryset(request)
        return groups.prefetch_related("members__article__subject")

    @admin.display(description="Likelihood", ordering="likelihood")
    def likely(self, group: DuplicateGroup) -> str:
        return f"{group.likelihood:.0%}"

    @admin.display(description="Articles")
    def articles(self, group: DuplicateGroup) -> SafeString:
        members = [member.article for member in group.members.all()]
        return format_html_join(
            "",
            '<div><a href="{}">{}</a> ({})</div>',
            (
                (reverse("admin:learn_article_change", args=[one.pk]), one.question, one.subject.title)
                for one in members
            ),
        )

    @admin.action(description="Mark as different questions", permissions=["change"])
    def mark_as_different(self, request: HttpRequest, queryset: QuerySet[DuplicateGroup]) -> None:
        count = 0
        for group in queryset:
            near_duplicates.mark_as_different(group)
            count += 1
        messages.success(
            request, f"Marked {count:,} group{'' if count == 1 else 's'} as different questions."
        )
