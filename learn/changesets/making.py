"""Makes a change set with its items, confirms it, discards it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from learn.db.rows import Row, batched, insert
from learn.models import ChangeItem, ChangeSet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = ChangeSet.State
NAME_MAX_LENGTH = 200


def create(
    kind: str,
    name: str,
    user: User,
    items: Sequence[Row],
    *,
    options: dict[str, Any] | None = None,
    note: str = "",
    reverts: ChangeSet | None = None,
) -> ChangeSet:
    """A change set that waits to be looked at. `items`: columns of ChangeItem, such as `{"article_key": 7}`."""
    with transaction.atomic():
        change_set = ChangeSet.objects.create(
            kind=kind, name=name[:NAME_MAX_LENGTH], user=user, options=options or {}, note=note,
            total=len(items), reverts=reverts,
        )  # fmt: skip
        for batch in batched(items):
            insert(ChangeItem, [{"change_set_id": change_set.pk, **item} for item in batch])
    return change_set


def of_articles(pks: Iterable[int]) -> list[Row]:
    """The items of a set of these articles, each once."""
    return [{"article_key": pk} for pk in dict.fromkeys(pks)]


def confirm(change_set: ChangeSet, number: int) -> bool:
    """Let a set that was looked at be run; False where it changes another number of things, or no longer waits."""
    now = timezone.now()
    waiting = ChangeSet.objects.filter(pk=change_set.pk, state=State.PREVIEW, ready=number, ready__gt=0)
    # The number may follow from what was left out a moment ago in another tab.
    return bool(waiting.update(state=State.WAITING, confirmed_at=now, seen_at=now, done=0))


def discard(change_set: ChangeSet) -> bool:
    """Forget a set that was not confirmed; False where it was."""
    early = ChangeSet.objects.filter(
        pk=change_set.pk, state__in=[State.CHECKING, State.PREVIEW, State.FAILED]
    )
    with transaction.atomic():
        is_mine = bool(early.update(state=State.DISCARDED, finished_at=timezone.now()))
        if is_mine and not change_set.changed:
            change_set.items.all().delete()
    return is_mine


def count_again(change_set: ChangeSet) -> None:
    """Bring `ready` up to date after items were left out or taken in. Call it in a transaction."""
    ready = change_set.items.filter(state=ChangeItem.State.READY).count()
    ChangeSet.objects.filter(pk=change_set.pk, state=State.PREVIEW).update(ready=ready)
