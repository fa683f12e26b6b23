from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from learn.publishing import AlreadyPublishingError, publish


class Command(BaseCommand):
    help = (
        "Write the public site as files: every page with .gz, .br and .headers beside it, only what changed, deleting "
        "what is gone. DIR/.publish/nginx.conf makes nginx serve it as it is. Run collectstatic first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="where to; made where it is missing")
        parser.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: one per core)")
        parser.add_argument(
            "--quality", type=int, choices=range(12), default=5, metavar="Q",
            help="of Brotli, 0 to 11 (default: 5; 11 is 15 %% smaller and takes twenty times as long)",
        )  # fmt: skip
        parser.add_argument(
            "--force",
            action=argparse.BooleanOptionalAction,
            default=False,
            help="write what is unchanged, too",
        )

    def handle(self, **options: Any) -> None:
        try:
            report = publish(
                options["folder"], jobs=options["jobs"], quality=options["quality"], force=options["force"],
                progress=self.progress if options["verbosity"] and self.stdout.isatty() else lambda _done: None,
            )  # fmt: skip
        except AlreadyPublishingError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(
                f"{report.written:,} written, {report.unchanged:,} unchanged, {report.deleted:,} deleted, "
                f"{len(report.failed):,} failed, in {report.seconds:.1f} s"
            )
        if report.failed:
            raise CommandError("\n".join(report.failed))

    def progress(self, done: int) -> None:
        self.stdout.write(f"\r{done:,}", ending="")
