"""Articles out again: files in the real format that import as exactly what was exported."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from pydantic import ValidationError

from learn import documents, files
from learn.db.rows import BATCH, batched
from learn.editing import three_way
from learn.files import frontmatter, lifecycle
from learn.files.packing import unpack
from learn.files.patch import patch_document
from learn.files.problems import Problem
from learn.files.writer import write_document
from learn.jobs.progress import Progress
from learn.media.store import StoreError
from learn.models import Article, ImportedFile, PictureName, Subject
from learn.models.querysets import ArticleQuerySet

from . import pictures, placing
from .life import with_life
from .pictures import PictureFile
from .placing import Base, Folder
from .report import ExportReport, problems_of
from .subjects import export_subjects, subjects_changed, subjects_text
from .tables import export_table
from .writing import NO_ARTICLE, NotOursError, Target, remove_fragments, unwritable

__all__ = [
    "ExportReport",
    "changed_here",
    "export_articles",
    "export_table",
    "file_bytes",
    "files_of",
    "subjects_changed",
    "subjects_text",
    "with_life",
]


def export_articles(
    folder: Path,
    *,
    subject: Subject | None = None,
    changed_since: dt.datetime | None = None,
    everything: bool = True,
    merge: bool = False,
    answers: str = "",
    progress: Progress = lambda _done, _total: None,
) -> ExportReport:
    """Write the files of the articles (of `subject`, written since `changed_since`) below `folder`.

    A file goes where it came from, below the folder, or beside its like. Of one that was imported only the lines are
    changed that the site changed; one that says the same already is not touched. A moved article's file is renamed, a
    deleted article's removed. A file that somebody changed since it was imported or exported is left as it is, with a
    problem; with `merge` both changes are put together, where they do not clash.

    Without `everything` only what the site changed is written. `answers="block"` writes answers on lines of their own.
    Each file is replaced in one step, so that a reader sees the old or the new one; an export that was killed is
    completed by the next. A full export writes `subjects.yaml`, too. Drafts, unpublished and scheduled articles say so
    in their files (learn.files.lifecycle).

    Raises OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remove_fragments(folder)
    export = _Export(placing.folder_of(folder.resolve()), merge=merge, answers=answers)
    articles = Article.objects.all()
    if subject:
        articles = articles.in_subject(subject)
    if changed_since:
        articles = articles.filter(updated_at__gte=changed_since)
    # What was taken down because its file is gone does not come back as a file.
    chosen = articles.filter(missing_since=None)
    export.report.left_out = articles.count() - chosen.count()
    if not everything:
        chosen = changed_here(chosen, export.folder.name)
    total = chosen.count()
    rows = chosen.order_by("pk").select_related("subject").prefetch_related("related_links")
    done = 0
    for batch in batched(rows.iterator(BATCH)):
        bases = placing.bases_of(article.pk for article in batch)
        for article in batch:
            export.article(article, bases.get(article.pk, []))
        done += len(batch)
        progress(done, total)
    is_whole = not subject and not changed_since
    if is_whole:
        export.remove_deleted()
        export_subjects(export.folder, export.report)
    export.pictures(
        pictures.changed_names()
        if not everything
        else pictures.all_names()
        if is_whole
        else pictures.names_in(chosen.values_list("pk", flat=True))
    )
    return export.report


def changed_here(articles: ArticleQuerySet, source: str) -> ArticleQuerySet:
    """Those of `articles` that say something else than their files of this source do; of no source, than any file."""
    same = ImportedFile.objects.filter(article_key=OuterRef("pk"), hash=OuterRef("source_hash"))
    if ImportedFile.objects.filter(source__name=source).exists():
        same = same.filter(source__name=source)
    is_special = ~Q(status=Article.Status.PUBLISHED) | Q(is_preferred=True) | Q(publish_at__gt=timezone.now())
    is_special |= Q(expires__isnull=False)
    with_keys = Q(extra__has_any_keys=list(lifecycle.KEYS))
    return articles.filter(Q(edited_at__isnull=False) | is_special | with_keys | ~Exists(same))


class _Export:
    """One export into one folder. Holds what its steps hand on."""

    def __init__(self, folder: Folder, *, merge: bool, answers: str) -> None:
        self.folder, self.merge, self.answers = folder, merge, answers
        self.report = ExportReport()

    def article(self, article: Article, bases: list[Base]) -> None:
        base = placing.own_base(bases, self.folder)
        full = placing.path_of(article, base, self.folder)
        path = self.folder.here(full)
        if path is None:
            return  # it belongs to a part of the source that is not this folder
        target = Target(self.folder, path)
        known = {base.hash for base in bases} | {article.source_hash}
        try:
            target.prepare()
            data = self.bytes_of(article, base)
            present = target.read()
            if present is None or present == data or target.is_ours(present, known):
                self.put(target, data, article, known)
            else:
                self.merge_into(target, present, article, base)
            if base is not None and base.path != full and base.source == self.folder.name:
                self.remove(base.path, known)
            self.remove_renamed(article, path, known)
        except ValidationError as error:
            self.report.problems += list(problems_of(path, error))
        except (NotOursError, OSError) as error:
            self.report.problems.append(unwritable(path, error))

    def bytes_of(self, article: Article, base: Base | None) -> bytes:
        """What the article's file has to be: its own bytes, changed where the article says something else."""
        return file_bytes(article, base, answers=self.answers)

    def put(self, target: Target, data: bytes, article: Article, known: set[str]) -> None:
        if target.read() == data:
            self.report.unchanged += 1
            return
        target.write(data, article.pk, is_known=_digest(data) in known)
        self.report.written += 1

    def merge_into(self, target: Target, present: bytes, article: Article, base: Base | None) -> None:
        """The file was changed by somebody else: put both changes together, where that is asked for and possible."""
        changed = (
            "it was changed since it was imported or exported. Import it first, or export with --merge. "
            "Nothing was written"
        )
        if not frontmatter.is_yaml(present):
            raise NotOursError(
                "another tool made the file, and it is in no format of ours. Export into another folder"
            )
        if not self.merge or base is None:
            raise NotOursError(changed)
        data = unpack(base.data) if base.data is not None else b""
        try:
            theirs, _warnings = files.read_document(present, target.path)
            before = three_way.side_of_file(data, target.path)
        except files.DocumentError as error:
            raise NotOursError(changed) from error
        mine = three_way.side_of(article)
        side = three_way.Side(documents.row_values(theirs), documents.related_values(theirs), theirs.url)
        together = three_way.put_together(before, mine, side)
        if together.clashes:
            fields = ", ".join(together.clashes)
            raise NotOursError(
                f"the file and the site changed {fields} in different ways. Nothing was written"
            )
        values = {**documents.row_values(theirs), **together.values}
        document = documents.document_from(values, together.related, together.path)
        merged = patch_document(present, document)
        if merged == present:
            self.report.unchanged += 1
            return
        target.write(merged, article.pk, is_known=False)
        self.report.merged += 1
        self.report.written += 1

    def remove_renamed(self, article: Article, path: str, known: set[str]) -> None:
        """Remove what an earlier export wrote for the article at another path."""
        for row in [row for row in self.folder.written.values() if row.article_key == article.pk]:
            if row.path != path:
                self.remove(self.folder.below + row.path, known)

    def remove(self, full: str, known: set[str]) -> None:
        """Remove a file that speaks for nothing any more, unless somebody changed it."""
        path = self.folder.here(full)
        if path is None:
            return
        target = Target(self.folder, path)
        present = target.read()
        if present is None:
            return
        if target.is_outside or not target.is_ours(present, known):
            message = "its article was moved or deleted on the site, but the file was changed since. Remove it yourself"
            self.report.problems.append(Problem(path, 1, 1, "error", "changed", f"{message}."))
            return
        target.remove()
        self.report.removed += 1

    def remove_deleted(self) -> None:
        for path, hashes in placing.abandoned(self.folder):
            self.remove(path, hashes)

    def pictures(self, names: list[PictureName]) -> None:
        """Write the files of pictures, byte for byte as they were given; what somebody changed stays as it is."""
        try:
            for file in pictures.picture_files(names, self.folder.prefix):
                path = self.folder.here(file.path)
                if path is not None:
                    self.picture(path, file)
        except StoreError as error:
            self.report.problems.append(Problem(self.folder.name, 1, 1, "error", "picture", str(error)))

    def picture(self, path: str, file: PictureFile) -> None:
        target = Target(self.folder, path)
        try:
            target.prepare()
            present = target.read()
            if present == file.data:
                self.report.unchanged += 1
            elif file.data is None:
                self._left(path, "its file is gone from the store of pictures")
            elif present is not None and not target.is_ours(present, {file.name.imported_hash}):
                self._left(path, "it was changed since it was imported or exported. Import it first")
            else:
                target.write(file.data, NO_ARTICLE, is_known=file.is_as_imported)
                self.report.written += 1
        except (NotOursError, OSError) as error:
            self.report.problems.append(unwritable(path, error))

    def _left(self, path: str, reason: str) -> None:
        self.report.problems.append(unwritable(path, NotOursError(reason)))


def file_bytes(article: Article, base: Base | None, *, answers: str = "") -> bytes:
    """The bytes of the article's file; of one that was imported, those it had, changed where the article was.

    Raises pydantic's ValidationError where the article says what no file may.
    """
    document = with_life(documents.document_of(article), article)
    if answers == "block":
        document = document.model_copy(update={"layout": {**(document.layout or {}), "answer": "literal"}})
    before = unpack(base.data) if base and base.data is not None else None
    if before is None:
        return write_document(document).encode()
    if base and base.hash == article.source_hash and article.edited_at is None and answers != "block":
        current = documents.import_key_of(article)
        if current == article.imported_key and document.extra == article.extra:
            return before
    return patch_document(before, document)


def files_of(articles: Iterable[Article]) -> Iterator[tuple[Article, str, bytes | ValidationError]]:
    """The path and the bytes of the file of each article, or what keeps it from being one.

    Reads subject and `related_links` of each, so prefetch them; two queries beside.
    """
    together = list(articles)
    bases = placing.bases_of(article.pk for article in together)
    folder = Folder(Path(), "", "")
    for article in together:
        base = placing.own_base(bases.get(article.pk, []), folder)
        path = placing.path_of(article, base, folder)
        try:
            yield article, path, file_bytes(article, base)
        except ValidationError as error:
            yield article, path, error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
