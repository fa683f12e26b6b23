"""The JSON twins of articles, subjects, topics and the library, and their schema."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from learn import seo
from learn.caching.conditional import conditional
from learn.models import Article, Subject
from learn.related.shown import related_questions
from learn.seo import json_pages

from .machines import ONE_DAY, article_twin, twin_of
from .topics import found_or_404, topic_links

JSON = "application/json; charset=utf-8"


@require_safe
@conditional(keep=False, brings_state=True)
def article_json(request: HttpRequest, subject_slug: str, slug: str) -> HttpResponseBase:
    """The JSON twin, at the article's address with .json. Two queries."""

    def made(article: Article) -> HttpResponseBase:
        text = json_pages.written(json_pages.article_page(article, related_questions(article)))
        canonical = seo.absolute(seo.canonical_of(article).get_absolute_url())
        return shared(twin_of(canonical, HttpResponse(text, content_type=JSON), is_open=seo.is_open(article)))

    return article_twin(request, subject_slug, slug, ".json", Article.objects.for_json(), made)


@require_safe
@conditional(keep=False)
def subject_json(request: HttpRequest, subject_slug: str) -> HttpResponseBase:  # noqa: ARG001 a view takes its request
    subject = get_object_or_404(Subject, slug=subject_slug)
    response = StreamingHttpResponse(json_pages.subject_page(subject), content_type=JSON)
    canonical = seo.absolute(subject.get_absolute_url())
    return shared(twin_of(canonical, response, is_open=subject.is_listed))


@require_safe
@conditional(keep=False)
def topic_json(request: HttpRequest, topic_slug: str, subject_slug: str = "") -> HttpResponseBase:  # noqa: ARG001
    """A topic in a subject or in all subjects. Two queries."""
    found = found_or_404(topic_slug, subject_slug)
    text = json_pages.written(json_pages.topic_page(found))
    return shared(
        twin_of(seo.absolute(found.path), HttpResponse(text, content_type=JSON), is_open=found.is_open)
    )


@require_safe
@conditional(keep=False)
def topics_json(request: HttpRequest, subject_slug: str = "") -> HttpResponseBase:  # noqa: ARG001
    """The topics of a subject, or those with a page for all subjects. At most two queries."""
    subject = get_object_or_404(Subject, slug=subject_slug) if subject_slug else None
    links = topic_links(subject)
    page = json_pages.topics_page(subject, links)
    is_open = bool(links) and (subject is None or subject.is_listed)
    response = HttpResponse(json_pages.written(page), content_type=JSON)
    return shared(twin_of(page["url"], response, is_open=is_open))


@require_safe
@conditional()
def library_json(request: HttpRequest) -> HttpResponseBase:  # noqa: ARG001
    text = json_pages.written(json_pages.library_page())
    return shared(twin_of(seo.library_url(), HttpResponse(text, content_type=JSON), is_open=True))


@require_safe
@conditional(policy=lambda: ONE_DAY)
def json_schema(request: HttpRequest) -> HttpResponseBase:  # noqa: ARG001
    text = json_pages.written(json_pages.schema())
    return shared(HttpResponse(text, content_type="application/schema+json; charset=utf-8"))


def shared(response: HttpResponseBase) -> HttpResponseBase:
    """Pages of other sites may read it: it holds what everybody may see, and no request carries a cookie."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
