"""Articles that go into the trash with a change set, and come back from it: what sets made, and what somebody chose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from learn import rights
from learn.db.rows import Row
from learn.editing import trash
from learn.models import (
    Article,
    ChangeItem,
    ChangeSet,
    DeletedArticle,
    Revision,
    RevisionDetails,
    WorkingCopy,
)

from . import making
from .kinds import Kind, State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LOST = "Its versions were deleted for good."


def may_delete(user: Any) -> bool:
    """Whether `user` may let what a set made go into the trash again."""
    return rights.may_publish(user) and user.has_perm("learn.delete_article")


def check_deletion(item: ChangeItem, user: Any) -> None:
    """Say whether the article of `item`, which a set made and nobody changed since, can go into the trash."""
    if not may_delete(user):
        item.state, item.reason = State.REFUSED, "It was made by this set, and you may not delete articles."
    elif WorkingCopy.objects.filter(article=item.article_key).exists():
        item.state, item.reason = State.REFUSED, "It has unpublished changes: publish or discard them first."
    else:
        item.state, item.options = State.READY, {**item.options, "delete": True}
        item.before, item.after = {"address": item.path}, {"address": "in the trash"}


def delete(item: ChangeItem, article: Article, user: User, reason: str) -> None:
    """Let the article of `item` go into the trash."""
    if WorkingCopy.objects.filter(article=article).exists():
        item.state, item.reason = State.REFUSED, "Somebody began to change it."
        return
    trash.delete(article, user)
    last = Revision.objects.filter(id=item.article_key).latest("history_id")
    last.source, last.history_user = RevisionDetails.Source.ACTION, user
    last.history_change_reason = reason[:100]
    last.save(update_fields=["source", "history_user", "history_change_reason"])
    item.state = State.CHANGED


def check_return(items: Sequence[ChangeItem]) -> None:
    """Say of each item whether its deleted article can come back. Three queries for each."""
    there = _there(items)
    for item in items:
        row = _last_words(item)
        if item.article_key in there:
            item.state, item.reason = State.UNCHANGED, "It came back already."
        elif row is None:
            item.state, item.reason = State.REFUSED, LOST
        elif reason := trash.why_not(row):
            item.state, item.reason = State.REFUSED, reason
        else:
            item.state, item.options = State.READY, {**item.options, "made": True}
            item.before, item.after = {"address": "in the trash"}, {"address": item.path}


def bring_back(item: ChangeItem, user: User) -> None:
    """Let the deleted article of `item` come back, as it was."""
    row = _last_words(item)
    if row is None:
        item.state, item.reason = State.REFUSED, LOST
    elif Article.objects.filter(pk=item.article_key or 0).exists():
        item.state, item.reason = State.REFUSED, "It came back already."
    elif reason := trash.why_not(row):
        item.state, item.reason = State.REFUSED, reason
    else:
        trash.restore(row, user, as_it_was=True)
        item.state = State.CHANGED


class BringBack(Kind):
    """Brings deleted articles back, each as it was when it was deleted, with its links, older addresses and history."""

    key = ChangeSet.Kind.BRING_BACK
    verb = "Bring back"
    done = "Brought back"
    runs_alone = False

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        return rights.may_publish(user) and user.has_perms(("learn.add_article", "learn.change_article"))

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        check_return(items)

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        for item in items:
            bring_back(item, user)


def bring_all_back(deleted: Sequence[DeletedArticle], user: User) -> ChangeSet:
    """The set that brings these deleted articles back."""
    items: list[Row] = [
        {"article_key": one.article_key, "path": one.url, "label": one.question} for one in deleted
    ]
    return making.create(ChangeSet.Kind.BRING_BACK, "Bring back from the trash", user, items)


def _there(items: Sequence[ChangeItem]) -> set[int]:
    keys = [item.article_key for item in items if item.article_key is not None]
    return set(Article.objects.filter(pk__in=keys).values_list("pk", flat=True))


def _last_words(item: ChangeItem) -> Any:
    """The last revision of the deleted article, from which it comes back; None where it was deleted for good."""
    gone = DeletedArticle.objects.filter(article_key=item.article_key or 0).first()
    if gone is not None and gone.purged_at is not None:
        return None
    return Revision.objects.filter(id=item.article_key).order_by("-history_id").first()
