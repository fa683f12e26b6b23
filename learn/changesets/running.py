"""Runs change sets in short steps. Each is one transaction that also notes how far the set is.

A process that is killed leaves nothing half done: its step is rolled back, and whoever comes next goes on with the
items that are still to be changed. `worker` sees to it that only one process works at a time; `turns` says which set
it works at.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, transaction
from django.utils import timezone

from learn.db import rows, state
from learn.db.together import together
from learn.models import Article, ChangeItem, ChangeSet
from learn.models.revisions import of_change_set
from learn.signals import pages_changed

from . import snapshots, turns
from .kinds import Kind, RefusedError
from .registry import KINDS

logger = logging.getLogger(__name__)

State = ChangeSet.State
ItemState = ChangeItem.State
CHECKED = ("state", "reason", "label", "path", "before", "after", "version", "options")
WRITTEN = ("state", "reason", "before", "after", "version", "fingerprint", "options")
FAULT = "It could not be changed: the server's log says why."


def is_anything_to_do() -> bool:
    """Whether a set waits to be looked at or run."""
    return ChangeSet.objects.filter(state__in=[State.CHECKING, State.WAITING, State.RUNNING]).exists()


class Step(NamedTuple):
    """What a step did."""

    change_set: int | None  # of which it changed something
    items: int  # of that set
    seconds: float  # for which others had to wait: while the write lock was held, without the wait for it


def step(size: int, sizes: Mapping[int, int] | None = None) -> Step | None:
    """Look at some items of a new set, and change some of the one whose turn it is; None where nothing waits.

    At most `size` are changed, or as many as `sizes` say for the key of that set.
    """
    checking = ChangeSet.objects.filter(state=State.CHECKING).order_by("seen_at", "pk").first()
    if checking is not None:
        check_some(checking.pk)
    if (pk := turns.whose()) is not None:
        return run_some(pk, (sizes or {}).get(pk, size))
    return None if checking is None else Step(None, 0, 0)


def check_some(pk: int) -> None:
    """Say of as many items of a set as its kind takes what would become of them; after the last it is a preview.

    It is looked at outside of any transaction, which would keep SQLite's other writers waiting.
    """
    change_set = ChangeSet.objects.select_related("user", "reverts").get(pk=pk)
    kind = KINDS[change_set.kind]
    items = list(change_set.items.filter(state=ItemState.NEW).order_by("pk")[: kind.looks_at])
    try:
        kind.check(change_set, items)
    except (DatabaseError, InterfaceError):
        raise
    except Exception:
        logger.exception("change set %s cannot be looked at", pk)
        _fail(change_set, "It could not be looked at: the server's log says why.")
        return
    with transaction.atomic():
        if not ChangeSet.objects.select_for_update().filter(pk=pk, state=State.CHECKING).exists():
            return  # discarded meanwhile
        _write(items, CHECKED)
        if not kind.keeps_unchanged:
            unchanged = [item.pk for item in items if item.state == ItemState.UNCHANGED]
            ChangeItem.objects.filter(pk__in=unchanged).delete()
        change_set.done += len(items)
        if len(items) < kind.looks_at:
            change_set.state = State.PREVIEW
        _count(change_set)
        change_set.save()


def run_some(pk: int, size: int) -> Step:
    """Change at most `size` items of a set; begin it, or end it, where that is what comes next."""
    begun, items = time.monotonic(), 0
    try:
        with transaction.atomic():
            state.lock_writes()
            begun = time.monotonic()
            change_set = (
                ChangeSet.objects.select_for_update(of=("self",)).select_related("user", "reverts").get(pk=pk)
            )
            kind = KINDS[change_set.kind]
            if change_set.state == State.WAITING:
                _begin(change_set, kind)
            elif change_set.state == State.RUNNING:
                items = _go_on(change_set, kind, size)
    except (DatabaseError, InterfaceError):
        raise
    except RefusedError as error:
        with transaction.atomic():
            _fail(ChangeSet.objects.select_for_update().get(pk=pk), str(error))
    except Exception:
        logger.exception("change set %s cannot go on", pk)
        with transaction.atomic():
            _fail(
                ChangeSet.objects.select_for_update().get(pk=pk),
                "It could not go on: the server's log says why.",
            )
    return Step(pk, items, time.monotonic() - begun)


def _begin(change_set: ChangeSet, kind: Kind) -> None:
    user = change_set.user
    if user is None or not user.is_active or not kind.may(user, change_set):
        _fail(change_set, "Who confirmed it may not do so any more. Nothing was changed.")
        return
    with of_change_set(change_set.pk):
        kind.begin(change_set, user)
    change_set.state, change_set.started_at, change_set.seen_at = (
        State.RUNNING,
        timezone.now(),
        timezone.now(),
    )
    change_set.done = 0
    change_set.save()


def _go_on(change_set: ChangeSet, kind: Kind, size: int) -> int:
    """Change the next items, and return how many those were."""
    items = list(change_set.items.filter(state=ItemState.READY).order_by("pk")[:size])
    user = change_set.user
    if user is None or not user.is_active:
        _fail(change_set, "The account that confirmed it is gone. What was changed until then stays.")
        return 0
    if items:
        before = _snapshots(kind, items)
        try:
            _apply(change_set, kind, items, user)
        except Exception as error:
            if _is_passing(error):
                raise
            items = _one_by_one(change_set, kind, items)
        _note_differences(kind, items, before)
        _write(items, WRITTEN)
        change_set.done += len(items)
    if len(items) < size:
        with of_change_set(change_set.pk):
            kind.finish(change_set, user)
        change_set.finished_at = timezone.now()
    _count(change_set)
    if change_set.finished_at:
        change_set.state = State.PARTLY if change_set.refused else State.DONE
    change_set.save()
    return len(items)


def _apply(change_set: ChangeSet, kind: Kind, items: Sequence[ChangeItem], user: Any) -> None:
    """Change these items, or none of them where it fails; what follows from all of them is done once."""
    with transaction.atomic(), of_change_set(change_set.pk), together():
        if kind.is_of_articles and (keys := [item.article_key for item in items if item.article_key]):
            pages_changed.send(sender=Article, pks=keys)  # where they stand before
        kind.apply(change_set, items, user)


def _one_by_one(change_set: ChangeSet, kind: Kind, items: Sequence[ChangeItem]) -> list[ChangeItem]:
    """Each item in a savepoint of its own, where together they failed."""
    tried = list(ChangeItem.objects.filter(pk__in=[item.pk for item in items]).order_by("pk"))
    for item in tried:
        try:
            _apply(change_set, kind, [item], change_set.user)
        except Exception as error:
            if _is_passing(error):
                raise
            logger.exception("change set %s: item %s cannot be changed", change_set.pk, item.pk)
            item.state, item.reason = ItemState.REFUSED, FAULT
    return tried


def _is_passing(error: Exception) -> bool:
    """Whether the database may well take it the next time: it is away, or somebody holds a lock."""
    return isinstance(error, OperationalError | InterfaceError | InternalError)


def _snapshots(kind: Kind, items: Sequence[ChangeItem]) -> dict[int, snapshots.Snapshot]:
    keys = [item.article_key for item in items if item.article_key is not None]
    return snapshots.take(keys) if kind.is_of_articles else {}


def _note_differences(kind: Kind, items: Sequence[ChangeItem], before: dict[int, snapshots.Snapshot]) -> None:
    """Write down what every changed article said before and says now."""
    after = _snapshots(kind, items)
    for item in items:
        now = after.get(item.article_key or 0)
        if item.state != ItemState.CHANGED or now is None:
            continue
        differs = snapshots.difference(before.get(item.article_key or 0, {}), now)
        if not differs[1]:
            continue  # it went into the working copy: what the preview said is what differs
        if not item.options.get("made"):  # of what came back, its preview says enough
            item.before, item.after = differs
        item.fingerprint = snapshots.fingerprint(now)


def _write(items: Sequence[ChangeItem], names: Sequence[str]) -> None:
    rows.update(
        ChangeItem,
        [{"pk": item.pk, **{name: getattr(item, name) for name in names}} for item in items],
        names,
    )


def _count(change_set: ChangeSet) -> None:
    """Bring the numbers up to date, and give a sign of life. One query, of an index."""
    counts = change_set.state_counts()
    change_set.ready = counts.get(ItemState.READY, 0)
    change_set.changed = counts.get(ItemState.CHANGED, 0)
    change_set.unchanged = counts.get(ItemState.UNCHANGED, 0)
    change_set.refused = counts.get(ItemState.REFUSED, 0)
    change_set.seen_at = timezone.now()


def _fail(change_set: ChangeSet, message: str) -> None:
    change_set.state, change_set.message, change_set.finished_at = State.FAILED, message, timezone.now()
    _count(change_set)
    change_set.save()
