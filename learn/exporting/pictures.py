"""The files of pictures: where each belongs, and the bytes that were given to us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from django.db.models import F, Q

from learn.db.rows import batched
from learn.media import store
from learn.models import PictureName, PictureUse
from learn.rendering.pictures import FOLDER


class PictureFile(NamedTuple):
    """A picture by one of its names. `path` counts from the content root; `data` is None where its file is gone."""

    name: PictureName
    path: str
    data: bytes | None

    @property
    def is_as_imported(self) -> bool:
        return self.name.imported_hash == self.name.picture_id


def picture_files(names: Iterable[PictureName], prefix: str) -> Iterator[PictureFile]:
    """The file of each name, read one after the other; `prefix` is the folder of the subjects.

    Raises StoreError where the store cannot be read.
    """
    for name in names:
        yield PictureFile(name, path_of(name, prefix), store.read(name.picture.original))


def path_of(name: PictureName, prefix: str) -> str:
    """Where the file of a name belongs: where it came from, else below media/ or beside the articles of its subject."""
    source = PurePosixPath(name.source_path)
    if name.source_path and not source.is_absolute() and ".." not in source.parts:
        return str(source)
    return name.name if name.name.startswith(FOLDER) else str(PurePosixPath(prefix) / name.name)


def all_names() -> list[PictureName]:
    return list(PictureName.objects.select_related("picture").order_by("name"))


def names_in(pks: Iterable[int]) -> list[PictureName]:
    """The names that these articles call pictures by. A query per 500, and one where there are any."""
    used: set[str] = set()
    for batch in batched(sorted(set(pks))):
        used.update(PictureUse.objects.filter(article__in=batch).values_list("name", flat=True))
    found: list[PictureName] = []
    for names in batched(sorted(used)):
        found += PictureName.objects.filter(name__in=names).select_related("picture").order_by("name")
    return found


def changed_names() -> list[PictureName]:
    """The names whose picture is not the one that a file brought: added or replaced here, and shown by an article."""
    changed = PictureName.objects.filter(~Q(imported_hash=F("picture_id")))
    used = changed.filter(name__in=PictureUse.objects.values("name"))
    return list(used.select_related("picture").order_by("name"))
