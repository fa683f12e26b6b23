"""What visitors look for: the log of searches as a page, with what an editor can do about each."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from learn.feedback.searches import KINDS, Searched, searches

DAYS = (7, 30, 90, 365)
# What can be done about a search: the permission, the page, and the field that the search fills in.
REMEDIES = (
    ("learn.add_searchsynonym", "Add synonym", "admin:learn_searchsynonym_add", "term"),
    ("learn.add_searchpin", "Pin an article", "admin:learn_searchpin_add", "query"),
    ("learn.add_article", "Write the article", "admin:learn_article_add", "question"),
)


@require_safe
def overview(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The searches of one kind in the last days; `?kind=` and `?days=` choose. One query."""
    if not request.user.has_perm("learn.view_searchlogentry"):
        raise PermissionDenied
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else "top"
    days = next((number for number in DAYS if str(number) == request.GET.get("days")), 30)
    context = {
        **site.each_context(request),
        "title": "Searches",
        "kind": kind,
        "days": days,
        "kinds": KINDS,
        "all_days": DAYS,
        "rows": [(one, _remedies(request, one)) for one in searches(kind, days)],
        "is_kept": settings.SEARCH_LOG,
    }
    return TemplateResponse(request, "admin/searches.html", context)


def _remedies(request: HttpRequest, searched: Searched) -> list[tuple[str, str]]:
    """Label and address of what this editor may do about it."""
    remedies: list[tuple[str, str]] = []
    for permission, label, name, field in REMEDIES:
        if request.user.has_perm(permission):
            said: Any = (
                searched.text[:1].upper() + searched.text[1:] if field == "question" else searched.text
            )
            remedies.append((label, f"{reverse(name)}?{urlencode({field: said})}"))
    return remedies
