from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learn.operations.backup import BackupError, backup, write


class Command(BaseCommand):
    help = (
        "Write the whole database into one checked, dated file, while the site goes on. Run it every night, and keep "
        "the files on another machine."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", metavar="DIR", help="where the file goes; - writes it to standard output"
        )
        parser.add_argument(
            "--keep",
            type=int,
            default=14,
            metavar="N",
            help="delete all but the newest N in DIR (default: 14; 0: none)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["keep"] < 0:
            raise CommandError("--keep takes 0 or a number of files.")
        try:
            if options["folder"] == "-":
                write(sys.stdout.buffer)
                return
            path = backup(Path(options["folder"]), keep=options["keep"])
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["verbosity"] > 0:
            self.stdout.write(f"{path}: {path.stat().st_size / 1e6:,.1f} MB")
