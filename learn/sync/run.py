"""The synchronisation itself: one function, called by the command and by tests.

Every step may be repeated. What was imported is found unchanged by the next import; what was pushed is found on the
branch. The commit that was imported is noted only after the import; the commit that is pushed is noted before the push.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from learn.importing import ExitCode, ImportReport, import_articles
from learn.importing.sources import FOLDER_PREFIX
from learn.jobs.lock import only_process
from learn.jobs.progress import Progress
from learn.models import ImportConflict, ImportRun, Revision, SyncedBranch, SyncRun

from . import incoming, settling
from .commits import Stream, add_edits, merge_of, pictures_edit, subjects_edit
from .git import GitError
from .incoming import USUAL_PREFIX, Tree
from .outgoing import Collector, Edit
from .report import SyncExitCode, SyncReport
from .repository import Entry, MovedError, RefusedError, Repository

REVIEW = "from-the-site"  # the branch that is pushed to, unless another is named
TRIES = 6  # times that a branch may move between our fetch and our push


def sync_articles(
    address: str,
    *,
    branch: str = "main",
    prefix: str | None = None,
    push: str = REVIEW,
    push_to_main: bool = False,
    plan: bool = False,
    prune_limit: str = "5%",
    who: str = "",
    jobs: int | None = None,
    progress: Progress = lambda _done, _total: None,
    begun: Callable[[], None] = lambda: None,
) -> SyncReport:
    """Bring the library and a branch of the repository at `address` (a path or URL) in step, both ways.

    What changed on the branch below `prefix` (None: content/learn where that is, else all of it) since the last time is
    imported (learn.importing): added, changed, deleted and renamed files. Where both sides changed something it is put
    together; what cannot be waits on the desk. What the site changed is pushed to the branch `push`, for review, one
    commit per editor and change; with `push_to_main` to `branch` itself; with `push=""` not at all; never by force.
    `plan` writes nothing, but for the copy of the repository. `prune_limit`: see `import_articles`. `begun` is
    called when the run's turn has come.

    It may be killed at any point; the next run completes it. Raises ValueError for wrong options, AlreadyRunningError
    while another one or an import runs. All else is in the report: `exit_code`, `message`.
    """
    started = time.monotonic()
    repository = Repository.at(address)
    _check_branches(branch, push, push_to_main=push_to_main)
    report = SyncReport(repository.name, branch, prefix or "", dry_run=plan)
    report.pushed_to = branch if push_to_main else push
    take = partial(import_articles, prune_limit=prune_limit, jobs=jobs, progress=progress)
    with only_process(lock_of(repository)):
        begun()  # from here on, what is pushed may be missed
        sync = _Sync(repository, report, who=who, plan=plan, take=take, to_main=push_to_main)
        try:
            sync.run(prefix)
        except GitError as error:
            is_push = isinstance(error, (MovedError, RefusedError))
            report.exit_code = SyncExitCode.NOT_PUSHED if is_push else ExitCode.UNREADABLE
            report.message = _sentence(str(error))
        finally:
            report.seconds = time.monotonic() - started
            sync.close()
    return report


def lock_of(repository: Repository) -> Path:
    """The file whose lock a run on this repository holds."""
    repository.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return repository.folder.with_suffix(".lock")


def _check_branches(branch: str, push: str, *, push_to_main: bool) -> None:
    for option, name in (("--branch", branch), ("--push", push)):
        parts = name.split("/")
        is_wrong = (
            not name.isprintable()
            or any(sign in name for sign in (" ", "~", "^", ":", "?", "*", "[", "\\", "..", "@{", "//"))
            or any(part.startswith((".", "-")) or part.endswith((".", ".lock")) for part in parts)
            or name.startswith("/") or name.endswith("/")
        )  # fmt: skip
        if (is_wrong and name) or not (name or option == "--push"):
            raise ValueError(f"{option}: {name!r} is no name of a branch.")
    if push == branch and not push_to_main:
        raise ValueError(f"--push {push} is the branch that is read. Name another, or say --push-to-main.")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


class _Sync:
    """One synchronisation. Holds what its steps hand on."""

    def __init__(
        self,
        repository: Repository,
        report: SyncReport,
        *,
        who: str,
        plan: bool,
        take: Callable[..., ImportReport],
        to_main: bool,
    ) -> None:
        self.repository, self.report, self.who, self.plan = repository, report, who, plan
        self.take, self.to_main = take, to_main
        self.review = "" if to_main else report.pushed_to
        self.target: SyncedBranch | None = None
        self.row: SyncRun | None = None

    def run(self, prefix: str | None) -> None:
        report = self.report
        for _try in range(TRIES):
            self._fetch()
            with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
                head = self._head(Path(folder), prefix)
                self._begin(head)
                if not self._pull(head):
                    return
                if not report.pushed_to:
                    break
                try:
                    is_done = self._push(head)
                except MovedError:
                    continue  # pull first
            if is_done or self.plan:
                break
        else:
            raise MovedError(f"{report.pushed_to} moved each time before a push to it. Try again later")
        self._finish(head)

    # --- What is there --------------------------------------------------------------------------------------------

    def _fetch(self) -> None:
        branch = self.report.branch
        self.repository.look()
        if branch not in self.repository.heads:
            there = ", ".join(sorted(self.repository.heads)[:10]) or "none"
            known = SyncedBranch.objects.filter(repository=self.repository.name, branch=branch).exists()
            gone = "is not there any more" if known else "is not there"
            raise GitError(
                f"{self.repository.name}: the branch {branch} {gone}. Branches: {there}. Nothing was written"
            )
        self.repository.fetch([name for name in (branch, self.review) if name])

    def _head(self, folder: Path, prefix: str | None) -> Tree:
        commit = self.repository.heads[self.report.branch]
        tree = Tree.of(self.repository, commit, "", folder)
        below = (USUAL_PREFIX if prefix is None else prefix).strip("/")
        is_there = any(path.startswith(f"{below}/") for path in tree.entries) if below else True
        if not is_there and prefix is not None:
            raise GitError(
                f"{self.repository.name}: there is no folder {below} on {self.report.branch}. Nothing was written"
            )
        tree.prefix = below if is_there else ""
        self.report.prefix = tree.prefix
        return tree

    def _begin(self, head: Tree) -> None:
        if self.target is not None:
            return
        names = {"repository": self.repository.name, "branch": self.report.branch, "prefix": head.prefix}
        target = SyncedBranch.objects.filter(**names).first() or SyncedBranch(**names)
        self.target = target
        if not self.plan:
            target.save()
            self.row = SyncRun.objects.create(target=self.target, who=self.who, before=self.target.commit)
        self.report.before = self.target.commit

    # --- From the branch -------------------------------------------------------------------------------------------

    def _pull(self, head: Tree) -> bool:
        """Import what changed. False where the run has to end here."""
        target, report = self._known(), self.report
        report.commit = head.commit
        manifest = settling.manifest_of(head, report.pushed_to)
        if not self.plan:
            settling.settle(target, head, self.repository.heads.get(self.review, ""), manifest)
        if target.commit == head.commit and not target.rejected:
            return True
        if self.repository.has(target.commit):
            found = incoming.changes(head, target.commit, target.rejected)
        else:
            found = incoming.everything(head)
        if not (found.files or found.deleted or found.subject_files or found.problems or found.picture_roots):
            self._imported(target, head, [])
            return True
        last = ImportRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        name = f"{self.repository.name}, {report.branch} at {head.commit[:10]}"
        done = self.take([name], who=self.who, dry_run=self.plan, found=found)
        report.imports.append(done)
        if self.row is not None:
            self.row.run = ImportRun.objects.filter(pk__gt=last).order_by("pk").first() or self.row.run
        if done.exit_code in (ExitCode.PRUNE_GUARD, ExitCode.INTERRUPTED):
            report.exit_code = done.exit_code
            report.message = next(
                (problem.message for problem in done.problems if problem.code == "prune-guard"),
                "Interrupted.",
            )
            return False
        self._imported(target, head, sorted(done.rejected_paths))
        return True

    def _imported(self, target: SyncedBranch, head: Tree, rejected: list[str]) -> None:
        target.commit, target.rejected = head.commit, rejected
        if not self.plan:
            target.save(update_fields=["commit", "rejected"])

    def _known(self) -> SyncedBranch:
        if self.target is None:
            raise RuntimeError("nothing was begun")
        return self.target

    # --- To the branch ---------------------------------------------------------------------------------------------

    def _push(self, head: Tree) -> bool:
        """Push what the site changed. False where the branch that was imported moved by it and is to be imported."""
        target, report = self._known(), self.report
        # Read before anything is looked at: what is written meanwhile is for the next time.
        revision = Revision.objects.order_by("-history_id").values_list("history_id", flat=True).first() or 0
        stream, tip, start = self._tip(head)
        pushed = target.pushed if self._holds(head, target.pushed) else ""
        # Where the branch for review was discarded, what was pushed to it is pushed again.
        since = target.pushed_revision if pushed or not target.pushed else 0
        found = Collector(head, tip, branch=report.pushed_to, since=since, pushed=pushed)
        edits = found.collect()
        if subjects := subjects_edit(head, tip):
            edits.append(subjects)
        if brought := pictures_edit(head, tip, found.prefix):
            edits.append(brought)
        report.problems = found.problems
        report.for_review = 0 if self.to_main else len(found.pending) + bool(subjects)
        if not edits:
            return True
        stream = stream or Stream(start)
        outgoing = add_edits(stream, edits, tip, _renames(edits))
        report.outgoing += outgoing
        if self.plan:
            return True
        commit = self.repository.write(stream.bytes())
        self._announce(found, edits, commit, revision)
        try:
            self.repository.push(commit, report.pushed_to)
        except MovedError:
            del report.outgoing[-len(outgoing) :]
            raise
        except RefusedError:
            report.outgoing.clear()
            raise
        self._pushed(found, commit, revision)
        return not self.to_main

    def _holds(self, head: Tree, commit: str) -> bool:
        """Whether a commit is on the branch that was imported, or waits on the one for review."""
        heads = (head.commit, self.repository.heads.get(self.review, ""))
        return any(self.repository.contains(one, commit) for one in heads if one)

    def _tip(self, head: Tree) -> tuple[Stream | None, dict[str, Entry], str]:
        """The files that are pushed on top of, and the commit; a stream where they first have to be merged."""
        review = self.repository.heads.get(self.review, "") if self.review else ""
        if not review or self.repository.contains(head.commit, review):
            return None, head.entries, head.commit
        if self.repository.contains(review, head.commit):
            return None, self.repository.tree(review), review
        stream = Stream(head.commit)
        wanted = Collector(head, head.entries, branch=self.review).wanted()
        return stream, merge_of(stream, self.repository, head, review, wanted), head.commit

    def _announce(self, found: Collector, edits: list[Edit], commit: str, revision: int) -> None:
        """Note what is about to be pushed, so that a run that is killed knows its own commits."""
        target = self._known()
        with transaction.atomic():
            settling.announce(found, {path: data for edit in edits for path, data in edit.paths.items()})
            target.next_pushed, target.next_revision = commit, revision
            target.save(update_fields=["next_pushed", "next_revision"])

    def _pushed(self, found: Collector, commit: str, revision: int) -> None:
        target = self._known()
        with transaction.atomic():
            settling.confirm(found.manifest)
            target.pushed, target.pushed_revision, target.next_pushed = commit, revision, ""
            target.save(update_fields=["pushed", "pushed_revision", "next_pushed"])

    # --- The end ---------------------------------------------------------------------------------------------------

    def _finish(self, head: Tree) -> None:
        report = self.report
        names = {head.root.name}
        report.conflicts = ImportConflict.objects.filter(
            file_source__name__in=names, resolved_at=None
        ).count()
        if report.exit_code != ExitCode.DONE:
            return
        if any(done.rejected for done in report.imports) or report.problems:
            report.exit_code = ExitCode.REJECTED
        elif report.conflicts:
            report.exit_code = ExitCode.CONFLICTS

    def close(self) -> None:
        """Note how it ended. A run that failed before anything of the branch was known is noted where it is known."""
        report = self.report
        if self.plan:
            return
        if self.row is None:
            known = SyncedBranch.objects.filter(repository=self.repository.name, branch=report.branch)
            target = known.order_by("-pk").first()
            if target is None or not report.message:
                return
            self.row = SyncRun(target=target, who=self.who, before=target.commit)
        row = self.row
        row.finished_at = timezone.now()
        row.commit, row.exit_code, row.message = report.commit, report.exit_code, report.message
        row.pushed, row.pushed_to = len(report.outgoing), report.pushed_to
        row.waiting = {
            "conflicts": report.conflicts,
            "for_review": report.for_review,
            "rejected": len(row.target.rejected),
        }
        row.save()


def _renames(edits: list[Edit]) -> dict[str, str]:
    """Where each file that is written stood before, where it is renamed."""
    return {
        path: former
        for edit in edits
        for former in (path for path, data in edit.paths.items() if data is None)
        for path, data in edit.paths.items()
        if data is not None and len(edit.steps) == 1
    }
