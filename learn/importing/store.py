"""Writes loaded files to the database in short transactions; an editor's change is never overwritten unasked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from learn import documents, files
from learn.db import state
from learn.db.rows import row_of
from learn.editing import import_conflicts, three_way, trash
from learn.editing.subjects import renamed_slugs
from learn.exporting.life import extra_with_life
from learn.files import lifecycle
from learn.files.problems import Problem
from learn.identity import article_path
from learn.models import Article, ImportedFile, ImportRun, PictureUse, RevisionDetails, Subject
from learn.models.pictures import derived_with_pictures
from learn.models.revisions import ensure_first_revision, record
from learn.rendering import flaws

from . import bases
from .bases import Renewal
from .cases import Case, File, Row, decide
from .facts import Plan, Task
from .reader import Loaded
from .report import ImportReport
from .sources import SourceFile
from .writing import Saved, note_made, rows_of, save_rows


@dataclass(slots=True)
class _Batch:
    """What becomes of a batch of files, before it is written."""

    saved: list[Saved] = field(default_factory=list)
    changed: list[Article] = field(default_factory=list)
    moved: dict[str, Article] = field(default_factory=dict)
    clashes: list[import_conflicts.Clash] = field(default_factory=list)
    places: dict[str, SourceFile] = field(default_factory=dict)  # of what was saved, by url
    renewals: list[Renewal] = field(default_factory=list)


@dataclass(slots=True)
class Store:
    """Writes batches of one import run, or only counts what it would write (`dry_run`)."""

    run: ImportRun
    report: ImportReport
    plan: Plan
    kinds: Mapping[str, str]
    dry_run: bool = False
    force: bool = False
    overwrite_edits: bool = False
    revive_deleted: bool = False
    subjects: dict[str, Subject] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)  # content_key of what was written, as it was and as it is
    sources: dict[str, int] = field(default_factory=dict)
    renamed: dict[str, str] = field(
        default_factory=renamed_slugs
    )  # former slugs of subjects -> their slugs now

    def write(self, batch: list[tuple[Task, Loaded]]) -> None:
        """Create or update the articles of `batch` with their links and redirects, in one transaction."""
        with transaction.atomic():
            state.lock_writes()
            self._write([(task, loaded) for task, loaded in batch if loaded.values is not None])

    def _write(self, batch: list[tuple[Task, Loaded]]) -> None:
        now = timezone.now()
        rows = rows_of(batch)
        done = _Batch()
        for task, loaded in batch:
            row = rows.get(loaded.path)
            if task.deleted is not None:
                self._return_deleted(task, loaded, done)
            elif task.superseded and row is not None:
                path = row.get_absolute_url()
                message = f"the article of this file stands at {path} now, where another file is its own"
                done.clashes.append(self._clash(row, task, loaded, message))
            elif row is None:
                self.report.note(Case.CREATED, loaded.path, loaded.url)
                self.keys.add(loaded.derived["content_key"])
                row_values = self._new(loaded, now)
                path = article_path(self._subject(loaded).slug, loaded.slug)
                if path != loaded.url:  # the file says the former name of its subject
                    row_values["edited_at"] = now
                done.saved.append(Saved(None, row_values, loaded, path, loaded.related, loaded.picture_names))
                done.places[loaded.url] = task.source
            else:
                self._existing(row, task, loaded, now, done)
        if not self.dry_run:
            ensure_first_revision(Article, [row.pk for row in done.changed])
            written = save_rows(done.saved, done.moved)
            note_made({written[saved.loaded.url]: saved for saved in done.saved if saved.pk is None})
            named = {
                written[saved.loaded.url]: saved.pictures
                for saved in done.saved
                if saved.pictures is not None
            }
            if named:
                PictureUse.objects.follow(named)
            for saved in done.saved:
                place, loaded = done.places[saved.loaded.url], saved.loaded
                done.renewals.append(_renewal(place, loaded, written[loaded.url]))
            bases.renew(done.renewals, self.kinds)
            record(done.changed, source=RevisionDetails.Source.IMPORT, reason=f"import {self.run.pk}")
            import_conflicts.record_conflicts(self.run, done.clashes)

    def _existing(self, row: Article, task: Task, loaded: Loaded, now: dt.datetime, done: _Batch) -> None:
        """Compare the base, the file and the article, and do what the table of cases says."""
        current = documents.import_key_of(row)
        known = File.NEW if task.base is None else File.CHANGED
        if task.base is not None and task.base.hash == loaded.source_hash:
            known = File.SAME
        is_as_base = current == self._base_key(row, task)
        is_row = Row.AGREES if current == loaded.key else Row.AS_BASE if is_as_base else Row.EDITED
        if is_row == Row.EDITED and _key_with_life(row) == loaded.key:
            is_row, current = Row.AGREES, loaded.key  # the file says the status, too, as exports do
        case = decide(known, is_row)
        if (self.overwrite_edits and is_row == Row.EDITED) or (self.force and is_row != Row.EDITED):
            case = Case.UPDATED
        together = None
        if case in (Case.MERGED, Case.CONFLICT):
            together = self._put_together(row, task, loaded)
            if together is None or together.clashes or not self._is_free(together.path, row):
                done.clashes.append(self._clash(row, task, loaded, *_fields_in_conflict(together)))
                return
            case = Case.MERGED
        elif known == File.SAME and case == Case.UNCHANGED:
            self.report.unchanged += 1
            return
        said = loaded if together is None else _merged(loaded, together)
        before = row.answer
        said_key = (
            loaded.key
            if together is None
            else documents.import_key(together.path, together.values, together.related)
        )
        if case == Case.MERGED and said_key == current:
            case = Case.UNCHANGED  # the article says all of it already, and more
        is_changed = said_key != current
        fields = self._changed_fields(row, said, together) if is_changed else []
        self.report.note(case, loaded.path, row.get_absolute_url(), fields)
        if is_changed:
            done.changed.append(row)
        old_path = row.get_absolute_url()
        path = loaded.url if together is None else together.path
        edited_at = row.edited_at or now
        self._update(row, said, path, now, is_changed=is_changed)
        row.edited_at = None if said_key == loaded.key else edited_at
        if old_path != path:
            self.report.note(Case.MOVED, loaded.path, old_path, to=path)
            self.report.redirects += 1
            done.moved[old_path] = row
        self.keys.add(row.content_key)
        done.saved.append(Saved(row.pk, row_of(row), loaded, path, list(said.related), _names(said, before)))
        done.places[loaded.url] = task.source

    def _base_key(self, row: Article, task: Task) -> str:
        """The digest of what the file said when it was last imported."""
        if task.base is None or task.base.hash == row.source_hash:
            return row.imported_key
        data = ImportedFile.objects.bytes_of(task.base.article_key, task.base.hash)
        if data is None:
            return ""
        try:
            side = three_way.side_of_file(data, task.base.path)
        except files.DocumentError:
            return ""
        return documents.import_key(side.path, dict(side.values), side.related)

    def _put_together(self, row: Article, task: Task, loaded: Loaded) -> three_way.Together | None:
        """Both changes in one; None where nothing is known of what they began with."""
        digest = task.base.hash if task.base else row.source_hash
        data = ImportedFile.objects.bytes_of(row.pk, digest) if digest else None
        if data is None:
            return None
        try:
            base = three_way.side_of_file(data, task.source.path)
        except files.DocumentError:
            return None
        theirs = three_way.Side(loaded.values or {}, loaded.related, loaded.url)
        return three_way.put_together(base, three_way.side_of(row), theirs)

    def _is_free(self, path: str, row: Article) -> bool:
        return Article.objects.at_paths([path]).get(path, row.pk) == row.pk

    def _changed_fields(self, row: Article, said: Loaded, together: three_way.Together | None) -> list[str]:
        path = together.path if together else said.url
        return three_way.differing(
            three_way.side_of(row), three_way.Side(said.values or {}, said.related, path)
        )

    def _return_deleted(self, task: Task, loaded: Loaded, done: _Batch) -> None:
        """A file whose article was deleted here: it stays deleted, waits for a decision, or comes back."""
        deleted = self.plan.deleted[task.deleted or 0]
        if not self.revive_deleted and deleted.imported_key == loaded.key:
            self.report.note(Case.KEPT_DELETED, loaded.path, loaded.url)
            done.renewals.append(_renewal(task.source, loaded, deleted.article_key))
            return
        if not self.revive_deleted:
            self.report.note(Case.CONFLICT, loaded.path, loaded.url)
            message = (
                f"the file changed, but its article was {deleted.told}. It stays deleted until somebody decides, "
                "under Conflicts in the admin or with --revive-deleted; or remove the file."
            )
            self.report.problems.append(Problem(loaded.path, 1, 1, "warning", "conflict", message))
            text = task.source.file.read_text(encoding="utf-8-sig")
            source = self._source_id(task.source.source)
            clash = import_conflicts.Clash(
                None, task.source.place, loaded.source_hash, text, deleted.pk, source
            )
            done.clashes.append(clash)
            return
        self.report.note(Case.REVIVED, loaded.path, loaded.url)
        self.keys.add(loaded.derived["content_key"])
        if not self.dry_run:
            trash.bring_back(
                deleted, subject=self._subject(loaded), slug=loaded.slug, related=loaded.related,
                values={**(loaded.values or {}), **loaded.derived, **_import_columns(loaded)},
                reason=f"import {self.run.pk}: revived",
            )  # fmt: skip
            done.renewals.append(_renewal(task.source, loaded, deleted.article_key))

    def _new(self, loaded: Loaded, now: dt.datetime) -> dict[str, Any]:
        """The row of a new article. Not an Article: making one costs as much as storing it."""
        values = loaded.values or {}
        midnight = dt.datetime.combine(values["date"], dt.time(), dt.UTC)
        life = lifecycle.read(values["extra"])
        subject = self._subject(loaded)
        return {
            "subject_id": subject.pk,
            "slug": loaded.slug,
            **values,
            **loaded.derived,
            # Right for all but copies, which links.choose_canonicals corrects: to set it later on every row is a
            # second import to PostgreSQL's indexes.
            "is_indexable": (
                subject.is_listed and not values["no_index"] and life.status == Article.Status.PUBLISHED
            ),
            "status": life.status,
            "is_preferred": life.is_preferred,
            "publish_at": life.publish_at or min(midnight, now),
            "expires": life.expires,
            "modified_at": min(life.lastmod or midnight, now),
            **_import_columns(loaded),
        }

    def _update(self, row: Article, loaded: Loaded, path: str, now: dt.datetime, *, is_changed: bool) -> None:
        self.keys.add(row.content_key)
        if is_changed:
            row.version += 1
            row.modified_at = max(now, row.modified_at + dt.timedelta(seconds=1))
        if row.missing_since:
            row.status = Article.Status.PUBLISHED
        if row.get_absolute_url() != path:
            _, _, subject_slug, _, slug = path.split("/")
            row.subject, row.slug = self._subject(loaded, subject_slug), slug
        row.updated_at = now
        self._follow_life(row, lifecycle.read((loaded.values or {})["extra"]))
        for columns in (loaded.values or {}, loaded.derived, _import_columns(loaded)):
            for name, value in columns.items():
                setattr(row, name, value)

    @staticmethod
    def _follow_life(row: Article, life: lifecycle.Lifecycle) -> None:
        """Let a file that says otherwise than before when its page is seen have its way."""
        before = lifecycle.read(row.extra or {})
        if life.status != before.status:
            row.status = life.status
        if life.expires != before.expires:
            is_over = row.is_expired
            row.expires = life.expires
            if is_over and not row.is_expired and row.status == Article.Status.UNPUBLISHED:
                row.status = life.status  # it was taken down for nothing but its time
        if life.publish_at and life.publish_at != before.publish_at:
            row.publish_at = life.publish_at
        if life.is_preferred != before.is_preferred:
            row.is_preferred = life.is_preferred

    def _clash(self, row: Article, task: Task, loaded: Loaded, why: str = "") -> import_conflicts.Clash:
        self.report.note(Case.CONFLICT, loaded.path, row.get_absolute_url())
        message = (
            why or f"the file changed, and so did {row.get_absolute_url()} on the site since its last import"
        )
        message += ". The site's text stays until somebody decides, in the admin or with --overwrite-edits."
        self.report.problems.append(Problem(loaded.path, 1, 1, "warning", "conflict", message))
        document = task.source.file.read_text(encoding="utf-8-sig")
        source = self._source_id(task.source.source)
        return import_conflicts.Clash(row.pk, task.source.place, loaded.source_hash, document, None, source)

    def _source_id(self, name: str) -> int | None:
        """The key of the source that a conflict's file belongs to; it is made where it is new."""
        if self.dry_run:
            return None
        if name not in self.sources:
            self.sources[name] = bases.source_id(name, self.kinds)
        return self.sources[name]

    def _subject(self, loaded: Loaded, slug: str = "") -> Subject:
        """The subject of the file's URL (or `slug`); made, with the file's own label as title, where there is none."""
        slug = slug or loaded.subject_slug
        slug = self.renamed.get(slug, slug)
        if slug not in self.subjects:
            title = (loaded.values or {})["subject_label"] or slug.replace("-", " ").capitalize()
            subject = Subject(slug=slug, title=title)
            if not self.dry_run:
                subject, _made = Subject.objects.get_or_create(slug=slug, defaults={"title": title})
            self.subjects[slug] = subject
        return self.subjects[slug]


def _key_with_life(row: Article) -> str:
    """The digest of what a file says that an export makes of the article."""
    values = {column: getattr(row, column) for column in documents.FILE_COLUMNS}
    values["extra"] = extra_with_life(row.extra or {}, row)
    related = [documents.related_of(link) for link in row.related_links.all()]
    return documents.import_key(row.get_absolute_url(), values, related)


def _renewal(place: SourceFile, loaded: Loaded, key: int) -> Renewal:
    return Renewal(place.source, place.place, loaded.url, loaded.source_hash, loaded.packed, key)


def _merged(loaded: Loaded, together: three_way.Together) -> Loaded:
    """The file as it is loaded, saying what both sides say together."""
    values = {**(loaded.values or {}), **together.values}
    urls = [link.url for link in together.related]
    slug = together.path.split("/")[2]
    ((derived, names),) = derived_with_pictures([(values["question"], values["answer"], slug)])
    return replace(
        loaded,
        values=values,
        related=together.related,
        derived=derived,
        picture_names=names or None,
        link_flaws=flaws.link_bits(together.path, urls),
    )


def _names(said: Loaded, before: str) -> list[str] | None:
    """The names of the pictures of an article that says `said` now and said `before`; None where it never had one."""
    return said.picture_names or ([] if "![" in before else None)


def _fields_in_conflict(together: three_way.Together | None) -> tuple[str, ...]:
    if together is None or not together.clashes:
        return ()
    return (
        f"the file and the site changed {', '.join(together.clashes)} in different ways since the last import",
    )


def _import_columns(loaded: Loaded) -> dict[str, Any]:
    return {
        "source_url": loaded.url,
        "source_path": loaded.place,
        "source_hash": loaded.source_hash,
        "imported_key": loaded.key,
        "missing_since": None,
        "edited_at": None,
        "link_flaws": loaded.link_flaws,
    }
