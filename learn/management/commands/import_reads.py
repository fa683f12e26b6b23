from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from learn.feedback import cdn_logs


class Command(BaseCommand):
    help = (
        "Count how often articles were read from the logs of a CDN in front of the site: the combined format, "
        "CloudFront's standard log, or lines of JSON as Cloudflare and Fastly write them, plain or .gz. Nothing else "
        "of them is stored. A file is counted once, so give those that are complete; with COUNT_READS=logs the site's "
        "own answers are not counted as well."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", metavar="LOG", nargs="+", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.COUNT_READS:
            raise CommandError("COUNT_READS is off: nothing is counted. Set it to logs.", returncode=2)
        if not settings.READS_FROM_LOGS:
            self.stderr.write(
                "COUNT_READS is not “logs”: what the CDN asked of this site is counted here and in its log."
            )
        failed = 0
        for path in options["files"]:
            try:
                report = cdn_logs.import_log(path)
            except (OSError, cdn_logs.LogError) as error:
                raise CommandError(f"{path}: {error}", returncode=3) from error
            self._tell(path, report, options["verbosity"])
            failed += report.failed
        if failed:
            sys.exit(1)

    def _tell(self, path: Path, report: cdn_logs.Report, verbosity: int) -> None:
        for problem in report.problems:
            self.stderr.write(f"{path}:{problem.line}: {problem.reason}")
        if report.failed > len(report.problems):
            self.stderr.write(f"{path}: and {report.failed - len(report.problems):,} more lines")
        if verbosity == 0:
            return
        if report.is_known:
            self.stdout.write(f"{path}: was counted before.")
            return
        self.stdout.write(
            f"{path}: {report.lines:,} lines, {report.reads:,} reads counted, {report.programs:,} of programs left "
            f"out, {report.old:,} too old, {report.failed:,} not understood."
        )
