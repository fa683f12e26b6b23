from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from learn import purging
from learn.editing.rerender import render_articles
from learn.jobs.progress import progress_on


class Command(BaseCommand):
    help = (
        "Render again the answers that an older version of the renderer made. Stop and repeat it at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="all answers, also those of the current version"
        )
        parser.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: one per core)")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with (
                progress_on(self.stderr, "Rendering", quiet=options["verbosity"] == 0) as progress,
                purging.held(),
            ):
                done, failed = render_articles(
                    everything=options["all"], jobs=options["jobs"], progress=progress
                )
        except KeyboardInterrupt:
            self.stderr.write("Interrupted. Run render_articles again for the rest.")
            sys.exit(130)
        if options["verbosity"] > 0:
            self.stdout.write(f"{done:,} articles rendered.")
        if failed:
            self.stderr.write("These could not be rendered:\n" + "\n".join(failed))
            sys.exit(1)
