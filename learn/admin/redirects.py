"""Redirects, and the missing pages that visitors asked for."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from learn import rights
from learn.editing import related_links
from learn.files.limits import URL_MAX_LENGTH
from learn.models import Article, MissingPage, Redirect
from learn.redirects import elsewhere, resolve
from learn.search.nearest import nearest_questions

from .lists import LearnModelAdmin
from .markup import time_tag

# Browsers take a backslash for a slash, and leave out tabs and newlines: "/\\host" leads to another site.
NO_PATH = re.compile(r"[\\\x00-\x20\x7f-\x9f]")


class RedirectForm(forms.ModelForm):
    """Refuses what would hide a page, lead in a circle, or lead through another redirect."""

    leads_to = forms.CharField(
        required=False,
        max_length=URL_MAX_LENGTH,
        widget=AdminTextInputWidget(attrs={"class": "vLargeTextField", "data-find-article": ""}),
        help_text=(
            "The address of an article (find it by words), of another page, or of another site. Wherever the article "
            "moves, the redirect follows. Left empty, the answer is 410 Gone."
        ),
    )

    class Meta:
        model = Redirect
        fields = ("old_path",)
        help_texts: ClassVar[dict[str, str]] = {
            "old_path": "The address that visitors ask for, beginning with a slash."
        }
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "old_path": AdminTextInputWidget(attrs={"class": "vLargeTextField"})
        }

    user: Any = None  # set by the page that shows the form

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            target = self.instance.target
            self.initial["leads_to"] = target.get_absolute_url() if target else self.instance.new_path
        elif old_path := self.initial.get("old_path"):
            nearest = suggested_target(str(old_path))
            self.initial["leads_to"] = nearest.get_absolute_url() if nearest else ""

    def clean_old_path(self) -> str:
        old = _path(self.cleaned_data["old_path"])
        if resolve.has_page(old):
            raise forms.ValidationError("A page stands at this address; a redirect would never be looked at.")
        if resolve.is_reserved(old):
            raise forms.ValidationError(
                "This address belongs to the site itself. No redirect may stand there."
            )
        leading_here = self._others().filter(new_path__in=[old, f"{old}/"]).first()
        if leading_here:
            raise forms.ValidationError(
                f"The redirect from {leading_here.old_path} leads to this address. Let that one lead on first."
            )
        return old

    def clean_leads_to(self) -> str:
        """Sets the instance's `target` and `new_path`, of which one holds the destination."""
        text = str(self.cleaned_data["leads_to"]).strip()
        own = related_links.parse(text)
        found = related_links.look_up(own)[0].article if own else None
        if found and not found.is_published:
            raise forms.ValidationError("This article is not published: visitors would be led to nothing.")
        self._check_rights(text, is_elsewhere=not found and "://" in text)
        self.instance.target = found
        self.instance.new_path = "" if found else self._new_path(text)
        return text

    def _check_rights(self, text: str, *, is_elsewhere: bool) -> None:
        """What the table of rights says of destinations; another host has to be in REDIRECT_HOSTS besides."""
        if not text and not rights.may_change(self.user, "redirect", "gone"):
            raise forms.ValidationError("Only a publisher may answer 410 Gone. Give the address of a page.")
        if not is_elsewhere:
            return
        if refusal := elsewhere.refusal(text, self.user):
            raise forms.ValidationError(refusal)

    def _new_path(self, text: str) -> str:
        if not text or "://" in text:
            return text
        new = _path(text, with_suffix=True)
        path = resolve.SUFFIX.sub("", new)
        if path == self.cleaned_data.get("old_path"):
            raise forms.ValidationError("This leads back to itself.")
        if following := self._others().filter(old_path=path).first():
            raise forms.ValidationError(_chain(following))
        if new.startswith("/learn") and not resolve.has_page(path):
            raise forms.ValidationError("No page stands at this address.")
        return new

    def _others(self) -> QuerySet[Redirect]:
        return Redirect.objects.exclude(pk=self.instance.pk)


def _path(text: str, *, with_suffix: bool = False) -> str:
    path = text.strip()
    is_plain = path.startswith("/") and not path.startswith("//") and not NO_PATH.search(path)
    if not is_plain or len(path) > URL_MAX_LENGTH:
        raise forms.ValidationError("Write a path that begins with one slash.")
    if with_suffix:
        return path
    if "?" in path or "#" in path:
        raise forms.ValidationError("Leave out what follows ? or #: visitors keep theirs.")
    return path.rstrip("/") or "/"


def _chain(following: Redirect) -> str:
    """What to write instead of the address of another redirect."""
    try:
        end = resolve.destination(following.old_path)
    except resolve.GoneError:
        end = None
    if end is None:
        return "This address is a redirect itself, and leads to no page."
    return f"This address is a redirect itself. Write where it ends: {end}"


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("article", "To an article"), ("address", "To an address"), ("gone", "Gone (410)")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Redirect]) -> QuerySet[Redirect] | None:
        match self.value():
            case "article":
                return queryset.filter(target__isnull=False)
            case "address":
                return queryset.exclude(new_path="")
            case "gone":
                return queryset.filter(target=None, new_path="")
            case _:
                return None


class MakerFilter(admin.SimpleListFilter):
    title = "who made it"
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("move", "A move"), ("editor", "An editor")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Redirect]) -> QuerySet[Redirect] | None:
        if self.value() in ("move", "editor"):
            return queryset.filter(is_automatic=self.value() == "move")
        return None


class IgnoredFilter(admin.SimpleListFilter):
    """Those that wait for a decision, unless the ignored ones are asked for: never both."""

    title = "decision"
    parameter_name = "ignored"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Ignored")]

    def choices(self, changelist: Any) -> Any:
        waiting, *others = super().choices(changelist)
        return [{**waiting, "display": "Waiting"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[MissingPage]) -> QuerySet[MissingPage]:
        return queryset.filter(is_ignored=self.value() == "yes")


@admin.register(Redirect)
class RedirectAdmin(LearnModelAdmin):
    form = RedirectForm
    list_display = ("old_path", "leads_to", "made_by", "made")
    list_filter = (KindFilter, MakerFilter)
    list_select_related = ("target__subject",)
    ordering = ("old_path",)
    search_fields = ("old_path__startswith",)
    search_help_text = "The beginning of the old address."
    change_form_template = "admin/find_article_form.html"

    def get_form(
        self, request: HttpRequest, obj: Redirect | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and rights.may_change(request.user, "redirect", "leads_to")

    def has_change_permission(self, request: HttpRequest, obj: Redirect | None = None) -> bool:
        """Visitors follow a redirect as soon as it is saved, and it may lead to another site."""
        allowed = super().has_change_permission(request, obj)
        allowed = allowed and rights.may_change(request.user, "redirect", "leads_to")
        return allowed and (obj is None or not self._is_closed(request, obj))

    def _is_closed(self, request: HttpRequest, obj: Redirect) -> bool:
        is_elsewhere = not obj.target_id and obj.new_path != "" and not resolve.leads_here(obj.new_path)
        is_gone = not obj.target_id and not obj.new_path
        may = partial(rights.may_change, request.user, "redirect")
        return (is_gone and not may("gone")) or (is_elsewhere and not may("elsewhere"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Redirect]:
        columns = ("old_path", "new_path", "is_automatic", "created_at")
        target = (
            "target__slug",
            "target__question",
            "target__subject__slug",
            "target__status",
            "target__publish_at",
            "target__expires",
        )
        return super().get_queryset(request).select_related("target__subject").only(*columns, *target)

    @admin.display(description="Leads to")
    def leads_to(self, redirect: Redirect) -> str:
        if redirect.target:
            return redirect.target.get_absolute_url()
        return redirect.new_path or "Gone (410)"

    @admin.display(description="Made by", ordering="is_automatic")
    def made_by(self, redirect: Redirect) -> str:
        return "A move" if redirect.is_automatic else "An editor"

    @admin.display(description="Made", ordering="created_at")
    def made(self, redirect: Redirect) -> SafeString:
        return time_tag(redirect.created_at)

    def save_model(self, request: HttpRequest, obj: Redirect, form: Any, change: bool) -> None:
        obj.is_automatic = False
        super().save_model(request, obj, form, change)
        MissingPage.objects.filter(path__in=[obj.old_path, f"{obj.old_path}/"]).delete()


@admin.register(MissingPage)
class MissingPageAdmin(LearnModelAdmin):
    list_display = ("path", "hits", "referrer_link", "last", "repair")
    list_display_links = None
    list_filter = (IgnoredFilter,)
    ordering = ("-hits", "path")
    search_fields = ("path",)
    actions = ("ignore", "mind", "delete_selected")
    change_list_template = "admin/learn/missingpage/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        may_redirect = rights.may_change(request.user, "redirect", "leads_to")
        return self.list_display if may_redirect else self.list_display[:-1]

    @admin.display(description="Came from")
    def referrer_link(self, page: MissingPage) -> SafeString | str:
        if not page.referrer:
            return "–"
        shown = page.referrer if len(page.referrer) < 60 else f"{page.referrer[:57]}…"
        return format_html('<a href="{}" rel="noreferrer nofollow">{}</a>', page.referrer, shown)

    @admin.display(description="Last asked for", ordering="last_seen")
    def last(self, page: MissingPage) -> SafeString:
        return time_tag(page.last_seen)

    @admin.display(description="Repair")
    def repair(self, page: MissingPage) -> SafeString:
        wanted = {"old_path": page.path.rstrip("/") or "/"}
        url = f"{reverse('admin:learn_redirect_add')}?{urlencode(wanted)}"
        return format_html('<a class="button" href="{}">Make redirect</a>', url)

    @admin.action(description="Ignore", permissions=["change"])
    def ignore(self, request: HttpRequest, queryset: QuerySet[MissingPage]) -> None:
        count = queryset.update(is_ignored=True)
        self.message_user(request, f"Ignored: {count:,}.", messages.SUCCESS)

    @admin.action(description="Do not ignore any more", permissions=["change"])
    def mind(self, request: HttpRequest, queryset: QuerySet[MissingPage]) -> None:
        count = queryset.update(is_ignored=False)
        self.message_user(request, f"Waiting again: {count:,}.", messages.SUCCESS)


def suggested_target(path: str) -> Article | None:
    """The article whose slug begins most like the last part of `path`."""
    _words, nearest = nearest_questions(path, limit=1)
    return nearest[0] if nearest else None
