"""Django's admin, with our site in its place."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class EditorsDesk(AdminConfig):
    default_site = "learn.desk.Desk"
