"""Decks that were made: a file for each subject beside the social pictures, until the subject changes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Max, Sum

from learn import limits
from learn.caching.build import build
from learn.identity import digest
from learn.models import Article, PictureName, PictureUse, Subject
from learn.models.querysets import ArticleQuerySet

from .cards import cards
from .decks import write_apkg

PIECE = 1 << 18  # bytes
KEPT_BESIDE = 600  # seconds that an older deck stays beside a newer one
# Making the largest deck takes a core for seconds: one at a time in a process, a few wait.
making = limits.Gate(at_once=1, waiting=3, patience=20)


def articles_of(subject: Subject) -> ArticleQuerySet:
    return Article.objects.listable().in_subject(subject)


class Deck(NamedTuple):
    """A file that was made: its size in bytes, and its content in pieces, opened when the first is asked for."""

    size: int
    pieces: Iterator[bytes]


def apkg_of(subject: Subject) -> Deck:
    """The subject's deck, made where there is none of the present articles. One query, or one per 200 articles.

    Raises limits.BusyError where too many are being made.
    """
    path = _made(subject)
    return Deck(path.stat().st_size, _pieces(path))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _made(subject: Subject) -> Path:
    path = _folder() / f"{subject.slug}.{_version(subject)}.apkg"
    if path.exists():
        return path
    with making.entered():
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
            try:
                write_apkg(
                    unfinished, f"{settings.SITE_NAME} Learn: {subject.title}", cards(articles_of(subject))
                )
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
            _remove_older(path, subject)
    return path


def _remove_older(path: Path, subject: Subject) -> None:
    """Remove decks that this one replaces, but those that a reader may have just begun to fetch."""
    before = time.time() - KEPT_BESIDE
    for other in path.parent.glob(f"{subject.slug}.*.apkg"):
        if other != path and other.stat().st_mtime < before:
            other.unlink(missing_ok=True)


def _version(subject: Subject) -> str:
    """Another one where an article of the subject appeared, went, moved or changed, or this site did."""
    facts = articles_of(subject).aggregate(Count("pk"), Max("modified_at"), Sum("pk"), Max("render_version"))
    # A picture may change where no article does.
    names = PictureUse.objects.filter(article__subject=subject).values("name")
    pictures = (
        PictureName.objects.filter(name__in=names).order_by("name").values_list("picture_id", flat=True)
    )
    return digest(build().key, subject.title, *(str(value) for value in facts.values()), *pictures)[:16]


def _folder() -> Path:
    return Path(settings.CARDS_DIR) / "decks"
