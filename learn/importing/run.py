"""The import itself: one function, called by the command, by the admin and by tests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, nullcontext
from functools import partial
from itertools import islice

from django.utils import timezone

from learn import documents, files, purging, search
from learn.changesets.imports import naming
from learn.db import rows
from learn.files.mapping import KeyMapping
from learn.files.problems import Problem
from learn.jobs.lock import only_import
from learn.jobs.progress import Progress
from learn.jobs.workers import Workers
from learn.models import Article, ImportedFile, ImportRun, Redirect, RelatedLink
from learn.related import similar
from learn.topics.placing import place_articles

from . import bases, known, subjects
from . import plan as planning
from . import sources as finding
from .cases import Case
from .conversion import Conversion, convert
from .facts import Plan, Task
from .pictures import PictureFiles
from .pruning import publish_again, unpublish
from .reader import Loaded, crashed, load
from .report import Change, ExitCode, ImportReport
from .store import Store

MANY = 500  # articles written, after which all duplicates are looked at and the planner is told
FEW = 20  # files that a list of changes may remove whatever --prune-limit says
STORED_PROBLEMS = 5_000  # of one run; the report that the caller gets holds all


def import_articles(  # noqa: PLR0913 what a command has options for
    source_paths: Iterable[str],
    *,
    who: str = "",
    dry_run: bool = False,
    jobs: int | None = None,
    prune: bool = False,
    prune_limit: str = "5%",
    overwrite_edits: bool = False,
    force: bool = False,
    strict: bool = False,
    partial_source: bool = False,
    revive_deleted: bool = False,
    source_name: str = "",
    source_kind: str = "",
    found: finding.Sources | None = None,
    mapping: KeyMapping | None = None,
    since_last: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> ImportReport:
    """Bring the articles of folders, files and archives into the database.

    What becomes of a file follows from what it was when it was last imported, from what it is now and from its article
    (learn.importing.cases): unchanged files are skipped by their hash, changed ones update their article; where an
    editor changed it, too, both changes are put together, and what cannot be waits as a conflict (`overwrite_edits`
    takes the file). A file whose article was deleted here does not bring it back, unless `revive_deleted`.
    `source_name` is the name by which the source is remembered; it is found where it is not given. `found`: the files
    themselves, where the caller listed them; `source_paths` only names them then. `mapping` tells what keys of another
    tool mean. `since_last`: the report tells the problems that the last runs of the source did not. One faulty file
    never stops the others, unless `strict`: then nothing is written at all. `force` loads unchanged files, too.
    `prune` unpublishes what is gone from the source, unless that is more than `prune_limit` ("5%" of what the source
    speaks of, or a number of articles). `partial_source`: the files say nothing of other articles; none counts as gone
    or as moved to a file's URL. `who` is noted with the run; `jobs` is the number of worker processes (None: one per
    core).

    Every step may be repeated: a run that was killed is completed by the next one.

    Raises SourceError where a source cannot be read at all, AlreadyRunningError while another import runs, and
    ValueError for a `prune_limit` of another form. All else is in the report, `exit_code` included.
    """
    started = time.monotonic()
    allowed = parse_prune_limit(prune_limit)
    paths = list(source_paths)
    report = ImportReport(dry_run=dry_run)
    before = known.last_runs(", ".join(paths)) if since_last else []
    with ExitStack() as stack:
        if not paths:
            raise ValueError("no SOURCE is given. Name a folder, a .md file or an archive.")
        kind = source_kind or ("named" if source_name else "")
        if found is None:
            found = finding.find(paths, stack, name=source_name, kind=kind)
            found.is_partial = partial_source
        conversion = convert(found, mapping, stack)
        workers = stack.enter_context(Workers(jobs, len(found.files)))
        if not dry_run:
            stack.enter_context(only_import())
            stack.enter_context(purging.held())
        try:
            _Run(report, found, conversion, workers, who=who, sources=paths).do(
                allowed=allowed if prune else None, limit=allowed, overwrite_edits=overwrite_edits, force=force,
                strict=strict, revive_deleted=revive_deleted, progress=progress,
            )  # fmt: skip
        except KeyboardInterrupt:
            report.exit_code = ExitCode.INTERRUPTED
        conversion.translate(report)
        if since_last:
            report.since_last = True
            report.since = before[0].finished_at if before else None
            report.problems, report.known = known.set_apart(report.problems, before)
    report.seconds = time.monotonic() - started
    if report.exit_code == ExitCode.DONE and report.rejected:
        report.exit_code = ExitCode.REJECTED
    if report.exit_code == ExitCode.DONE and report.conflicts:
        report.exit_code = ExitCode.CONFLICTS
    return report


def parse_prune_limit(text: str) -> Callable[[int], float]:
    """Read "5%" or "20"; return what it allows to be unpublished of so many covered articles.

    Raises ValueError for anything else.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", text.strip())
    if not match:
        raise ValueError(
            f"--prune-limit: {text!r} is no limit. Write a share such as 5% or a number of articles such as 20."
        )
    number = float(match[1])
    return (lambda covered: covered * number / 100) if match[2] else (lambda _covered: number)


class _Run:
    """One import, from what was found to what was written. Holds what its steps hand on."""

    def __init__(
        self,
        report: ImportReport,
        found: finding.Sources,
        conversion: Conversion,
        workers: Workers,
        *,
        who: str,
        sources: list[str],
    ) -> None:
        self.report, self.found, self.conversion, self.workers = report, found, conversion, workers
        self.row = ImportRun(source=", ".join(sources), who=who)
        self.pictures = PictureFiles(found, report)
        # Related links whose URL was not known yet when their file was read.
        self.unresolved: list[tuple[finding.SourceFile, list[documents.Related]]] = []

    def do(
        self,
        *,
        allowed: Callable[[int], float] | None,
        limit: Callable[[int], float],
        overwrite_edits: bool,
        force: bool,
        strict: bool,
        revive_deleted: bool,
        progress: Progress,
    ) -> None:
        report = self.report
        report.reject(self.found.problems)
        self.conversion.tell(report)
        entries = [(file.path, subjects.read(file, report)) for file in self.found.subject_files]
        plan = planning.make(self.found, force=force, revive=revive_deleted)
        report.reject(plan.problems)
        report.unchanged = plan.unchanged
        report.missing = len(plan.missing) + len(plan.kept) + len(plan.named)
        self._note_plan(plan)
        if strict and not self._all_valid(plan):
            return
        if self.found.is_diff and self._takes_down_too_much(plan, limit):
            return
        gone = sum(article.is_published for article in plan.missing)
        if allowed is not None and gone > allowed(plan.in_scope):
            report.exit_code = ExitCode.PRUNE_GUARD
            message = (
                f"{gone:,} of {plan.in_scope:,} published articles are gone from the source, more than --prune-limit "
                "allows. Nothing was written. Is the source complete? If so, raise the limit."
            )
            report.problems.append(Problem(self.row.source, 1, 1, "error", "prune-guard", message))
            return
        if not report.dry_run:
            self.row.save()
        of_files = [subjects.write(of, path, report, overwrite=overwrite_edits) for path, of in entries]
        subjects_changed = any(of_files)
        if not report.dry_run:
            bases.adopt(plan.adopted, self.found.kinds)
        self.pictures.dry_run, self.pictures.overwrite_edits = report.dry_run, overwrite_edits
        store = Store(
            self.row, report, plan, self.found.kinds, report.dry_run, force, overwrite_edits, revive_deleted
        )
        with (
            nullcontext() if report.dry_run else naming(self.row),
            nullcontext() if report.dry_run else search.bulk_load(len(plan.tasks)),
        ):
            self._write_articles(plan, store, progress)
            self.pictures.refresh()
            self.workers.close()  # relating has its own; both at once would be half a gigabyte
            self._write_absence(plan, prune=allowed is not None)
        if not report.dry_run:
            wrote = report.created + report.updated + report.unpublished + report.revived
            if wrote >= MANY:
                rows.analyze(Article, RelatedLink)
            is_small = wrote < MANY and not subjects_changed and not report.unpublished and not plan.returned
            self._finish(is_dirty=subjects_changed or wrote > 0, keys=store.keys if is_small else None)

    def _takes_down_too_much(self, plan: Plan, limit: Callable[[int], float]) -> bool:
        """Whether a list of changes removes more than --prune-limit, and more than a person would in passing."""
        gone = sum(article.is_published for article in plan.named)
        known = ImportedFile.objects.filter(source__name__in=list(self.found.kinds)).count()
        if gone <= max(limit(known), FEW):
            return False
        self.report.exit_code = ExitCode.PRUNE_GUARD
        message = (
            f"{gone:,} of {known:,} files are gone, more than --prune-limit allows. Nothing was written. Is this "
            "meant? If so, raise the limit."
        )
        self.report.problems.append(Problem(self.row.source, 1, 1, "error", "prune-guard", message))
        return True

    def _note_plan(self, plan: Plan) -> None:
        """Report what is decided before a file is loaded."""
        report = self.report
        for path in plan.kept_deleted:
            report.note(Case.KEPT_DELETED, path, "")
        for path, url, stands_at in plan.superseded:
            report.note(Case.SUPERSEDED, path, url, to=stands_at)
            message = (
                f"its article was moved on the site and stands at {stands_at} now. Remove this file if another one "
                "has that url, or else rename it and write the new url: an export does so."
            )
            report.problems.append(Problem(path, 1, 1, "warning", "superseded", message))
        for article in plan.kept:
            report.note(Case.KEPT, article.source_path, article.path)
            message = (
                f"the file is gone, but {article.path} was changed on the site since. It stays published: unpublish or "
                "delete it there, or export it to have the file back."
            )
            report.problems.append(Problem(article.source_path, 1, 1, "warning", "gone-but-edited", message))

    def _load(self, plan: Plan, *, render: bool = True) -> Iterator[list[Loaded]]:
        return self.workers.map(partial(load, render=render), (task.source for task in plan.tasks), crashed)

    def _all_valid(self, plan: Plan) -> bool:
        """Validate every file before anything is written; stop at the first faulty one."""
        report = self.report
        if not report.rejected:
            tasks = iter(plan.tasks)
            for batch in self._load(plan, render=False):
                for task, loaded in zip(islice(tasks, len(batch)), batch, strict=True):
                    self.pictures.check(task.source, loaded)
                if faulty := next((loaded for loaded in batch if loaded.values is None), None):
                    report.reject(faulty.problems)
                    break
        if report.rejected:
            report.unchanged = report.missing = 0
            report.exit_code = ExitCode.REJECTED
        return not report.rejected

    def _write_articles(self, plan: Plan, store: Store, progress: Progress) -> None:
        """Load and write in step: the workers are a few batches ahead of the database, never more."""
        progress(0, len(plan.tasks))
        tasks = iter(plan.tasks)
        done = 0
        for loaded_batch in self._load(plan):
            batch = list(zip(islice(tasks, len(loaded_batch)), loaded_batch, strict=True))
            for task, loaded in batch:
                self.pictures.settle(task.source, loaded)
            for task, loaded in batch:
                self._note(task, loaded, plan)
            store.write(batch)
            done += len(batch)
            progress(done, len(plan.tasks))
        self._report_dead_links(plan)

    def _note(self, task: Task, loaded: Loaded, plan: Plan) -> None:
        if loaded.values is None:
            self.report.reject(loaded.problems)
            return
        self.report.problems += loaded.problems
        plan.urls.add(loaded.url)
        if unknown := [link for link in loaded.related if link.url not in plan.urls]:
            self.unresolved.append((task.source, unknown))

    def _report_dead_links(self, plan: Plan) -> None:
        """Warn of each related link whose URL is neither an article's, now or formerly, nor a file's of this run."""
        if not self.unresolved:
            return
        known = plan.urls | set(
            Redirect.objects.filter(target__isnull=False).values_list("old_path", flat=True)
        )
        known |= Article.objects.known_paths(
            {link.url for _source, related in self.unresolved for link in related} - known
        )
        for source, related in self.unresolved:
            dead = [link for link in related if link.url not in known]
            data = source.file.read_bytes() if dead else b""
            for link in dead:
                line, column = files.key_position(data, f"related_article{link.position}")
                message = f"related_article{link.position} leads to {link.url}, where no article is. Mend or remove it."
                self.report.problems.append(
                    Problem(source.path, line, column, "warning", "dead-link", message)
                )

    def _write_absence(self, plan: Plan, *, prune: bool) -> None:
        report = self.report
        report.updated += len(plan.returned)
        report.unchanged -= len(plan.returned)
        gone = plan.named + (plan.missing if prune else [])
        taken_down = {article.pk for article in gone}
        for article in plan.named + plan.missing:
            report.changes.append(
                Change(
                    "unpublished" if article.pk in taken_down else "missing",
                    article.source_path,
                    article.path,
                )
            )
        if report.dry_run:
            report.unpublished = sum(article.is_published for article in gone)
            return
        publish_again(plan.returned)
        if gone:
            report.unpublished, redirects = unpublish(gone)
            report.redirects += redirects
        bases.forget(plan.stale)

    def _finish(self, *, is_dirty: bool, keys: set[str] | None) -> None:
        """Tie everything together again, where this run or one that never got here wrote something.

        `keys` are those of the duplicates to look at (`choose_canonicals`), where it was little that this run wrote.
        """
        unfinished = ImportRun.objects.filter(finished_at=None).exclude(pk=self.row.pk)
        was_stopped = unfinished.exists()
        if is_dirty or was_stopped:
            Article.objects.choose_canonicals(None if was_stopped else keys)
            RelatedLink.objects.resolve()
        similar.refresh_similar()  # in the subjects where something changed, whoever changed it
        place_articles()
        now = timezone.now()
        unfinished.update(finished_at=now)
        self.row.finished_at = now
        self.row.counts = self.report.counts()
        self.conversion.translate(self.report)
        self.row.problem_keys = known.keys_of(self.report.problems)
        self.row.problems = self.report.as_json()["problems"][:STORED_PROBLEMS]
        self.row.save()
