"""Decks that were made: a file for each subject or topic beside the social pictures, until its articles change."""

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
from learn.seo.topics import TopicPage

from .cards import Card, cards, cards_in_order
from .decks import write_apkg

PIECE = 1 << 18  # bytes
KEPT_BESIDE = 600  # seconds that an older deck stays beside a newer one
KEPT_OF_TOPICS = 86_400  # seconds that the deck of a topic stays where others of its subject are made
# Making the largest deck takes a core for seconds: one at a time in a process, a few wait.
making = limits.Gate(at_once=1, waiting=3, patience=20)


def articles_of(subject: Subject) -> ArticleQuerySet:
    return Article.objects.listable().in_subject(subject)


def cards_of(of: Subject | TopicPage) -> Iterator[Card]:
    """The cards of a subject, newest first; of a topic the most central questions first."""
    return cards(articles_of(of)) if isinstance(of, Subject) else cards_in_order(of.all_articles())


class Deck(NamedTuple):
    """A file that was made: its size in bytes, and its content in pieces, opened when the first is asked for."""

    size: int
    pieces: Iterator[bytes]


def apkg_of(of: Subject | TopicPage) -> Deck:
    """The deck of a subject or a topic, made where there is none of the present articles.

    Two queries, or one more per 200 articles. Raises limits.BusyError where too many are being made.
    """
    path = _made(of)
    return Deck(path.stat().st_size, _pieces(path))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _made(of: Subject | TopicPage) -> Path:
    title = f"{settings.SITE_NAME} Learn: {of.title if isinstance(of, Subject) else of.name}"
    path = _place(of, _version(of, title))
    if path.exists():
        return path
    with making.entered():
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
            try:
                write_apkg(unfinished, title, cards_of(of))
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
            _remove_older(path, of)
    return path


def _place(of: Subject | TopicPage, version: str) -> Path:
    """Where the deck stands: those of topics in a folder of their own, which no subject's slug can name."""
    if isinstance(of, Subject):
        return _folder() / f"{of.slug}.{version}.apkg"
    of_all = of.subject.slug if of.subject else ".all"
    return _folder() / ".topics" / of_all / f"{of.topic.slug}.{version}.apkg"


def _remove_older(path: Path, of: Subject | TopicPage) -> None:
    """Remove decks that this one replaces, but those that a reader may have just begun to fetch.

    Of topics, of which there are thousands, every deck that is older than a day.
    """
    if isinstance(of, Subject):
        before, others = time.time() - KEPT_BESIDE, path.parent.glob(f"{of.slug}.*.apkg")
    else:
        before, others = time.time() - KEPT_OF_TOPICS, path.parent.glob("*.apkg")
    for other in others:
        if other != path and other.stat().st_mtime < before:
            other.unlink(missing_ok=True)


def _version(of: Subject | TopicPage, title: str) -> str:
    """Another one where an article of the deck appeared, went, moved or changed, or this site did."""
    articles = articles_of(of) if isinstance(of, Subject) else of.all_articles().order_by()
    facts = articles.aggregate(Count("pk"), Max("modified_at"), Sum("pk"), Max("render_version"))
    # A picture may change where no article does.
    names = PictureUse.objects.filter(article__in=articles).values("name")
    if isinstance(of, Subject):
        names = PictureUse.objects.filter(article__subject=of).values("name")
    pictures = (
        PictureName.objects.filter(name__in=names).order_by("name").values_list("picture_id", flat=True)
    )
    return digest(build().key, title, *(str(value) for value in facts.values()), *pictures)[:16]


def _folder() -> Path:
    return Path(settings.CARDS_DIR) / "decks"
