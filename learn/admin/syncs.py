"""What each synchronisation with git did, and what waits."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.safestring import SafeString

from learn.identity import row_key
from learn.models import ImportConflict, SyncRun

from .lists import ReadOnlyAdmin
from .markup import time_tag


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    """Who may look at imports may look at these."""

    list_display = (
        "started",
        "branch",
        "imported",
        "commits",
        "for_review",
        "conflicts",
        "rejected",
        "outcome",
    )
    change_form_template = "admin/learn/syncrun/run.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("learn.view_importrun")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        return super().get_queryset(request).select_related("target")

    @admin.display(description="Started", ordering="started_at")
    def started(self, run: SyncRun) -> SafeString:
        return time_tag(run.started_at)

    def branch(self, run: SyncRun) -> str:
        return f"{run.target.repository.rsplit('/', 1)[-1]}, {run.target.branch}"

    def imported(self, run: SyncRun) -> str:
        return run.commit[:10] or "–"

    def commits(self, run: SyncRun) -> str:
        return f"{run.pushed:,} to {run.pushed_to}" if run.pushed else "–"

    def for_review(self, run: SyncRun) -> str:
        return _number(run, "for_review")

    def conflicts(self, run: SyncRun) -> str:
        return _number(run, "conflicts")

    def rejected(self, run: SyncRun) -> str:
        return _number(run, "rejected")

    def outcome(self, run: SyncRun) -> str:
        return run.message[:200] or ("done" if run.finished_at else "not finished")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """From which commit to which, what was pushed, what waits."""
        run = get_object_or_404(SyncRun.objects.select_related("target"), pk=row_key(object_id) or 0)
        context = {
            "title": f"Git, {run.started_at:%d %b %Y, %H:%M}",
            "subtitle": None,
            "run": run,
            "open_conflicts": ImportConflict.objects.filter(resolved_at=None).count(),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)


def _number(run: SyncRun, name: str) -> str:
    return f"{run.waiting.get(name, 0):,}" if run.finished_at else "…"
