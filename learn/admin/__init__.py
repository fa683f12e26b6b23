"""The pages of the admin: importing this package registers them with the site (`quicktakes.admin.LearnAdminSite`)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from . import (
    answer_links,
    articles,
    change_sets,
    content_health,
    dashboard,
    dead_links,
    deletion,
    handbook,
    import_conflicts,
    imports,
    merging,
    near_duplicates,
    pictures,
    redirect_tables,
    redirects,
    replacing,
    reports,
    searches,
    searching,
    site_history,
    subjects,
    syncs,
    topics,
    uploads,
)

__all__ = [
    "articles",
    "change_sets",
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
_site.register_view("find-and-replace/", replacing.page, "find_and_replace")
_site.register_view("dead-links/", dead_links.page, "dead_links")
_site.register_view("answer-links/", answer_links.mend, "answer_links")
_site.register_view("redirects-table/", redirect_tables.upload, "redirect_table")
_site.register_view("redirects.csv", redirect_tables.download, "redirect_table_download")
_site.register_view("merge/", merging.page, "merge")
_site.register_view("searches/", searches.overview, "searches")
_site.register_view("readers/", reports.overview, "readers")
_site.register_view("trash/<int:key>/", deletion.for_good, "trash_for_good")
_site.register_view("history/", site_history.overview, "site_history")
_site.register_view("history/<int:number>/", site_history.line, "site_history_line")
_site.register_view("history/changes.csv", site_history.table, "site_history_table")
_site.register_view("handbook/", handbook.handbook, "handbook")
_site.register_view("content-health/<slug:key>/", content_health.kind, "content_health_kind")
