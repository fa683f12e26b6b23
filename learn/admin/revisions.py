"""The history of an article: who changed what, when and from where, with differences and restore."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from learn import rights
from learn.db import state
from learn.editing import trash, working_copies
from learn.editing.site_history import COMPARED, KINDS, compare, label
from learn.identity import row_key
from learn.models import Article, ChangeSet, DeletedArticle, Revision
from learn.models.revisions import snapshot

from .login import editor
from .working_copies import closed_to

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PER_PAGE = 30
VERSIONS_OFFERED = 200  # to compare one with


@dataclass(frozen=True)
class Entry:
    """A revision in the list, with the fields in which it differs from the one before it."""

    number: int
    when: dt.datetime
    who: str
    source: str
    kind: str
    reason: str
    version: int
    fields: Sequence[str]
    is_current: bool
    change_set: ChangeSet | None


@require_safe
def overview(request: HttpRequest, modeladmin: Any, object_id: str) -> HttpResponse:
    """All revisions of an article, the newest first, also of one that is deleted."""
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    if row_key(object_id) is None:
        raise Http404
    article = Article.objects.select_related("subject").filter(pk=object_id).first()
    rows = Revision.objects.filter(id=object_id).select_related("history_user", "change_set")
    rows = rows.order_by("-history_id")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    if article is None and not page.object_list:
        raise Http404
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": "History",
        "subtitle": str(article or page.object_list[0].question),
        "opts": modeladmin.opts,
        "article": article,
        "page": page,
        "entries": _entries(list(page.object_list), article),
        "may_restore": _may_restore(request, modeladmin, article),
    }
    return TemplateResponse(request, modeladmin.object_history_template, context)


def _entries(rows: list[Any], article: Article | None) -> list[Entry]:
    if not rows:
        return []
    before = Revision.objects.filter(id=rows[-1].id, history_id__lt=rows[-1].history_id)
    older = [*rows[1:], before.order_by("-history_id").first()]
    return [
        Entry(
            number=row.history_id,
            when=row.history_date,
            who=str(row.history_user or ""),
            source=row.get_source_display(),
            kind=KINDS[row.history_type],
            reason=row.history_change_reason or "",
            version=row.version,
            fields=[
                label(name) for name in COMPARED if previous and getattr(row, name) != getattr(previous, name)
            ],
            is_current=article is not None and row.version == article.version,
            change_set=row.change_set,
        )
        for row, previous in zip(rows, older, strict=True)
    ]


def _may_restore(request: HttpRequest, modeladmin: Any, article: Article | None) -> bool:
    """A deleted article that comes back is a new one."""
    return bool(
        modeladmin.has_change_permission(request) if article else modeladmin.has_add_permission(request)
    )


@require_safe
def revision(request: HttpRequest, pk: int, number: int, modeladmin: Any) -> HttpResponse:
    """One revision against the one before it, or (`?against=`) another one, or (`now`) the article as it is."""
    if not modeladmin.has_view_permission(request):
        raise PermissionDenied
    row = get_object_or_404(Revision.objects.select_related("history_user"), id=pk, history_id=number)
    article = Article.objects.select_related("subject").filter(pk=pk).first()
    others = Revision.objects.filter(id=pk)
    previous = others.filter(history_id__lt=number).order_by("-history_id").first()
    following = others.filter(history_id__gt=number).order_by("history_id").first()
    against_now = request.GET.get("against") == "now"
    other = others.filter(history_id=row_key(request.GET.get("against", ""))).first()
    if article and against_now:
        changes = compare(row, snapshot(article))
    else:  # the earlier one first, whichever was chosen
        pair = sorted((other, row), key=lambda one: one.history_id) if other else (previous, row)
        changes = compare(*pair)
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": f"Version {row.version}",
        "subtitle": row.question,
        "opts": modeladmin.opts,
        "article": article,
        "revision": row,
        "kind": KINDS[row.history_type],
        "previous": previous,
        "following": following,
        "changes": changes,
        "other": other,
        "versions": others.exclude(history_id=number)
        .order_by("-history_id")
        .values_list("history_id", "version", "history_date")[:VERSIONS_OFFERED],
        "against_now": against_now and article,
        "may_restore": _may_restore(request, modeladmin, article),
        "is_current": article is not None and row.version == article.version and not following,
    }
    return TemplateResponse(request, "admin/learn/article/revision.html", context)


def attribute(revision: Any, *, source: str, user: User) -> None:
    """Name who made a revision that was written where nobody knew: by the signal of a deletion."""
    Revision.objects.filter(pk=revision.pk).update(source=source, history_user=user)


@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, pk: int, number: int, modeladmin: Any) -> HttpResponse:
    """Say what differs between now and this revision; POST puts what it said into the article's working copy.

    Nothing changes until that is saved. A deleted article comes back under its old address, as a draft or, where a
    publisher says so, as it was.
    """
    row = get_object_or_404(Revision, id=pk, history_id=number)
    if request.method != "POST":
        return _ask(request, row, modeladmin)
    there = HttpResponseRedirect(reverse("admin:learn_article_change", args=[pk]))
    with transaction.atomic():
        state.lock_writes()
        article = (
            Article.objects.select_for_update(of=("self",)).select_related("subject").filter(pk=pk).first()
        )
        if not _may_restore(request, modeladmin, article):
            raise PermissionDenied
        if reason := _why_not_restored(row, article, request.POST.get("version", "")):
            modeladmin.message_user(request, reason, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:learn_article_history", args=[pk]))
        if article is not None:
            closed = closed_to(request.user, article)
            copy = working_copies.restore(article, row, editor(request), closed=closed)
            told = f"Version {row.version} is in the draft below. Nothing else changed yet: look at it, then save it."
            level = messages.SUCCESS
            if copy is None:
                told, level = "The article says already what it said in that version.", messages.INFO
            modeladmin.message_user(request, told, level)
            return there
        as_it_was = "_as_it_was" in request.POST
        if as_it_was and not rights.may_publish(request.user):
            raise PermissionDenied
        article = trash.restore(row, editor(request), as_it_was=as_it_was)
    modeladmin.log_change(request, article, f"Restored version {row.version}.")
    modeladmin.message_user(
        request, f"Version {row.version} is restored. The history keeps all others.", messages.SUCCESS
    )
    return there


def _ask(request: HttpRequest, row: Any, modeladmin: Any) -> HttpResponse:
    """What the article would say otherwise than now, or what a deleted one would say again, before anything is done."""
    article = Article.objects.select_related("subject").filter(pk=row.id).first()
    if not _may_restore(request, modeladmin, article):
        raise PermissionDenied
    deleted = None if article else DeletedArticle.objects.filter(article_key=row.id).first()
    last = Revision.objects.filter(id=row.id).order_by("-history_id").first()
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": f"Restore version {row.version}",
        "subtitle": row.question,
        "opts": modeladmin.opts,
        "article": article,
        "revision": row,
        "deleted": deleted,
        "was_published": last.status == Article.Status.PUBLISHED,
        "may_publish": rights.may_publish(request.user),
        "trouble": _why_not_restored(row, article, str(article.version) if article else ""),
        "closed": [label(name) for name in closed_to(request.user, article)] if article else [],
        "changes": compare(snapshot(article), row) if article else compare(None, row),
    }
    return TemplateResponse(request, "admin/learn/article/restore.html", context)


def _why_not_restored(row: Any, article: Article | None, version: str) -> str:
    """What keeps an article from saying again what `row` says; empty where nothing does.

    `version` is the one that the editor saw, empty for an article that was deleted.
    """
    if version != (str(article.version) if article else ""):
        return (
            "Somebody changed this article while you were looking. See how it is now; nothing was restored."
        )
    if article:
        copy = working_copies.find(article.pk)
        if copy is None:
            return ""
        return (
            f"{copy.changed_by or 'Somebody'} has unpublished changes of it. Publish or discard these first."
        )
    return trash.why_not(row)
