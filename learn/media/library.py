"""The library of pictures: taking one in, its names, replacing it everywhere, and what follows for the articles.

Every way in (the form of an article, an import, a synchronisation) goes through `take`: bytes are checked, the version
that pages show is made and stored, then the row is written. The smaller versions are made later (`prepare`), by a
process of their own; until then pages show what there is.
"""

from __future__ import annotations

import hashlib
import logging
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.text import slugify

from learn.db import state
from learn.db.rows import batched, update
from learn.derive import DERIVED_FIELDS
from learn.models import Article, Picture, PictureName, PictureUse, WorkingCopy
from learn.models.pictures import NAME_MAX_LENGTH, derived_with_pictures
from learn.rendering.pictures import FOLDER
from learn.signals import pages_changed

from . import checking, making, store

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

TOGETHER = 100  # articles rendered in one transaction
SUFFIXES = {"png": ".png", "jpeg": ".jpg", "gif": ".gif", "webp": ".webp", "avif": ".avif", "svg": ".svg"}
_STEM_MAX_LENGTH = 80
_preparing: list[subprocess.Popen[bytes]] = []


def digest(data: bytes) -> str:
    """The SHA-256 of a picture's bytes, which is its key."""
    return hashlib.sha256(data).hexdigest()


def take(data: bytes, *, user: User | None = None) -> Picture:
    """The row of the picture with these bytes; it is checked, stored and made where it is new.

    Raises PictureError for what is no picture that can be taken, and StoreError where it cannot be stored.
    """
    key = digest(data)
    known = Picture.objects.filter(pk=key).first()
    if known is not None:
        store.put(known.original, data)
        return known
    facts, made = _made(data)
    picture = Picture(
        hash=key, kind=facts.kind, size=len(data), width=made.width, height=made.height, frames=facts.frames,
        extension=made.extension, is_transparent=made.is_transparent, added_by=user,
        prepared_at=timezone.now() if made.extension in ("svg", "webp") else None,
    )  # fmt: skip
    store.put(picture.original, data)
    store.put(f"{store.SHOWN}{picture.file_name()}", made.data)
    return Picture.objects.get_or_create(pk=key, defaults=_values(picture))[0]


def _values(picture: Picture) -> dict[str, object]:
    return {field.attname: getattr(picture, field.attname) for field in Picture._meta.concrete_fields}


def check(data: bytes) -> None:
    """Raise PictureError where `take` would; what it makes is thrown away. A picture that is known costs a query."""
    if not Picture.objects.filter(pk=digest(data)).exists():
        _made(data)


@lru_cache(maxsize=2)  # what is checked is mostly taken next, and decoding it is what either costs
def _made(data: bytes) -> tuple[checking.Facts, making.Made]:
    facts = checking.examine(data)
    return facts, making.make_base(data, facts)


def replace(old: Picture, data: bytes, *, user: User | None = None) -> int:
    """Let all names of `old` mean the picture with these bytes, with what is said of `old` where nothing is said of it.

    Returns how many articles show it now; raises as `take` does.
    """
    new = take(data, user=user)
    said = ("alt", "is_decorative", "caption", "source", "licence")
    if new.pk != old.pk and not any(getattr(new, field) for field in said):
        for field in said:
            setattr(new, field, getattr(old, field))
        new.save(update_fields=said)
    return put_in_place(list(old.names.values_list("name", flat=True)), new)


def add(data: bytes, file_name: str, *, user: User | None = None) -> PictureName:
    """Take a picture in under a name of its own below media/, made of its file's; raises as `take` does.

    The same bytes under the same name are the same picture: to add them twice changes nothing.
    """
    picture = take(data, user=user)
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}\Z", "", Path(file_name.replace("\\", "/")).name)
    stem = slugify(stem)[:_STEM_MAX_LENGTH].strip("-") or "picture"
    suffix = SUFFIXES[picture.kind]
    for number in range(1, 10_000):
        name = f"{FOLDER}{stem}{f'-{number}' if number > 1 else ''}{suffix}"
        row, _is_new = PictureName.objects.get_or_create(name=name, defaults={"picture": picture})
        if row.picture_id == picture.pk:
            return row
    return PictureName.objects.get_or_create(
        name=f"{FOLDER}{picture.hash}{suffix}", defaults={"picture": picture}
    )[0]


def put_in_place(names: Iterable[str], picture: Picture) -> int:
    """Let these names mean `picture`, in every article that calls it so; return how many articles those are."""
    names = list(names)
    with transaction.atomic():
        state.lock_writes()
        for name in names:
            row, is_new = PictureName.objects.get_or_create(
                name=name[:NAME_MAX_LENGTH], defaults={"picture": picture}
            )
            if not is_new and row.picture_id != picture.pk:
                row.picture = picture
                row.save(update_fields=["picture"])
    return render(users_of(names))


def users_of(names: Iterable[str]) -> list[int]:
    """The keys of the articles that call a picture by one of these names."""
    found: set[int] = set()
    for batch in batched(sorted(set(names))):
        found.update(PictureUse.objects.filter(name__in=batch).values_list("article_id", flat=True))
    return sorted(found)


def uses_of(picture: Picture) -> QuerySet[Article]:
    """The articles that show it, by their names, with subjects."""
    names = PictureName.objects.filter(picture=picture).values("name")
    return (
        Article.objects.filter(pk__in=PictureUse.objects.filter(name__in=names).values("article"))
        .select_related("subject")
        .order_by("pk")
    )


def unused() -> QuerySet[Picture]:
    """The pictures that no article shows, no file brought and no working copy names."""
    names = PictureName.objects.filter(picture=OuterRef("pk"))
    shown = PictureName.objects.filter(picture=OuterRef("pk"), name__in=PictureUse.objects.values("name"))
    drafted = WorkingCopy.objects.filter(values__icontains=OuterRef("name"))
    in_work = names.filter(Exists(drafted))
    return Picture.objects.filter(~Exists(shown), ~Exists(names.exclude(source_path="")), ~Exists(in_work))


def without_alt() -> QuerySet[Picture]:
    """The pictures that say neither what they show nor that they are decorative."""
    return Picture.objects.filter(alt="", is_decorative=False)


def render(pks: Iterable[int]) -> int:
    """Render these articles again, in short transactions; return how many. Neither version nor history move."""
    done = 0
    for batch in batched(dict.fromkeys(pks), TOGETHER):
        with transaction.atomic():
            state.lock_writes()
            rows = list(
                Article.objects.filter(pk__in=batch)
                .select_related("subject")
                .only("question", "answer", "subject__slug")
                .order_by("pk")
                .select_for_update(of=("self",))
            )
            derived = derived_with_pictures((row.question, row.answer, row.subject.slug) for row in rows)
            update(
                Article,
                [{"pk": row.pk, **columns} for row, (columns, _names) in zip(rows, derived, strict=True)],
                DERIVED_FIELDS,
            )
            PictureUse.objects.follow(
                {row.pk: names for row, (_columns, names) in zip(rows, derived, strict=True)}
            )
            pages_changed.send(sender=Article, pks=[row.pk for row in rows])
            done += len(rows)
    return done


def prepare(*, limit: int | None = None) -> int:
    """Make the smaller versions of the pictures that have none yet (of `limit` at most), and let pages name them.

    May be stopped and called again at any time, and by several processes at once: what is made twice is the same.
    Returns how many pictures were prepared.
    """
    done = 0
    for key in list(
        Picture.objects.filter(prepared_at=None).order_by("added_at").values_list("pk", flat=True)[:limit]
    ):
        picture = Picture.objects.filter(pk=key, prepared_at=None).first()
        if picture is None:
            continue
        base = store.read(f"{store.SHOWN}{picture.file_name()}")
        if base is None:
            logger.error("the file of picture %s is gone from the store", picture.file_name())
            continue
        made = making.make_variants(base, picture.extension)
        for extension, by_width in made.items():
            for width, data in by_width.items():
                store.put(f"{store.SHOWN}{picture.file_name(extension, width)}", data)
        variants = {extension: sorted(by_width) for extension, by_width in made.items()}
        Picture.objects.filter(pk=key).update(variants=variants, prepared_at=timezone.now())
        if variants:
            render(users_of(PictureName.objects.filter(picture=key).values_list("name", flat=True)))
        done += 1
    return done


def prepare_soon() -> None:
    """Begin a process that makes the smaller versions, and return at once. Without one, publish_due makes them."""
    _preparing[:] = [process for process in _preparing if process.poll() is None]
    if _preparing:
        return
    try:
        process = subprocess.Popen(  # noqa: S603 our own program, no word of a visitor in it
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "prepare_pictures", "--verbosity=0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        logger.warning("no process could be begun that prepares pictures; publish_due will do it")
    else:
        _preparing.append(process)


def delete(picture: Picture) -> None:
    """Remove a picture, its names and its files. Raises PictureInUseError where an article shows it."""
    with transaction.atomic():
        state.lock_writes()
        if uses_of(picture).exists():
            raise PictureInUseError("Articles show this picture. Replace it, or take it out of them first.")
        PictureName.objects.filter(picture=picture).delete()
        names = [picture.original, *(f"{store.SHOWN}{name}" for name in picture.file_names)]
        picture.delete()
    for name in names:
        store.remove(name)


class PictureInUseError(Exception):
    """The picture cannot be removed; the message says why."""
