"""The error pages 404, 410, 500 and 503, with links and a search for the reader to go on where there is one."""

from __future__ import annotations

import sys
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template import loader
from django.views import csrf

from learn import seo
from learn.db import availability
from learn.search.nearest import nearest_questions


class Missing(HttpResponse):
    """Status 404 or 410 without a page yet.

    learn.middleware.redirects makes the page where no redirect takes its place: looking for the nearest questions
    costs a search, which most of those who follow an old address do not need.
    """


def missing(request: HttpRequest, exception: Exception | None = None) -> Missing:  # noqa: ARG001 Django passes both
    """handler404."""
    return Missing(status=404)


def not_found(request: HttpRequest) -> HttpResponse:
    """404: the search box, and the questions nearest to the words of the address."""
    return _helpful(request, "404.html", 404, seo.plain_head("Page not found", "No page has this address."))


def bare_404(request: HttpRequest) -> HttpResponse:
    """404 without a look for questions near the address, which costs a search: for who asks in vain all the time."""
    head = seo.plain_head("Page not found", "No page has this address.")
    ctx = {"head": head, "query": "", "nearest": []}
    return render(request, "404.html", ctx, status=404)


def too_many_requests(request: HttpRequest, retry_after: int) -> HttpResponse:
    """429: when to come again. No query, and no template's cost beyond its own text."""
    head = seo.plain_head("Too many requests", "Wait a moment.")
    response = render(request, "429.html", {"head": head, "retry_after": retry_after}, status=429)
    response.headers["Retry-After"] = str(retry_after)
    response.headers["Cache-Control"] = "no-store"
    return response


def gone(request: HttpRequest) -> HttpResponse:
    """410: what stood here was removed for good; search engines drop it at once."""
    head = seo.plain_head("This question was removed", "It will not come back.")
    return _helpful(request, "410.html", 410, head)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: without context processors and database, any of which may be what is broken.

    A database that is away is no error of ours: 503, and a time to come back.
    """
    if availability.is_away(sys.exc_info()[1]):
        return unavailable(request)
    ctx = {"head": seo.plain_head("Something went wrong", "The page could not be made.")}
    return HttpResponse(loader.get_template("500.html").render(ctx), status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 while the database is away. What an editor sent is in the page, to be sent again from there."""
    is_admin = request.path.startswith(settings.ADMIN_PATH)
    ctx: dict[str, object] = {
        "head": seo.plain_head("Back in a moment", "The library cannot be reached just now."),
        "is_admin": is_admin,
        "retry_after": availability.RETRY_AFTER,
    }
    if is_admin and request.method == "POST" and not request.FILES and "password" not in request.POST:
        ctx["action"] = request.get_full_path()
        ctx["sent"] = [(name, value) for name, values in request.POST.lists() for value in values]
    return _later(loader.get_template("503.html").render(ctx))


def busy(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 as the others
    """503 for a search when too many run already."""
    return _later(_busy_page(is_search=True))


def crowded(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 as the others
    """503 for anything else that too many ask for at once."""
    return _later(_busy_page(is_search=False))


@cache
def _busy_page(*, is_search: bool) -> str:
    """The same for everybody, made once: a flood should cost little."""
    what = "Search is busy" if is_search else "Back in a moment"
    ctx = {
        "head": seo.plain_head(what, "Many people are asking just now."),
        "is_busy": is_search,
        "retry_after": availability.RETRY_AFTER,
    }
    return loader.get_template("503.html").render(ctx)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """405 for what is sent to a page that takes nothing; 403 for a form without its token.

    A public view that takes a form says so: `view.takes_forms = True`.
    """
    match = request.resolver_match
    if match and match.app_name == "learn" and not getattr(match.func, "takes_forms", False):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return csrf.csrf_failure(request, reason)


def _later(html: str) -> HttpResponse:
    headers = {"Retry-After": str(availability.RETRY_AFTER), "Cache-Control": "no-store"}
    return HttpResponse(html, status=503, headers=headers)


def _helpful(request: HttpRequest, template: str, status: int, head: seo.Head) -> HttpResponse:
    words, nearest = nearest_questions(request.path)
    ctx = {"head": head, "query": words, "nearest": nearest}
    return render(request, template, ctx, status=status)
