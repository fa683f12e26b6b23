from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "quicktakes.accounts"
    verbose_name = "Accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what listens to signals."""
        for name in ("log", "review_mails", "security"):
            import_module(f"quicktakes.accounts.{name}")
