"""Working copies on the desk: kept while somebody writes, shown beside the live page, discarded when asked twice."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from learn import rights
from learn.editing import edit_conflicts, presence, reviews, working_copies
from learn.editing.edit_conflicts import EditConflict
from learn.editing.forms import ArticleForm
from learn.editing.moments import MomentField
from learn.identity import row_key
from learn.models import Article, WorkingCopy

from . import unpublished
from .kept_texts import KEY
from .login import editor
from .markup import moment_text

UNSAVED_SHOWN = 5
Status = Article.Status


def closed_to(user: Any, article: Article | None) -> list[str]:
    """The fields that `user` may not change in a working copy of `article`."""
    is_live = article is not None and article.status != Status.DRAFT
    return rights.closed_fields(user, "article", is_live=is_live)


def is_kept_apart(request: HttpRequest, status: str) -> bool:
    """Whether what is posted goes into a working copy: an Editor's always where visitors would see it."""
    is_asked = bool(request.POST.keys() & {"_draft", "_schedule", "_unschedule"})
    return status == Status.PUBLISHED and (is_asked or not rights.may_publish(request.user))


def moment_of(request: HttpRequest, name: str = "goes_live_at") -> dt.datetime | None:
    """When the posted change is to go live; None where that is no moment, or one that has passed."""
    try:
        moment: Any = MomentField(required=False).clean(request.POST.get(name, ""))
    except ValidationError:
        return None
    return moment if moment and moment > timezone.now() else None


def why_unscheduled(request: HttpRequest) -> str:
    """What is wrong with the posted moment at which a change is to go live."""
    try:
        MomentField(required=False).clean(request.POST.get("goes_live_at", ""))
    except ValidationError as error:
        return " ".join(error.messages)
    return "Choose a moment that is ahead."


def schedule_ahead(request: HttpRequest, pk: int | None) -> None:
    """Where a live page is published with a “Publish at” that is ahead, schedule the change: the page stays till then.

    Changes what is posted, for the form and `schedule`; one query, where the moment is ahead.
    """
    is_published_now = not request.POST.keys() & {"_draft", "_schedule", "_unschedule", "_unpublish"}
    if not is_published_now or moment_of(request, "publish_at") is None:
        return
    article = Article.objects.published().filter(pk=pk or 0).only("publish_at").first()
    if article is not None:
        posted: Any = request.POST.copy()
        posted.update({"_schedule": "1"})
        posted["goes_live_at"] = posted["publish_at"]
        posted["publish_at"] = edit_conflicts.posted_values(ArticleForm(instance=article))["publish_at"]
        request.POST = posted


def schedule(request: HttpRequest, copy: WorkingCopy) -> str:
    """Let the working copy go live as the form says; what to tell of it. Who may publish is the caller's to check."""
    if "_unschedule" in request.POST:
        working_copies.schedule(copy, None, editor(request))
        return "The draft is saved, and does not go live by itself any more."
    moment = moment_of(request)
    if moment is None:
        return ""
    working_copies.schedule(copy, moment, editor(request))
    return f"Scheduled: the change goes live on {moment_text(moment)}."


def show(request: HttpRequest, pk: int | None) -> None:
    """Find the working copy that the form is to show, for `context` and the form: one query, two where there is one."""
    key = request.GET.get("draft", "")
    page: Any = request
    page.shown, page.copy_shown, page.rebased = None, None, None
    if pk is None and not KEY.fullmatch(key):
        return
    copy = page.copy_shown = working_copies.find(pk, key)
    if copy is None:
        return
    if copy.article is None:
        page.shown = copy.values
        return
    page.rebased = rebased = working_copies.rebase(copy, copy.article)
    if request.GET.get("show") != "live":
        page.shown = {**rebased.values, "seen_copy": copy.stamp}


def check(request: HttpRequest, article: Article, form: type[ArticleForm]) -> None:
    """Put what is posted together with what somebody else kept in the working copy meanwhile."""
    copy = working_copies.find(article.pk)
    if copy is None or request.POST.get("seen_copy", "") == copy.stamp:
        return
    conflict = EditConflict(str(copy.changed_by or "Somebody"), copy.changed_at, "unpublished changes")
    unbound = form(instance=article)
    theirs = working_copies.rebase(copy, article).values
    values = edit_conflicts.put_together(unbound, copy.base, request.POST, theirs, conflict)
    posted: QueryDict = edit_conflicts.put_into(request.POST, unbound, values)
    posted["seen_copy"] = copy.stamp
    request.POST = posted  # type: ignore[assignment]
    if conflict.both:
        request.edit_conflict = conflict  # type: ignore[attr-defined]


def context(request: HttpRequest, article: Article | None) -> dict[str, Any]:
    """What the page of the form tells of working copies."""
    page: Any = request
    if not hasattr(page, "copy_shown"):
        show(request, article.pk if article else None)
    copy, rebased = page.copy_shown, page.rebased
    told: dict[str, Any] = {"copy": copy, "is_live_shown": copy is not None and page.shown is None}
    told["goes_live_at"] = request.POST.get("goes_live_at", "")
    if article is None:
        copies = unpublished.never_saved(editor(request))
        found = list(copies.exclude(pk=copy.pk if copy else 0)[: UNSAVED_SHOWN + 1])
        told["unsaved"] = found[:UNSAVED_SHOWN]
        told["unsaved_count"] = copies.count() if len(found) > UNSAVED_SHOWN else 0
    elif rebased is not None:
        told["copy_changes"] = working_copies.differences(rebased.base, rebased.values)
        if not rebased.is_clean and request.method == "GET" and page.shown is not None:
            told["conflict"] = rebased.conflict
        elif rebased.conflict is not None:
            told["taken_over"] = rebased.conflict
    return told


def posted(form: ArticleForm) -> dict[str, str]:
    """The fields of a bound form as they were posted, a box that is not ticked as empty."""
    return {name: str(form.data.get(name, "")) for name in form.fields}


# --- Pages of its own -------------------------------------------------------------------------------------------------


def _asked_for(request: HttpRequest, modeladmin: Any) -> tuple[Article | None, str]:
    """The article, or the key of a new one, whose working copy is posted. Raises PermissionDenied and Http404."""
    pk, key = request.POST.get("article", ""), request.POST.get("key", "")
    if pk:
        if not modeladmin.has_change_permission(request):
            raise PermissionDenied
        article = Article.objects.select_related("subject").filter(pk=row_key(pk) or 0).first()
        if article is None:
            raise Http404
        return article, ""
    if not modeladmin.has_add_permission(request) or not KEY.fullmatch(key):
        raise PermissionDenied
    # One that was saved meanwhile, in another tab: its key leads to its article.
    copy = (
        WorkingCopy.objects.filter(key=key, article__isnull=False).select_related("article__subject").first()
    )
    return copy.article if copy else None, key


@require_POST
def keep(request: HttpRequest, modeladmin: Any) -> JsonResponse:
    """Keep the posted `changes`: for each field what its writer saw and what it is to be.

    Answers with the moment, the number of the working copy, the fields that somebody else changed otherwise
    (`clashes`), and, where others changed it since `number`, with all it holds (`values`).
    """
    article, key = _asked_for(request, modeladmin)
    try:
        changes = {
            str(name): (str(old), str(new))
            for name, (old, new) in json.loads(request.POST.get("changes", "")).items()
        }
    except (ValueError, TypeError, AttributeError):
        return JsonResponse({"error": "The changes are no JSON."}, status=400)
    closed = closed_to(request.user, article)
    try:
        kept = working_copies.keep_changes(article, changes, editor(request), key=key, closed=closed)
    except working_copies.TooLongError as error:
        return JsonResponse({"error": f"{error}: too long to be kept."}, status=413)
    is_alone = request.POST.get("number", "") == kept.before
    return JsonResponse(
        {
            "at": timezone.now().isoformat(),
            "number": kept.copy.stamp if kept.copy else "",
            "clashes": kept.clashes,
            "values": None if is_alone else {k: v for k, v in kept.values.items() if k not in closed},
        }
    )


@require_POST
def here(request: HttpRequest, modeladmin: Any) -> JsonResponse:
    """Note that whoever asks has the form of `article` open, is `typing`, or is `gone`; answers with who else has."""
    if not modeladmin.has_change_permission(request):
        raise PermissionDenied
    article = Article.objects.filter(pk=row_key(request.POST.get("article", "")) or 0).only("pk").first()
    if article is None:
        raise Http404
    if "gone" in request.POST:
        presence.leave(article, editor(request))
        return JsonResponse({"others": []})
    presence.note(article, editor(request), is_typing="typing" in request.POST)
    present = presence.others(article.pk, editor(request))
    return JsonResponse(
        {
            "others": [
                {"name": str(one.user), "since": one.since.isoformat(), "typing": presence.is_typing(one)}
                for one in present
            ]
        }
    )


@require_GET
def token(request: HttpRequest, modeladmin: Any) -> JsonResponse:
    """Who is logged in, and a fresh token for the form: after its session had ended."""
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    return JsonResponse({"user": editor(request).pk, "token": get_token(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, key: str, modeladmin: Any) -> HttpResponse:
    """Ask, then forget a working copy; the article stays as it is."""
    copy = WorkingCopy.objects.select_related("article__subject", "changed_by").filter(key=key).first()
    if copy is None:
        raise Http404
    allowed = modeladmin.has_change_permission if copy.article else modeladmin.has_add_permission
    if not allowed(request):
        raise PermissionDenied
    home = reverse("admin:index")
    there = reverse("admin:learn_article_change", args=[copy.article.pk]) if copy.article else home
    if request.method == "POST":
        if request.POST.get("number") != str(copy.number):
            modeladmin.message_user(
                request, "Somebody changed it meanwhile. Nothing was discarded: look again.", messages.ERROR
            )
            return HttpResponseRedirect(request.path)
        copy.delete()
        if copy.article and copy.article.status == Status.PUBLISHED:
            reviews.close(copy.article)
        modeladmin.message_user(request, "The draft is discarded.", messages.SUCCESS)
        return HttpResponseRedirect(there)
    values = {**copy.base, **copy.values}
    ctx = {
        **modeladmin.admin_site.each_context(request),
        "title": "Discard this draft?",
        "subtitle": str(copy),
        "opts": modeladmin.opts,
        "copy": copy,
        "changes": working_copies.differences(copy.base, values),
        "back": there if copy.article else f"{reverse('admin:learn_article_add')}?draft={copy.key}",
    }
    return TemplateResponse(request, "admin/learn/article/discard.html", ctx)
