from __future__ import annotations

import getpass
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from learn.files.problems import printable
from learn.importing import AlreadyRunningError, ExitCode
from learn.jobs.progress import progress_on
from learn.sync import SyncReport, sync_articles
from learn.sync.run import REVIEW
from learn.sync.waiting import sync_when_free


class Command(BaseCommand):
    help = (
        "Keep the library and a branch of a git repository in step: import what changed there, put both sides' changes "
        "together, and push what the site changed, one commit per editor and change, to a branch for review."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "repository", nargs="?", default=settings.SYNC_REPOSITORY, metavar="REPO",
            help="a path or URL that git understands (default: SYNC_REPOSITORY)",
        )  # fmt: skip
        parser.add_argument(
            "--branch", default=settings.SYNC_BRANCH, help="the branch to keep in step with (default: %(default)s)"
        )  # fmt: skip
        parser.add_argument(
            "--prefix", default=settings.SYNC_PREFIX or None, metavar="FOLDER",
            help="the folder of the articles (default: content/learn where that is, else all)",
        )  # fmt: skip
        target = parser.add_mutually_exclusive_group()
        target.add_argument(
            "--push", default=settings.SYNC_PUSH or REVIEW, metavar="BRANCH",
            help="the branch for review that the site's changes are pushed to (default: %(default)s)",
        )  # fmt: skip
        target.add_argument(
            "--push-to-main", action="store_true", help="push to the branch itself, without review"
        )
        target.add_argument("--no-push", action="store_true", help="only import")
        parser.add_argument("--plan", action="store_true", help="list what would be done, write nothing")
        parser.add_argument(
            "--prune-limit", default="5%", metavar="LIMIT",
            help="stop when more files than this are gone: a share such as 5%% or a number (default: 5%%)",
        )  # fmt: skip
        parser.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: one per core)")
        parser.add_argument(
            "--wait", action="store_true",
            help="where another run is under way, begin when it is done; end at once where one waits already",
        )  # fmt: skip
        parser.add_argument(
            "--report", metavar="FILE|-", help="write the report as JSON; - for standard output"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["jobs"] is not None and options["jobs"] < 1:
            raise CommandError("--jobs takes a number from 1.", returncode=ExitCode.USAGE)
        with progress_on(self.stderr, "Importing", quiet=options["verbosity"] == 0) as progress:
            try:
                begin = sync_when_free if options["wait"] else sync_articles
                report = begin(
                    options["repository"], branch=options["branch"], prefix=options["prefix"],
                    push="" if options["no_push"] else options["push"], push_to_main=options["push_to_main"],
                    plan=options["plan"], prune_limit=options["prune_limit"], jobs=options["jobs"],
                    who=f"command line ({getpass.getuser()})", progress=progress,
                )  # fmt: skip
            except ValueError as error:
                raise CommandError(str(error), returncode=ExitCode.USAGE) from error
            except AlreadyRunningError as error:
                message = "another synchronisation or import is running. Run this one again when it is done."
                raise CommandError(message, returncode=ExitCode.BUSY) from error
        if report is None:
            self.stderr.write("Another run waits to begin, and will see all that is there by then.")
            return
        self._say(report, options)
        if report.exit_code:
            sys.exit(report.exit_code)

    def _say(self, report: SyncReport, options: dict[str, Any]) -> None:
        """The plan and the JSON on standard output, everything else on standard error."""
        if options["report"] == "-":
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
        elif options["report"]:
            self._write(Path(options["report"]), report)
        if options["plan"] and options["report"] != "-":
            self._list(report)
        problems = [problem for done in report.imports for problem in done.sorted_problems()]
        for problem in [*problems, *report.problems] if options["verbosity"] else []:
            if problem.severity == "error" or options["verbosity"] > 1:
                self.stderr.write(printable(str(problem)))
        if report.message:
            self.stderr.write(report.message, self.style.ERROR)
        if options["verbosity"] and not report.message:
            self.stderr.write(report.summary(), str)

    def _list(self, report: SyncReport) -> None:
        for done in report.imports:
            for change in done.sorted_changes():
                self.stdout.write(printable(change.line()))
        for commit in report.outgoing:
            self.stdout.write(printable(f"push: {commit.message} ({commit.author})"))
            for path in commit.paths:
                self.stdout.write(printable(f"  {path}"))

    @staticmethod
    def _write(path: Path, report: SyncReport) -> None:
        try:
            path.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=2) + "\n")
        except OSError as error:
            raise CommandError(f"the report cannot be written to {path}: {error.strerror}.") from error
