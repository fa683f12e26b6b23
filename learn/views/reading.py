"""What a reader keeps and practises: pages that work on a list in the reader's own browser."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.paginator import EmptyPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.template import loader
from django.utils.safestring import mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from learn import seo
from learn.caching.conditional import conditional
from learn.db import counts
from learn.models import Article, Subject
from learn.study.stored import articles_of
from learn.topics.shown import TopicLink, TopicPaginator

from .library import page_number, without_page
from .pagination import ON_A_SHEET, TwoEndedPaginator
from .topics import moved, standing

# Headings of several answers stand on one page: their anchors (learn.rendering.writer) would not be unique there.
_ANCHOR = re.compile(r'(<h[1-6]) id="section-[^"]*"')


@require_safe
@conditional()
def saved(request: HttpRequest) -> HttpResponse:
    """The list of saved questions: the same page for everybody, which the browser fills in."""
    ctx = {
        "head": seo.plain_head("Saved questions", "Kept in your browser alone."),
        "is_offline": settings.SAVE_OFFLINE,
    }
    return render(request, "learn/saved.html", ctx)


@require_safe
@cache_control(no_cache=True)  # a browser asks for it at each visit: a switch is seen at once
def service_worker(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 a view takes its request
    """The worker that shows saved pages without a network; with SAVE_OFFLINE off, one that removes itself."""
    template = loader.get_template("learn/sw.js" if settings.SAVE_OFFLINE else "learn/sw_off.js")
    headers = {"X-Robots-Tag": "noindex"}
    text = template.render({"static_url": settings.STATIC_URL})
    return HttpResponse(text, content_type="text/javascript; charset=utf-8", headers=headers)


@require_safe
@conditional()
def practise(request: HttpRequest) -> HttpResponse:
    """Practice of the saved questions: the same page for everybody, which the browser fills in."""
    ctx = {
        "head": seo.plain_head("Practise", "Question first, then the answer."),
        "cards": [],
        "path": "",
    }
    return render(request, "learn/practise.html", ctx)


@require_safe
@conditional()
def practise_subject(request: HttpRequest, subject_slug: str) -> HttpResponse:
    """Questions of a subject with their answers folded, or on a sheet for paper. Three queries."""
    subject = get_object_or_404(Subject, slug=subject_slug)
    count = counts.of_subject(subject.pk).listable
    ctx = {"subject": subject, "path": subject.get_absolute_url()}
    paginator = TwoEndedPaginator(articles_of(subject).newest_first(), ON_A_SHEET, count)
    return _sheet(request, subject.title, paginator, ctx)


@require_safe
@conditional()
def practise_topic(request: HttpRequest, topic_slug: str, subject_slug: str = "") -> HttpResponse:
    """The same with a topic, the most central questions first. Two queries."""
    found = standing(topic_slug, subject_slug)
    if found is None:
        return moved(topic_slug, subject_slug)
    link = TopicLink(found.topic.pk, found.topic.heading, found.path, found.articles)
    ctx = {"subject": found.subject, "topic": link, "path": found.path}
    return _sheet(request, found.name, TopicPaginator(found.all_articles(), ON_A_SHEET, found.articles), ctx)


def _sheet(
    request: HttpRequest, name: str, paginator: Paginator[Article], ctx: dict[str, Any]
) -> HttpResponse:
    number = request.GET.get("page")
    if number == "1":
        return HttpResponsePermanentRedirect(without_page(request))
    try:
        page = paginator.page(page_number(number))
    except EmptyPage as error:
        raise Http404 from error
    columns = ("subject__slug", "subject__title", "slug", "question", "answer_html", "date")
    cards = page.object_list.only(*columns)  # type: ignore[attr-defined]  # a queryset, not read yet
    title = f"Practise {name}" + (f", page {page.number}" if page.number > 1 else "")
    ctx |= {
        "head": seo.plain_head(title, "Question first, then the answer."),
        "name": name,
        "page": page,
        "cards": [(article, mark_safe(_ANCHOR.sub(r"\1", article.answer_html))) for article in cards],
    }
    return render(request, "learn/practise.html", ctx)
