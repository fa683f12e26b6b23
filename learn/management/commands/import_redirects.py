from __future__ import annotations

import csv
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learn.redirects import table


class Command(BaseCommand):
    help = (
        "Make redirects of a CSV file with the columns old_path and new_path (a page of ours, or nothing for what is "
        "gone for good). Rows that cannot be redirects are listed with their reason; repeat it at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.csv", help="- reads standard input")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be made")
        parser.add_argument(
            "--report", type=Path, metavar="FILE.csv", help="write the refused rows here, too"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            report = self._load(options["file"], dry_run=options["dry_run"])
        except (OSError, UnicodeDecodeError, table.TableError) as error:
            raise CommandError(f"{options['file']}: {error}", returncode=3) from error
        for row, reason in report.refused:
            self.stderr.write(f"{options['file']}:{row.line}: {row.old}: {reason}")
        if options["report"]:
            with options["report"].open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(("line", *table.COLUMNS, "reason"))
                writer.writerows((*row, reason) for row, reason in report.refused)
        if options["verbosity"] > 0:
            done = "would be made" if options["dry_run"] else "made"
            self.stdout.write(
                f"{report.created:,} redirects {done}, {report.changed:,} changed, {report.unchanged:,} were there, "
                f"{len(report.refused):,} rows refused."
            )
        if report.refused:
            sys.exit(1)

    def _load(self, name: str, *, dry_run: bool) -> table.Report:
        if name == "-":
            return table.load(table.read(sys.stdin), dry_run=dry_run)
        with Path(name).open(newline="", encoding="utf-8-sig") as file:
            return table.load(table.read(file), dry_run=dry_run)
