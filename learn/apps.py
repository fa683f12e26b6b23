from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LearnConfig(AppConfig):
    name = "learn"
    verbose_name = "Learn library"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, state  # noqa: F401, PLC0415 registers the system checks

        post_migrate.connect(state.set_up, sender=self)
