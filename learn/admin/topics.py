"""Topics and their synonyms: what editors call them, hide, pin, describe and merge."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn import rights
from learn.models import Topic, TopicName
from learn.topics import decisions
from learn.topics.names import name_of
from learn.topics.shown import address_of, named

from .lists import LearnModelAdmin


class TopicForm(ModelForm):
    merge_into = forms.CharField(
        required=False,
        max_length=200,
        widget=AdminTextInputWidget(attrs={"class": "vTextField"}),
        help_text="The name or address of another topic: it gets these articles, and this address leads to it.",
    )

    class Meta:
        model = Topic
        fields = ("title", "slug", "description", "is_hidden", "is_pinned")

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if Topic.objects.exclude(pk=self.instance.pk).filter(slug=slug).exists():
            raise ValidationError("Another topic has this address. Merge the two, or choose another.")
        return slug

    def clean_merge_into(self) -> Topic | None:
        text = str(self.cleaned_data["merge_into"]).strip()
        if not text:
            return None
        found = named(text.rstrip("/").rpartition("/")[2]) or Topic.objects.filter(name=name_of(text)).first()
        if found is None:
            raise ValidationError("No topic has this name or address.")
        if found.pk == self.instance.pk:
            raise ValidationError("This is the topic itself: name another one.")
        return found


class ShownFilter(admin.SimpleListFilter):
    title = "visibility"
    parameter_name = "shown"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("pinned", "Pinned"),
            ("hidden", "Hidden"),
            ("rare", "Too rare or too general"),
            ("all", "All"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Topic]) -> QuerySet[Topic]:
        """Those that pages show, unless others are asked for."""
        match self.value():
            case "pinned":
                return queryset.filter(is_pinned=True)
            case "hidden":
                return queryset.filter(is_hidden=True)
            case "rare":
                return queryset.filter(is_shown=False, is_hidden=False)
            case "all":
                return queryset
            case _:
                return queryset.filter(is_shown=True)


@admin.register(Topic)
class TopicAdmin(LearnModelAdmin):
    form = TopicForm
    list_display = ("heading", "articles", "is_pinned", "is_hidden", "page")
    list_filter = (ShownFilter,)
    search_fields = ("name", "title", "written")
    ordering = ("-articles", "name")
    actions = None
    readonly_fields: ClassVar[tuple[str, ...]] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Keywords make topics."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Topic | None = None) -> bool:
        """A topic goes with its last article; until then it can be hidden."""
        return False

    def get_fields(self, request: HttpRequest, obj: Topic | None = None) -> Any:
        fields = ["title", "slug", "description", "is_pinned", "is_hidden"]
        return [*fields, "merge_into"] if self.may_merge(request) else fields

    def may_merge(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and rights.may_change(request.user, "topic", "merge_into")

    def get_readonly_fields(self, request: HttpRequest, obj: Topic | None = None) -> list[str]:
        return [name for name in rights.closed_fields(request.user, "topic") if name != "merge_into"]

    @admin.display(description="Topic", ordering="name")
    def heading(self, topic: Topic) -> str:
        return topic.heading

    @admin.display(description="Page")
    def page(self, topic: Topic) -> SafeString | str:
        address = address_of(topic)
        return format_html('<a href="{}">{}</a>', address, address) if address else "–"

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        decisions.save(obj)
        into = form.cleaned_data.get("merge_into")
        if into is not None and self.may_merge(request):  # its form takes what was sent, shown or not
            articles = decisions.merge(obj, into)
            self.message_user(request, f"{articles:,} articles belong to “{into.heading}” now.")

    def response_change(self, request: HttpRequest, obj: Topic) -> Any:
        """A topic that was merged is gone: back to the list."""
        if not Topic.objects.filter(pk=obj.pk).exists():
            return self.response_post_save_change(request, obj)
        return super().response_change(request, obj)


class TopicNameForm(ModelForm):
    class Meta:
        model = TopicName
        fields = ("name", "means")

    def clean_name(self) -> str:
        return self._name("name")

    def clean_means(self) -> str:
        return self._name("means")

    def _name(self, field: str) -> str:
        name = name_of(self.cleaned_data[field])
        if not name:
            raise ValidationError(
                "This names no topic: write one to six words, at least one of them with letters."
            )
        return name


@admin.register(TopicName)
class TopicNameAdmin(LearnModelAdmin):
    form = TopicNameForm
    list_display = ("name", "means")
    search_fields = ("name", "means")
    actions = None

    def save_model(self, request: HttpRequest, obj: TopicName, form: Any, change: bool) -> None:
        decisions.save_name(obj)

    def delete_model(self, request: HttpRequest, obj: TopicName) -> None:
        decisions.delete_name(obj)
