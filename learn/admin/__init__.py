"""The pages of the admin: importing this package registers them with the site (`quicktakes.admin.LearnAdminSite`)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from . import (
    articles,
    content_health,
    dashboard,
    deletion,
    handbook,
    import_conflicts,
    imports,
    near_duplicates,
    pictures,
    redirects,
    reports,
    searches,
    searching,
    subjects,
    syncs,
    topics,
    uploads,
)

__all__ = [
    "articles",
    "deletion",
    "import_conflicts",
    "imports",
    "near_duplicates",
    "pictures",
    "redirects",
    "reports",
    "searching",
    "subjects",
    "syncs",
    "topics",
    "uploads",
]

_site: Any = admin.site
_site.index_context = dashboard.context
_site.register_view("content-health/", content_health.overview, "content_health")
_site.register_view("searches/", searches.overview, "searches")
_site.register_view("readers/", reports.overview, "readers")
_site.register_view("handbook/", handbook.handbook, "handbook")
_site.register_view("content-health/<slug:key>/", content_health.kind, "content_health_kind")
