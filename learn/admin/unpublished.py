"""Every working copy, the newest first: beside articles, and of new questions that were never saved."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from learn.models import WorkingCopy

from .login import editor

PER_PAGE = 50


def newest_first() -> QuerySet[WorkingCopy]:
    """The working copies without what they say but for the question (`asks`)."""
    copies = WorkingCopy.objects.select_related("article", "changed_by").annotate(asks=F("values__question"))
    return copies.order_by("-changed_at", "-pk").only(
        "key", "article_key", "base_version", "changed_at", "goes_live_at", "trouble", "changed_by__username",
        "article__question", "article__version",
    )  # fmt: skip


def never_saved(user: Any) -> QuerySet[WorkingCopy]:
    """The new questions that `user` wrote and never saved."""
    return newest_first().filter(article=None, changed_by=user)


@require_safe
def overview(request: HttpRequest, modeladmin: Any) -> HttpResponse:
    """All working copies, or with `?new` one's own questions that were never saved, in pages."""
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    is_new = "new" in request.GET
    copies = never_saved(editor(request)) if is_new else newest_first()
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": "New questions that you never saved" if is_new else "Unpublished changes",
        "opts": modeladmin.opts,
        "page": Paginator(copies, PER_PAGE).get_page(request.GET.get("page")),
        "query": "new&" if is_new else "",
    }
    return TemplateResponse(request, "admin/learn/article/unpublished.html", context)
