from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from quicktakes.accounts import persons

from .export_person import account


class Command(BaseCommand):
    help = (
        "Take an editor's name from the site: the account can no longer log in and is called former-NUMBER; sessions, "
        "second factors, groups and failed logins are removed. Articles and their history stay. It cannot be undone: "
        "you are asked to type the name again. docs/privacy.md says what it cannot reach."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="NAME")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = account(options["username"])
        name = user.get_username()
        for word, (number, fate) in persons.plan(user).items():
            if number:
                self.stdout.write(f"{word.replace('_', ' ')}: {number}, {fate.value}")
        self.stdout.write("account: kept without name, address and password, and closed")
        if options["dry_run"]:
            self.stdout.write("Nothing was done.")
            return
        if not options["yes"]:
            self._ask(name)
        try:
            former = persons.forget(user)
        except persons.LastAdministratorError:
            raise CommandError(
                f"{name} is the only administrator, and nobody could let others in. Make another one first: "
                "python manage.py createsuperuser."
            ) from None
        self.stdout.write(f"{name} is forgotten, and called {former} where a name is needed.")

    def _ask(self, name: str) -> None:
        if not sys.stdin.isatty():
            raise CommandError("There is nobody to ask. Give --yes, or --dry-run to see what would be done.")
        if input(f"This cannot be undone. Type {name} to go on: ").strip() != name:
            raise CommandError("Nothing was done.")
