"""What a synchronisation did, or would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from learn.files.problems import Problem
from learn.importing import ExitCode, ImportReport

REPORT_VERSION = 1


class SyncExitCode(IntEnum):
    """How `sync_articles` ends, beside the codes of an import."""

    NOT_PUSHED = 10  # what the files say is in, but what the site says was not taken


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A commit that was pushed, or would be: who changed what, and the paths that it touches."""

    author: str
    message: str
    paths: tuple[str, ...]


@dataclass(slots=True)
class SyncReport:
    """`before` and `commit`: what was imported before and is now; `imports`: of each time that files were taken."""

    repository: str
    branch: str
    prefix: str = ""
    before: str = ""
    commit: str = ""
    pushed_to: str = ""
    dry_run: bool = False
    seconds: float = 0.0
    exit_code: int = ExitCode.DONE
    message: str = ""
    conflicts: int = 0  # that wait on the desk, of this repository
    for_review: int = 0  # files that a branch holds for review
    imports: list[ImportReport] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)  # of the files that were to be pushed

    def count(self, name: str) -> int:
        return sum(getattr(report, name) for report in self.imports)

    def as_json(self) -> dict[str, Any]:
        """The report as `--report` writes it: version 1, stable keys (docs/importing.md)."""
        return {
            "version": REPORT_VERSION,
            "repository": self.repository,
            "branch": self.branch,
            "prefix": self.prefix,
            "before": self.before,
            "commit": self.commit,
            "pushed_to": self.pushed_to,
            "dry_run": self.dry_run,
            "seconds": round(self.seconds, 3),
            "exit_code": int(self.exit_code),
            "message": self.message,
            "conflicts": self.conflicts,
            "for_review": self.for_review,
            "imports": [report.as_json() for report in self.imports],
            "outgoing": [
                {"author": commit.author, "message": commit.message, "paths": list(commit.paths)}
                for commit in self.outgoing
            ],
            "problems": [
                {"path": problem.path, "code": problem.code, "message": problem.message}
                for problem in self.problems
            ],
        }

    def summary(self) -> str:
        """What happened in one or two sentences."""
        verb = "Would be" if self.dry_run else "Done"
        names = ("created", "updated", "moved", "unpublished", "conflicts", "rejected", "kept")
        taken = [f"{count:,} {name}" for name in names if (count := self.count(name))]
        said = f"{verb}: {', '.join(taken) or 'nothing new'} from {self.branch} at {self.commit[:10] or '-'}"
        if self.outgoing:
            count = len(self.outgoing)
            said += f"; {count:,} commit{'s' if count > 1 else ''} to {self.pushed_to}"
        waits = [
            f"{count:,} {what}"
            for count, what in (
                (self.conflicts, "conflicts wait on the desk"),
                (self.for_review, f"files wait for review on {self.pushed_to}"),
            )
            if count
        ]
        return f"{said}{''.join(f'; {wait}' for wait in waits)} ({self.seconds:.1f} s)."
