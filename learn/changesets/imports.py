"""Imports, uploads and runs of git as change sets: what they changed has a name, and can be taken back.

An import is looked at and confirmed by ways of its own; its set is made beside it and begins as done. What each
article said before and after is read from its revisions when somebody takes it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Max

from learn import rights
from learn.db import rows
from learn.models import Article, ChangeItem, ChangeSet, ImportRun, Revision, Subject
from learn.models.revisions import of_change_set

from . import snapshots
from .kinds import Kind, State

NAME_SHOWN = 150  # characters of a source


@contextmanager
def naming(run: ImportRun) -> Iterator[None]:
    """Within it, what is written names the set of this import; afterwards the set says what that was.

    One that was killed in between is completed by the next.
    """
    names = [PurePath(source).name or source for source in run.source.split(", ")]
    name = f"Import of {', '.join(names)[:NAME_SHOWN]}"
    user = get_user_model().objects.filter(username=run.who).first() if run.who else None
    change_set = ChangeSet.objects.create(
        kind=ChangeSet.Kind.IMPORT, name=name, state=ChangeSet.State.DONE, user=user, options={"run": run.pk}
    )
    with of_change_set(change_set.pk):
        yield
    for unfinished in ChangeSet.objects.filter(kind=ChangeSet.Kind.IMPORT, total=0, forgotten_at=None):
        _conclude(unfinished)


def _conclude(change_set: ChangeSet) -> None:
    """List the articles that the import changed beside those that it made; one that did neither leaves no set."""
    changed = (
        Revision.objects.filter(change_set=change_set)
        .order_by()
        .values("id")
        .annotate(last=Max("history_id"))
    )
    made = set(change_set.items.order_by().values_list("article_key", flat=True))
    keys = sorted(set(changed.values_list("id", flat=True)) - made)
    if not keys and not made:
        change_set.delete()
        return
    for batch in rows.batched(keys):
        articles = {row.pk: row for row in Article.objects.filter(pk__in=batch).for_links()}
        rows.insert(
            ChangeItem,
            [
                {
                    "change_set_id": change_set.pk, "article_key": pk, "state": State.CHANGED,
                    "label": articles[pk].question if pk in articles else "",
                    "path": articles[pk].get_absolute_url() if pk in articles else "",
                }
                for pk in batch
            ],
        )  # fmt: skip
    change_set.total = change_set.done = change_set.changed = len(keys) + len(made)
    change_set.finished_at = change_set.made_at
    change_set.save()


class Import(Kind):
    """What an import changed of articles that were there, and what it made: that goes into the trash again."""

    key = ChangeSet.Kind.IMPORT
    verb = "Import"
    done = "Changed"

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        return rights.may_publish(user) and user.has_perm("learn.import_article")

    def complete(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        """Fill in what each article said before and after, from its revisions. Six queries."""
        keys = [item.article_key for item in items if item.article_key is not None]
        found = _snapshots_of(change_set, keys)
        made = _as_made(change_set, [item.article_key or 0 for item in items if item.options.get("made")])
        for item in items:
            before, after = found.get(item.article_key or 0, ({}, {}))
            if item.options.get("made"):
                item.fingerprint = snapshots.fingerprint(made.get(item.article_key or 0, {}))
            elif before and after:
                item.before, item.after = snapshots.difference(before, after)
                item.fingerprint = snapshots.fingerprint(after)
        written = [
            {"pk": one.pk, "before": one.before, "after": one.after, "fingerprint": one.fingerprint}
            for one in items
        ]
        rows.update(ChangeItem, written, ["before", "after", "fingerprint"])


def _snapshots_of(
    change_set: ChangeSet, keys: Collection[int]
) -> dict[int, tuple[snapshots.Snapshot, snapshots.Snapshot]]:
    """What each article said before the set and after it, as far as its revisions go back."""
    slugs = dict(Subject.objects.values_list("pk", "slug"))
    before: dict[int, Any] = {}
    after: dict[int, Any] = {}
    for revision in (
        Revision.objects.filter(id__in=keys).order_by("history_id").iterator(chunk_size=rows.BATCH)
    ):
        if revision.change_set_id == change_set.pk:
            after[revision.id] = revision
        elif revision.id not in after:
            before[revision.id] = revision
    return {
        pk: (snapshots.of_revision(before[pk], slugs), snapshots.of_revision(after[pk], slugs))
        for pk in after
        if pk in before
    }


def _as_made(change_set: ChangeSet, keys: Collection[int]) -> dict[int, snapshots.Snapshot]:
    """What the set made of these articles. Three queries.

    One that was never changed says so still, and has no revision. Of another the first revision says it, or the last of
    the same set.
    """
    slugs = dict(Subject.objects.values_list("pk", "slug"))
    made: dict[int, Any] = {}
    for revision in Revision.objects.filter(id__in=keys).order_by("history_id").iterator(rows.BATCH):
        if revision.id not in made or revision.change_set_id == change_set.pk:
            made[revision.id] = revision
    untouched = snapshots.take(pk for pk in keys if pk not in made)
    return untouched | {pk: snapshots.of_revision(row, slugs) for pk, row in made.items()}
