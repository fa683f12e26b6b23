"""Requests of the article's form while somebody writes: preview, social card, search for related links."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from learn import derive, search
from learn.editing import related_links, wording
from learn.files.limits import ANSWER_MAX_LENGTH, TITLE_MAX_LENGTH
from learn.identity import row_key
from learn.jobs import pandoc
from learn.models import Article, Subject
from learn.models.pictures import known_pictures
from learn.rendering import render
from learn.seo.cards import MEDIA_TYPE
from learn.seo.cards.drawing import draw

FOUND_MAX = 10
SUGGESTED_MAX = 8


def _require_view(request: HttpRequest, modeladmin: Any) -> None:
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied


@require_POST
def preview(request: HttpRequest, modeladmin: Any) -> HttpResponse:
    """The posted `answer` as the page will show it, and what is wrong with it. Nothing is stored."""
    _require_view(request, modeladmin)
    answer = request.POST.get("answer", "").replace("\r\n", "\n")
    if len(answer) > ANSWER_MAX_LENGTH:
        return JsonResponse({"error": f"Longer than {ANSWER_MAX_LENGTH:,} characters."}, status=413)
    key = row_key(request.POST.get("subject", "")) or 0
    subject = Subject.objects.filter(pk=key).values_list("slug", flat=True)
    ((pictures, _names),) = known_pictures([(answer, (subject.first() or "") if "![" in answer else "")])
    rendered = render(answer, pictures)
    advice = wording.advice(answer, rendered, pictures)
    if answer.strip() and "keywords" in request.POST:
        pk, fields = row_key(request.POST.get("pk", "")), ("description", "keywords")
        advice += wording.field_advice(pk, *(request.POST.get(name, "") for name in fields))
    return JsonResponse(
        {
            "html": rendered.html,
            "words": len(rendered.text.split()),
            "excerpt": derive.excerpt(rendered.text),
            "findings": [one.as_json(answer) for one in advice],
        }
    )


@require_POST
def document(request: HttpRequest, modeladmin: Any) -> JsonResponse:
    """The posted `file`, a .docx, as HTML, which the form makes Markdown of; or why not. Nothing is stored."""
    if not (modeladmin.has_add_permission(request) or modeladmin.has_change_permission(request)):
        raise PermissionDenied
    file = request.FILES.get("file")
    if file is None or (file.size or 0) > pandoc.DOCUMENT_MAX_BYTES:
        megabytes = pandoc.DOCUMENT_MAX_BYTES // pandoc.MEBIBYTE
        return JsonResponse({"error": f"Choose a .docx file of {megabytes} MB at most."})
    try:
        return JsonResponse({"html": pandoc.html_of(file.read())})
    except pandoc.DocumentError as error:
        return JsonResponse({"error": str(error)})  # with status 400 a browser would write it to its console


@require_GET
def card(request: HttpRequest, modeladmin: Any) -> HttpResponse:
    """The picture that a social network would show for this question and subject."""
    _require_view(request, modeladmin)
    question = request.GET.get("question", "")[:TITLE_MAX_LENGTH]
    label = request.GET.get("subject", "")[:TITLE_MAX_LENGTH]
    if not question.strip():
        raise Http404("A card needs a question.")
    return HttpResponse(draw(label, question, settings.SITE_NAME), content_type=MEDIA_TYPE)


@require_GET
def find(request: HttpRequest, modeladmin: Any) -> JsonResponse:
    """Articles for the related questions: by words, or by an address."""
    _require_view(request, modeladmin)
    term = request.GET.get("q", "").strip()
    if "/learn/" in term:
        targets = related_links.look_up(related_links.parse(term))
        return _as_json([target.article for target in targets if target.article])
    pks = search.article_ids(term, limit=FOUND_MAX) if term else []
    return _as_json(_in_order(pks))


@require_GET
def suggestions(request: HttpRequest, modeladmin: Any) -> JsonResponse:
    """Articles like the one with the key `pk`; without one, like the words of `question`."""
    _require_view(request, modeladmin)
    pk = row_key(request.GET.get("pk", ""))
    question = request.GET.get("question", "")
    own = Article.objects.filter(pk=pk).first() if pk is not None else None
    pks = _similar(own) if own else []
    if not pks and question:
        pks = search.article_ids(question, Article.objects.listable(), SUGGESTED_MAX + 1)
    chosen = [article for article in _in_order(pks) if own is None or article.pk != own.pk]
    return _as_json(chosen[:SUGGESTED_MAX])


def _similar(article: Article) -> list[int]:
    stored = getattr(article, "similar", None)
    return list(stored.targets) if stored else []


def _in_order(pks: list[int]) -> list[Article]:
    found = (
        Article.objects.for_listing()
        .only("subject__slug", "subject__title", "slug", "question", "status", "publish_at", "expires")
        .in_bulk(pks)
    )
    return [found[pk] for pk in pks if pk in found]


def _as_json(found: list[Article]) -> JsonResponse:
    return JsonResponse(
        {
            "articles": [
                {
                    "url": article.get_absolute_url(),
                    "question": article.question,
                    "subject": article.subject.title,
                    "isPublished": article.is_published,
                    "edit": reverse("admin:learn_article_change", args=[article.pk]),
                }
                for article in found
            ]
        }
    )
