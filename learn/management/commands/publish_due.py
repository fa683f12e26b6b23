from __future__ import annotations

import time
from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learn import purging
from learn.changesets import pruning, running, worker
from learn.db import state
from learn.editing import trash, wording
from learn.editing.scheduled import publish_due
from learn.feedback import cdn_logs, most_read, reads, reports, search_log
from learn.importing import uploads
from learn.media import library
from learn.media.store import StoreError
from learn.models import Worker
from learn.operations.heartbeat import heartbeat
from learn.search import pins
from learn.topics.placing import place_articles

NAME = "publish_due"
PICTURES = 20  # that are prepared at a time: half a minute's work


class Command(BaseCommand):
    help = (
        "Announce scheduled articles that have fallen due: choose the canonical one among copies and tell the cache in "
        "front of the site. Run it every minute, or once with --every. The pages themselves appear without it. "
        "Also gives the articles that changed their topics, looks at the words of answers that changed, "
        "puts the articles of each subject in the order of their reads once a day, "
        "makes the smaller files of new pictures, "
        "ends pinned search results whose time has passed, and removes uploads that nobody confirmed for a week, "
        "logged searches that are old or rare, and what waited in the trash for TRASH_DAYS; "
        "goes on with change sets whose process was killed."
    )

    _words_read = ""  # the state of the library at which the words of all answers had been looked at

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="stay, and look again so often")

    def handle(self, *_args: Any, **options: Any) -> None:
        pause = options["every"]
        if pause is not None and pause <= 0:
            raise CommandError("--every takes a number of seconds above 0.")
        if pause is None:
            Worker.objects.dead().filter(name=NAME).delete()  # a clock takes its place
        with nullcontext() if pause is None else heartbeat(NAME):
            while True:
                for path in self._once():
                    if options["verbosity"]:
                        self.stdout.write(path)
                if pause is None:
                    return
                time.sleep(pause)

    def _look_at_words(self) -> None:
        """At those of answers that changed; to find none takes a look at two indexes, so only where anything did."""
        present = state.read()
        if present is None or present.key != self._words_read:
            is_done = wording.refresh(limit=wording.CHECKED_AT_ONCE) < wording.CHECKED_AT_ONCE
            self._words_read = present.key if present and is_done else ""

    def _once(self) -> list[str]:
        with purging.held():
            paths = publish_due()
            place_articles()  # what time changed, and what was too much to do where it was saved
        try:
            with purging.held():
                library.prepare(limit=PICTURES)
        except StoreError as error:
            self.stderr.write(str(error))
        pins.end_old()
        search_log.forget_old()
        reports.forget_old()
        reads.forget_old()
        cdn_logs.forget_old()
        most_read.refresh()
        uploads.discard_old()
        trash.empty_old()
        pruning.forget_old()
        self._look_at_words()
        if running.is_anything_to_do():
            worker.start()  # it ends at once where a process is at it
        return paths
