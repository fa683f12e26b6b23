"""The search page, the suggestions while a visitor types, and word of results that were opened."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from learn import search, seo
from learn.caching.conditional import conditional
from learn.feedback import search_log
from learn.models import Subject
from learn.rendering import render_line
from learn.topics.shown import suggested

from .library import page_number
from .pagination import page_numbers

DESCRIPTION = "Search the questions that students ask, and their answers."
TOPICS = 2  # among the suggestions
ONE_MINUTE = "public, max-age=60"


@require_safe
@conditional(keep=False)  # visitors make up any number of addresses: they would push the pages out of memory
def results(request: HttpRequest) -> HttpResponse:
    """The subject's query, where one is chosen, and those of `learn.search.search`."""
    text = request.GET.get("q", "")
    subject = chosen_subject(request)
    number = page_number(request.GET.get("page"))
    found = search.search(text, subject, number)
    paginator = Paginator(range(found.reachable), search.PAGE_SIZE)
    if number > paginator.num_pages:
        raise Http404
    asked = found.instead_of or found.query
    if request.method == "GET" and number == 1 and subject is None and not is_ahead(request):
        search_log.record_search(asked, found.total)
    heading = f"Results for “{asked}”" if asked else "Search"
    # In sight although the row scrolls.
    facets = sorted(found.facets, key=lambda facet: facet.subject != subject)
    ctx = {
        "head": seo.plain_head(f"{heading} in {subject.title}" if subject else heading, DESCRIPTION),
        "asked": asked,
        "subject": subject,
        "found": found,
        "facets": facets,
        "page": paginator.page(number),
        "pages": page_numbers(number, paginator.num_pages),
    }
    return render(request, "learn/search.html", ctx)


@require_safe
@conditional(policy=lambda: ONE_MINUTE, keep=False)
def suggest(request: HttpRequest) -> HttpResponse:
    """What `?q=` may become, as `{"suggestions": [{"question", "url", "subject"}]}`; topics, which come first, too."""
    text = request.GET.get("q", "")
    found = search.suggest(text)
    suggestions = [
        {
            "question": topic.heading,
            "url": topic.path,
            "subject": f"Topic with {topic.articles:,} questions",
        }
        for topic in suggested(text, TOPICS)
    ]
    suggestions += [
        {"question": render_line(each.question).text, "url": each.url, "subject": each.subject}
        for each in found
    ]
    return JsonResponse({"suggestions": suggestions}, headers={"X-Robots-Tag": "noindex"})


@csrf_exempt  # a page that any cache may keep holds no token; what it asks for changes a count
@require_POST
def opened(request: HttpRequest) -> HttpResponse:
    """A result of the search for `q` was opened, says the page that showed it. Nothing else is read or kept."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin":
        search_log.record_opening(request.POST.get("q", ""))
    return HttpResponse(status=204)


def is_ahead(request: HttpRequest) -> bool:
    """Whether a browser fetches this page before anybody asked for it. https://wicg.github.io/nav-speculation/"""
    return "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))


def chosen_subject(request: HttpRequest) -> Subject | None:
    """The listed subject named in `?subject=`; None, which is all of them, where there is none of that name."""
    slug = request.GET.get("subject", "")
    if not slug or "\0" in slug:  # which PostgreSQL refuses
        return None
    return Subject.objects.listed().filter(slug=slug).first()
