"""The page on which a draft is reviewed: what it changes, its lines with comments, the request and the decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from learn import rights
from learn.editing import bulk, reviews, working_copies
from learn.editing.forms import ArticleForm
from learn.identity import row_key
from learn.models import Article, Comment, Review

from .login import editor

TEXT_MAX_LENGTH = 5_000
DECISIONS = ("_approve", "_return", "_publish")


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: int, modeladmin: Any) -> HttpResponse:
    """Show the draft with what is said of it; POST asks for a review, comments, resolves, decides or publishes."""
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    article = get_object_or_404(Article.objects.select_related("subject"), pk=pk)
    copy = working_copies.find(pk)
    rebased = working_copies.rebase(copy, article) if copy else None
    values = rebased.values if rebased else working_copies.live_values(article)
    if request.method == "POST":
        decides = any(name in request.POST for name in DECISIONS)
        if not modeladmin.has_change_permission(request) or (
            decides and not rights.may_publish(request.user)
        ):
            raise PermissionDenied
        level, told = _do(request, article, copy, values)
        if told:
            modeladmin.message_user(request, told, level)
        return HttpResponseRedirect(request.path)
    threads = reviews.threads(article, values.get("answer", ""))
    lines = values.get("answer", "").split("\n")
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": "Review",
        "subtitle": values.get("question") or article.question,
        "opts": modeladmin.opts,
        "article": article,
        "copy": copy,
        "changes": working_copies.differences(rebased.base, rebased.values) if rebased else [],
        "lines": [
            (number, text, [one for one in threads if one.line == number])
            for number, text in enumerate(lines, start=1)
        ],
        "elsewhere": [one for one in threads if one.line is None],
        "review": article.reviews.select_related("asked_by", "asked_of", "decided_by")
        .order_by("-pk")
        .first(),
        "publishers": reviews.publishers(),
        "may_change": modeladmin.has_change_permission(request),
        "may_publish": rights.may_publish(request.user),
        "fields": [
            (name, str(field.label or name.replace("_", " ").capitalize()))
            for name, field in ArticleForm.base_fields.items()
            if name in working_copies.KEPT and name not in ("answer", "note")
        ],
        "chosen_line": row_key(request.GET.get("line", "")),
        "is_done": Review.Decision.APPROVED,
    }
    return TemplateResponse(request, "admin/learn/article/review.html", context)


def _do(request: HttpRequest, article: Article, copy: Any, values: dict[str, str]) -> tuple[int, str]:
    """Do what was posted; the level of what is to be told, and that."""
    user, posted = editor(request), request.POST
    text = posted.get("text", "").replace("\r\n", "\n").replace("\0", "").strip()[:TEXT_MAX_LENGTH]
    if "_request" in posted:
        who = reviews.publishers().filter(pk=row_key(posted.get("of", "")) or 0).first()
        reviews.request(article, user, asked_of=who, note=text)
        return messages.SUCCESS, f"{who or 'All publishers'} will find it under “Waiting for you”."
    if "_comment" in posted:
        if not text:
            return messages.ERROR, "Write what you want to say."
        parent = Comment.objects.filter(
            article=article, parent=None, pk=row_key(posted.get("parent", "")) or 0
        ).first()
        name = posted.get("field", "")
        name = name if name in working_copies.KEPT else ""
        line = row_key(posted.get("line", ""))
        reviews.comment(article, user, text, name=name, line=line, values=values, parent=parent)
        return messages.SUCCESS, ""
    if "_resolve" in posted or "_reopen" in posted:
        key = row_key(posted.get("_resolve", "") or posted.get("_reopen", ""))
        reviews.resolve(article, key or 0, user if "_resolve" in posted else None)
        return messages.SUCCESS, ""
    if "_return" in posted and not text:
        return messages.ERROR, "Say why it is sent back."
    if "_approve" in posted or "_return" in posted:
        done = reviews.decide(article, user, approve="_approve" in posted, reason=text)
        label = "Approved." if "_approve" in posted else "Sent back."
        return (messages.SUCCESS, label) if done else (messages.ERROR, "Nothing waits for a decision.")
    if "_publish" in posted:
        return _publish(request, article, copy)
    return messages.ERROR, "Nothing was done."


def _publish(request: HttpRequest, article: Article, copy: Any) -> tuple[int, str]:
    """Approve and publish what the page showed, and nothing that came after it."""
    user = editor(request)
    seen = request.POST.get("seen", "")
    if seen != f"{article.version}.{copy.stamp if copy else ''}":
        return (
            messages.ERROR,
            "Somebody changed it while you were looking. See how it is now; nothing was published.",
        )
    if copy is not None:
        trouble = working_copies.publish(copy, user)
    else:
        outcome = bulk.publish([article.pk], user)
        trouble = [reason for _article, reason in outcome.refused]
        if not trouble:
            reviews.decide(article, user, approve=True)
            reviews.close(article)
    if trouble:
        return messages.ERROR, " ".join(trouble)
    return (
        messages.SUCCESS,
        f"Published. Visitors see it at {Article.objects.get(pk=article.pk).get_absolute_url()}.",
    )
