"""The pages of topics: lists of topics, a topic in a subject, a topic in all subjects; their forms for machines."""

from __future__ import annotations

from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from learn import seo
from learn.caching.conditional import conditional
from learn.models import Subject, Topic, TopicCount
from learn.seo import cards, feeds
from learn.seo import topics as pages
from learn.seo.topics import TopicPage
from learn.topics import shown
from learn.topics.shown import LETTERS, TopicLink, TopicPaginator

from .library import page_number, page_of, without_page
from .machines import MARKDOWN, XML, not_a_page, picture_of, twin_of
from .pagination import PAGE_SIZE, TOPICS_ON_A_PAGE, page_numbers

CENTRAL = 5  # questions that begin a topic, with the start of their answers


@require_safe
@conditional()
def topic(request: HttpRequest, topic_slug: str, subject_slug: str = "") -> HttpResponse:
    """A page of a topic. At most four queries: the topic, its articles, its neighbours, those elsewhere."""
    number = request.GET.get("page")
    if number == "1":
        return HttpResponsePermanentRedirect(without_page(request))
    found = standing(topic_slug, subject_slug)
    if found is None:
        return moved(topic_slug, subject_slug)
    try:
        page = TopicPaginator(found.all_articles(), PAGE_SIZE, found.articles).page(page_number(number))
    except EmptyPage as error:
        raise Http404 from error
    articles = page.object_list = list(page.object_list)
    is_first = page.number == 1
    subject = found.subject
    lead = pages.lead_of(found, articles[0] if articles else None) if is_first else ""
    ctx = {
        "head": pages.topic_head(found, page, lead),
        "topic": found.topic,
        "subject": subject,
        "lead": lead,
        "in_all": subject is None,
        "count": found.articles,
        "more": found.articles - CENTRAL,
        "central": articles[:CENTRAL] if is_first else [],
        "others": articles[CENTRAL:] if is_first else articles,
        "page": page,
        "pages": page_numbers(page.number, page.paginator.num_pages),
        "path": found.path,
        "neighbours": shown.neighbours_of(found.topic, subject),
        "elsewhere": elsewhere(found) if is_first else [],
        "whole_path": shown.path_of(topic_slug) if subject and found.topic.has_page else "",
        "topics_path": f"{subject.get_absolute_url() if subject else '/learn'}/topics",
    }
    return page_of(request, "learn/topic.html", ctx)


def standing(topic_slug: str, subject_slug: str) -> TopicPage | None:
    """The page of a topic at this address; None where there is none. One query."""
    if subject_slug:
        counts = TopicCount.objects.select_related("topic", "subject")
        count = counts.filter(subject__slug=subject_slug, slug=topic_slug, is_shown=True).first()
        return pages.page_of(count) if count else None
    topic = Topic.objects.filter(slug=topic_slug, has_page=True).first()
    return pages.page_for_all(topic) if topic else None


def moved(topic_slug: str, subject_slug: str) -> HttpResponse:
    """The way to where the topic is read: after it was renamed or merged, or where it has no page of this kind."""
    subject = get_object_or_404(Subject, slug=subject_slug) if subject_slug else None
    topic = shown.named(topic_slug)
    address = shown.address_of(topic, subject) if topic else None
    if address is None:
        raise Http404
    return HttpResponsePermanentRedirect(address)


def elsewhere(found: TopicPage) -> list[Any]:
    """The few articles of other subjects, where no page gathers all of them."""
    topic = found.topic
    if found.subject is None or topic.has_page or topic.indexable <= found.indexable:
        return []
    return shown.elsewhere(topic, found.subject)


# --- Lists of topics


@require_safe
@conditional()
def subject_topics(request: HttpRequest, subject_slug: str) -> HttpResponse:
    """The topics of a subject, the largest first, or by letter. Three queries: the subject, their number, this page."""
    subject = get_object_or_404(Subject, slug=subject_slug)
    letter = letter_of(request)
    page = listed(request, shown.subject_topics(subject, letter=letter))
    if isinstance(page, HttpResponse):
        return page
    links = [shown.link_to(count, subject) for count in page.object_list]
    return list_page(request, page, links, letter, subject)


@require_safe
@conditional()
def library_topics(request: HttpRequest) -> HttpResponse:
    """The topics with a page for all subjects, the largest first, or by letter. Two queries."""
    letter = letter_of(request)
    topics = Topic.objects.filter(has_page=True)
    topics = (
        shown.beginning_with(topics, letter).order_by("slug")
        if letter
        else topics.order_by("-indexable", "slug")
    )
    page = listed(request, topics)
    if isinstance(page, HttpResponse):
        return page
    return list_page(request, page, [shown.link_for_all(one) for one in page.object_list], letter)


def topic_links(subject: Subject | None) -> list[TopicLink]:
    """The topics of a subject, or those with a page for all subjects, the largest first. One query."""
    if subject is not None:
        return [shown.link_to(count, subject) for count in shown.subject_topics(subject)]
    return [
        shown.link_for_all(one) for one in Topic.objects.filter(has_page=True).order_by("-indexable", "slug")
    ]


def letter_of(request: HttpRequest) -> str:
    """The letter asked for; raises Http404 for what is none of ours."""
    letter = request.GET.get("letter", "")
    if letter and letter not in LETTERS:
        raise Http404
    return letter


def listed(request: HttpRequest, topics: Any) -> Page[Any] | HttpResponse:
    """The page of `topics` that is asked for; the way to the first one for who asks for number 1."""
    number = request.GET.get("page")
    if number == "1":
        return HttpResponsePermanentRedirect(without_page(request))
    try:
        page = Paginator(topics, TOPICS_ON_A_PAGE).page(page_number(number))
    except EmptyPage as error:
        raise Http404 from error
    page.object_list = list(page.object_list)
    return page


def list_page(
    request: HttpRequest, page: Page[Any], links: list[TopicLink], letter: str, subject: Subject | None = None
) -> HttpResponse:
    ctx = {
        "head": pages.topics_head(subject, page, links, letter),
        "subject": subject,
        "topics": links,
        "letter": letter,
        "letters": LETTERS,
        "page": page,
        "pages": page_numbers(page.number, page.paginator.num_pages),
        "path": f"{subject.get_absolute_url() if subject else '/learn'}/topics",
    }
    return page_of(request, "learn/topics.html", ctx)


# --- For machines


def found_or_404(topic_slug: str, subject_slug: str) -> TopicPage:
    found = standing(topic_slug, subject_slug)
    if found is None:
        raise Http404
    return found


@require_safe
@conditional(keep=False)
def topic_markdown(request: HttpRequest, topic_slug: str, subject_slug: str = "") -> HttpResponseBase:  # noqa: ARG001
    """A topic as Markdown, at its address with .md. Two queries."""
    found = found_or_404(topic_slug, subject_slug)
    response = StreamingHttpResponse(pages.topic_markdown(found), content_type=MARKDOWN)
    return twin_of(seo.absolute(found.path), response, is_open=found.is_open)


@require_safe
@conditional(keep=False)
def topics_markdown(request: HttpRequest, subject_slug: str) -> HttpResponseBase:  # noqa: ARG001
    """The topics of a subject as Markdown. Two queries."""
    subject = get_object_or_404(Subject, slug=subject_slug)
    links = topic_links(subject)
    response = HttpResponse(pages.topics_markdown(subject, links), content_type=MARKDOWN)
    address = seo.absolute(f"{subject.get_absolute_url()}/topics")
    return twin_of(address, response, is_open=subject.is_listed and bool(links))


@require_safe
@conditional()
def topic_feed(request: HttpRequest, topic_slug: str, subject_slug: str = "") -> HttpResponseBase:  # noqa: ARG001
    found = found_or_404(topic_slug, subject_slug)
    if not found.has_feed:
        raise Http404
    content_type = f"{feeds.MEDIA_TYPE}; charset=utf-8"
    return not_a_page(HttpResponse(pages.topic_feed(found), content_type=content_type))


@require_safe
@conditional(compress=False)
def sitemap(request: HttpRequest, number: int = 1) -> HttpResponseBase:
    """The pages of topics. The first file has no number."""
    lines = pages.sitemap(number) if number >= 1 and request.path == pages.sitemap_path(number) else None
    if lines is None:
        raise Http404
    return not_a_page(StreamingHttpResponse(lines, content_type=XML))


@require_safe
def picture(request: HttpRequest, key: str, topic_slug: str = "", subject_slug: str = "") -> HttpResponse:
    """The social picture of a topic or of a list of topics, as that of any page."""
    if not cards.KEY.fullmatch(key):
        raise Http404
    if topic_slug:
        return picture_of(request, found_or_404(topic_slug, subject_slug).card, key)
    subject = get_object_or_404(Subject, slug=subject_slug) if subject_slug else None
    return picture_of(request, pages.list_card(subject), key)
