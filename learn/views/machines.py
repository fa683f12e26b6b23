"""Views for programs: robots.txt, sitemaps, feeds, Markdown, social pictures, health, proofs of ownership."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from learn import seo
from learn.caching.conditional import IMMUTABLE, PRIVATE, View, conditional, note_state
from learn.identity import ARTICLE_PATH, article_path
from learn.models import Article, Subject
from learn.models.querysets import ArticleQuerySet
from learn.redirects.resolve import GoneError, destination
from learn.seo import cards, feeds, markdown, sitemaps, topics
from learn.seo.cards import Card
from learn.seo.robots import robots_txt

from . import errors, readiness

MARKDOWN = "text/markdown; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
XML = "application/xml; charset=utf-8"
ONE_DAY = "public, max-age=86400"


# --- robots.txt, llms.txt, sitemaps, feeds


@require_safe
@conditional(policy=lambda: ONE_DAY)
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 a view takes its request
    return HttpResponse(robots_txt(), content_type=PLAIN)


@require_safe
@conditional()
def llms(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(topics.llms_txt(), content_type=PLAIN)


@require_safe
@conditional(compress=False)
def sitemap_index(request: HttpRequest) -> HttpResponseBase:  # noqa: ARG001
    return not_a_page(StreamingHttpResponse(sitemaps.index(topics.sitemap_files()), content_type=XML))


@require_safe
@conditional(compress=False)
def sitemap_library(request: HttpRequest) -> HttpResponseBase:  # noqa: ARG001
    return not_a_page(StreamingHttpResponse(sitemaps.library(topics.list_paths()), content_type=XML))


@require_safe
@conditional(compress=False)
def sitemap_subject(request: HttpRequest, subject_slug: str, number: int = 1) -> HttpResponseBase:
    """One file of a listed subject. The first one has no number."""
    is_ours = 1 <= number <= sitemaps.MOST_FILES and request.path == sitemaps.file_path(subject_slug, number)
    if not is_ours:
        raise Http404
    lines = sitemaps.subject(get_object_or_404(Subject.objects.listed(), slug=subject_slug), number)
    if lines is None:
        raise Http404
    return not_a_page(StreamingHttpResponse(lines, content_type=XML))


@require_safe
@conditional()
def library_feed(request: HttpRequest) -> HttpResponseBase:  # noqa: ARG001
    return not_a_page(HttpResponse(feeds.library_feed(), content_type=f"{feeds.MEDIA_TYPE}; charset=utf-8"))


@require_safe
@conditional()
def subject_feed(request: HttpRequest, subject_slug: str) -> HttpResponseBase:  # noqa: ARG001
    subject = get_object_or_404(Subject.objects.listed(), slug=subject_slug)
    return not_a_page(
        HttpResponse(feeds.subject_feed(subject), content_type=f"{feeds.MEDIA_TYPE}; charset=utf-8")
    )


def not_a_page(response: HttpResponseBase) -> HttpResponseBase:
    """For programs; not for the results of search engines (`noindex`)."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# --- Markdown


@require_safe
@conditional(keep=False)
def subject_markdown(request: HttpRequest, subject_slug: str) -> HttpResponseBase:  # noqa: ARG001
    subject = get_object_or_404(Subject, slug=subject_slug)
    response = StreamingHttpResponse(markdown.subject_page(subject), content_type=MARKDOWN)
    return twin_of(seo.absolute(subject.get_absolute_url()), response, is_open=subject.is_listed)


@require_safe
@conditional(keep=False, brings_state=True)
def article_markdown(request: HttpRequest, subject_slug: str, slug: str) -> HttpResponseBase:
    """The Markdown twin, at the article's address with .md. One query."""
    return article_twin(request, subject_slug, slug, ".md", Article.objects.for_markdown(), markdown_of)


def article_twin(
    request: HttpRequest,
    subject_slug: str,
    slug: str,
    suffix: str,
    articles: ArticleQuerySet,
    made: Callable[[Article], HttpResponseBase],
) -> HttpResponseBase:
    """What `made` answers for an article, at the article's address with `suffix`. One query, of `articles`.

    Where the article went, its twin went, too: the redirect of the page leads to the twin of its target.
    """
    article = at(request, subject_slug, slug, articles)
    if article is not None and article.is_published:
        return made(article)
    try:
        target = destination(article_path(subject_slug, slug))
    except GoneError:
        return errors.gone(request)
    if target is not None and ARTICLE_PATH.match(target):
        return HttpResponsePermanentRedirect(f"{target}{suffix}")
    if article is not None and article.was_taken_down:
        return errors.gone(request)
    raise Http404


@conditional(policy=lambda: PRIVATE, keep=False, brings_state=True, variant="markdown")
def article_as_markdown(request: HttpRequest, subject_slug: str, slug: str) -> HttpResponseBase:
    """The twin at the page's own address, for who prefers it."""
    article = at(request, subject_slug, slug, Article.objects.for_markdown())
    if article is None or not article.is_published:
        raise Http404
    response = markdown_of(article)
    response.headers["Content-Location"] = f"{request.path}.md"
    return response


def at(request: HttpRequest, subject_slug: str, slug: str, articles: ArticleQuerySet) -> Article | None:
    """The article at this address, published or not, in one query."""
    article = articles.filter(subject__slug=subject_slug, slug=slug).first()
    if article is not None:
        note_state(request, article)
    return article


def markdown_of(article: Article) -> HttpResponseBase:
    response = HttpResponse(markdown.article_page(article), content_type=MARKDOWN)
    canonical = seo.absolute(seo.canonical_of(article).get_absolute_url())
    return twin_of(canonical, response, is_open=seo.is_open(article))


def twin_of(canonical: str, response: HttpResponseBase, *, is_open: bool) -> HttpResponseBase:
    """A file has no head: its canonical address and its `noindex` are headers.

    https://developers.google.com/search/docs/crawling-indexing/consolidate-duplicate-urls
    """
    response.headers["Link"] = f'<{canonical}>; rel="canonical"'
    if not is_open:
        response.headers["X-Robots-Tag"] = seo.NOINDEX
    return response


def negotiates_markdown(view: View) -> View:
    """Let an article's page answer in Markdown to a request that prefers it (MARKDOWN_NEGOTIATION).

    Both answers say `Vary: Accept`; the Markdown is `private` as well, so that no shared cache which
    ignores Vary serves it to a reader.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not settings.MARKDOWN_NEGOTIATION or request.method not in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        chosen = article_as_markdown if prefers_markdown(request) else view
        try:
            response = chosen(request, *args, **kwargs)
        except Http404:
            response = view(request, *args, **kwargs)  # it knows what was moved or removed
        if response.status_code in (200, 304):
            patch_vary_headers(response, ["Accept"])
        return response

    return answer


def prefers_markdown(request: HttpRequest) -> bool:
    """Whether the Accept header names text/markdown and weighs it above HTML; `*/*` asks for no Markdown.

    https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
    """
    weights: dict[str, float] = {}
    for part in request.headers.get("Accept", "").lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        found = next((match for text in parameters if (match := WEIGHT.fullmatch(text))), None)
        weights[media_type] = float(found[1]) if found else 1.0
    html = next((weights[name] for name in ("text/html", "text/*", "*/*") if name in weights), 0.0)
    return weights.get("text/markdown", 0.0) > html


WEIGHT = re.compile(r"q\s*=\s*([01](?:\.\d{0,3})?)")


# --- Social pictures


@require_safe
def picture(request: HttpRequest, key: str, subject_slug: str = "", slug: str = "") -> HttpResponse:
    """The social picture of a page that may be seen; of a page that was withdrawn none, kept or not. One query.

    An address with a hash of former content leads to the present picture, so no request can fill the disk.
    """
    if not cards.KEY.fullmatch(key):
        raise Http404
    return picture_of(request, card_of(subject_slug, slug), key)


def picture_of(request: HttpRequest, card: Card, key: str) -> HttpResponse:
    """The picture `card`, where `key` is its own; else the way to it."""
    if card.key != key:
        return HttpResponsePermanentRedirect(card.path)
    content = cards.stored(key)
    if content is None:
        content = cards.make(card)
    is_known = f'"{key}"' in parse_etags(request.headers.get("If-None-Match", ""))
    response = HttpResponse(status=304) if is_known else HttpResponse(content, content_type=cards.MEDIA_TYPE)
    response.headers["ETag"] = f'"{key}"'
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # shown on other people's pages
    return response


def card_of(subject_slug: str, slug: str) -> Card:
    if slug:
        articles = Article.objects.published().filter(subject__slug=subject_slug).for_listing()
        return cards.article_card(get_object_or_404(articles, slug=slug))
    if subject_slug:
        return cards.subject_card(get_object_or_404(Subject, slug=subject_slug))
    return cards.library_card()


# --- Health, proofs, contact


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The process answers: nothing else is looked at, so a slow database gets no process restarted."""
    return HttpResponse("ok\n", content_type=PLAIN)


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 where visitors may be sent here, 503 with the reasons where not."""
    problems = list(readiness.problems())
    text = "\n".join(problems) if problems else "ready"
    return HttpResponse(f"{text}\n", status=503 if problems else 200, content_type=PLAIN)


@require_safe
@conditional(policy=lambda: ONE_DAY)
def indexnow_key(request: HttpRequest, key: str) -> HttpResponse:  # noqa: ARG001
    """Proves to IndexNow that who sends our addresses may: https://www.indexnow.org/documentation"""
    if not settings.INDEXNOW_KEY or key != settings.INDEXNOW_KEY:
        raise Http404
    return HttpResponse(key, content_type=PLAIN)


@require_safe
@cache_control(public=True, max_age=86_400)
def security_txt(request: HttpRequest) -> HttpResponse:
    """The contact for security reports: https://www.rfc-editor.org/rfc/rfc9116"""
    if not settings.SECURITY_CONTACT:
        raise Http404
    # At least 11 months ahead, and the same text for a month, so that it may be cached.
    today = timezone.now()
    expires = dt.datetime(today.year + 1, today.month, 1, tzinfo=dt.UTC)
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {seo.absolute(request.path)}",
        "Preferred-Languages: en",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type=PLAIN)
