"""The pictures of an article as search engines, social networks and programs are told of them; no query.

What stands in the stored HTML is what the page shows: each `img` there was written by our own renderer.
"""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

from .addresses import absolute
from .cards import Picture

MOST = 10  # pictures that are told of one article
LEAST_WIDTH = (
    600  # pixels: a narrower one is shown as a small square beside the link, where a card is a large preview
)
SHAPES = (1.0, 2.4)  # width by height: what is taller or flatter is cut where it stands for a page
TYPES = {".jpg": "image/jpeg", ".png": "image/png"}  # which every network reads
_IMAGE = re.compile(r"<img ([^>]+)>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


class Image(NamedTuple):
    url: str
    alt: str
    width: int
    height: int


def images_of(html: str) -> list[Image]:
    """The pictures in the HTML of an answer, each once, in their order."""
    if "<img " not in html:
        return []
    found: dict[str, Image] = {}
    for match in _IMAGE.finditer(html):
        values = {name: unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
        url = full(values["src"])
        found.setdefault(url, Image(url, values["alt"], int(values["width"]), int(values["height"])))
    return list(found.values())[:MOST]


def full(address: str) -> str:
    """The absolute address of a picture's file, which may lie on a host of its own."""
    return absolute(address) if address.startswith("/") else address


def picture_for(html: str) -> Picture | None:
    """The picture of an answer that can stand for its page where it is shared; None where the drawn card does."""
    for image in images_of(html):
        kind = TYPES.get(image.url[image.url.rfind(".") :])
        if (
            kind
            and image.alt
            and image.width >= LEAST_WIDTH
            and SHAPES[0] <= image.width / image.height <= SHAPES[1]
        ):
            return Picture(image.url, image.alt, image.width, image.height, kind)
    return None
