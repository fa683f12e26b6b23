from __future__ import annotations

import datetime as dt
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from learn.exporting import export_articles, export_table
from learn.exporting.tables import FORMATS
from learn.jobs.progress import progress_on
from learn.models import Subject


class Command(BaseCommand):
    help = (
        "Write what the site changed into the files that articles came from (--all: every published article): only the "
        "lines that were edited change; files of moved articles are renamed, of deleted ones removed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", type=Path, metavar="DIR", help="where to write; nothing is written outside it"
        )
        parser.add_argument(
            "--all", action="store_true", help="every published article, not only what the site changed"
        )
        parser.add_argument(
            "--merge", action="store_true",
            help="where a writer changed the file, too, put both changes together (default: leave it)",
        )  # fmt: skip
        parser.add_argument(
            "--answers", choices=["block"], default="",
            help="block: write answers on lines of their own, so that git can compare and merge them",
        )  # fmt: skip
        parser.add_argument(
            "--format", choices=["files", *FORMATS], default="",
            help="jsonl, csv: every article as a row of one table, DIR/articles.jsonl, or DIR itself if it ends so",
        )  # fmt: skip
        parser.add_argument("--subject", metavar="SLUG", help="only the articles of this subject")
        parser.add_argument(
            "--changed-since",
            metavar="DATE",
            help="only articles written since: 2026-01-31 or 2026-01-31T12:00",
        )

    def handle(self, *_args: Any, folder: Path, **options: Any) -> None:
        subject = None
        if slug := options["subject"]:
            subject = Subject.objects.filter(slug=slug).first()
            if subject is None:
                known = ", ".join(Subject.objects.order_by("slug").values_list("slug", flat=True)) or "none"
                raise CommandError(f"There is no subject {slug}. Subjects: {known}.", returncode=2)
        since = _moment(options["changed_since"]) if options["changed_since"] else None
        form = options["format"] or _format_of(folder)
        if form in FORMATS and (options["merge"] or options["answers"]):
            message = "--merge and --answers are for files: a table is written anew."
            raise CommandError(message, returncode=2)
        try:
            with progress_on(self.stderr, "Exporting", quiet=options["verbosity"] == 0) as progress:
                if form in FORMATS:
                    report = export_table(
                        folder, form, subject=subject, changed_since=since, progress=progress
                    )
                else:
                    report = export_articles(
                        folder, subject=subject, changed_since=since, everything=options["all"],
                        merge=options["merge"], answers=options["answers"], progress=progress,
                    )  # fmt: skip
        except OSError as error:
            raise CommandError(f"{folder}: {error.strerror}.", returncode=3) from error
        for problem in report.problems:
            self.stderr.write(str(problem))
        if options["verbosity"] > 0:
            left_out = f", {report.left_out:,} whose files are gone left out" if report.left_out else ""
            more = "".join(
                f", {count:,} {name}"
                for name, count in (("removed", report.removed), ("merged", report.merged))
                if count
            )
            said = f"{report.written:,} files written, {report.unchanged:,} unchanged{more}{left_out}."
            if form in FORMATS:
                said = f"{report.rows:,} articles written into one table{left_out}."
            self.stdout.write(said)
        if report.problems:
            sys.exit(1)


def _format_of(path: Path) -> str:
    """The format that the name of a table says; files where it is a folder's."""
    suffix = path.suffix.lower().lstrip(".")
    return suffix if suffix in FORMATS and not path.is_dir() else "files"


def _moment(text: str) -> dt.datetime:
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)):
            moment = dt.datetime.combine(day, dt.time())
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(
            f"--changed-since: {text} is no date. Write 2026-01-31 or 2026-01-31T12:00.", returncode=2
        )
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
