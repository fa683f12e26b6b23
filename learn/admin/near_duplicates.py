"""Groups of near-duplicates that wait for an editor, and the originals that were chosen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from learn import rights
from learn.editing import near_duplicates
from learn.models import Article, CanonicalChoice, DuplicateGroup

from .lists import LearnModelAdmin

DIFFERENT = "different"


class GroupForm(ModelForm):
    """What becomes of a group: its articles ask different things, or one of them stands for all."""

    decision = forms.ChoiceField(widget=forms.RadioSelect)
    user: Any = None  # set by the page that shows the form

    class Meta:
        model = DuplicateGroup
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(DIFFERENT, "They ask different things: keep them apart")]
        if rights.may_change(self.user, "duplicategroup", "canonical"):
            choices += [
                (str(one.pk), format_html("Send search engines to {}", _named(one, one.get_absolute_url())))
                for one in articles_of(self.instance)
                if one.is_published and not one.no_index
            ]
        self.fields["decision"].choices = choices  # type: ignore[attr-defined]

    def clean_decision(self) -> str:
        decision = str(self.cleaned_data["decision"])
        field = "different" if decision == DIFFERENT else "canonical"
        if not rights.may_change(self.user, "duplicategroup", field):
            raise ValidationError("Only a publisher may choose the page that search engines are sent to.")
        return decision


@admin.register(DuplicateGroup)
class DuplicateGroupAdmin(LearnModelAdmin):
    form = GroupForm
    fields = ("decision",)
    list_display = ("likely", "articles")
    ordering = ("-likelihood", "pk")
    actions = ("mark_as_different",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DuplicateGroup | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[DuplicateGroup]:
        groups: QuerySet[DuplicateGroup] = super().get_queryset(request)
        columns = (
            "question",
            "slug",
            "status",
            "publish_at",
            "expires",
            "no_index",
            "subject__slug",
            "subject__title",
        )
        articles = Article.objects.select_related("subject").only(*columns)
        return groups.prefetch_related("members", Prefetch("members__article", articles))

    def get_form(
        self, request: HttpRequest, obj: DuplicateGroup | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    @admin.display(description="Likelihood", ordering="likelihood")
    def likely(self, group: DuplicateGroup) -> str:
        return f"{group.likelihood:.0%}"

    @admin.display(description="Articles")
    def articles(self, group: DuplicateGroup) -> SafeString:
        return format_html_join("", "<div>{}</div>", ((_named(one),) for one in articles_of(group)))

    def save_model(self, request: HttpRequest, obj: DuplicateGroup, form: Any, change: bool) -> None:
        """The group goes with the decision."""
        decision = form.cleaned_data["decision"]
        if decision == DIFFERENT:
            near_duplicates.mark_as_different(obj)
            messages.success(request, "Marked as different questions.")
            return
        original = Article.objects.select_related("subject").get(pk=decision)
        count = near_duplicates.choose_canonical(obj, original)
        messages.success(
            request,
            f"Search engines are sent to {original.get_absolute_url()} from {count} other "
            f"article{'' if count == 1 else 's'}.",
        )

    def log_change(self, request: HttpRequest, obj: DuplicateGroup, message: Any) -> Any:
        """The group is gone: there is nothing that an entry could lead to."""

    def response_change(self, request: HttpRequest, obj: DuplicateGroup) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:learn_duplicategroup_changelist"))

    @admin.action(description="Mark as different questions", permissions=["change"])
    def mark_as_different(self, request: HttpRequest, queryset: QuerySet[DuplicateGroup]) -> None:
        count = 0
        for group in queryset:
            near_duplicates.mark_as_different(group)
            count += 1
        messages.success(
            request, f"Marked {count:,} group{'' if count == 1 else 's'} as different questions."
        )


@admin.register(CanonicalChoice)
class CanonicalChoiceAdmin(LearnModelAdmin):
    """What was decided of groups; to take a choice back lets its article stand for itself again."""

    list_display = ("instead_of", "shows")
    list_display_links = None
    ordering = ("-pk",)
    search_fields = ("article__question", "original__question")
    actions = ("withdraw",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: CanonicalChoice | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        chosen = super().get_actions(request)
        chosen.pop("delete_selected", None)
        return chosen

    def has_delete_permission(self, request: HttpRequest, obj: CanonicalChoice | None = None) -> bool:
        may = rights.may_change(request.user, "duplicategroup", "canonical")
        return may and super().has_delete_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CanonicalChoice]:
        choices: QuerySet[CanonicalChoice] = super().get_queryset(request)
        return choices.select_related("article__subject", "original__subject").only(
            "article__question", "article__subject__title", "original__question", "original__subject__title"
        )

    @admin.display(description="Article")
    def instead_of(self, choice: CanonicalChoice) -> SafeString:
        return _named(choice.article)

    @admin.display(description="Search engines are sent to")
    def shows(self, choice: CanonicalChoice) -> SafeString:
        return _named(choice.original)

    def delete_model(self, request: HttpRequest, obj: CanonicalChoice) -> None:
        near_duplicates.withdraw([obj])

    @admin.action(description="Take back", permissions=["delete"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[CanonicalChoice]) -> None:
        count = near_duplicates.withdraw(queryset)
        messages.success(request, f"Taken back: {count:,}.")


def articles_of(group: DuplicateGroup) -> list[Article]:
    return [member.article for member in group.members.all()]


def _named(article: Article, url: str = "") -> SafeString:
    """A link to an article: to its form, where nothing else is said."""
    url = url or reverse("admin:learn_article_change", args=[article.pk])
    return format_html('<a href="{}">{}</a> ({})', url, article.question, article.subject.title)
