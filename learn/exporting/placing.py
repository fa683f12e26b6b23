"""Where the file of an article belongs, and what is known of the file that may lie there."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from learn.db.rows import batched
from learn.files.roots import Roots
from learn.models import Article, DeletedArticle, ExportedFile, FileSource, ImportedFile

DEFAULT_FOLDER = "learn"  # as in the content repository: learn/<subject>/<slug>.md


class Base(NamedTuple):
    """A file that was imported into an article; `data` are its bytes, compressed, where they are kept."""

    source: str
    kind: str
    path: str
    url: str
    hash: str
    data: bytes | None


@dataclass
class Folder:
    """The folder that is exported to: which source it is, what was imported from there and what was written there."""

    root: Path
    name: str  # of the source, or where the folder lies
    below: str  # the folder's own path below the content root, with a slash at its end, or ""
    written: dict[str, ExportedFile] = field(default_factory=dict)

    @cached_property
    def prefix(self) -> str:
        """The folder of the subjects: as most files of the source have it, or of all files."""
        for paths in (ImportedFile.objects.filter(source__name=self.name), ImportedFile.objects.all()):
            found = paths.order_by("pk").values_list("path", flat=True)[:500]
            counted = Counter(str(PurePosixPath(path).parent.parent) for path in found if path.count("/"))
            if counted:
                ((prefix, _count),) = counted.most_common(1)
                return "" if prefix == "." else prefix
        return DEFAULT_FOLDER

    def here(self, path: str) -> str | None:
        """A path below the content root as one below this folder; None where it lies outside."""
        return path.removeprefix(self.below) if path.startswith(self.below) else None


def folder_of(root: Path) -> Folder:
    """What is known of the folder `root`, an absolute path."""
    found = Roots(root).of(root, ())
    below = root.relative_to(found.folder).as_posix() if root.is_relative_to(found.folder) else "."
    name = found.name if FileSource.objects.filter(name=found.name).exists() else str(os.path.realpath(root))
    files = ImportedFile.objects.filter(source__name=name, path__startswith=f"{below}/")
    if name != found.name or (below != "." and not files.exists()):
        name, below = str(os.path.realpath(root)), "."  # a folder of its own that lies within the source's
    written = {row.path: row for row in ExportedFile.objects.filter(folder=name)}
    return Folder(root, name, "" if below == "." else f"{below}/", written)


def bases_of(keys: Iterable[int]) -> dict[int, list[Base]]:
    """The files that were imported into these articles: a query per 500."""
    found: dict[int, list[Base]] = defaultdict(list)
    for batch in batched(sorted(set(keys))):
        rows = ImportedFile.objects.filter(article_key__in=batch).order_by("pk")
        columns = ("article_key", "source__name", "source__kind", "path", "url", "hash", "data")
        for key, source, kind, path, url, digest, data in rows.values_list(*columns):
            packed = None if data is None else bytes(data)  # PostgreSQL's driver gives a view
            found[key].append(Base(source, kind, path, url, digest, packed))
    return found


def own_base(bases: list[Base], folder: Folder) -> Base | None:
    """Of the files of an article, its own in `folder`: that of this source, else of no upload, of several the newest.

    Of several in the folder's source the newest: the others were superseded.
    """
    if not bases:
        return None
    ranked = [
        (base.source == folder.name, base.kind != FileSource.Kind.UPLOAD, number)
        for number, base in enumerate(bases)
    ]
    own = bases[max(ranked)[-1]]
    # Equal bytes are kept once, with one of the article's files.
    kept = next((base.data for base in bases if base.hash == own.hash and base.data is not None), None)
    return own._replace(data=kept)


def path_of(article: Article, base: Base | None, folder: Folder) -> str:
    """The path of the article's file below the content root: its own, renamed as the article moved."""
    place = PurePosixPath(article.subject.slug, article.slug)
    if base is not None:
        url = base.url or _url_of(base.path)
        if url == article.get_absolute_url():
            return base.path
        if base.path.count("/"):
            suffix = PurePosixPath(base.path).suffix
            return str(PurePosixPath(base.path).parent.parent / f"{place}{suffix}")
    source = PurePosixPath(article.source_path)
    is_safe = not source.is_absolute() and ".." not in source.parts and len(source.parts) > 1
    if base is None and is_safe and article.source_path:
        return str(source.parent.parent / f"{place}.md")
    return str(PurePosixPath(folder.prefix) / f"{place}.md")


def _url_of(path: str) -> str:
    parts = PurePosixPath(path).parts
    return f"/learn/{parts[-2]}/questions/{PurePosixPath(path).stem}" if len(parts) > 1 else ""


def abandoned(folder: Folder) -> list[tuple[str, set[str]]]:
    """The files of this folder whose articles were deleted on the site: paths below the root, hashes they may have."""
    keys = DeletedArticle.objects.values("article_key")
    found: dict[str, set[str]] = defaultdict(set)
    rows = ImportedFile.objects.filter(source__name=folder.name, article_key__in=keys)
    for path, digest in rows.values_list("path", "hash"):
        found[path].add(digest)
    for row in folder.written.values():
        if DeletedArticle.objects.filter(article_key=row.article_key).exists():
            found[row.path] |= {row.hash, row.next_hash} - {""}
    return sorted(found.items())
