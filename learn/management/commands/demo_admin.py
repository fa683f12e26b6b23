from __future__ import annotations

import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

NAME = "admin"


class Command(BaseCommand):
    help = (
        "Make an account for trying out the admin, with a random password that stays the same from then on. Only with "
        "DEBUG on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new-password", action="store_true", help="give the account another password")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("DEBUG is off: make real accounts with `python manage.py createsuperuser`.")
        user, is_new = get_user_model().objects.get_or_create(
            username=NAME, defaults={"is_staff": True, "is_superuser": True}
        )
        # Beside the uploads, in var/: it opens nothing but a site on this machine, in development.
        path = Path(settings.UPLOAD_DIR).parent / "demo-password"
        password = path.read_text().strip() if path.exists() else ""
        if is_new or options["new_password"]:
            password = secrets.token_urlsafe(9)
            user.set_password(password)
            user.save(update_fields=["password"])
            _write_for_owner(path, password)
        address = f"Log in at {settings.SITE_URL}{settings.ADMIN_PATH} as {NAME}"
        if password and user.check_password(password):
            self.stdout.write(f"{address} with the password {password}")
        else:
            self.stdout.write(
                f"{address} with the password that you gave it; `manage.py demo_admin --new-password` makes another."
            )


def _write_for_owner(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123 its mode
        file.write(f"{text}\n")
