"""How to cite an article: a page with the styles, and files for reference managers."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from learn import seo
from learn.models import Article
from learn.seo import citations

ONE_HOUR = cache_control(public=True, max_age=3_600)  # the day on which it was read goes on


@require_safe
@ONE_HOUR
def cite(request: HttpRequest, subject_slug: str, slug: str) -> HttpResponse:
    """APA, MLA, Chicago, BibTeX and RIS on one page. One query."""
    article = _published(subject_slug, slug)
    what, today = citations.work(article), timezone.now().date()
    ctx = {
        "head": seo.plain_head("Cite this answer", "The answer in the common styles of citation."),
        "article": article,
        "subject": article.subject,
        "citations": citations.citations(what, today),
        "files": [
            ("BibTeX", "bib", citations.bibtex(what, today)),
            ("RIS", "ris", citations.ris(what, today).replace("\r", "")),
        ],
    }
    return render(request, "learn/cite.html", ctx)


@require_safe
@ONE_HOUR
def bibtex(request: HttpRequest, subject_slug: str, slug: str) -> HttpResponse:  # noqa: ARG001 a view takes its request
    text = citations.bibtex(citations.work(_published(subject_slug, slug)), timezone.now().date())
    return _file(text, "application/x-bibtex", f"{slug}.bib")


@require_safe
@ONE_HOUR
def ris(request: HttpRequest, subject_slug: str, slug: str) -> HttpResponse:  # noqa: ARG001
    text = citations.ris(citations.work(_published(subject_slug, slug)), timezone.now().date())
    return _file(text, "application/x-research-info-systems", f"{slug}.ris")


def _file(text: str, media_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Robots-Tag": "noindex"}
    return HttpResponse(text, content_type=f"{media_type}; charset=utf-8", headers=headers)


def _published(subject_slug: str, slug: str) -> Article:
    """The article at this address that readers see. Raises Http404."""
    articles = Article.objects.published().for_markdown().defer("answer")
    article = articles.filter(subject__slug=subject_slug, slug=slug).first()
    if article is None:
        raise Http404
    return article
