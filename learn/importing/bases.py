"""The truthful base: what each file of each source was when it was last imported, apart from the articles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import transaction

from learn.db.rows import batched, upsert
from learn.files.packing import pack
from learn.identity import article_path
from learn.models import DeletedArticle, FileSource, ImportedFile

from .sources import SourceFile, Sources


class Base(NamedTuple):
    """A file as it was when it was last imported, without its bytes."""

    pk: int
    source: str
    path: str
    url: str
    hash: str
    article_key: int


class Adoption(NamedTuple):
    """A file that is known from elsewhere, byte for byte, and the key of its article (which may be deleted)."""

    source: SourceFile
    url: str
    hash: str
    article_key: int


class Renewal(NamedTuple):
    """A file that was imported: what its base is from now on. `packed` None: its bytes are kept already."""

    source: str
    path: str
    url: str
    hash: str
    packed: bytes | None
    article_key: int


def load(sources: Sources, *, all_of_them: bool) -> dict[tuple[str, str], Base]:
    """The bases of these files, or of everything in their sources, by name of the source and path."""
    names = sorted(sources.kinds)
    rows = ImportedFile.objects.filter(source__name__in=names)
    if all_of_them:
        found = [rows]
    else:
        places = sorted(
            {file.place for file in (*sources.files, *sources.deleted)} | set(sources.renamed.values())
        )
        found = [rows.filter(path__in=batch) for batch in batched(places)]
    bases = (base for queryset in found for base in _read(queryset))
    return {(base.source, base.path): base for base in bases}


def others_of(keys: Iterable[int]) -> dict[int, list[Base]]:
    """All bases of these articles, of whatever source: a query per 500."""
    by_key: dict[int, list[Base]] = defaultdict(list)
    for batch in batched(sorted(set(keys))):
        for base in _read(ImportedFile.objects.filter(article_key__in=batch)):
            by_key[base.article_key].append(base)
    return by_key


def _read(queryset: object) -> Iterable[Base]:
    rows = queryset.order_by("pk").values_list("pk", "source__name", "path", "url", "hash", "article_key")  # type: ignore[attr-defined]
    for pk, source, path, url, digest, key in rows.iterator(2000):
        yield Base(pk, source, path, url or url_of(path), digest, key)


def url_of(path: str) -> str:
    """The address that a file at `path` has by its folder and name; empty where it has none."""
    parts = path.split("/")
    return article_path(parts[-2], parts[-1].rpartition(".")[0]) if len(parts) > 1 else ""


def renew(renewals: Iterable[Renewal], kinds: Mapping[str, str]) -> None:
    """Let these be the bases from now on; call it in the transaction that writes the articles.

    Bytes that another base of the article relied on are handed over first.
    """
    for batch in batched(renewals):
        ids = _sources({renewal.source for renewal in batch}, kinds)
        _hand_over(batch, ids)
        upsert(
            ImportedFile,
            [
                {
                    "source_id": ids[source],
                    "path": path,
                    "url": "" if url == url_of(path) else url,
                    "hash": digest,
                    "data": packed,
                    "article_key": key,
                }
                for source, path, url, digest, packed, key in batch
            ],
            ["source", "path"],
            ["url", "hash", "data", "article_key"],
        )


def forget(pks: Iterable[int]) -> None:
    """Drop the bases with these primary keys: their files are gone or speak for nothing any more.

    Bytes that another base of the article relies on are handed over first.
    """
    for batch in batched(sorted(pks)):
        with transaction.atomic():
            rows = ImportedFile.objects.filter(pk__in=batch)
            losing = rows.filter(data__isnull=False).values_list("pk", "article_key", "hash")
            _give(list(losing), excluded=batch)
            rows.delete()


def adopt(adoptions: Iterable[Adoption], kinds: Mapping[str, str]) -> None:
    """Keep the bases of files that are known from elsewhere: their bytes only where nobody keeps them yet."""
    for batch in batched(adoptions):
        keys = [adoption.article_key for adoption in batch]
        kept = set(
            ImportedFile.objects.filter(article_key__in=keys, data__isnull=False).values_list(
                "article_key", "hash"
            )
        )
        renewals = []
        for source, url, digest, key in batch:
            packed = None if (key, digest) in kept else pack(source.file.read_bytes())
            kept.add((key, digest))
            renewals.append(Renewal(source.source, source.place, url, digest, packed, key))
        with transaction.atomic():
            renew(renewals, kinds)


def source_id(name: str, kinds: Mapping[str, str]) -> int:
    """The key of the source with this name, made where there is none."""
    return _sources({name}, kinds)[name]


def _sources(names: set[str], kinds: Mapping[str, str]) -> dict[str, int]:
    known = dict(FileSource.objects.filter(name__in=names).values_list("name", "pk"))
    for name in sorted(names - set(known)):
        source, _made = FileSource.objects.get_or_create(
            name=name, defaults={"kind": kinds.get(name, "folder")}
        )
        known[name] = source.pk
    return known


def _hand_over(batch: list[Renewal], ids: Mapping[str, int]) -> None:
    """Give the bytes that are about to be replaced to another base with the same hash, which relied on them."""
    replaced = {(ids[renewal.source], renewal.path): renewal.hash for renewal in batch}
    paths = [renewal.path for renewal in batch]
    rows = ImportedFile.objects.filter(source__in=ids.values(), path__in=paths, data__isnull=False)
    losing = [
        (pk, key, digest)
        for pk, source, path, digest, key in rows.values_list("pk", "source", "path", "hash", "article_key")
        if replaced.get((source, path), digest) != digest
    ]
    _give(losing)


def _give(losing: list[tuple[int, int, str]], *, excluded: Iterable[int] = ()) -> None:
    """Hand the bytes of these bases (key, key of the article, hash) to others that rely on them."""
    if not losing:
        return
    keys = [key for _pk, key, _digest in losing]
    relying = defaultdict(list)
    rows = ImportedFile.objects.filter(article_key__in=keys, data=None).exclude(pk__in=list(excluded))
    for pk, key, digest in rows.values_list("pk", "article_key", "hash"):
        relying[key, digest].append(pk)
    for pk, key, digest in losing:
        if pks := relying.get((key, digest)):
            data = ImportedFile.objects.values_list("data", flat=True).get(pk=pk)
            ImportedFile.objects.filter(pk=pks[0]).update(data=data)


def deleted_articles() -> dict[int, DeletedArticle]:
    """The articles that were deleted on the site, by the key that they had."""
    return {row.article_key: row for row in DeletedArticle.objects.select_related("deleted_by")}
