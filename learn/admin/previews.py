"""The page of an article as its draft will make it, at two widths, and the links that show it to others."""

from __future__ import annotations

from typing import Any

from csp.constants import SELF
from csp.utils import build_policy
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from learn.editing import preview_links
from learn.identity import row_key
from learn.models import Article, PreviewLink
from learn.views import previews

from .login import editor

DAYS = (1, 7, preview_links.DAYS_MAX)


@require_safe
def framed(request: HttpRequest, pk: int, modeladmin: Any) -> HttpResponse:
    """The page alone, for the frames of `overview`."""
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    response = previews.page(request, pk)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Content-Security-Policy"] = build_policy(replace={"frame-ancestors": [SELF]})
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest, pk: int, modeladmin: Any) -> HttpResponse:
    """The page as on a phone and on a wide screen; POST makes a link to it (`days`), or revokes one (`revoke`)."""
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    article = get_object_or_404(Article.objects.select_related("subject"), pk=pk)
    may_share = modeladmin.has_change_permission(request)
    if request.method == "POST":
        if not may_share:
            raise PermissionDenied
        if number := row_key(request.POST.get("revoke", "")):
            told = "Revoked." if preview_links.revoke(article, number) else "That link is closed already."
        else:
            days = row_key(request.POST.get("days", ""))
            preview_links.make(article, editor(request), days if days in DAYS else DAYS[0])
            told = "The link is made. Whoever has it sees this page, without an account."
        modeladmin.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(request.path)
    links = PreviewLink.objects.filter(article=article, revoked_at=None, expires_at__gt=timezone.now())
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": "Preview",
        "subtitle": article.question,
        "opts": modeladmin.opts,
        "article": article,
        "links": [
            (link, f"{settings.SITE_URL}{reverse('learn:preview', args=[preview_links.token(link)])}")
            for link in links.select_related("made_by").order_by("-pk")
        ],
        "days": DAYS,
        "may_share": may_share,
    }
    response = TemplateResponse(request, "admin/learn/article/preview.html", context)
    response.headers["Content-Security-Policy"] = build_policy(replace={"frame-src": [SELF]})
    return response
