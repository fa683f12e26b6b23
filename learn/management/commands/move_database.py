from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learn.operations.move import MoveError, move


class Command(BaseCommand):
    help = (
        "Copy everything from a SQLite database to the PostgreSQL of DATABASE_URL (run migrate there first), history, "
        "accounts and drafts included, and compare each row afterwards. All or nothing; the SQLite file is only read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the SQLite database")
        parser.add_argument(
            "--replace", action="store_true", help="empty a database that holds articles already"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        started = time.monotonic()

        def tell(table: str, rows: int) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(f"{table}: {rows:,}")

        try:
            rows = move(options["file"], replace=options["replace"], progress=tell)
        except MoveError as error:
            raise CommandError(f"Nothing was moved. {error}") from error
        if options["verbosity"]:
            self.stdout.write(
                f"{sum(rows.values()):,} rows of {len(rows)} tables moved and compared in "
                f"{time.monotonic() - started:.0f} s. Point the site to this database; keep the file for a while."
            )
