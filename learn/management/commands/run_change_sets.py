from __future__ import annotations

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from learn import purging
from learn.changesets import running, worker


class Command(BaseCommand):
    help = (
        "Run the change sets that wait, one after the other, and end. The admin and publish_due start this where there "
        "is something to do; nobody else has to. Killed at any moment, it goes on where it was the next time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="stay, and look again so often")
        parser.add_argument(
            "--beside", type=int, metavar="PID", help="end when this process, which began it, has ended"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        parent = options["beside"]

        def is_wanted() -> bool:
            return parent is None or os.getppid() == parent

        while is_wanted():
            if options["every"] is None and options["verbosity"]:
                self.stdout.write("working")
                self.stdout.flush()
            if options["every"] is None or running.is_anything_to_do():
                worker.work(is_wanted=is_wanted, around=purging.held)
            if options["every"] is None:
                return
            time.sleep(options["every"])
