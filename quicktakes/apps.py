"""Django's admin, with our site in its place."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class LearnAdminConfig(AdminConfig):
    default_site = "quicktakes.admin.LearnAdminSite"
