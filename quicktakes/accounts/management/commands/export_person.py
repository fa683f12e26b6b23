from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from quicktakes.accounts import persons


class Command(BaseCommand):
    help = (
        "Write all that is stored of an editor as JSON: account, revisions, uploads, runs, sessions, what was done in "
        "the admin. Passwords, second factors and session keys are left out. The file is for its owner only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="NAME")
        parser.add_argument("file", metavar="FILE", help="where to; - is standard output")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = account(options["username"])
        if options["file"] == "-":
            self.stdout.ending = ""
            persons.export(user, self.stdout)
            return
        path = Path(options["file"])
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}. Name a file that is not there yet.") from error
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            counts = persons.export(user, out)
        if options["verbosity"]:
            told = ", ".join(
                f"{word.replace('_', ' ')}: {number}" for word, number in counts.items() if number
            )
            self.stdout.write(f"{path}: the account{', ' if told else ''}{told}.")


def account(name: str) -> User:
    """The account with this name. Raises CommandError where there is none."""
    try:
        return User.objects.get(username=name)
    except User.DoesNotExist:
        raise CommandError(
            f"There is no account {name!r}. Capitals count; the admin lists all under “Users”.", returncode=2
        ) from None
