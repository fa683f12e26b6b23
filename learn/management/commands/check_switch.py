from __future__ import annotations

import csv
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from learn.jobs.progress import progress_on
from learn.seo import switch


class Command(BaseCommand):
    help = (
        "Ask this site for each address of the one whose place it takes (a sitemap, a CSV file or a list), without any "
        "network, and report what would not be found. Ends with 1 where an address is neither a page, nor one hop from "
        "one, nor gone on purpose."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="SITEMAP_OR_LIST")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="write every answer here")
        parser.add_argument("--limit", type=int, default=50, metavar="N", help="faults to list (default: 50)")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEBUG and not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
            raise CommandError("Pages name their static files: run `python manage.py collectstatic` first.")
        answers = self._answers(options["file"], quiet=options["verbosity"] == 0)
        if options["csv"]:
            with options["csv"].open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(switch.Answer._fields)
                writer.writerows(answers)
        wrong = [answer for answer in answers if not answer.is_right]
        for answer in wrong[: options["limit"]]:
            self.stdout.write(f"{answer.status} after {answer.hops} hops: {answer.address}")
        if len(wrong) > options["limit"]:
            self.stdout.write(f"… and {len(wrong) - options['limit']:,} more; --csv FILE holds all")
        for (status, hops), count in sorted(Counter((one.status, one.hops) for one in answers).items()):
            self.stdout.write(f"{count:>8,}  {status} {f'after {hops} hops' if hops else 'at once'}")
        noindex = sum(answer.is_noindex for answer in answers if answer.status == 200)
        self.stdout.write(f"{noindex:>8,}  of the pages keep search engines out (noindex)")
        if wrong:
            sys.exit(1)

    def _answers(self, file: Path, *, quiet: bool) -> list[switch.Answer]:
        try:
            asked = list(dict.fromkeys(switch.addresses(file)))
        except (OSError, switch.ListError) as error:
            raise CommandError(str(error), returncode=3) from error
        if not asked:
            message = f"{file} holds no address: one per line, or <loc> of a sitemap."
            raise CommandError(message, returncode=3)
        answers = []
        with progress_on(self.stderr, "Asking", quiet=quiet) as progress:
            for answer in switch.ask(asked):
                answers.append(answer)
                if len(answers) % 100 == 0 or len(answers) == len(asked):
                    progress(len(answers), len(asked))
        return answers
