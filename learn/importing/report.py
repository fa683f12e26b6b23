"""What an import did and what was wrong, for people (text) and for programs (JSON)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from learn.files.problems import Problem

REPORT_VERSION = 1
COUNTS = (
    "created", "updated", "unchanged", "conflicts", "missing", "unpublished", "redirects", "rejected", "warnings",
)  # fmt: skip


class ExitCode(IntEnum):
    """How `import_articles` ends; the values are part of its interface."""

    DONE = 0
    REJECTED = 1  # some files were rejected, the others are in
    USAGE = 2
    UNREADABLE = 3  # a source cannot be read: nothing was written
    PRUNE_GUARD = 4  # too much would have been unpublished: nothing was written
    INTERRUPTED = 130  # what was finished by then is in; the next run does the rest


@dataclass(slots=True)
class ImportReport:
    """Counts of articles (`created` ... `unpublished`), redirects made and files rejected, and every problem.

    `missing` are articles that were imported once and are not in the source any more; `seconds` is wall time.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    conflicts: int = 0
    missing: int = 0
    unpublished: int = 0
    redirects: int = 0
    seconds: float = 0.0
    dry_run: bool = False
    exit_code: ExitCode = ExitCode.DONE
    problems: list[Problem] = field(default_factory=list)
    # Counted apart from `problems`: one faulty file may have several problems.
    rejected_paths: set[str] = field(default_factory=set)

    @property
    def rejected(self) -> int:
        return len(self.rejected_paths)

    @property
    def warnings(self) -> int:
        return sum(problem.severity == "warning" for problem in self.problems)

    def reject(self, problems: list[Problem]) -> None:
        """Note that the files of `problems` are not imported."""
        self.problems += problems
        self.rejected_paths.update(problem.path for problem in problems if problem.severity == "error")

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in COUNTS}

    def as_json(self) -> dict[str, Any]:
        """The report as `--report` writes it: version 1, stable keys."""
        return {
            "version": REPORT_VERSION,
            **self.counts(),
            "seconds": round(self.seconds, 3),
            "dry_run": self.dry_run,
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

    def sorted_problems(self) -> list[Problem]:
        return sorted(self.problems, key=lambda problem: (problem.path, problem.line, problem.column))

    def summary(self) -> str:
        """The counts in one sentence; those that are zero and not of interest are left out."""
        parts = [f"{self.created:,} created, {self.updated:,} updated, {self.unchanged:,} unchanged"]
        parts += [f"{count:,} {name}" for name in COUNTS[3:] if (count := getattr(self, name))]
        verb = "Would be" if self.dry_run else "Done"
        return f"{verb}: {', '.join(parts)} in {self.seconds:.1f} s."
