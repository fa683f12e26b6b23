"""Exports articles as files in the real format, which import as exactly what was exported."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import yaml
from pydantic import ValidationError

from learn.db.rows import BATCH
from learn.documents import document_of
from learn.files.complaints import complain
from learn.files.problems import Problem
from learn.files.writer import write_document
from learn.jobs.progress import Progress
from learn.models import Article, Subject

DEFAULT_FOLDER = PurePosixPath("learn")  # as in the content repository: learn/<subject>/<slug>.md


@dataclass(slots=True)
class ExportReport:
    """`written` and `unchanged` count files; `left_out` articles that are drafts or unpublished."""

    written: int = 0
    unchanged: int = 0
    left_out: int = 0
    problems: list[Problem] = field(default_factory=list)


def export_articles(
    folder: Path,
    *,
    subject: Subject | None = None,
    changed_since: dt.datetime | None = None,
    progress: Progress = lambda _done, _total: None,
) -> ExportReport:
    """Write the file of every published article (of `subject`, written since `changed_since`) below `folder`.

    A file goes where it came from, relative to the folder, or to `learn/<subject>/<slug>.md`. A file that says the
    same already is not touched; each is replaced in one step, so that a reader sees the old or the new one. A full
    export writes `subjects.yaml`, too. Drafts and unpublished articles are left out: the format cannot say that
    they are, and an import would publish them.

    Raises OSError where the folder cannot be written.
    """
    report = ExportReport()
    folder.mkdir(parents=True, exist_ok=True)
    root = folder.resolve()
    articles = Article.objects.all()
    if subject:
        articles = articles.in_subject(subject)
    if changed_since:
        articles = articles.filter(updated_at__gte=changed_since)
    chosen = articles.filter(status=Article.Status.PUBLISHED)
    total = chosen.count()
    report.left_out = articles.count() - total
    rows = chosen.order_by("pk").select_related("subject").prefetch_related("related_links")
    for done, article in enumerate(rows.iterator(BATCH), 1):
        path = PurePosixPath(file_path(article))
        try:
            text = write_document(document_of(article))
        except ValidationError as error:
            report.problems += list(_problems(str(path), error))
        else:
            _write(root, path, text, report)
        if done % BATCH == 0 or done == total:
            progress(done, total)
    if not subject and not changed_since:
        _write(root, PurePosixPath("subjects.yaml"), subjects_text(), report)
    return report


def file_path(article: Article) -> str:
    """Where the article's file belongs, relative to the folder of all files; reads its subject."""
    path = PurePosixPath(article.subject.slug, f"{article.slug}.md")
    source = PurePosixPath(article.source_path)
    is_safe = not source.is_absolute() and ".." not in source.parts and len(source.parts) > 1
    return str((source.parent.parent if is_safe else DEFAULT_FOLDER) / path)


def subjects_text() -> str:
    """The content of subjects.yaml."""
    subjects = {}
    for subject in Subject.objects.order_by("slug"):
        description = {"description": subject.description} if subject.description else {}
        subjects[subject.slug] = {"title": subject.title, **description, "listed": subject.is_listed}
    return yaml.safe_dump(subjects, sort_keys=False, allow_unicode=True, width=110)


def _write(root: Path, path: PurePosixPath, text: str, report: ExportReport) -> None:
    """Put `text` at `path` below `root` in one step; never through a link that leads out of it."""
    target = root / path
    data = text.encode()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.parent.resolve().is_relative_to(root):
            report.problems.append(
                _unwritable(path, "its folder is a link that leads out of the export folder")
            )
            return
        if target.is_file() and not target.is_symlink() and target.read_bytes() == data:
            report.unchanged += 1
            return
        # Beside the target, so that the replacement is atomic; gone again if the power goes before it.
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".export-", delete=False) as file:
            file.write(data)
        Path(file.name).chmod(0o644)
        os.replace(file.name, target)  # noqa: PTH105 replaces a link itself, never what it leads to
        report.written += 1
    except OSError as error:
        report.problems.append(_unwritable(path, error.strerror or str(error)))


def _unwritable(path: PurePosixPath, reason: str) -> Problem:
    return Problem(str(path), 1, 1, "error", "unwritable", f"cannot be written: {reason}.")


def _problems(path: str, error: ValidationError) -> Iterator[Problem]:
    for fault in error.errors(include_url=False):
        _code, message = complain(fault, fault["loc"])
        yield Problem(
            path, 1, 1, "error", "invalid", f"{message}. Correct it in the admin, then export again."
        )
