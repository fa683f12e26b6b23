"""Whose turn it is: a small set need not wait for the end of a large one.

The sets that are begun take turns, a step each. One that was confirmed is begun as soon as no set that was confirmed
before it has an article of it, or has to run alone: so no two sets that touch one article ever run at once, they run in
the order in which they were confirmed, and none waits for ever.
"""

from __future__ import annotations

from collections.abc import Sequence

from learn.models import ChangeItem, ChangeSet

from .registry import KINDS

State = ChangeSet.State
_TOUCHED = (ChangeItem.State.READY, ChangeItem.State.CHANGED)


def whose() -> int | None:
    """The key of the set that may be run, or begun, and waited longest; None where there is none.

    One query, and one for each set that is to begin while others are not over.
    """
    to_do = ChangeSet.objects.filter(state__in=[State.RUNNING, State.WAITING])
    earlier: list[ChangeSet] = []
    may_go_on: list[ChangeSet] = []
    for change_set in to_do.select_related("reverts").order_by("confirmed_at", "pk"):
        if change_set.state == State.RUNNING or not _has_to_wait(change_set, earlier):
            may_go_on.append(change_set)
        earlier.append(change_set)
    longest = min(may_go_on, key=lambda one: (one.seen_at, one.pk), default=None)
    return longest.pk if longest else None


def _has_to_wait(change_set: ChangeSet, earlier: Sequence[ChangeSet]) -> bool:
    """Whether a set that was confirmed before and is not over is in the way of this one."""
    if not earlier:
        return False
    if any(KINDS[one.kind].is_alone(one) for one in (change_set, *earlier)):
        return True
    theirs = ChangeItem.objects.filter(change_set__in=earlier, state__in=_TOUCHED, article_key__isnull=False)
    return change_set.items.filter(
        state__in=_TOUCHED, article_key__in=theirs.order_by().values("article_key")
    ).exists()
