"""Change sets: what each would do, the button that does it, how far it is, what came of it, and the way back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn.changesets import making, reverting, worker
from learn.changesets.kinds import Kind
from learn.changesets.registry import KINDS
from learn.editing import diffs
from learn.models import Article, ChangeItem, ChangeSet

from .lists import ReadOnlyAdmin
from .login import editor
from .markup import time_tag

State = ChangeSet.State
ItemState = ChangeItem.State
PER_PAGE = 20  # each item with its differences
# What the pages of items are called in the address, and which items they show.
LISTS = {
    "ready": "To be changed",
    "changed": "Changed",
    "refused": "Refused and left as they were",
    "left-out": "Left out",
    "unchanged": "Already so",
}


@dataclass
class ShownItem:
    """An item as the page shows it."""

    item: ChangeItem
    changes: list[tuple[str, str, list[diffs.Line]]]  # label, the same with the item's name, difference
    texts: list[tuple[str, str, str, str]]  # label, before, after, now
    url: str


def open_set(change_set: ChangeSet) -> HttpResponseRedirect:
    """Look at a new set, as far as a request may take, and go to its page."""
    worker.go_on(change_set)
    return HttpResponseRedirect(reverse("admin:learn_changeset_change", args=[change_set.pk]))


@admin.register(ChangeSet)
class ChangeSetAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "state", "user", "made", "counts")
    list_filter = ("state", "kind")
    list_select_related = ("user",)
    ordering = ("-made_at", "-pk")
    search_fields = ("name", "note")

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view
        return [
            path("<int:pk>/change/", page(self.set_view), name="learn_changeset_change"),
            path("<int:pk>/progress/", page(self.progress_view), name="learn_changeset_progress"),
            *(
                path(f"<int:pk>/{name}/", page(view), name=f"learn_changeset_{name}")
                for name, view in (
                    ("confirm", self.confirm_view),
                    ("discard", self.discard_view),
                    ("revert", self.revert_view),
                    ("choose", self.choose_view),
                )
            ),
            *super().get_urls(),
        ]

    @admin.display(description="Made", ordering="made_at")
    def made(self, change_set: ChangeSet) -> SafeString:
        return time_tag(change_set.made_at)

    @admin.display(description="What it changes")
    def counts(self, change_set: ChangeSet) -> str:
        if change_set.state == State.PREVIEW:
            return f"{change_set.ready:,} of {change_set.total:,}"
        refused = f", refused {change_set.refused:,}" if change_set.refused else ""
        return f"{change_set.changed:,} of {change_set.total:,}{refused}"

    # --- One set ----------------------------------------------------------------------------------------------

    def set_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page of a set, whatever its state."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        change_set = get_object_or_404(ChangeSet.objects.select_related("user", "reverts"), pk=pk)
        kind = KINDS.get(change_set.kind)
        counts = change_set.state_counts()
        lists = [(key, label, counts[key]) for key, label in LISTS.items() if counts.get(key)]
        chosen = request.GET.get("show", "")
        if chosen not in {key for key, _label, _count in lists}:
            chosen = lists[0][0] if lists else ""
        items = change_set.items.filter(state=chosen).order_by("pk")
        shown = Paginator(items, PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": change_set.name,
            "opts": self.opts,
            "change_set": change_set,
            "kind": kind,
            "may": self._may(request, change_set),
            "may_revert": reverting.can_revert(KINDS, change_set) and self._may(request, change_set),
            "reverted_by": change_set.reverted_by.exclude(state=State.DISCARDED).order_by("-pk").first(),
            "lists": lists,
            "show": chosen,
            "page": shown,
            "items": self._shown(shown.object_list),
            "may_choose": change_set.state == State.PREVIEW
            and chosen in (ItemState.READY, ItemState.LEFT_OUT)
            and self._may(request, change_set),
        }
        return TemplateResponse(request, "admin/learn/changeset/change_set.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """How far it is; where nobody works on it any more, a process is begun."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        change_set = get_object_or_404(ChangeSet.objects.defer("options"), pk=pk)
        if change_set.is_stalled:
            worker.start()
        return JsonResponse(
            {
                "state": change_set.state,
                "done": change_set.done,
                "total": _of(change_set),
                "changed": change_set.changed,
            }
        )

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        change_set = self._mine(request, pk)
        number = request.POST.get("number", "")
        if not request.POST.get("sure"):
            self.message_user(
                request, "Nothing was changed: tick the box that names the number.", messages.WARNING
            )
        elif (
            number.isascii()
            and number.isdecimal()
            and len(number) < 10
            and making.confirm(change_set, int(number))
        ):
            return open_set(change_set)
        else:
            self.message_user(
                request, "Nothing was changed: the number is another one now, or it was confirmed before. Look again.",
                messages.WARNING,
            )  # fmt: skip
        return self._back(pk)

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        change_set = self._mine(request, pk)
        if making.discard(change_set):
            self.message_user(request, "Discarded. Nothing was changed.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:learn_changeset_changelist"))
        self.message_user(request, "It was confirmed or discarded before.", messages.WARNING)
        return self._back(pk)

    def revert_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        change_set = self._mine(request, pk)
        if not reverting.can_revert(KINDS, change_set):
            self.message_user(request, "There is nothing to take back.", messages.WARNING)
            return self._back(pk)
        return open_set(reverting.revert(KINDS, change_set, editor(request)))

    def choose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Leave out those of the items on a page that are not ticked; take in those that are."""
        change_set = self._mine(request, pk)
        shown = {int(key) for key in request.POST.getlist("shown") if key.isascii() and key.isdecimal()}
        ticked = {*request.POST.getlist("item"), *request.POST.getlist("hit")}
        with transaction.atomic():
            if ChangeSet.objects.select_for_update().filter(pk=pk, state=State.PREVIEW).exists():
                both = (ItemState.READY, ItemState.LEFT_OUT)
                items = list(change_set.items.filter(pk__in=shown, state__in=both)[: 2 * PER_PAGE])
                KINDS[change_set.kind].choose(change_set, items, ticked)
                for item in items:
                    item.save(update_fields=["state", "options", "before", "after"])
                making.count_again(change_set)
        query = request.POST.get("query", "")
        return HttpResponseRedirect(f"{reverse('admin:learn_changeset_change', args=[pk])}?{query}")

    def _mine(self, request: HttpRequest, pk: int) -> ChangeSet:
        """The set, for who may do something with it by POST."""
        change_set = get_object_or_404(ChangeSet.objects.select_related("reverts"), pk=pk)
        if request.method != "POST" or not self._may(request, change_set):
            raise PermissionDenied
        return change_set

    def _may(self, request: HttpRequest, change_set: ChangeSet) -> bool:
        return self.has_view_permission(request) and may(request.user, change_set)

    def _back(self, pk: int) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:learn_changeset_change", args=[pk]))

    def _shown(self, items: Iterable[ChangeItem]) -> list[ShownItem]:
        items = list(items)
        there = set(
            Article.objects.filter(pk__in=[item.article_key for item in items]).values_list("pk", flat=True)
        )
        return [
            ShownItem(
                item,
                [(_label(name), f"{_label(name)} of {item.path or item}",
                  diffs.compare(_text(name, item.before.get(name)), _text(name, new)))
                 for name, new in item.after.items()],
                [(_label(name), *(_text(name, value) for value in texts))  # type: ignore[misc]
                 for name, texts in item.options.get("texts", {}).items()],
                reverse("admin:learn_article_change", args=[item.article_key]) if item.article_key in there else "",
            )
            for item in items
        ]  # fmt: skip


def may(user: Any, change_set: ChangeSet) -> bool:
    """Whether `user` may confirm, discard or take back this set: whoever may do what it does."""
    kind: Kind | None = KINDS.get(change_set.kind)
    return kind is not None and kind.may(user, change_set)


def _of(change_set: ChangeSet) -> int:
    """How many items its present work is about."""
    if change_set.state == State.CHECKING:
        return change_set.total
    return change_set.done + change_set.ready


def _label(name: str) -> str:
    if name in ("subject", "related", "address"):
        return {"subject": "Subject", "related": "Related questions", "address": "Address"}[name]
    return name.replace("_", " ").capitalize()


def _text(name: str, value: Any) -> str:
    """A value as a line of a difference."""
    if name == "related" and isinstance(value, list):
        return "\n".join(f"{row[2]} {row[-1]}".strip() for row in value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else str(value)


def link(change_set: ChangeSet) -> SafeString:
    """A link to the page of a set."""
    return format_html(
        '<a href="{}">{}</a>', reverse("admin:learn_changeset_change", args=[change_set.pk]), change_set
    )
