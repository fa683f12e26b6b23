"""The library page, the subject pages and the article pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.paginator import EmptyPage
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn import seo
from learn.caching.conditional import conditional, note_state
from learn.db import counts
from learn.db.prepared import Prepared
from learn.models import Article, MostRead, PreviewLink, Subject
from learn.related.shown import related_questions
from learn.topics.shown import (
    LETTERS,
    article_topics,
    beside,
    largest,
    link_to,
    of_each_subject,
    subject_topics,
)

from . import errors
from .choices import Choice
from .dates import format_moment
from .machines import negotiates_markdown
from .pagination import PAGE_SIZE, TwoEndedPaginator, page_numbers

NEWEST = 12
NEWEST_OF_SUBJECT = 2
TOPICS = 18  # of a subject, on its page
TOPICS_OF_SUBJECT, LARGEST_TOPICS = 3, 16  # on the page of the library
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
    """Seven queries: the subjects, their counts and topics (two), the newest questions of each and of all, topics."""
    # Whatever is indexable is listable: said again, for the index of the subjects' lists.
    articles = Article.objects.listable().indexable()
    newest = Subject.objects.listed().newest_of_each(articles, NEWEST_OF_SUBJECT)
    subjects = counts.with_counts(Subject.objects.listed())
    topics = of_each_subject(Subject.objects.listed(), TOPICS_OF_SUBJECT)
    ctx = {
        "head": seo.library_head(subjects),
        "subjects": [(subject, topics.get(subject.pk, [])) for subject in subjects],
        "topics": largest(LARGEST_TOPICS),
        "total": sum(subject.article_count for subject in subjects),
        "newest": list(Article.objects.filter(pk__in=newest).newest_first().for_listing()[:NEWEST]),
    }
    return page_of(request, "learn/library.html", ctx)


@require_safe
@conditional()
def subject(request: HttpRequest, subject_slug: str) -> HttpResponse:
    """Four queries: the subject, the number of its articles, those of this page, its topics."""
    known = Exists(MostRead.objects.filter(subject=OuterRef("pk")))
    # Not as a keyword, which mypy's plugin takes for a second declaration.
    subjects = Subject.objects.annotate(**{"has_most_read": known})  # noqa: PIE804
    subject = get_object_or_404(subjects, slug=subject_slug)
    number = request.GET.get("page")
    if number == "1":
        return HttpResponsePermanentRedirect(without_page(request))
    choice = Choice.of(request)
    if choice.is_most_read and not subject.has_most_read:
        return redirect(subject)  # nothing is known any more
    articles = choice.apply(Article.objects.listable().in_subject(subject), subject)
    stored = counts.NONE if choice.is_part else counts.of_subject(subject.pk)
    count = articles.count() if choice.is_part else stored.listable
    try:
        page = TwoEndedPaginator(articles, PAGE_SIZE, count).page(page_number(number))
    except EmptyPage as error:
        raise Http404 from error
    topics = [link_to(one, subject) for one in subject_topics(subject)[:TOPICS]] if page.number == 1 else []
    names = [topic.heading for topic in topics]
    head = seo.subject_head(subject, page, topics=names, is_indexed=stored.indexable > 0)
    path = subject.get_absolute_url()
    ctx = {
        "head": head if choice == Choice() else seo.unindexed(head),
        "subject": subject,
        "about": "" if subject.description else seo.about_topics(names),
        "topics": topics if choice == Choice() else [],
        "choice": choice,
        "orders": choice.orders(has_most_read=subject.has_most_read),
        "kinds": choice.kinds(),
        "letters": LETTERS,
        "page": page,
        "pages": page_numbers(page.number, page.paginator.num_pages),
        "path": path,
        "first": f"{path}{choice.query}",
        "rest": f"{choice.query}&page=" if choice.query else "?page=",
    }
    return page_of(request, "learn/subject.html", ctx)


@require_safe
@negotiates_markdown
@conditional(brings_state=True)
def article(request: HttpRequest, subject_slug: str, slug: str) -> HttpResponse:
    """Four queries: the article with subject and canonical, its related questions, its topics, its two neighbours."""
    article = _article.first(subject=subject_slug, slug=slug, now=timezone.now())
    if article is None:
        raise Http404
    note_state(request, article)
    if not article.is_published:
        return absent(article)
    return article_page(request, article)


def article_page(
    request: HttpRequest,
    article: Article,
    *,
    related: list[Article] | None = None,
    preview: bool = False,
    link: PreviewLink | None = None,
) -> HttpResponse:
    """The page of `article`: four queries, or three where its `related` questions are given, as in a preview."""
    topics, score = article_topics(article)
    previous, following = beside(article, topics[0], score) if topics else (None, None)
    # The topic that it is most about, where that has a page in its subject: a step of the way to the article.
    main_topic = topics[0] if topics and topics[0].subject == article.subject_id else None
    head = seo.article_head(article, main_topic)
    ctx = {
        "main_topic": main_topic,
        "head": replace(head, robots="noindex, nofollow", alternates=[]) if preview else head,
        "article": article,
        "subject": article.subject,
        "posted_on": format_moment(article.date, article.date_format),
        "minutes": seo.reading_minutes(article),
        "contents": article.headings if len(article.headings) >= MIN_CONTENTS else [],
        "related": related_questions(article) if related is None else related,
        "topics": topics,
        "previous": previous,
        "following": following,
        "signup_url": seo.signup_url(article),
        "about_answers_url": settings.ABOUT_ANSWERS_URL,
        "is_preview": preview,
        "preview_link": link,
        "is_offline": settings.SAVE_OFFLINE and not preview,
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
