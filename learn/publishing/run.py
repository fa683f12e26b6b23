"""Publishes every public URL into a folder: writes only what changed, deletes what is gone.

No static-site package (django-distill, django-bakery): they write bodies without headers, redirects or 410s, and all
of them each time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from learn.caching.build import build
from learn.db import state
from learn.db.rows import batched
from learn.jobs.lock import AlreadyRunningError, only_process
from learn.jobs.workers import Workers

from . import nginx, pages
from .site import Site
from .tree import CONTROL, Entry, Manifest, Response, Tree, digest_of

PUBLISHED = (HTTPStatus.OK, HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.GONE)

Progress = Callable[[int], None]  # URLs done


class AlreadyPublishingError(Exception):
    """Another process is publishing into the same folder."""


@dataclass
class PublishReport:
    """What a run did: URLs by outcome, and the answers that could not be published as `URL: why`."""

    written: int = 0
    unchanged: int = 0
    deleted: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: float = 0


class Outcome(NamedTuple):
    """One URL: its entry where it is published, whether its files were written, why they could not be."""

    entry: Entry | None
    is_written: bool
    failure: str = ""


def publish(
    folder: Path,
    *,
    jobs: int | None = None,
    quality: int = 5,
    force: bool = False,
    progress: Progress = lambda _done: None,
) -> PublishReport:
    """Write every public URL of the site below `folder`: the page, `.gz` and `.br` of it, and its `.headers`.

    While nothing at all changed since a page was made, it is not even made again; one that comes out with the same
    bytes and headers is not written (`force` makes and writes all of them). Files of URLs that are gone are deleted; a
    file that we did not write is never touched. `jobs` is the number of worker processes (None: one per core),
    `quality` Brotli's, 0 to 11. A run that was killed is completed by the next one.

    Raises AlreadyPublishingError. Answers that cannot be published (a page that fails, say) are in the report, and
    what was published of them before stays.
    """
    started = monotonic()
    report = PublishReport()
    folder.mkdir(parents=True, exist_ok=True)
    with (
        _only_publisher(folder),
        closing(Manifest(folder)) as manifest,
        _without_warnings(),
        ExitStack() as stack,
    ):
        # Read before any page is made: what changes meanwhile is made again by the next run.
        version = f"{present.key} {build().key}" if (present := state.read()) else ""
        tree = Tree(folder, quality)
        tree.remove_unfinished()
        workers = stack.enter_context(Workers(jobs))
        publisher = _Publisher(tree, version, is_forced=force)
        done = 0
        # Pages before the lists and sitemaps that name them, so that nothing published leads to nothing.
        for urls in (pages.assets(), pages.pictures(), pages.articles(), pages.moved(), pages.lists()):
            for results in workers.map(publisher.publish, _with_known(urls, manifest), _crashed):
                outcomes = list(chain.from_iterable(results))
                manifest.keep(outcome.entry for outcome in outcomes if outcome.entry)
                for outcome in outcomes:
                    report.written += outcome.is_written
                    report.unchanged += outcome.entry is not None and not outcome.is_written
                    if outcome.failure:
                        report.failed.append(outcome.failure)
                done += len(outcomes)
                progress(done)
        manifest.keep(publisher.error_pages(manifest))
        gone = manifest.gone()
        for entry in gone:
            tree.remove(entry)
        manifest.forget(entry.url for entry in gone)
        report.deleted = len(gone)
        nginx.write(folder, manifest)
    report.seconds = monotonic() - started
    return report


@contextmanager
def _only_publisher(folder: Path) -> Iterator[None]:
    (folder / CONTROL).mkdir(exist_ok=True)
    try:
        with only_process(folder / CONTROL / "lock"):
            yield
    except AlreadyRunningError as error:
        raise AlreadyPublishingError(f"another process is publishing into {folder}") from error


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep Django from logging every published 410 as a visitor's mishap."""
    logger = logging.getLogger("django.request")

    def is_error(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR

    logger.addFilter(is_error)
    try:
        yield
    finally:
        logger.removeFilter(is_error)


Task = tuple[str, Entry | None]  # a URL, and what is published of it


def _with_known(urls: Iterable[str], manifest: Manifest) -> Iterator[Task]:
    for batch in batched(urls):
        known = manifest.known(batch)
        yield from ((url, known.get(url)) for url in batch)


def _crashed(task: Task) -> list[Outcome]:
    """What stands for a URL whose page ends the process that makes it."""
    url, known = task
    return [Outcome(known, is_written=False, failure=f"{url}: the process that made it crashed")]


@lru_cache(maxsize=1)
def _site() -> Site:
    """Of this process: loading the middleware costs as much as twenty pages."""
    return Site()


@dataclass(frozen=True, slots=True)
class _Publisher:
    """Publishes single URLs; travels to the worker processes."""

    tree: Tree
    version: str
    is_forced: bool

    def publish(self, task: Task) -> list[Outcome]:
        return list(self._publish(*task))

    def error_pages(self, manifest: Manifest) -> list[Entry]:
        """Publish the pages for addresses without one, as /404 and /410."""
        statuses = {f"/{status:d}": status for status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)}
        known = manifest.known(statuses)
        stored = [
            self._store(url, _site().error_page(status), known.get(url), "")
            for url, status in statuses.items()
        ]
        return [outcome.entry for outcome in stored if outcome.entry]

    def _publish(self, url: str, known: Entry | None) -> Iterator[Outcome]:
        """The outcome of `url`, and of the picture that its page names."""
        known = known if known and self.tree.has(known) else None
        if known and self.version and known.version == self.version and not self.is_forced:
            yield Outcome(known, is_written=False)
            if known.picture:
                yield self._picture(known.picture)
            return
        response = _site().get(url)
        picture = pages.picture_of(response)
        yield self._store(url, response, known, picture)
        if picture:
            yield self._picture(picture)

    def _store(self, url: str, response: Response, known: Entry | None, picture: str) -> Outcome:
        if response.status == HTTPStatus.NOT_FOUND:
            return Outcome(None, is_written=False)  # removed since it was listed
        if response.status not in PUBLISHED:
            return Outcome(known, is_written=False, failure=f"{url}: the site answered {response.status}")
        if known and known.digest == digest_of(response) and not self.is_forced:
            return Outcome(known._replace(version=self.version, picture=picture), is_written=False)
        try:
            entry = self.tree.write(url, response)
        except ValueError as error:
            return Outcome(None, is_written=False, failure=str(error))
        return Outcome(entry._replace(version=self.version, picture=picture), is_written=True)

    def _picture(self, url: str) -> Outcome:
        """A picture's URL holds a hash of what is on it: one that is there is the right one."""
        if (entry := self.tree.find(url)) and not self.is_forced:
            return Outcome(entry, is_written=False)
        return self._store(url, _site().get(url), None, "")
