"""Redirects from a table as a change set: every row is looked at first, and all of it can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from learn import rights
from learn.models import Article, ChangeItem, ChangeSet, MissingPage, Redirect
from learn.redirects import table

from . import making
from .kinds import Kind, State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PATH_MAX = 600
Led = dict[str, Any]  # where a redirect leads: target, new_path, is_automatic


def load(rows: Iterable[table.Row], name: str, user: User) -> ChangeSet:
    """The set that makes a redirect of each row."""
    items = [
        {"path": row.old[:PATH_MAX], "options": {"line": row.line, "old": row.old, "new": row.new}}
        for row in rows
    ]
    return making.create(ChangeSet.Kind.REDIRECTS, f"Redirects of {name}", user, items)


class Redirects(Kind):
    key = ChangeSet.Kind.REDIRECTS
    verb = "Make"
    done = "Made or changed"
    things = "redirect"
    is_of_articles = False

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        needed = ("learn.add_redirect", "learn.change_redirect")
        return rights.may_change(user, "redirect", "leads_to") and user.has_perms(needed)

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        seen = _seen(change_set, items)
        for item, planned in zip(items, table.plan(_rows(items), seen), strict=True):
            item.label = f"Line {planned.row.line}: {planned.row.old}"[:500]
            if planned.reason:
                item.state, item.reason = State.REFUSED, planned.reason[:1].upper() + planned.reason[1:] + "."
            elif not planned.is_change:
                item.state = State.UNCHANGED
            else:
                item.state = State.READY
                item.before = {} if planned.is_new else {"leads_to": _shown(*planned.before)}
                item.after = {"leads_to": _shown(planned.redirect.target_id, planned.redirect.new_path)}

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        for item, planned in zip(items, table.plan(_rows(items), {}), strict=True):
            if planned.reason:
                item.state, item.reason = State.REFUSED, planned.reason[:1].upper() + planned.reason[1:] + "."
                continue
            was = None if planned.is_new else _led(Redirect.objects.get(pk=planned.redirect.pk))
            if planned.is_change:
                table.save(planned)
                old = planned.redirect.old_path
                MissingPage.objects.filter(path__in=[old, f"{old}/"]).delete()
            item.options = {
                **item.options,
                "path": planned.redirect.old_path,
                "was": was,
                "now": _led(planned.redirect),
            }
            item.state = State.CHANGED if planned.is_change else State.UNCHANGED

    def check_back(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        for item in items:
            now = Redirect.objects.filter(old_path=item.options["path"]).first()
            if _led(now) == item.options["now"]:
                item.state = State.READY
                item.before = {"leads_to": _told(item.options["now"])}
                item.after = {"leads_to": _told(item.options["was"])}
            else:
                item.state, item.reason = State.REFUSED, "It was changed since."
                texts = [_told(item.options["was"]), _told(item.options["now"]), _told(_led(now))]
                item.options = {**item.options, "texts": {"leads_to": texts}}

    def apply_back(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        self.check_back(change_set, items)
        for item in items:
            if item.state == State.READY:
                was = item.options["was"]
                if was is None:
                    Redirect.objects.filter(old_path=item.options["path"]).delete()
                else:
                    there = Article.objects.filter(pk=was["target"] or 0).first()
                    path = item.options["path"]
                    Redirect.objects.update_or_create(old_path=path, defaults={**was, "target": there})
                item.state = State.CHANGED
                item.options = {**item.options, "was": item.options["now"], "now": was}


def _rows(items: Sequence[ChangeItem]) -> list[table.Row]:
    return [table.Row(item.options["line"], item.options["old"], item.options["new"]) for item in items]


def _seen(change_set: ChangeSet, items: Sequence[ChangeItem]) -> dict[str, int]:
    """The lines of the addresses that came before these items. One query."""
    before = change_set.items.filter(pk__lt=items[0].pk) if items else change_set.items.none()
    lines = before.order_by("-pk").values_list("options__old", "options__line")
    return {table.path_of(old): line for old, line in lines}


def _led(redirect: Redirect | None) -> Led | None:
    if redirect is None:
        return None
    return {
        "target": redirect.target_id,
        "new_path": redirect.new_path,
        "is_automatic": redirect.is_automatic,
    }


def _told(led: Led | None) -> str:
    return "No redirect" if led is None else _shown(led["target"], led["new_path"])


def _shown(target: int | None, new_path: str) -> str:
    """Where a redirect leads, for people. One query where that is an article."""
    if target is not None:
        article = Article.objects.select_related("subject").filter(pk=target).first()
        return article.get_absolute_url() if article else "An article that was deleted"
    return new_path or "Gone (410)"
