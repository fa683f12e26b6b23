from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

USERNAME, PASSWORD, EMAIL = (f"DJANGO_SUPERUSER_{name}" for name in ("USERNAME", "PASSWORD", "EMAIL"))


def has_administrator() -> bool:
    """Whether anybody can log in who may do everything."""
    return get_user_model().objects.filter(is_superuser=True, is_active=True).exists()


class Command(BaseCommand):
    help = (
        "Bring a new site to life: database, static files, the first administrator, the articles of a folder. Asks for "
        f"the account on a terminal; elsewhere it takes {USERNAME}, {PASSWORD} and {EMAIL} of the environment. Repeat "
        "it at any time: what is there stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "source", nargs="?", metavar="SOURCE", help="a folder, .zip or .tar.gz of articles to import"
        )
        parser.add_argument(
            "--ask-nothing",
            action="store_true",
            help="before each start: make no administrator, but say where there is none",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write("Database: up to date.")
        if not settings.DEBUG:
            self._collect_static_files()
        if not options["ask_nothing"]:
            self._make_administrator()
        elif not has_administrator():
            self.stderr.write(
                "Administrator: there is none, so nobody can edit. Make one with `python manage.py init_site`, which "
                "imports a folder of articles, too."
            )
        if options["source"]:
            call_command("import_articles", options["source"], stdout=self.stdout, stderr=self.stderr)
        if options["ask_nothing"]:
            return
        self.stdout.write(
            f"\nNext: start the site (`make serve`, or the units and containers of deploy/), then log in at "
            f"{settings.SITE_URL}{reverse('admin:index')}.\n"
            "Every few minutes: `python manage.py publish_due`. Every night: `python manage.py backup DIR`."
        )

    def _collect_static_files(self) -> None:
        root = Path(settings.STATIC_ROOT)
        if (root / "staticfiles.json").exists() and not os.access(root, os.W_OK):
            self.stdout.write("Static files: those that the image was built with.")
            return
        call_command("collectstatic", verbosity=0, interactive=False)
        self.stdout.write("Static files: collected.")

    def _make_administrator(self) -> None:
        if has_administrator():
            self.stdout.write("Administrator: there is one.")
            return
        if os.environ.get(PASSWORD) and os.environ.get(USERNAME):
            try:
                validate_password(os.environ[PASSWORD])
            except ValidationError as error:
                raise CommandError(f"{PASSWORD}: {' '.join(error.messages)}", returncode=2) from error
            call_command("createsuperuser", interactive=False, email=os.environ.get(EMAIL, ""), verbosity=0)
            self.stdout.write(f"Administrator: {os.environ[USERNAME]}.")
        elif sys.stdin.isatty():
            call_command("createsuperuser")
        else:
            raise CommandError(
                f"There is no administrator, and nobody to ask. Set {USERNAME} and {PASSWORD}, or run "
                "`python manage.py createsuperuser` on a terminal.",
                returncode=3,
            )
