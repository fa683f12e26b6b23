"""Decks that were made: a file for each subject beside the social pictures, until the subject changes."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db.models import Count, Max, Sum

from learn import limits
from learn.caching.build import build
from learn.identity import digest
from learn.models import Article, Subject
from learn.models.querysets import ArticleQuerySet

from .cards import cards
from .decks import write_apkg

# Making the largest deck takes a core for seconds: one at a time in a process, a few wait.
making = limits.Gate(at_once=1, waiting=3, patience=20)


def articles_of(subject: Subject) -> ArticleQuerySet:
    return Article.objects.listable().in_subject(subject)


def open_apkg(subject: Subject) -> BinaryIO:
    """The subject's deck, made where there is none of the present articles. One query, or one per 200 articles.

    Raises limits.BusyError where too many are being made.
    """
    with suppress(FileNotFoundError):  # another process has made a newer one, and removed this
        return _made(subject).open("rb")
    return _made(subject).open("rb")


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
            for other in path.parent.glob(f"{subject.slug}.*.apkg"):
                if other != path:
                    other.unlink(missing_ok=True)
    return path


def _version(subject: Subject) -> str:
    """Another one where an article of the subject appeared, went, moved or changed, or this site did."""
    facts = articles_of(subject).aggregate(Count("pk"), Max("modified_at"), Sum("pk"), Max("render_version"))
    return digest(build().key, subject.title, *(str(value) for value in facts.values()))[:16]


def _folder() -> Path:
    return Path(settings.CARDS_DIR) / "decks"
