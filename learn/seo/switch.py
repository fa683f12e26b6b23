"""Asks our own site for the addresses of another one, before it takes that one's place: no network is used.

For each address: the answer's status, the hops to it, the page's title, canonical address and whether search engines
may index it. What answers 200 today and would not tomorrow is what `check_switch` is for.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterable, Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.etree import ElementTree

from django.conf import settings
from django.test import Client

MAX_HOPS = 5
LOCATION = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class ListError(Exception):
    """The file holds no addresses that could be read."""


class Answer(NamedTuple):
    """What our site answers at an address of the other one."""

    address: str
    status: int
    hops: int
    page: str  # the address that answered
    title: str
    canonical: str
    is_noindex: bool

    @property
    def is_right(self) -> bool:
        """A page, at once or behind one permanent redirect; or gone for good, said so."""
        return (self.status == 200 and self.hops <= 1) or (self.status == 410 and self.hops == 0)


def addresses(file: Path) -> Iterator[str]:
    """The addresses in a sitemap (.xml, .xml.gz), a table (.csv, its first column), or a list, one per line.

    Raises ListError for a file that is none of these, OSError for one that cannot be read.
    """
    data = file.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        yield from _of_sitemap(data)
        return
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ListError(f"{file}: is neither a sitemap nor a text in UTF-8") from error
    rows: Iterable[list[str]] = csv.reader(lines) if file.suffix == ".csv" else ([line] for line in lines)
    for row in rows:
        address = row[0].strip() if row else ""
        if address.startswith(("/", "http://", "https://")):
            yield address


def _of_sitemap(data: bytes) -> Iterator[str]:
    if ENTITY.search(data):
        raise ListError("the sitemap declares entities, which no sitemap needs")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 without entities there is nothing to blow up
    except ElementTree.ParseError as error:
        raise ListError(f"the sitemap is no XML: {error}") from error
    if root.tag.endswith("sitemapindex"):
        raise ListError("this is an index of sitemaps: give the sitemaps that it names")
    yield from (element.text.strip() for element in root.iter(LOCATION) if element.text)


def ask(asked: Iterable[str]) -> Iterator[Answer]:
    """What our site answers at each address, whatever host stands in it: what a visitor would get, hop by hop."""
    own = urlsplit(settings.SITE_URL)
    client = Client(headers={"host": own.netloc}, raise_request_exception=False, REMOTE_ADDR="127.0.0.1")
    for address in asked:
        yield _ask(client, address, secure=own.scheme == "https")


def _ask(client: Client, address: str, *, secure: bool) -> Answer:
    own = urlsplit(settings.SITE_URL)
    parts = urlsplit(address)
    path, hops = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", 0
    response = client.get(path, secure=secure)
    while response.status_code in (301, 302, 307, 308) and hops < MAX_HOPS:
        hops += 1
        place = urlsplit(response.headers["Location"])
        if place.netloc and place.netloc != own.netloc:
            path = response.headers["Location"]  # another host: its answer is not ours to know
            break
        path = f"{place.path}{'?' + place.query if place.query else ''}"
        response = client.get(path, secure=secure)
    head = _Head()
    if response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming:
        head.feed(response.content.decode(errors="replace"))
    robots = f"{head.robots} {response.headers.get('X-Robots-Tag', '')}"
    return Answer(
        address,
        response.status_code,
        hops,
        path,
        unescape(head.title).strip(),
        head.canonical,
        "noindex" in robots,
    )


class _Head(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.title = self.canonical = self.robots = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "title" and not self.title:
            self._in_title = True
        elif tag == "link" and values.get("rel") == "canonical":
            self.canonical = values.get("href", "")
        elif tag == "meta" and values.get("name") == "robots":
            self.robots = values.get("content", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
