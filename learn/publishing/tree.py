"""The published folder: which files a URL becomes, how they are written, and what was written when.

A page is written as itself, `.gz` and `.br` beside it, and `.headers`: the status line and the headers with which a
bucket or CDN should answer. Each file is replaced in one step, so a reader never gets half of one.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import brotli

CONTROL = ".publish"  # ours, never served: what was written, and nginx's configuration
SIDECARS = (".gz", ".br", ".headers")
# What gains nothing from compression is stored once: pictures and fonts are compressed already.
COMPRESSED_TYPES = (
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/avif",
    "font/",
    "application/octet-stream",
)
SMALLEST_TO_COMPRESS = 200  # bytes; below that the header costs more than it saves
# Of the connection or of the server that answers, not of the page; and the validators, which change with every
# change of the library: the server of the files makes its own of them, which change only with the file.
OWN_HEADERS = frozenset(
    {"content-length", "date", "server", "connection", "transfer-encoding", "etag", "last-modified"}
)


class Response(NamedTuple):
    """What the site answers: the status, the headers in their order, the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")


class Entry(NamedTuple):
    """A published URL in the manifest.

    `file` is empty for a redirect or a page that is gone, which have only headers. `version` is that of
    the page: the state of the library and the build that it shows. `picture` is the picture that it names.
    """

    url: str
    file: str
    status: int
    digest: str
    headers: str
    version: str = ""
    picture: str = ""


def file_of(url: str, content_type: str) -> PurePosixPath:
    """The file of a URL, relative to the folder.

    A page without an extension gets one: /learn/physics is learn/physics.html, beside the folder learn/physics.
    A query follows the name: /learn/physics?page=2 is learn/physics?page=2.html.

    Raises ValueError for a URL that would leave the folder, or collide with our own files.
    """
    parts = urlsplit(url)
    path = PurePosixPath(unquote(parts.path).lstrip("/") or "index")
    if any(part in ("..", ".", CONTROL) or "\0" in part for part in path.parts) or path.suffix in SIDECARS:
        raise ValueError(f"{url} cannot be published as a file")
    name = path.name + (f"?{parts.query.replace('/', '%2F')}" if parts.query else "")
    if content_type.startswith("text/html"):
        name += ".html"
    return path.with_name(name)


def head_text(response: Response) -> str:
    """The status line and the headers of `response`, one a line, without those of the connection."""
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [
        f"{name}: {value}" for name, value in response.headers.items() if name.lower() not in OWN_HEADERS
    ]
    return "\n".join(lines) + "\n"


def digest_of(response: Response) -> str:
    return blake2b(head_text(response).encode() + response.body, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Tree:
    """The folder that is published into."""

    root: Path
    quality: int = 5  # of Brotli, 0 to 11

    def write(self, url: str, response: Response) -> Entry:
        """Write the files of one URL, compressed ones first, and return its entry of the manifest."""
        has_body = response.status == HTTPStatus.OK
        file = file_of(url, response.content_type if has_body else "text/html")
        head = head_text(response)
        for suffix, data in self._encodings(response) if has_body else ():
            self._replace(file, suffix, data)
        self._replace(file, ".headers", head.encode())
        return Entry(url, str(file) if has_body else "", response.status, digest_of(response), head)

    def find(self, url: str) -> Entry | None:
        """The entry of a URL with an extension, from its files; None where they are not there."""
        file = file_of(url, "")
        head = self._path(file, ".headers")
        if not (self._path(file, "").is_file() and head.is_file()):
            return None
        return Entry(url, str(file), HTTPStatus.OK, "", head.read_text())

    def remove(self, entry: Entry) -> None:
        """Delete the files of `entry`, and the folders that this leaves empty."""
        file = PurePosixPath(entry.file) if entry.file else file_of(entry.url, "text/html")
        for suffix in ("", *SIDECARS):
            self._path(file, suffix).unlink(missing_ok=True)
        for folder in file.parents[:-1]:
            with suppress(OSError):  # not empty, or gone already
                (self.root / folder).rmdir()

    def has(self, entry: Entry) -> bool:
        """Whether the files of `entry` are still there."""
        file = PurePosixPath(entry.file) if entry.file else file_of(entry.url, "text/html")
        return self._path(file, "" if entry.file else ".headers").is_file()

    def remove_unfinished(self) -> None:
        """Delete what processes that were killed had begun to write."""
        for path in (self.root / CONTROL).glob("*.writing"):
            path.unlink(missing_ok=True)

    def _encodings(self, response: Response) -> Iterator[tuple[str, bytes]]:
        body = response.body
        compressible = len(body) >= SMALLEST_TO_COMPRESS and not response.content_type.startswith(
            COMPRESSED_TYPES
        )
        if compressible:
            yield ".br", brotli.compress(body, quality=self.quality)
            yield ".gz", gzip.compress(body, 9, mtime=0)
        yield "", body

    def _path(self, file: PurePosixPath, suffix: str) -> Path:
        return self.root / file.with_name(file.name + suffix)

    def _replace(self, file: PurePosixPath, suffix: str, data: bytes) -> None:
        path = self._path(file, suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Below the same folder, so that the rename stays on one file system; by process, so that two never share one.
        temporary = self.root / CONTROL / f"{os.getpid()}.writing"
        temporary.parent.mkdir(exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)


class Manifest:
    """What was published, and in which run: a small SQLite file, so that a million URLs need no memory."""

    def __init__(self, root: Path) -> None:
        folder = root / CONTROL
        folder.mkdir(parents=True, exist_ok=True)
        self._rows = sqlite3.connect(folder / "manifest.sqlite3", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=NORMAL")
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS page (url TEXT PRIMARY KEY, file TEXT NOT NULL, status INTEGER NOT NULL,"
            " digest TEXT NOT NULL, headers TEXT NOT NULL, version TEXT NOT NULL, picture TEXT NOT NULL,"
            " run INTEGER NOT NULL)"
        )
        (last,) = self._rows.execute("SELECT COALESCE(MAX(run), 0) FROM page").fetchone()
        self._run = last + 1

    def close(self) -> None:
        self._rows.close()

    def known(self, urls: Iterable[str]) -> dict[str, Entry]:
        """The entries of those of `urls` that were published before."""
        found = {}
        for url in urls:
            row = self._rows.execute("SELECT * FROM page WHERE url = ?", [url]).fetchone()
            if row:
                found[url] = Entry(*row[:-1])
        return found

    def keep(self, entries: Iterable[Entry]) -> None:
        """Note that these were published, or found unchanged, in this run; in one transaction."""
        self._rows.execute("BEGIN")
        self._rows.executemany(
            "REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ((*entry, self._run) for entry in entries)
        )
        self._rows.execute("COMMIT")

    def gone(self) -> list[Entry]:
        """The entries of earlier runs that this one has not met."""
        rows = self._rows.execute("SELECT * FROM page WHERE run < ?", [self._run])
        return [Entry(*row[:-1]) for row in rows]

    def forget(self, urls: Iterable[str]) -> None:
        self._rows.executemany("DELETE FROM page WHERE url = ?", ((url,) for url in urls))

    def __iter__(self) -> Iterator[Entry]:
        with closing(self._rows.cursor()) as cursor:
            rows = cursor.execute("SELECT * FROM page ORDER BY url")
            for row in rows:
                yield Entry(*row[:-1])
