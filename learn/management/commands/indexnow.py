from __future__ import annotations

import datetime as dt
import re
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from learn.http import RequestError
from learn.seo.indexnow import changed_since, submit

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    help = (
        "List the addresses that changed, moved or went since a moment; with --send, submit them to IndexNow. Needs "
        "INDEXNOW_KEY, which the site itself proves at /<key>.txt."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            default="1d",
            metavar="WHEN",
            help="a date, a moment, or an age: 30m, 6h, 2d (default: 1d)",
        )
        parser.add_argument(
            "--send", action="store_true", help="submit them; without it they are only listed"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        urls = changed_since(moment(options["since"]))
        if not options["send"]:
            count = 0
            for count, url in enumerate(urls, start=1):  # noqa: B007 the last number is how many there were
                self.stdout.write(url)
            self.stderr.write(f"Addresses: {count:,}. Nothing was sent: add --send to submit them.")
            return
        if not settings.INDEXNOW_KEY:
            raise CommandError("INDEXNOW_KEY is not set: choose 8 to 128 letters, digits and hyphens.")
        try:
            sent = submit(urls)
        except RequestError as error:
            raise CommandError(f"IndexNow did not take the addresses: {error}") from error
        self.stdout.write(f"Addresses submitted: {sent:,}.")


def moment(text: str) -> dt.datetime:
    """The moment that `text` names: an ISO date or date and time (UTC where no zone is given), or an age.

    Raises CommandError for anything else.
    """
    if match := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return timezone.now() - dt.timedelta(**{UNITS[match[2]]: int(match[1])})
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)) is not None:
            found = dt.datetime.combine(day, dt.time())
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{text!r} is no moment. Write 2026-11-22, 2026-11-22T08:00 or an age such as 6h.")
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
