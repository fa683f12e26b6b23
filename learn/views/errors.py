"""The error pages 404, 410 and 500, with links and a search for the reader to go on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from learn import seo
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


def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 Django passes it
    """handler500: without request, context processors and database, any of which may be what is broken."""
    ctx = {"head": seo.plain_head("Something went wrong", "The page could not be made.")}
    return HttpResponse(loader.get_template("500.html").render(ctx), status=500)


def _helpful(request: HttpRequest, template: str, status: int, head: seo.Head) -> HttpResponse:
    words, nearest = nearest_questions(request.path)
    ctx = {"head": head, "query": words, "nearest": nearest}
    return render(request, template, ctx, status=status)
