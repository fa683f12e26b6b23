"""The library page, the subject pages and the article pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.paginator import EmptyPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn import seo
from learn.caching.conditional import conditional, note_state
from learn.db import counts
from learn.db.prepared import Prepared
from learn.models import Article, Subject
from learn.related.neighbours import neighbours
from learn.related.shown import related_questions

from . import errors
from .dates import format_moment
from .machines import negotiates_markdown
from .pagination import PAGE_SIZE, TwoEndedPaginator, page_numbers

NEWEST = 12
NEWEST_OF_SUBJECT = 2
MIN_CONTENTS = 3  # headings; a list of two costs more than it saves

_article = Prepared(
    lambda subject, slug, now: Article.objects.for_page(now).filter(subject__slug=subject, slug=slug),
    subject=str,
    slug=str,
    now=dt.datetime,
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 a view takes its request
    return redirect("learn:library", permanent=True)


@require_safe
@conditional()
def library(request: HttpRequest) -> HttpResponse:
    """Four queries: the subjects, their counts, the newest questions of each and of all."""
    # Whatever is indexable is listable: said again, for the index of the subjects' lists.
    articles = Article.objects.listable().indexable()
    newest = Subject.objects.listed().newest_of_each(articles, NEWEST_OF_SUBJECT)
    subjects = counts.with_counts(Subject.objects.listed())
    ctx = {
        "head": seo.library_head(subjects),
        "subjects": subjects,
        "total": sum(subject.article_count for subject in subjects),
        "newest": list(Article.objects.filter(pk__in=newest).newest_first().for_listing()[:NEWEST]),
    }
    return page_of(request, "learn/library.html", ctx)


@require_safe
@conditional()
def subject(request: HttpRequest, subject_slug: str) -> HttpResponse:
    """Three queries: the subject, the number of its articles, those of this page."""
    subject = get_object_or_404(Subject, slug=subject_slug)
    number = request.GET.get("page")
    if number == "1":
        return HttpResponsePermanentRedirect(without_page(request))
    articles = Article.objects.listable().in_subject(subject).newest_first()
    count = counts.of_subject(subject.pk)
    try:
        page = TwoEndedPaginator(articles, PAGE_SIZE, count.listable).page(page_number(number))
    except EmptyPage as error:
        raise Http404 from error
    ctx = {
        "head": seo.subject_head(subject, page, is_indexed=count.indexable > 0),
        "subject": subject,
        "page": page,
        "pages": page_numbers(page.number, page.paginator.num_pages),
    }
    return page_of(request, "learn/subject.html", ctx)


@require_safe
@negotiates_markdown
@conditional(brings_state=True)
def article(request: HttpRequest, subject_slug: str, slug: str) -> HttpResponse:
    """Three queries: the article with subject and canonical, its related questions, its two neighbours."""
    article = _article.first(subject=subject_slug, slug=slug, now=timezone.now())
    if article is None:
        raise Http404
    note_state(request, article)
    if not article.is_published:
        return absent(article)
    previous, following = neighbours(article)
    ctx = {
        "head": seo.article_head(article),
        "article": article,
        "subject": article.subject,
        "posted_on": format_moment(article.date, article.date_format),
        "minutes": seo.reading_minutes(article),
        "contents": article.headings if len(article.headings) >= MIN_CONTENTS else [],
        "related": related_questions(article),
        "previous": previous,
        "following": following,
        "signup_url": seo.signup_url(article),
        "about_answers_url": settings.ABOUT_ANSWERS_URL,
        "is_offline": settings.SAVE_OFFLINE,
    }
    response = page_of(request, "learn/article.html", ctx)
    if article.has_math:  # as navigation_hints does with what every page needs
        font = f"<{static('fonts/math.woff2')}>; rel=preload; as=font; type=font/woff2; crossorigin"
        response.headers["Link"] = f"{font}, {response.headers['Link']}"
    return response


def page_of(request: HttpRequest, template: str, ctx: dict[str, Any]) -> HttpResponse:
    """The page, with its other forms in the Link header as well as in its head."""
    response = render(request, template, ctx)
    response.headers["Link"] = ctx["head"].links
    return response


def absent(article: Article) -> HttpResponse:
    """410 for an article that was taken off the site; 404 for one that was never on it."""
    if article.was_taken_down:
        return errors.Missing(status=410)
    raise Http404


def page_number(text: str | None) -> int:
    """The number in `?page=`; 1 where there is none.

    Raises Http404 for everything but a number as we write it ourselves, so that no page has two URLs.
    """
    if text is None:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) < 7) or text.startswith("0"):
        raise Http404
    return int(text)


def without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    del query["page"]
    return f"{request.path}?{query.urlencode()}" if query else request.path
