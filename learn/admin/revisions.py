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
from django.views.decorators.http import require_POST, require_safe

from learn.db import state
from learn.editing import diffs, related_links, working_copies
from learn.identity import row_key
from learn.models import Article, ChangeSet, Revision, RevisionDetails, Subject
from learn.models.revisions import record, snapshot

from .login import editor
from .working_copies import closed_to

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PER_PAGE = 30
VERSIONS_OFFERED = 200  # to compare one with
# In the order in which they matter to a reader of the diff.
COMPARED = (
    "question", "answer", "related", "description", "keywords", "status", "publish_at", "expires", "no_index",
    "subject_id",
    "slug", "author", "date", "is_preferred", "title", "article_title", "seo_title", "subject_label", "date_format",
    "post_on_text", "file_name", "body", "extra",
)  # fmt: skip
LABELS = {
    "related": "Related questions",
    "subject_id": "Subject",
    "publish_at": "Publish at",
    "expires": "Expires",
    "no_index": "No index",
}
KINDS = {"+": "Created", "~": "Changed", "-": "Deleted"}


@dataclass(frozen=True)
class FieldDiff:
    label: str
    lines: Sequence[diffs.Line]


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
                _label(name) for name in COMPARED if previous and _value(row, name) != _value(previous, name)
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


def compare(old: Any, new: Any) -> list[FieldDiff]:
    """The fields in which two revisions differ; `old` None: everything that `new` says."""
    subjects = dict(
        Subject.objects.filter(pk__in={r.subject_id for r in (old, new) if r}).values_list("pk", "title")
    )
    changes = []
    for name in COMPARED:
        before, after = (_text(row, name, subjects) if row else "" for row in (old, new))
        if before != after:
            changes.append(FieldDiff(_label(name), diffs.compare(before, after)))
    return changes


def _label(name: str) -> str:
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def _value(row: Any, name: str) -> Any:
    return getattr(row, name)


def _text(row: Any, name: str, subjects: dict[int, str]) -> str:
    value = getattr(row, name)
    if name == "related":
        return "\n".join(f"{link[-1]}  {link[2]}" for link in value)
    if name == "subject_id":
        return subjects.get(value, "a subject that is gone")
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None or value == {} else str(value)


def attribute(revision: Any, *, source: str, user: User) -> None:
    """Name who made a revision that was written where nobody knew: by the signal of a deletion."""
    Revision.objects.filter(pk=revision.pk).update(source=source, history_user=user)


@require_POST
def restore(request: HttpRequest, pk: int, number: int, modeladmin: Any) -> HttpResponse:
    """Put what the article said in this revision into its working copy: nothing changes until that is saved.

    A deleted article comes back as a draft, under its old address, and a new version.
    """
    row = get_object_or_404(Revision, id=pk, history_id=number)
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
        article = _revived(row)
        article.save(source=None)  # the revision is written below, when the links are back, too
        related_links.restore(article, row.related)
        article.refresh_link_flaws()
        record(
            [article],
            source=RevisionDetails.Source.RESTORE,
            user=editor(request),
            reason=f"version {row.version} of {row.history_date:%Y-%m-%d %H:%M}",
        )
    modeladmin.log_change(request, article, f"Restored version {row.version}.")
    modeladmin.message_user(
        request, f"Version {row.version} is restored. The history keeps all others.", messages.SUCCESS
    )
    return there


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
    if not Subject.objects.filter(pk=row.subject_id).exists():
        return "The subject of this article is gone. Make it again, then write the article anew from its versions."
    if Article.objects.filter(subject=row.subject_id, slug=row.slug).exists():
        return "Another article stands at this address now. Move that one first."
    return ""


def _revived(row: Any) -> Article:
    """A deleted article as a new row with its old key: a draft, of a version that its history does not have yet."""
    values = {field.attname: getattr(row, field.attname) for field in Revision.tracked_fields}
    return Article(**{**values, "status": Article.Status.DRAFT, "version": row.version + 1})
