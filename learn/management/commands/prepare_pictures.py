from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learn import purging
from learn.media import library
from learn.media.store import StoreError


class Command(BaseCommand):
    help = (
        "Make the smaller versions of pictures that have none yet, and let their pages name them. The admin starts it, "
        "and publish_due does the same. Stop and repeat it at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, metavar="N", help="prepare so many at most")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with purging.held():
                done = library.prepare(limit=options["limit"])
        except StoreError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(f"{done:,} pictures prepared.")
