"""Writes the rows that an import has made: articles, their links, the redirects that follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from learn import derive, documents
from learn.db.rows import Row, insert, upsert
from learn.files import lifecycle
from learn.models import Article, ChangeItem, Redirect, RelatedLink
from learn.models.revisions import current_change_set
from learn.signals import pages_changed

from .facts import Task
from .reader import Loaded

# Columns that an update may touch; where an article stands and who may see it is the editors' and the plan's.
UPDATED_COLUMNS = (
    *documents.FILE_COLUMNS, *derive.DERIVED_FIELDS,
    "source_url", "source_path", "source_hash", "imported_key", "missing_since", "edited_at", "link_flaws", "status",
    "updated_at", "modified_at", "version", "publish_at", "expires", "is_preferred",
)  # fmt: skip


class Saved(NamedTuple):
    """A row to write; `pk` is that of the article it updates, None where it makes one. `path`: where it stands."""

    pk: int | None
    row: Row
    loaded: Loaded
    path: str
    related: list[documents.Related]
    pictures: list[str] | None = None  # names; None where it has none and had none


def rows_of(batch: list[tuple[Task, Loaded]]) -> dict[str, Article]:
    """The article of each file, by the file's path, locked until the transaction ends.

    The plan knows it; but where an editor made one at the file's URL since then, that one.
    """
    made_since = Article.objects.at_paths(loaded.url for task, loaded in batch if task.pk is None)
    pks = {loaded.path: task.pk or made_since.get(loaded.url) for task, loaded in batch}
    rows = (
        Article.objects.filter(pk__in=[pk for pk in pks.values() if pk])
        .select_for_update(of=("self",))
        .select_related("subject")
        .prefetch_related("related_links")
        .in_bulk()
    )
    return {path: rows[pk] for path, pk in pks.items() if pk in rows}


def save_rows(saved: list[Saved], moved: dict[str, Article]) -> dict[str, int]:
    """Write the rows with their links and redirects; return the key of each article by the url of its file."""
    if not saved:
        return {}
    pks = [row.pk for row in saved if row.pk]
    pages_changed.send(sender=Article, pks=pks)  # where they stood; below, where they stand
    # A redirect would never hide a live page (they are looked up after a 404), but may not outlive its reason.
    Redirect.objects.filter(old_path__in=[row.path for row in saved]).delete()
    urls = [row.loaded.url for row in saved]
    # An address that the files gave to another article before must be free for this one.
    Article.objects.filter(source_url__in=urls).exclude(pk__in=pks).update(source_url=None)
    if moved:
        Article.objects.bulk_update(moved.values(), ["subject", "slug", "source_url"])
    upsert(Article, [row.row for row in saved], ["subject", "slug"], UPDATED_COLUMNS)
    if moved:
        Redirect.objects.leave(moved)
    if pks:
        RelatedLink.objects.filter(article__in=pks).delete()
    written = dict(Article.objects.filter(source_url__in=urls).values_list("source_url", "pk"))
    insert(
        RelatedLink,
        [
            {"article_id": written[row.loaded.url], **related._asdict()}
            for row in saved
            for related in row.related
        ],
    )
    _lead_from_aliases(saved, written)
    pages_changed.send(sender=Article, pks=list(written.values()))
    return {url: pk for url, pk in written.items() if url}


def note_made(made: Mapping[int, Saved]) -> None:
    """Note in the change set of this import which articles it made, by their keys: they can be taken back."""
    if (change_set := current_change_set()) is None:
        return
    insert(
        ChangeItem,
        [
            {
                "change_set_id": change_set, "article_key": pk, "state": ChangeItem.State.CHANGED,
                "path": saved.path, "label": saved.row["question"], "options": {"made": True},
            }
            for pk, saved in made.items()
        ],
    )  # fmt: skip


def _lead_from_aliases(saved: list[Saved], written: Mapping[str | None, int]) -> None:
    """Make redirects of the other addresses that files name, where neither an article nor a redirect is."""
    wanted = {
        alias: written[row.loaded.url]
        for row in saved
        for alias in lifecycle.read((row.loaded.values or {}).get("extra", {})).aliases
    }
    if not wanted:
        return
    taken = set(Redirect.objects.filter(old_path__in=wanted).values_list("old_path", flat=True))
    taken |= set(Article.objects.at_paths(wanted))
    Redirect.objects.bulk_create(
        Redirect(old_path=alias, target_id=pk, is_automatic=True)
        for alias, pk in wanted.items()
        if alias not in taken
    )
