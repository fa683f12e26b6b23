from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LearnConfig(AppConfig):
    name = "learn"
    verbose_name = "Learn library"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import (  # noqa: PLC0415
            checks,  # noqa: F401 registers the checks
            purging,  # noqa: F401 registers receivers
            search,
            similar,
            state,
            tallies,
        )

        post_migrate.connect(state.set_up, sender=self)
        post_migrate.connect(search.set_up, sender=self)
        post_migrate.connect(similar.set_up, sender=self)
        post_migrate.connect(tallies.set_up, sender=self)
