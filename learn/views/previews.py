"""The page of an article as it is to be, for whoever was sent its link. Nothing leads here, and nothing keeps it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from learn.editing import preview_links
from learn.models import PreviewLink

from .library import article_page


@require_safe
@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The preview that a signed link leads to; 404 whatever is wrong with it."""
    link = preview_links.open_link(token)
    if link is None:
        raise Http404
    return page(request, link.article_id, link)


def page(request: HttpRequest, pk: int, link: PreviewLink | None = None) -> HttpResponse:
    """The whole public page of the article with this key, as its working copy will make it; nobody keeps it."""
    found = preview_links.preview(pk)
    if found is None:
        raise Http404
    response = article_page(request, found.article, related=found.related, preview=True, link=link)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    del response.headers["Link"]
    return response
