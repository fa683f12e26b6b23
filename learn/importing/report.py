"""What an import did and what was wrong, for people (text) and for programs (JSON)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from learn.files.problems import Problem

from .cases import Case
from .kinds import kinds_of

REPORT_VERSION = 2
COUNTS = (
    "created", "updated", "unchanged", "conflicts", "missing", "unpublished", "redirects", "rejected", "warnings",
    "merged", "moved", "superseded", "kept_deleted", "revived", "kept",
)  # fmt: skip
# The counts that one case raises: what was merged is one of the updated.
_RAISES = {
    Case.CREATED: ("created",),
    Case.UPDATED: ("updated",),
    Case.MERGED: ("updated", "merged"),
    Case.UNCHANGED: ("unchanged",),
    Case.CONFLICT: ("conflicts",),
    Case.SUPERSEDED: ("superseded",),
    Case.KEPT_DELETED: ("kept_deleted",),
    Case.REVIVED: ("revived",),
    Case.MOVED: ("moved",),
    Case.KEPT: ("kept",),
    Case.MISSING: (),  # counted with the plan
}


class ExitCode(IntEnum):
    """How `import_articles` ends; the values are part of its interface."""

    DONE = 0
    REJECTED = 1  # some files were rejected, the others are in
    USAGE = 2
    UNREADABLE = 3  # a source cannot be read: nothing was written
    PRUNE_GUARD = 4  # too much would have been unpublished: nothing was written
    CONFLICTS = 5  # all files are in but those that wait for somebody to decide
    BUSY = 6  # another import is running: nothing was written
    INTERRUPTED = 130  # what was finished by then is in; the next run does the rest


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one article: the case, its file, its address, the fields that change, where it goes."""

    action: str
    path: str
    url: str
    fields: tuple[str, ...] = ()
    to: str = ""

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"action": self.action, "path": self.path, "url": self.url}
        if self.fields:
            said["fields"] = list(self.fields)
        return {**said, "to": self.to} if self.to else said

    def line(self) -> str:
        """The same in a line for people."""
        fields = f" ({', '.join(self.fields)})" if self.fields else ""
        to = f" -> {self.to}" if self.to else ""
        return f"{self.action.replace('_', ' ')}: {self.url or self.path}{to}{fields}"


@dataclass(slots=True)
class ImportReport:
    """Counts of articles (`created` ... `unpublished`), redirects made and files rejected, and every problem.

    `missing` are articles that were imported once and are not in the source any more; `seconds` is wall time.
    `changes` lists what happens to each article that does not stay as it is.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    conflicts: int = 0
    missing: int = 0
    unpublished: int = 0
    redirects: int = 0
    merged: int = 0
    moved: int = 0
    superseded: int = 0
    kept_deleted: int = 0
    revived: int = 0
    kept: int = 0
    seconds: float = 0.0
    dry_run: bool = False
    exit_code: ExitCode = ExitCode.DONE
    problems: list[Problem] = field(default_factory=list)
    # With --since-last: what the last runs of the source told, too, and when the last of them ended.
    known: list[Problem] = field(default_factory=list)
    since_last: bool = False
    since: dt.datetime | None = None
    changes: list[Change] = field(default_factory=list)
    # Counted apart from `problems`: one faulty file may have several problems.
    rejected_paths: set[str] = field(default_factory=set)

    @property
    def rejected(self) -> int:
        return len(self.rejected_paths)

    @property
    def warnings(self) -> int:
        return sum(problem.severity == "warning" for problem in (*self.problems, *self.known))

    def note(self, case: Case, path: str, url: str, fields: Collection[str] = (), *, to: str = "") -> None:
        """Count what happens to one article, and keep it where it is more than nothing."""
        for name in _RAISES[case]:
            setattr(self, name, getattr(self, name) + 1)
        if case != Case.UNCHANGED:
            self.changes.append(Change(case.value, path, url, tuple(fields), to))

    def reject(self, problems: list[Problem]) -> None:
        """Note that the files of `problems` are not imported."""
        self.problems += problems
        self.rejected_paths.update(problem.path for problem in problems if problem.severity == "error")

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in COUNTS}

    def as_json(self) -> dict[str, Any]:
        """The report as `--report` writes it: version 2, stable keys (docs/importing.md)."""
        return {
            "version": REPORT_VERSION,
            **self.counts(),
            **self._known(),
            "seconds": round(self.seconds, 3),
            "dry_run": self.dry_run,
            "exit_code": int(self.exit_code),
            "changes": [change.as_json() for change in self.sorted_changes()],
            "kinds": [kind.as_json() for kind in kinds_of(self.problems)],
            "problems": [
                {
                    "path": problem.path,
                    "line": problem.line,
                    "column": problem.column,
                    "severity": problem.severity,
                    "code": problem.code,
                    "message": problem.message,
                }
                for problem in self.sorted_problems()
            ],
        }

    def _known(self) -> dict[str, Any]:
        """What --since-last adds: when the last run of the source ended, and how many problems of each kind it told."""
        if not self.since_last:
            return {}
        since = self.since.isoformat() if self.since else None
        return {"since": since, "known": [kind.as_json() for kind in kinds_of(self.known)]}

    def sorted_changes(self) -> Iterable[Change]:
        """By what is done, in the order of `Case`, then by path."""
        order = {case.value: number for number, case in enumerate(Case)}
        return sorted(
            self.changes, key=lambda change: (order.get(change.action, 99), change.path, change.url)
        )

    def sorted_problems(self) -> list[Problem]:
        return sorted(self.problems, key=lambda problem: (problem.path, problem.line, problem.column))

    def summary(self) -> str:
        """The counts in one sentence; those that are zero and not of interest are left out."""
        parts = [f"{self.created:,} created, {self.updated:,} updated, {self.unchanged:,} unchanged"]
        parts += [
            f"{count:,} {name.replace('_', ' ')}" for name in COUNTS[3:] if (count := getattr(self, name))
        ]
        verb = "Would be" if self.dry_run else "Done"
        return f"{verb}: {', '.join(parts)} in {self.seconds:.1f} s."
