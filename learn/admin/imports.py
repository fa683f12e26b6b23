"""What each import did: its counts and its problems."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.safestring import SafeString

from learn.identity import row_key
from learn.importing.report import COUNTS
from learn.models import ImportConflict, ImportRun, SyncRun, Upload

from .lists import ReadOnlyAdmin
from .markup import time_tag

PROBLEMS_PER_PAGE = 100
USUAL = 9  # of COUNTS: those that every import has


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = (
        "started",
        "source_name",
        "who",
        *("created", "updated", "unchanged", "conflicts", "rejected", "warnings"),
    )
    change_form_template = "admin/learn/importrun/run.html"
    change_list_template = "admin/learn/importrun/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        return super().get_queryset(request).defer("problems", "problem_keys")

    @admin.display(description="Started", ordering="started_at")
    def started(self, run: ImportRun) -> SafeString:
        return time_tag(run.started_at)

    @admin.display(description="Source")
    def source_name(self, run: ImportRun) -> str:
        return run.source.rsplit("/", 1)[-1] or run.source

    def created(self, run: ImportRun) -> str:
        return _count(run, "created")

    def updated(self, run: ImportRun) -> str:
        return _count(run, "updated")

    def unchanged(self, run: ImportRun) -> str:
        return _count(run, "unchanged")

    def conflicts(self, run: ImportRun) -> str:
        return _count(run, "conflicts")

    def rejected(self, run: ImportRun) -> str:
        return _count(run, "rejected")

    def warnings(self, run: ImportRun) -> str:
        return _count(run, "warnings")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {
            "title": "Imports",
            "may_upload": request.user.has_perm("learn.import_article"),
            "syncs": list(SyncRun.objects.select_related("target")[:5]),
            "uploads": Upload.objects.select_related("user").defer("report")[:5],
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The counts and every problem of one run."""
        run = get_object_or_404(ImportRun, pk=row_key(object_id) or 0)
        severity = request.GET.get("severity", "")
        problems = [p for p in run.problems if not severity or p["severity"] == severity]
        page = Paginator(problems, PROBLEMS_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "title": f"Import of {run.started_at:%d %b %Y, %H:%M}",
            "subtitle": None,
            "run": run,
            # The folder of an uploaded file is not shown; its name says which it was.
            "upload": run.uploads.first(),
            "counts": counts(run.counts),
            "problems": page,
            "severity": severity,
            "open_conflicts": ImportConflict.objects.filter(run=run, resolved_at=None).count(),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)


def _count(run: ImportRun, name: str) -> str:
    return f"{run.counts[name]:,}" if name in run.counts else ("…" if run.finished_at is None else "–")


def counts(report: dict[str, Any]) -> list[tuple[str, int]]:
    """The counts of a report with their names, for people; those of rare cases only where there are any."""
    shown = [name for name in COUNTS if name in report and (name in COUNTS[:USUAL] or report[name])]
    return [(name.replace("_", " ").capitalize(), report[name]) for name in shown]
