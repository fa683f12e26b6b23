from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LearnConfig(AppConfig):
    name = "learn"
    verbose_name = "Learn library"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, purging, search, similar, state  # noqa: F401, PLC0415 registers checks and receivers

        post_migrate.connect(state.set_up, sender=self)
        post_migrate.connect(search.set_up, sender=self)
        post_migrate.connect(similar.set_up, sender=self)
