"""Runs change sets in short steps. Each is one transaction that also notes how far the set is.

A process that is killed leaves nothing half done: its step is rolled back, and whoever comes next goes on with the
items that are still to be changed. `worker` sees to it that only one process works at a time, so that sets run one
after the other in the order in which they were confirmed, and no two ever touch one article at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, transaction
from django.utils import timezone

from learn.db import rows, state
from learn.models import ChangeItem, ChangeSet
from learn.models.revisions import of_change_set

from . import snapshots
from .kinds import Kind, RefusedError
from .registry import KINDS

logger = logging.getLogger(__name__)

State = ChangeSet.State
ItemState = ChangeItem.State
CHECKED = ("state", "reason", "label", "path", "before", "after", "version", "options")
WRITTEN = ("state", "reason", "before", "after", "version", "fingerprint", "options")
A_MOMENT = 1e-6  # seconds: less than can be measured
FAULT = "It could not be changed: the server's log says why."


def waiting() -> ChangeSet | None:
    """The set that is to be run: the one that was begun, else the one that was confirmed first."""
    to_do = ChangeSet.objects.filter(state__in=[State.RUNNING, State.WAITING])
    return to_do.order_by("confirmed_at", "pk").first()


def is_anything_to_do() -> bool:
    """Whether a set waits to be looked at or run."""
    return ChangeSet.objects.filter(state__in=[State.CHECKING, State.WAITING, State.RUNNING]).exists()


def step(size: int) -> float | None:
    """Look at some items of a new set, and change at most `size` of the one that runs; None where nothing waits.

    Returns for how many seconds others had to wait: while the write lock was held, without the wait for it.
    """
    checking = ChangeSet.objects.filter(state=State.CHECKING).order_by("pk").first()
    if checking is not None:
        check_some(checking.pk)
    running = waiting()
    if running is not None:
        return run_some(running.pk, size)
    return None if checking is None else A_MOMENT


def check_some(pk: int) -> None:
    """Say of up to 500 items of a set what would become of them; with the last one it is a preview.

    It is looked at outside of any transaction, which would keep SQLite's other writers waiting.
    """
    change_set = ChangeSet.objects.select_related("user", "reverts").get(pk=pk)
    items = list(change_set.items.filter(state=ItemState.NEW).order_by("pk")[: rows.BATCH])
    try:
        KINDS[change_set.kind].check(change_set, items)
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
        if not KINDS[change_set.kind].keeps_unchanged:
            unchanged = [item.pk for item in items if item.state == ItemState.UNCHANGED]
            ChangeItem.objects.filter(pk__in=unchanged).delete()
        change_set.done += len(items)
        if len(items) < rows.BATCH:
            change_set.state = State.PREVIEW
        _count(change_set)
        change_set.save()


def run_some(pk: int, size: int) -> float:
    """Change at most `size` items of a set; begin it, or end it, where that is what comes next.

    Returns the seconds for which the write lock was held.
    """
    begun = time.monotonic()
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
                _go_on(change_set, kind, size)
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
    return max(A_MOMENT, time.monotonic() - begun)


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


def _go_on(change_set: ChangeSet, kind: Kind, size: int) -> None:
    items = list(change_set.items.filter(state=ItemState.READY).order_by("pk")[:size])
    user = change_set.user
    if user is None or not user.is_active:
        _fail(change_set, "The account that confirmed it is gone. What was changed until then stays.")
        return
    if items:
        before = _snapshots(kind, items)
        try:
            with transaction.atomic(), of_change_set(change_set.pk):
                kind.apply(change_set, items, user)
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


def _one_by_one(change_set: ChangeSet, kind: Kind, items: Sequence[ChangeItem]) -> list[ChangeItem]:
    """Each item in a savepoint of its own, where together they failed."""
    tried = list(ChangeItem.objects.filter(pk__in=[item.pk for item in items]).order_by("pk"))
    for item in tried:
        try:
            with transaction.atomic(), of_change_set(change_set.pk):
                kind.apply(change_set, [item], change_set.user)  # type: ignore[arg-type]  # looked at above
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
