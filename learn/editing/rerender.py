"""Renders again the answers that an older version of the renderer rendered."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import transaction

from learn import derive, rendering
from learn.db import state
from learn.db.rows import BATCH, update
from learn.jobs.progress import Progress
from learn.jobs.workers import Workers
from learn.models import Article, PictureUse
from learn.models.pictures import known_pictures
from learn.signals import pages_changed

logger = logging.getLogger(__name__)


class _Source(NamedTuple):
    pk: int
    version: int
    question: str
    answer: str
    pictures: rendering.Pictures
    names: list[str] | None  # of its pictures; None where it has none


class _Rendered(NamedTuple):
    source: _Source
    columns: dict[str, Any] | None  # None: it ended the process that rendered it, or could not be


def render_articles(
    *, everything: bool = False, jobs: int | None = None, progress: Progress = lambda _done, _total: None
) -> tuple[int, list[str]]:
    """Render, in `jobs` processes, the articles whose HTML is of an older render version; `everything`: all.

    Returns how many were rendered and the URLs of those that could not be. Each batch is its own transaction and an
    article that an editor saves meanwhile is left to that save, so it may be stopped and run again at any time.
    Nothing that sitemaps or feeds date by moves.
    """
    if everything:
        Article.objects.update(render_version=0)
    stale = Article.objects.exclude(render_version=rendering.RENDER_VERSION)
    total = stale.count()
    done = 0
    failed: list[int] = []
    with Workers(jobs, total) as workers:
        progress(0, total)
        for batch in workers.map(_render, _sources(), lambda source: _Rendered(source, None)):
            _store([rendered for rendered in batch if rendered.columns])
            failed += [rendered.source.pk for rendered in batch if not rendered.columns]
            done += len(batch)
            progress(done, total)
    urls = [
        article.get_absolute_url()
        for article in Article.objects.filter(pk__in=failed).select_related("subject")
    ]
    return done - len(failed), urls


def _sources() -> Iterator[_Source]:
    """What has to be rendered, by primary key, in queries of BATCH rows: no cursor stays open while others write."""
    after = 0
    while True:
        rows = (
            Article.objects.exclude(render_version=rendering.RENDER_VERSION)
            .filter(pk__gt=after)
            .order_by("pk")
            .values_list("pk", "version", "question", "answer", "subject__slug")[:BATCH]
        )
        found = list(rows)
        known = known_pictures((answer, slug) for *_rest, answer, slug in found)
        chunk = [
            _Source(*row[:4], pictures, names if "![" in row[3] else None)
            for row, (pictures, names) in zip(found, known, strict=True)
        ]
        if not chunk:
            return
        yield from chunk
        after = chunk[-1].pk


def _render(source: _Source) -> _Rendered:
    try:
        return _Rendered(source, derive.derived_fields(source.question, source.answer, source.pictures))
    except Exception:
        logger.exception("article %s could not be rendered", source.pk)
        return _Rendered(source, None)


def _store(batch: list[_Rendered]) -> None:
    with transaction.atomic():
        state.lock_writes()
        rows = (
            Article.objects.select_for_update()
            .only("pk", "version")
            .in_bulk([item.source.pk for item in batch])
        )
        current = [
            {"pk": item.source.pk, **item.columns}
            for item in batch
            if item.columns and (row := rows.get(item.source.pk)) and row.version == item.source.version
        ]
        update(Article, current, derive.DERIVED_FIELDS)
        written = {row["pk"] for row in current}
        names = {
            item.source.pk: item.source.names
            for item in batch
            if item.source.names is not None and item.source.pk in written
        }
        if names:
            PictureUse.objects.follow(names)
        pages_changed.send(sender=Article, pks=[row["pk"] for row in current])
