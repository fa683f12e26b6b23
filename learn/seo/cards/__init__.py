"""The picture that a social network or chat shows beside a link: the question, set well, and the subject.

1200 x 675 pixels (16:9, the shape of a large preview), a PNG of a few colours: 10 to 30 KB, far below the 300 KB above
which some chats drop it. A picture is named by a hash of everything on it, so its address never changes its content:
it is made when it is first asked for, stored in CARDS_DIR, and may be cached for ever. The folder may be emptied at
any time; what is asked for again is made again.
"""

from __future__ import annotations

import logging
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from learn.identity import digest
from learn.models import Article, Subject

from .drawing import DESIGN, draw

logger = logging.getLogger(__name__)

MEDIA_TYPE = "image/png"
KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as pages name it: absolute URL, size in pixels."""

    url: str
    alt: str
    width: int = 1200
    height: int = 675
    media_type: str = MEDIA_TYPE


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a picture: a small label above a large text."""

    page: str  # the path of the page that it belongs to
    label: str
    text: str

    @property
    def key(self) -> str:
        """Equal for cards that look the same, whatever page they belong to."""
        return digest(DESIGN, settings.SITE_NAME, self.label, self.text)

    @property
    def path(self) -> str:
        """The address of the picture. The page in it lets the picture be made by whoever asks for it first."""
        return f"/og{self.page}/{self.key}.png"

    @property
    def alt(self) -> str:
        return f"{self.label}: {self.text}" if self.label else self.text


def library_card() -> Card:
    return Card("/learn", "", f"{settings.SITE_NAME} Learn: questions and answers for students")


def subject_card(subject: Subject) -> Card:
    return Card(subject.get_absolute_url(), "Questions and answers", subject.title)


def article_card(article: Article) -> Card:
    """The card of an article; reads article.subject."""
    return Card(article.get_absolute_url(), article.subject.title, article.question_text)


def stored(key: str) -> bytes | None:
    """The picture with this key (32 hexadecimal digits), where it was made before."""
    try:
        return place(key).read_bytes()
    except FileNotFoundError:
        return None


def make(card: Card) -> bytes:
    """Draw `card` (about 50 ms) and keep the picture. A full disk costs time, not the answer."""
    picture = draw(card.label, card.text, settings.SITE_NAME)
    path = place(card.key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A reader in another process sees no file or the whole file.
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
            unfinished = Path(file.name)
            try:
                file.write(picture)
                file.flush()
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
    except OSError as error:
        logger.error("The picture %s could not be stored: %s", path, error)  # noqa: TRY400 its traceback says no more
    return picture


def place(key: str) -> Path:
    """The file of the picture with this key: 256 folders keep each of them small."""
    return Path(settings.CARDS_DIR) / key[:2] / f"{key}.png"
