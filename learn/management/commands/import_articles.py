from __future__ import annotations

import getpass
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learn.files.mapping import SHIPPED
from learn.files.mapping import load as load_mapping
from learn.files.problems import DocumentError, Problem, printable
from learn.importing import (
    AlreadyRunningError,
    ExitCode,
    ImportReport,
    SourceError,
    import_articles,
)
from learn.importing.kinds import kinds_of
from learn.jobs.progress import Progress, progress_on

PROBLEMS_SHOWN = 20  # warnings without -v 2; more are told by kind. Errors are always shown


class Command(BaseCommand):
    help = (
        "Import articles from folders (searched for *.md at any depth; README.md and names that begin with a dot are "
        "left out), single .md files, .zip or .tar.gz archives, and tables (.jsonl, .csv). "
        "Unchanged files are skipped; a file whose article "
        "was edited on the site is reported as a conflict and left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "source", nargs="+", metavar="SOURCE",
            help="a folder, a .md file, a .zip or .tar.gz, a table: .jsonl or .csv",
        )  # fmt: skip
        parser.add_argument(
            "--mapping", default="", metavar="NAME|FILE",
            help=f"what the keys of another tool mean: {', '.join(SHIPPED)}, or a YAML file of your own",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="report what would be done, write nothing")
        parser.add_argument(
            "--plan", action="store_true", help="list what would be done to each article, write nothing"
        )
        parser.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: one per core)")
        parser.add_argument(
            "--prune",
            action="store_true",
            help="unpublish what is gone from the source (410, or 301 to a twin)",
        )
        parser.add_argument(
            "--prune-limit", default="5%", metavar="LIMIT",
            help="stop when more than this would be unpublished: a share such as 5%% or a number (default: 5%%)",
        )  # fmt: skip
        parser.add_argument(
            "--overwrite-edits", action="store_true", help="take the file where file and article both changed"
        )
        parser.add_argument(
            "--revive-deleted", action="store_true", help="bring back articles that were deleted on the site"
        )
        parser.add_argument(
            "--source-name", default="", metavar="NAME",
            help="the name by which the source is remembered (default: its git repository, or its folder)",
        )  # fmt: skip
        parser.add_argument(
            "--since-last", action="store_true",
            help="tell only the problems that the last runs of the same SOURCE did not, and count the others",
        )  # fmt: skip
        parser.add_argument("--force", action="store_true", help="load unchanged files, too")
        parser.add_argument(
            "--strict", action="store_true", help="write nothing at all if one file is faulty"
        )
        parser.add_argument(
            "--report", metavar="FILE|-", help="write the report as JSON; - for standard output"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["jobs"] is not None and options["jobs"] < 1:
            raise CommandError("--jobs takes a number from 1.", returncode=ExitCode.USAGE)
        to_stdout = options["report"] == "-"
        with progress_on(self.stderr, "Importing", quiet=options["verbosity"] == 0) as progress:
            report = self._import(options, progress)
        if options["report"] and not to_stdout:
            self._write_report(Path(options["report"]), report)
        if to_stdout:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
        if options["plan"] and not to_stdout:
            for change in report.sorted_changes():
                self.stdout.write(change.line())
        self._say(report, options["verbosity"])
        if report.exit_code:
            sys.exit(report.exit_code)

    def _import(self, options: dict[str, Any], progress: Progress) -> ImportReport:
        names = (
            "dry_run",
            "jobs",
            "prune",
            "prune_limit",
            "overwrite_edits",
            "force",
            "strict",
            "revive_deleted",
            "since_last",
            "source_name",
        )
        options["dry_run"] = options["dry_run"] or options["plan"]
        try:
            return import_articles(
                options["source"],
                who=f"command line ({getpass.getuser()})",
                mapping=load_mapping(options["mapping"]) if options["mapping"] else None,
                progress=progress,
                **{name: options[name] for name in names},
            )
        except SourceError as error:
            raise CommandError(str(error), returncode=ExitCode.UNREADABLE) from error
        except (DocumentError, ValueError) as error:
            raise CommandError(str(error), returncode=ExitCode.USAGE) from error
        except AlreadyRunningError as error:
            message = (
                "another import is running on this database. Wait until it is done, then run this one again."
            )
            raise CommandError(message, returncode=ExitCode.BUSY) from error

    def _write_report(self, path: Path, report: ImportReport) -> None:
        try:
            path.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=2) + "\n")
        except OSError as error:
            raise CommandError(
                f"the import is done, but its report cannot be written to {path}: {error.strerror}."
            ) from error

    def _say(self, report: ImportReport, verbosity: int) -> None:
        """Problems, then the counts, on standard error: standard output is for the JSON report."""
        problems = report.sorted_problems()
        shown = sum(problem.severity == "warning" for problem in problems)
        is_summed_up = verbosity == 1 and shown > PROBLEMS_SHOWN
        warnings_shown = len(problems) if verbosity and not is_summed_up else 0
        for problem in problems:
            if problem.severity == "error":
                self.stderr.write(self._line(problem), self.style.ERROR)
            elif warnings_shown > 0:
                warnings_shown -= 1
                self.stderr.write(self._line(problem), self.style.WARNING)
        if verbosity == 0:
            return
        if is_summed_up:
            self.stderr.write(f"{shown:,} warnings by kind, the worst first; -v 2 shows all:", str)
            for kind in kinds_of(problem for problem in problems if problem.severity == "warning"):
                self.stderr.write(printable(kind.line()), self.style.WARNING)
        if report.since_last:
            self.stderr.write(_since(report), str)
        if report.exit_code == ExitCode.INTERRUPTED:
            self.stderr.write(
                "Interrupted. What was written is complete; run the import again for the rest.", str
            )
        style = self.style.WARNING if report.exit_code else self.style.SUCCESS
        self.stderr.write(report.summary(), style)

    @staticmethod
    def _line(problem: Problem) -> str:
        place = f"{problem.path}:{problem.line}:{problem.column}"
        return printable(f"{place}: {problem.severity}: {problem.message}")


def _since(report: ImportReport) -> str:
    """How many problems are not told because an earlier run told them, the worst kind first."""
    if report.since is None:
        return "No run of this source was before this one: all of its problems are new."
    moment = f"{report.since:%Y-%m-%d %H:%M} UTC"
    if not report.known:
        return f"Compared with the run of {moment}: nothing that was told before is still so."
    kinds = ", ".join(f"{kind.count:,} {kind.code}" for kind in kinds_of(report.known))
    return f"Known since the run of {moment} or before, and left out: {kinds}."
