"""Working copies on the desk: kept while somebody writes, shown beside the live page, discarded when asked twice."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
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
from learn.models import Article, DeletedArticle, WorkingCopy

from . import draft_log, unpublished
from .kept_texts import KEY
from .login import editor
from .markup import moment_text

UNSAVED_SHOWN = 5
SCHEDULES = frozenset({"_schedule", "_unschedule"})
Status = Article.Status


def closed_to(user: Any, article: Article | None) -> list[str]:
    """The fields that `user` may not change in a working copy of `article`."""
    is_live = article is not None and article.status != Status.DRAFT
    return rights.closed_fields(user, "article", is_live=is_live)


def is_kept_apart(request: HttpRequest, status: str) -> bool:
    """Whether what is posted goes into a working copy: an Editor's always where visitors would see it.

    So does what stands in a form by which a page is taken off the site: nobody asked for its text to be saved.
    """
    is_asked = bool(request.POST.keys() & {"_draft", "_unpublish", *SCHEDULES})
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
    is_published_now = not request.POST.keys() & {"_draft", "_unpublish", *SCHEDULES}
    if not is_published_now or moment_of(request, "publish_at") is None:
        return
    article = Article.objects.published().filter(pk=pk or 0).only("publish_at").first()
    if article is not None:
        posted: Any = request.POST.copy()
        posted.update({"_schedule": "1"})
        posted["goes_live_at"] = posted["publish_at"]
        posted["publish_at"] = edit_conflicts.posted_values(ArticleForm(instance=article))["publish_at"]
        request.POST = posted


def confirm_schedule(request: HttpRequest, copy: WorkingCopy) -> WorkingCopy:
    """A publisher who saves a scheduled draft by hand lets it go live as it is now, at the moment that was chosen."""
    if copy.goes_live_at and copy.goes_live_at > timezone.now() and rights.may_publish(request.user):
        working_copies.schedule(copy, copy.goes_live_at, editor(request))
    return copy


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
    """Find the working copy that the form is to show, for `context` and the form: one query, two where there is one.

    The address of a new article that was saved since leads to the article: `saved_as`.
    """
    key = request.GET.get("draft", "")
    page: Any = request
    page.shown, page.copy_shown, page.rebased, page.saved_as = None, None, None, None
    if pk is None and not KEY.fullmatch(key):
        return
    copy = page.copy_shown = working_copies.find(pk, key)
    if copy is None:
        page.saved_as = draft_log.saved_as(key) if pk is None else None
        return
    if copy.article is None:
        page.shown = {**copy.values, "seen_copy": copy.stamp}
        return
    page.rebased = rebased = working_copies.rebase(copy, copy.article)
    if request.GET.get("show") != "live":
        page.shown = {**rebased.values, **_seen(copy, rebased.base, rebased.values)}


def check(request: HttpRequest, article: Article, form: type[ArticleForm]) -> None:
    """Put what is posted together with what became of the working copy since the form showed it.

    Whoever makes a page live is shown first what others wrote, or took back, meanwhile.
    """
    copy = working_copies.find(article.pk)
    request.checked = article, copy  # type: ignore[attr-defined]  # for `_held`
    if request.POST.get("seen_copy", "") == (copy.stamp if copy else ""):
        return
    live = working_copies.live_values(article)
    theirs = working_copies.rebase(copy, article, live).values if copy else live
    if copy:
        conflict = EditConflict(str(copy.changed_by or "Somebody"), copy.changed_at, "unpublished changes")
    else:
        conflict = EditConflict("Somebody", timezone.now(), "the draft was discarded, or published")
    unbound = form(instance=article)
    base = {**live, **_seen_values(request)}
    values = edit_conflicts.put_together(unbound, base, request.POST, theirs, conflict)
    posted: QueryDict = edit_conflicts.put_into(request.POST, unbound, values)
    for name, value in _seen(copy, live, theirs).items():
        posted[name] = value
    request.POST = posted  # type: ignore[assignment]
    if conflict.both or (conflict.only_theirs and _goes_live(request, article, copy)):
        request.edit_conflict = conflict  # type: ignore[attr-defined]


def _goes_live(request: HttpRequest, article: Article, copy: WorkingCopy | None) -> bool:
    """Whether visitors see what is posted: at once, or at the moment for which it is scheduled, now or before."""
    posted = request.POST.keys()
    if posted & {"_publish", "_schedule"}:
        return True
    if not is_kept_apart(request, article.status):
        return article.status == Status.PUBLISHED
    is_scheduled = copy is not None and copy.goes_live_at is not None
    return is_scheduled and rights.may_publish(request.user) and not posted & {"_unschedule", "_unpublish"}


def _seen(copy: WorkingCopy | None, base: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """What a form remembers of the working copy that it shows."""
    changed = {name: value for name, value in values.items() if value != base.get(name, "")}
    return {"seen_copy": copy.stamp if copy else "", "seen_values": json.dumps(changed)}


def _seen_values(request: HttpRequest) -> dict[str, str]:
    """What the form began with, where that was not what the article says; nothing where it says nothing of use."""
    try:
        seen = json.loads(request.POST.get("seen_values", "") or "{}")
        return {str(name): str(value) for name, value in seen.items()}
    except (ValueError, AttributeError, RecursionError):
        return {}


def context(request: HttpRequest, article: Article | None) -> dict[str, Any]:
    """What the page of the form tells of working copies."""
    page: Any = request
    if not hasattr(page, "copy_shown"):
        show(request, article.pk if article else None)
    copy, rebased = page.copy_shown, page.rebased
    told: dict[str, Any] = {"copy": copy, "is_live_shown": copy is not None and page.shown is None}
    told["goes_live_at"] = request.POST.get("goes_live_at", "")
    if request.method == "POST":
        told["held"] = _held(request, article)
    if article is None:
        copies = unpublished.never_saved(editor(request))
        found = list(copies.exclude(pk=copy.pk if copy else 0)[: UNSAVED_SHOWN + 1])
        told["unsaved"] = found[:UNSAVED_SHOWN]
        told["unsaved_count"] = copies.count() if len(found) > UNSAVED_SHOWN else 0
        if copy and copy.article_key:
            told["deleted"] = (
                DeletedArticle.objects.select_related("deleted_by")
                .filter(article_key=copy.article_key)
                .first()
            )
    elif rebased is not None:
        told["copy_changes"] = working_copies.differences(rebased.base, rebased.values)
        if not rebased.is_clean and request.method == "GET" and page.shown is not None:
            told["conflict"] = rebased.conflict
        elif rebased.conflict is not None:
            told["taken_over"] = rebased.conflict
    return told


def keep_of_deleted(request: HttpRequest, pk: int) -> WorkingCopy | None:
    """Keep what was posted to the form of an article that somebody deleted meanwhile; None where nobody did."""
    copy = working_copies.of_deleted(pk, editor(request)) if request.method == "POST" else None
    if copy is None:
        return None
    closed = closed_to(request.user, None)
    try:
        working_copies.keep(None, request.POST.dict(), editor(request), key=copy.key, closed=closed)
    except working_copies.TooLongError:
        return None
    return copy


def _held(request: HttpRequest, article: Article | None) -> dict[str, str]:
    """What the server holds of a form that was refused: the page sends what stands in it as a change of this.

    As `check` saw it, before the form was filled in: `article` holds by now what was posted.
    """
    if article is None:
        # One that changed meanwhile says nothing of what this form began with.
        copy = working_copies.find(None, request.POST.get("draft_key", ""))
        is_seen = copy is not None and copy.stamp == request.POST.get("seen_copy", "")
        before = None, copy if is_seen else None
    else:
        before = request.checked  # type: ignore[attr-defined]
    closed = closed_to(request.user, article)
    return {name: text for name, text in working_copies.held(*before).items() if name not in closed}


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
        if article is None and (copy := working_copies.of_deleted(row_key(pk) or 0, editor(request))):
            return None, copy.key
        if article is None:
            raise Http404
        return article, ""
    if not modeladmin.has_add_permission(request) or not KEY.fullmatch(key):
        raise PermissionDenied
    if WorkingCopy.objects.filter(article=None, key=key).exists():
        return None, key
    article = draft_log.saved_as(key)  # in another tab, or by somebody else
    if article is not None and not modeladmin.has_change_permission(request):
        raise PermissionDenied
    return article, key


@require_POST
def keep(request: HttpRequest, modeladmin: Any) -> JsonResponse:
    """Keep the posted `changes`: for each field what its writer saw and what it is to be.

    Answers with the moment, the number of the working copy, the fields that somebody else changed otherwise
    (`clashes`), and, where others changed it since `number`, with all it holds (`values`). Where a new one was saved
    as an article meanwhile, the changes go into that one's working copy, and the answer says where it is (`article`).
    Where somebody discarded the working copy, nothing is kept, and the answer says who (`discarded`).
    """
    article, key = _asked_for(request, modeladmin)
    try:
        changes = {
            str(name): (str(old), str(new))
            for name, (old, new) in json.loads(request.POST.get("changes", "")).items()
        }
    except (ValueError, TypeError, AttributeError, RecursionError):
        return JsonResponse({"error": "The changes are no JSON."}, status=400)
    closed = closed_to(request.user, article)
    number = request.POST.get("number", "")
    if entry := draft_log.discarded(number):
        copy = working_copies.find(article.pk if article else None, key)
        values = working_copies.held(article, copy)
        return JsonResponse(
            {
                "at": timezone.now().isoformat(),
                "number": copy.stamp if copy else "",
                "clashes": [],
                "values": {name: text for name, text in values.items() if name not in closed},
                "discarded": {"by": str(entry.user), "at": entry.action_time.isoformat()},
            }
        )
    try:
        kept = working_copies.keep_changes(article, changes, editor(request), key=key, closed=closed)
    except working_copies.TooLongError as error:
        return JsonResponse({"error": f"{error}: too long to be kept."}, status=413)
    is_alone = number == kept.before
    return JsonResponse(
        {
            "at": timezone.now().isoformat(),
            "number": kept.copy.stamp if kept.copy else "",
            "clashes": kept.clashes,
            "values": None if is_alone else {k: v for k, v in kept.values.items() if k not in closed},
            "article": _place_of(article) if article and key else None,
        }
    )


def _place_of(article: Article) -> dict[str, Any]:
    return {"pk": article.pk, "url": reverse("admin:learn_article_change", args=[article.pk])}


@require_POST
def here(request: HttpRequest, modeladmin: Any) -> JsonResponse:
    """Note that whoever asks has the form of `article` open, and is `typing`; answers with who else has.

    A page that is `gone` says so with the last `sign` that it was answered with.
    """
    if not modeladmin.has_change_permission(request):
        raise PermissionDenied
    article = Article.objects.filter(pk=row_key(request.POST.get("article", "")) or 0).only("pk").first()
    if article is None:
        raise Http404
    if "gone" in request.POST:
        presence.leave(article, editor(request), request.POST["gone"])
        return JsonResponse({"others": []})
    seen_at = presence.note(article, editor(request), is_typing="typing" in request.POST)
    present = presence.others(article.pk, editor(request))
    return JsonResponse(
        {
            "sign": seen_at.isoformat(),
            "others": [
                {"name": str(one.user), "since": one.since.isoformat(), "typing": presence.is_typing(one)}
                for one in present
            ],
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
        draft_log.note_discarded(copy, editor(request))
        copy.delete()
        if copy.article and copy.article.status == Status.PUBLISHED:
            reviews.close(copy.article)
        modeladmin.message_user(request, "The draft is discarded.", messages.SUCCESS)
        return HttpResponseRedirect(there)
    values = {**copy.base, **copy.values}
    present = presence.others(copy.article.pk, editor(request)) if copy.article else []
    ctx = {
        **modeladmin.admin_site.each_context(request),
        "title": "Discard this draft?",
        "subtitle": str(copy),
        "opts": modeladmin.opts,
        "copy": copy,
        "present": [(one, presence.is_typing(one)) for one in present],
        "changes": working_copies.differences(copy.base, values),
        "back": there if copy.article else f"{reverse('admin:learn_article_add')}?draft={copy.key}",
    }
    return TemplateResponse(request, "admin/learn/article/discard.html", ctx)
