"""Purges the cache in front of the site: sends the addresses that changed, once a change is committed.

    purge_articles(pks)   after (and for a removal: before) a change of articles, inside its transaction
    purge_subjects(pks)   the same for a subject that was renamed, listed or unlisted
    purge_paths(paths)    addresses that no row leads to any more, such as those of an article that moved
    purge_everything()    after a deployment, or where too much changed to name it
    held()                a context in which orders are only collected: for an import of many batches
    wait()                until everything that was ordered is sent, or given up

With PURGE_BACKEND=none each of them returns at once. What is ordered is collected and sent by a thread of this process,
in batches and with a few attempts: a cache that is slow or down delays no save and breaks none. It is logged, and the
cache's own CDN_MAX_AGE is the net below. A process that ends waits for its thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from learn.db.rows import batched
from learn.http import RequestError
from learn.models import Subject
from learn.signals import pages_changed, topics_changed
from learn.topics.counting import Changes

from .affected import article_paths, subject_paths, topics_paths
from .backends import Backend, configured

__all__ = ["held", "purge_articles", "purge_everything", "purge_paths", "purge_subjects", "wait"]

logger = logging.getLogger(__name__)

MOST_ARTICLES = 1_000  # above, naming every address costs more than fetching what is still right
MOST_PATHS = 10_000
PAUSES = (0.5, 3.0, 15.0)  # seconds before each further attempt


def purge_articles(pks: Iterable[int]) -> None:
    """Order a purge of every page that shows one of these articles, at the next commit.

    For an article that is about to be moved or deleted call it before, too: where it stands is looked up now.
    """
    if not is_on() or _outbox.is_everything:
        return
    wanted = set(pks)
    if len(wanted) > MOST_ARTICLES:
        purge_everything()
    elif wanted:
        purge_paths(article_paths(wanted))


def purge_subjects(pks: Iterable[int]) -> None:
    """Order a purge of every page of these subjects: a subject's name stands on all of its articles."""
    if is_on() and (wanted := set(pks)):
        purge_paths(subject_paths(wanted))


def purge_paths(paths: Iterable[str]) -> None:
    """Order a purge of these addresses at the next commit; now, where no transaction is open."""
    if is_on() and (wanted := frozenset(paths)):
        transaction.on_commit(lambda: _outbox.add(wanted))


def purge_everything() -> None:
    """Order a purge of the whole library at the next commit."""
    if is_on():
        transaction.on_commit(_outbox.add_everything)


@contextmanager
def held() -> Iterator[None]:
    """Collect what is ordered inside and send it at the end, also after an error: what was written stays written."""
    _outbox.hold()
    try:
        yield
    finally:
        _outbox.release()


@receiver(pages_changed)
def purge_changed_pages(pks: Iterable[int], **_kwargs: Any) -> None:
    purge_articles(pks)


@receiver(topics_changed)
def purge_changed_topics(changes: Changes, **_kwargs: Any) -> None:
    if not is_on() or _outbox.is_everything:
        return
    if len(changes.listed) > MOST_ARTICLES:
        purge_everything()
    else:
        purge_paths(topics_paths(changes))


@receiver(post_save, sender=Subject)
def purge_saved_subject(instance: Subject, *, created: bool, raw: bool, **_kwargs: Any) -> None:
    if raw:  # `loaddata`: its articles may come before or after, past every other signal
        purge_everything()
    elif not created:
        purge_subjects([instance.pk])


def wait() -> None:
    """Return when all that was ordered so far was sent, or given up."""
    _outbox.wait()


def is_on() -> bool:
    return bool(settings.PURGE_BACKEND != "none")


class Outbox:
    """What is to be purged, and the one thread that sends it. The interpreter waits for it before it ends."""

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self._everything = False
        self._lock = Lock()
        self._thread: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None
        self._holders = 0

    @property
    def is_everything(self) -> bool:
        """Whether all will be purged anyway, so that no address has to be looked up."""
        return self._everything

    def hold(self) -> None:
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            self._start()

    def add(self, paths: Collection[str]) -> None:
        with self._lock:
            self._paths |= set(paths)
            self._everything = self._everything or len(self._paths) > MOST_PATHS
            self._start()

    def add_everything(self) -> None:
        with self._lock:
            self._everything = True
            self._start()

    def wait(self) -> None:
        if (last := self._last) is not None:
            last.result()

    def _start(self) -> None:
        if self._holders or not (self._paths or self._everything):
            return
        # Made when it is first needed: a server's worker processes are forked before.
        self._thread = self._thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="purge")
        self._last = self._thread.submit(self._send)

    def _send(self) -> None:
        """Send all that has been collected since the last time: many saves in a row are one batch."""
        with self._lock:
            paths, everything = sorted(self._paths), self._everything
            self._paths, self._everything = set(), False
        if (backend := configured()) is None:
            return
        if everything:
            _attempt(backend, None)
            return
        for batch in batched(paths, backend.batch):
            _attempt(backend, batch)


def _attempt(backend: Backend, paths: list[str] | None) -> None:
    """Purge `paths` (None: everything), again after a pause where that may help; log what is given up."""
    what = "everything" if paths is None else f"{len(paths)} addresses, {paths[0]} the first"
    for pause in (*PAUSES, None):
        try:
            if paths is None:
                backend.purge_everything()
            else:
                backend.purge(paths)
        except RequestError as error:
            if pause is None or not error.is_temporary:
                logger.error("The cache was not told to forget %s: %s", what, error)  # noqa: TRY400 no traceback helps
                return
            logger.warning("Asking the cache again in %s seconds to forget %s: %s", pause, what, error)
            time.sleep(pause)
        except Exception:
            logger.exception("The cache was not told to forget %s", what)
            return
        else:
            logger.info("The cache was told to forget %s", what)
            return


_outbox = Outbox()
