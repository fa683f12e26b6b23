"""Writes loaded files to the database in short transactions; an editor's change is never overwritten unasked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from learn import derive, documents
from learn.db import state
from learn.db.rows import Row, batched, insert, row_of, upsert
from learn.editing import import_conflicts
from learn.files.problems import Problem
from learn.models import Article, ImportRun, Redirect, RelatedLink, RevisionDetails, Subject
from learn.models.revisions import ensure_first_revision, record
from learn.signals import pages_changed

from .plan import Known, Task
from .reader import Loaded
from .report import ImportReport

# Columns that an update may touch; where an article stands and who may see it is the editors' and the plan's.
UPDATED_COLUMNS = (
    *documents.FILE_COLUMNS, *derive.DERIVED_FIELDS,
    "source_url", "source_path", "source_hash", "imported_key", "missing_since", "edited_at", "link_flaws", "status",
    "updated_at", "modified_at", "version",
)  # fmt: skip


class Saved(NamedTuple):
    """A row to write; `pk` is that of the article it updates, None where it makes one."""

    pk: int | None
    row: Row
    loaded: Loaded


@dataclass(slots=True)
class Store:
    """Writes batches of one import run, or only counts what it would write (`dry_run`)."""

    run: ImportRun
    report: ImportReport
    dry_run: bool = False
    force: bool = False
    overwrite_edits: bool = False
    subjects: dict[str, Subject] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)  # content_key of what was written, as it was and as it is

    def write(self, batch: list[tuple[Task, Loaded]]) -> None:
        """Create or update the articles of `batch` with their links and redirects, in one transaction."""
        with transaction.atomic():
            state.lock_writes()
            self._write([(task, loaded) for task, loaded in batch if loaded.values is not None])

    def _write(self, batch: list[tuple[Task, Loaded]]) -> None:
        now = timezone.now()
        rows = _rows_of(batch)
        saved: list[Saved] = []
        changed: list[Article] = []
        moved: dict[str, Article] = {}
        clashes: list[import_conflicts.Clash] = []
        for task, loaded in batch:
            row = rows.get(loaded.path)
            key = loaded.key
            if row is None:
                self.report.created += 1
                self.keys.add(loaded.derived["content_key"])
                saved.append(Saved(None, self._new(loaded, key, now), loaded))
                continue
            current = documents.import_key_of(row)
            is_edited = current not in (row.imported_key, key)
            if is_edited and not self.overwrite_edits:
                clashes.append(self._clash(row, task, loaded))
                continue
            if current == key and not self.force:
                self.report.unchanged += 1  # the file's bytes changed, but not what they say
            else:
                self.report.updated += 1
            if current != key:
                changed.append(row)
            old_path = row.get_absolute_url()
            self._update(row, loaded, key, now, is_changed=current != key)
            if old_path != loaded.url:
                self.report.redirects += 1
                moved[old_path] = row
            self.keys.add(row.content_key)
            saved.append(Saved(row.pk, row_of(row), loaded))
        if not self.dry_run:
            ensure_first_revision(Article, [row.pk for row in changed])
            _save(saved, moved)
            record(changed, source=RevisionDetails.Source.IMPORT, reason=f"import {self.run.pk}")
            import_conflicts.record_conflicts(self.run, clashes)

    def _new(self, loaded: Loaded, key: str, now: dt.datetime) -> Row:
        """The row of a new article. Not an Article: making one costs as much as storing it."""
        values = loaded.values or {}
        midnight = dt.datetime.combine(values["date"], dt.time(), dt.UTC)
        subject = self._subject(loaded)
        return {
            "subject_id": subject.pk,
            "slug": loaded.slug,
            **values,
            **loaded.derived,
            # Right for all but copies, which links.choose_canonicals corrects: to set it later on every row is a
            # second import to PostgreSQL's indexes.
            "is_indexable": subject.is_listed and not values["no_index"],
            "publish_at": min(midnight, now),
            "modified_at": min(midnight, now),
            **_import_columns(loaded, key),
        }

    def _update(self, row: Article, loaded: Loaded, key: str, now: dt.datetime, *, is_changed: bool) -> None:
        self.keys.add(row.content_key)
        if is_changed:
            row.version += 1
            row.modified_at = max(now, row.modified_at + dt.timedelta(seconds=1))
        if row.missing_since:
            row.status = Article.Status.PUBLISHED
        row.subject, row.slug = self._subject(loaded), loaded.slug
        row.updated_at = now
        for columns in (loaded.values or {}, loaded.derived, _import_columns(loaded, key)):
            for name, value in columns.items():
                setattr(row, name, value)

    def _clash(self, row: Article, task: Task, loaded: Loaded) -> import_conflicts.Clash:
        self.report.conflicts += 1
        message = (
            f"the file changed, and so did {row.get_absolute_url()} on the site since its last import. The site's "
            "text stays until somebody decides, under Conflicts in the admin or with --overwrite-edits."
        )
        self.report.problems.append(Problem(loaded.path, 1, 1, "warning", "conflict", message))
        document = task.source.file.read_text(encoding="utf-8-sig")
        return import_conflicts.Clash(row.pk, loaded.path, loaded.source_hash, document)

    def _subject(self, loaded: Loaded) -> Subject:
        """The subject of the file's URL; made, with the file's own label as title, where there is none."""
        slug = loaded.subject_slug
        if slug not in self.subjects:
            title = (loaded.values or {})["subject_label"] or slug.replace("-", " ").capitalize()
            subject = Subject(slug=slug, title=title)
            if not self.dry_run:
                subject, _made = Subject.objects.get_or_create(slug=slug, defaults={"title": title})
            self.subjects[slug] = subject
        return self.subjects[slug]


def _import_columns(loaded: Loaded, key: str) -> dict[str, Any]:
    return {
        "source_url": loaded.url,
        "source_path": loaded.path,
        "source_hash": loaded.source_hash,
        "imported_key": key,
        "missing_since": None,
        "edited_at": None,
        "link_flaws": loaded.link_flaws,
    }


def _rows_of(batch: list[tuple[Task, Loaded]]) -> dict[str, Article]:
    """The article of each file, by the file's path, locked until the transaction ends.

    The plan knows it; but where an editor made one at the file's URL since then, that one.
    """
    made_since = Article.objects.at_paths(loaded.url for task, loaded in batch if task.pk is None)
    pks = {loaded.path: task.pk or made_since.get(loaded.url) for task, loaded in batch}
    rows = (
        Article.objects.filter(pk__in=[pk for pk in pks.values() if pk])
        .select_for_update(of=("self",))
        .select_related("subject")
        .prefetch_related("related_links")
        .in_bulk()
    )
    return {path: rows[pk] for path, pk in pks.items() if pk in rows}


def _save(saved: list[Saved], moved: dict[str, Article]) -> None:
    if not saved:
        return
    pks = [pk for pk, _row, _loaded in saved if pk]
    pages_changed.send(sender=Article, pks=pks)  # where they stood; below, where they stand
    # A redirect would never hide a live page (they are looked up after a 404), but may not outlive its reason.
    paths = [loaded.url for _pk, _row, loaded in saved]
    Redirect.objects.filter(old_path__in=paths).delete()
    # An address that the files gave to another article before must be free for this one.
    Article.objects.filter(source_url__in=paths).exclude(pk__in=pks).update(source_url=None)
    if moved:
        Article.objects.bulk_update(moved.values(), ["subject", "slug", "source_url"])
    upsert(Article, [row for _pk, row, _loaded in saved], ["subject", "slug"], UPDATED_COLUMNS)
    if moved:
        Redirect.objects.leave(moved)
    if pks:
        RelatedLink.objects.filter(article__in=pks).delete()
    written = dict(Article.objects.filter(source_url__in=paths).values_list("source_url", "pk"))
    insert(
        RelatedLink,
        [
            {"article_id": written[loaded.url], **related._asdict()}
            for _pk, _row, loaded in saved
            for related in loaded.related
        ],
    )
    pages_changed.send(sender=Article, pks=list(written.values()))


def publish_again(pks: list[int]) -> None:
    """Publish the articles that an earlier run took down as missing and that are back, unchanged."""
    for batch in batched(pks):
        with transaction.atomic():
            rows = Article.objects.filter(pk__in=batch, missing_since__isnull=False)
            paths = [
                row.get_absolute_url() for row in rows.select_related("subject").only("slug", "subject__slug")
            ]
            Redirect.objects.filter(old_path__in=paths, is_automatic=True).delete()
            pages_changed.send(sender=Article, pks=[row.pk for row in rows])
            _update_with_history(
                [row.pk for row in rows],
                "back in the source",
                status=Article.Status.PUBLISHED,
                missing_since=None,
            )


def unpublish(missing: list[Known]) -> tuple[int, int]:
    """Take down what is gone from the source: 410, or 301 where the same question lives on at another URL.

    Returns how many articles were unpublished and how many redirects made. Nothing is deleted.
    """
    unpublished = redirects = 0
    gone = [article for article in missing if article.is_published]
    for batch in batched(gone):
        with transaction.atomic():
            rows = Article.objects.filter(pk__in=[article.pk for article in batch])
            keys = dict(rows.values_list("pk", "content_key"))
            pages_changed.send(sender=Article, pks=list(keys))
            unpublished += _update_with_history(
                list(keys),
                "gone from the source",
                status=Article.Status.UNPUBLISHED,
                missing_since=timezone.now(),
            )
            gone_pks = {article.pk for article in gone}
            living = (
                Article.objects.published()
                .filter(content_key__in=set(keys.values()))
                .exclude(pk__in=gone_pks)
            ).order_by("-is_preferred", "-subject__is_listed", "date", "subject__slug", "slug")
            by_key: dict[str, Article] = {}
            for article in living.only("content_key"):
                by_key.setdefault(article.content_key, article)
            moved = {
                article.path: by_key[keys[article.pk]] for article in batch if keys[article.pk] in by_key
            }
            redirects += Redirect.objects.leave(moved)
    return unpublished, redirects


def _update_with_history(pks: list[int], reason: str, **values: object) -> int:
    """Change articles as an editor's bulk action does: a new version, and a revision that says from where."""
    ensure_first_revision(Article, pks)
    rows = Article.objects.filter(pk__in=pks)
    count = rows.update(**values, version=F("version") + 1, updated_at=timezone.now())
    record(list(rows), source=RevisionDetails.Source.IMPORT, reason=reason)
    return count
