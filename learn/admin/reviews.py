"""The page on which a draft is reviewed: what it changes, its lines with comments, the request and the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learn import rights
from learn.editing import bulk, reviews, working_copies
from learn.editing.forms import ArticleForm
from learn.identity import row_key
from learn.models import Article, Comment, Review, WorkingCopy

from .login import editor
from .markup import moment_text

if TYPE_CHECKING:
    from django.contrib.auth.models import User

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
        "answer": values.get("answer", ""),
        "is_ahead": article.status != Article.Status.PUBLISHED and article.publish_at > timezone.now(),
        "seen": _stamp(article, copy),
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


def _do(
    request: HttpRequest, article: Article, copy: WorkingCopy | None, values: dict[str, str]
) -> tuple[int, str]:
    """Do what was posted; the level of what is to be told, and that."""
    user, posted = editor(request), request.POST
    text = posted.get("text", "").replace("\r\n", "\n").replace("\0", "").strip()[:TEXT_MAX_LENGTH]
    if "_request" in posted:
        who = reviews.publishers().filter(pk=row_key(posted.get("of", "")) or 0).first()
        reviews.request(article, user, asked_of=who, note=text)
        return messages.SUCCESS, f"{who or 'All publishers'} will find it under “Waiting for you”."
    if "_comment" in posted:
        return _comment(posted, article, values, user, text)
    if "_resolve" in posted or "_reopen" in posted:
        key = row_key(posted.get("_resolve", "") or posted.get("_reopen", ""))
        reviews.resolve(article, key or 0, user if "_resolve" in posted else None)
        return messages.SUCCESS, ""
    if any(name in posted for name in DECISIONS):
        return _decide(posted, article, copy, user, text)
    return messages.ERROR, "Nothing was done."


def _comment(
    posted: QueryDict, article: Article, values: dict[str, str], user: User, text: str
) -> tuple[int, str]:
    if not text:
        return messages.ERROR, "Write what you want to say."
    key = row_key(posted.get("parent", ""))
    parent = Comment.objects.filter(article=article, parent=None, pk=key or 0).first()
    name = posted.get("field", "")
    name = name if name in working_copies.KEPT else ""
    line, quote = _line_of(posted, values)
    reviews.comment(article, user, text, name=name, line=line, quote=quote, parent=parent)
    return messages.SUCCESS, ""


def _decide(
    posted: QueryDict, article: Article, copy: WorkingCopy | None, user: User, text: str
) -> tuple[int, str]:
    if "_return" in posted and not text:
        return messages.ERROR, "Say why it is sent back."
    if "_return" not in posted and posted.get("seen", "") != _stamp(article, copy):
        return (
            messages.ERROR,
            "Somebody changed it while you were looking. See how it is now; nothing was decided.",
        )
    if "_publish" in posted:
        return _publish(article, copy, user)
    done = reviews.decide(article, user, approve="_approve" in posted, reason=text)
    label = "Approved." if "_approve" in posted else "Sent back."
    return (messages.SUCCESS, label) if done else (messages.ERROR, "Nothing waits for a decision.")


def _stamp(article: Article, copy: WorkingCopy | None) -> str:
    """What the page shows: a decision is about that, and about nothing that came after it."""
    return f"{article.version}.{copy.stamp if copy else ''}"


def _line_of(posted: QueryDict, values: dict[str, str]) -> tuple[int | None, str]:
    """The line of the answer that a comment is about, and what it said to whoever wrote the comment.

    A number that they typed themselves is of the answer that the page showed them, which comes with it.
    """
    line = row_key(posted.get("line", ""))
    lines = (posted.get("answer") or values.get("answer", "")).replace("\r\n", "\n").split("\n")
    return (line, lines[line - 1]) if line and line <= len(lines) else (None, "")


def _publish(article: Article, copy: WorkingCopy | None, user: User) -> tuple[int, str]:
    """Approve and publish what the page showed."""
    if copy is not None:
        trouble = working_copies.publish(copy, user, with_article=True)
    else:
        outcome = bulk.publish([article.pk], user)
        trouble = [reason for _article, reason in outcome.refused]
        if not trouble:
            reviews.decide(article, user, approve=True)
            reviews.close(article)
    if trouble:
        return messages.ERROR, " ".join(trouble)
    now = Article.objects.select_related("subject").get(pk=article.pk)
    path = now.get_absolute_url()
    if now.is_scheduled:
        return messages.SUCCESS, f"Approved. It appears on {moment_text(now.publish_at)} at {path}."
    return messages.SUCCESS, f"Published. Visitors see it at {path}."
