"""What was pushed and came back: the manifest of a branch, and the bases of the files that it holds."""

from __future__ import annotations

import hashlib

from django.db import transaction
from pydantic import ValidationError

from learn import documents, files
from learn.editing import three_way
from learn.exporting import with_life
from learn.importing.bases import source_id
from learn.models import Article, ExportedFile, ImportedFile, SyncedBranch
from learn.models.articles import refresh_edited_at

from . import joining
from .incoming import Tree, below_top
from .outgoing import Collector


def manifest_of(head: Tree, branch: str) -> str:
    """Under which name ExportedFile keeps what was pushed to a branch."""
    return f"{head.root.name} {branch}"


def settle(target: SyncedBranch, head: Tree, review: str, manifest: str) -> None:
    """Learn what became of the last push.

    Where the branch that is imported holds it, both sides have it in common: its files are the bases of what changed
    since. What a killed run was about to push counts as pushed where it is there.
    """
    repository = head.repository
    if target.next_pushed:
        is_there = any(repository.contains(one, target.next_pushed) for one in (head.commit, review) if one)
        with transaction.atomic():
            if is_there:
                target.pushed, target.pushed_revision = target.next_pushed, target.next_revision
                confirm(manifest)
            target.next_pushed = ""
            target.save(update_fields=["pushed", "pushed_revision", "next_pushed"])
    if not target.pushed or not repository.contains(head.commit, target.pushed):
        return
    if not repository.contains(target.commit, target.pushed):
        _renew_bases(head, target.pushed, manifest)
    if not review or repository.contains(head.commit, review):
        ExportedFile.objects.filter(folder=manifest).delete()


def _renew_bases(head: Tree, commit: str, manifest: str) -> None:
    root = head.root
    below = below_top(head, root.name)
    entries = head.repository.tree(commit)
    source = source_id(root.name, {root.name: root.kind})
    rows = {
        row.path: row for row in ExportedFile.objects.filter(folder=manifest) if row.path.startswith(below)
    }
    blobs = dict(head.repository.blobs(entries[path].blob for path in rows if path in entries))
    with transaction.atomic():
        for path, row in rows.items():
            data: bytes | None = blobs[entries[path].blob] if path in entries else None
            if data is None or hashlib.sha256(data).hexdigest() != row.hash:  # somebody changed it there
                data = head.repository.version(commit, path, row.hash)
            if data is not None:
                _agree(row, path.removeprefix(below), data)
                ImportedFile.objects.settle(
                    source, path.removeprefix(below), digest=row.hash, data=data,
                    article_key=row.article_key, url=joining.address_in(data, path),
                )  # fmt: skip


def _agree(row: ExportedFile, path: str, data: bytes) -> None:
    """Let the article count as imported from the file: what it says beyond that was changed since."""
    article = Article.objects.select_related("subject").filter(pk=row.article_key).first()
    if article is None:
        return
    try:
        side = three_way.side_of_file(data, path)
        wanted = with_life(documents.document_of(article), article).extra
    except (files.DocumentError, ValidationError):
        return
    values = dict(side.values)
    extra = {"extra": wanted} if wanted == values["extra"] else {}
    Article.objects.filter(source_url=side.path).exclude(pk=article.pk).update(source_url=None)
    Article.objects.filter(pk=article.pk).update(
        source_url=side.path, source_path=path, source_hash=row.hash,
        imported_key=documents.import_key(side.path, values, side.related), **extra,
    )  # fmt: skip
    article.refresh_from_db()
    refresh_edited_at([article])


def announce(found: Collector, written: dict[str, bytes | None]) -> None:
    """Note the files that are about to be pushed; those that are removed are forgotten."""
    rows = {row.path: row for row in ExportedFile.objects.filter(folder=found.manifest)}
    for path, data in written.items():
        row = rows.get(path)
        if data is not None and path in found.keys:
            row = row or ExportedFile(folder=found.manifest, path=path)
            row.next_hash, row.article_key = hashlib.sha256(data).hexdigest(), found.keys[path]
            row.save()


def confirm(manifest: str) -> None:
    """What was about to be pushed was pushed."""
    for row in ExportedFile.objects.filter(folder=manifest).exclude(next_hash=""):
        row.hash, row.next_hash = row.next_hash, ""
        row.save(update_fields=["hash", "next_hash"])
