from __future__ import annotations

from django.apps import AppConfig


class LearnConfig(AppConfig):
    name = "learn"
    verbose_name = "Learn library"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import purging  # noqa: F401, PLC0415 its receivers listen from here on
        from .topics import placing  # noqa: F401, PLC0415 so do these
