"""The library as one table: JSON Lines or CSV, which import as exactly what was exported."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from learn import documents
from learn.db.rows import BATCH, batched
from learn.files import tables
from learn.files.records import record_of
from learn.jobs.progress import Progress
from learn.models import Article, Subject
from learn.models.querysets import ArticleQuerySet

from .life import with_life
from .placing import folder_of
from .report import ExportReport, problems_of
from .subjects import export_subjects
from .writing import FRAGMENT

FORMATS = ("jsonl", "csv")


def export_table(
    target: Path,
    form: str,
    *,
    subject: Subject | None = None,
    changed_since: dt.datetime | None = None,
    progress: Progress = lambda _done, _total: None,
) -> ExportReport:
    """Write the articles (of `subject`, written since `changed_since`) as the rows of one table of the format `form`.

    `target` is the table, or the folder into which it is written as `articles.csv` or `articles.jsonl`. Beside one of
    the whole library `subjects.yaml` is written, which an import of the table reads, too; of one that is there, only
    the entries that the site changed. The table is put in place in one step. Raises OSError where it cannot be written.
    """
    articles = Article.objects.all()
    if subject:
        articles = articles.in_subject(subject)
    if changed_since:
        articles = articles.filter(updated_at__gte=changed_since)
    file = (
        target
        if target.suffix.lower() in tables.SUFFIXES and not target.is_dir()
        else target / f"articles.{form}"
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    chosen = articles.filter(missing_since=None)
    report = ExportReport(left_out=articles.count() - chosen.count())
    records = _records(chosen, report, progress)
    with _replacing(file) as temporary:
        if form == "csv":
            report.rows = _write_csv(temporary, records)
        else:
            report.rows = _write_jsonl(temporary, records)
    report.written = 1
    if not subject and not changed_since:
        export_subjects(folder_of(file.parent.resolve()), report)
    return report


def _records(chosen: ArticleQuerySet, report: ExportReport, progress: Progress) -> Iterator[dict[str, Any]]:
    """The records in the order of their addresses; what no file may say is a problem."""
    total = chosen.count()
    rows = (
        chosen.order_by("subject__slug", "slug").select_related("subject").prefetch_related("related_links")
    )
    done = 0
    for batch in batched(rows.iterator(BATCH)):
        for article in batch:
            try:
                yield record_of(with_life(documents.document_of(article), article))
            except ValidationError as error:
                report.problems += problems_of(article.get_absolute_url(), error)
        done += len(batch)
        progress(done, total)


def _write_jsonl(path: Path, records: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for record in records:
            file.write(tables.jsonl_line(record))
            count += 1
    return count


def _write_csv(path: Path, records: Iterable[Mapping[str, Any]]) -> int:
    """The records are kept in a file until all columns are known: memory does not grow with the library."""
    columns: set[str] = set(tables.COLUMNS)
    count = 0
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as held:
        for record in records:
            cells = tables.flat(record)
            columns |= cells.keys()
            held.write(json.dumps(cells) + "\n")
            count += 1
        held.seek(0)
        # With a byte order mark, without which spreadsheets take UTF-8 for something else.
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, tables.in_order(columns), lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(json.loads(line) for line in held)
    return count


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, put in its place where no error comes between."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=FRAGMENT)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
