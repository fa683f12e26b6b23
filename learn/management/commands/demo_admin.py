from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

NAME = "admin"


class Command(BaseCommand):
    help = "Make an account for trying out the admin, with a new random password. Only with DEBUG on."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("DEBUG is off: make real accounts with `python manage.py createsuperuser`.")
        password = secrets.token_urlsafe(9)
        user, _created = get_user_model().objects.get_or_create(
            username=NAME, defaults={"is_staff": True, "is_superuser": True}
        )
        user.set_password(password)
        user.save(update_fields=["password"])
        self.stdout.write(
            f"Log in at {settings.SITE_URL}{settings.ADMIN_PATH} as {NAME} with the password {password}"
        )
