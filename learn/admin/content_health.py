"""The content-health report as pages: each kind of problem, its count, and a link to each article to fix."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from learn import rights
from learn.editing import content_health, wording
from learn.feedback import overview as overview_of_votes
from learn.models import Article

from .cached import cached_until_change
from .filters import asked_votes
from .lists import CappedPaginator
from .replacing import repairs_for

PER_PAGE = 50
MERGED = ("duplicates", "namesakes", "near-duplicates")  # what a merge mends
ORDER = ("-updated_at", "-pk")


def _require_view(request: HttpRequest) -> None:
    if not request.user.has_perm("learn.view_article"):
        raise PermissionDenied


@require_safe
def overview(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """Each kind with its count."""
    _require_view(request)
    counts = cached_until_change(f"health-{wording.stamp()}", content_health.counts)
    context = {
        **site.each_context(request),
        "unread": wording.stale().count(),
        "title": "Content health",
        "kinds": [(kind, counts[key]) for key, kind in content_health.KINDS.items()],
    }
    return TemplateResponse(request, "admin/health.html", context)


@require_safe
def kind(request: HttpRequest, key: str, *, site: AdminSite) -> HttpResponse:
    """The articles of one kind, each with what is wrong with it and where."""
    _require_view(request)
    if key not in content_health.KINDS:
        raise Http404
    chosen = content_health.KINDS[key]
    votes = asked_votes(request)
    # Last changed first, as the indexes give them: by key, SQLite would walk through the articles.
    articles = content_health.affected(chosen)
    articles = overview_of_votes.by_votes(articles, votes) if votes else articles.order_by(*ORDER)
    paginator = CappedPaginator(articles, PER_PAGE)
    page: Any = paginator.get_page(request.GET.get("page"))
    pks = list(page.object_list.values_list("pk", flat=True))
    shown = Article.objects.filter(pk__in=pks)
    shown = overview_of_votes.by_votes(shown, votes) if votes else shown.order_by(*ORDER)
    places = content_health.locations_of(chosen, shown)
    context = {
        **site.each_context(request),
        "title": chosen.title,
        "kind": chosen,
        "page": page,
        "may_merge": key in MERGED
        and rights.may_publish(request.user)
        and request.user.has_perm("learn.change_article"),
        "votes": votes,
        "query": f"votes={votes}&" if votes else "",
        "orders": overview_of_votes.ORDERS if request.user.has_perm("learn.view_helpfulcount") else {},
        "repairs": repairs_for(request.user, key),
        "places": list(zip(pks, places, strict=True)),
    }
    return TemplateResponse(request, "admin/health_kind.html", context)
