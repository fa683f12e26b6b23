"""Import conflicts: an article and its changed file side by side, to keep one, take the other, or merge both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from learn import files, rights
from learn.documents import Related
from learn.editing import bulk, diffs, import_conflicts, merge, trash
from learn.editing.three_way import CHOSEN, TEXTS, Side
from learn.identity import row_key
from learn.models import Article, ImportConflict

from .lists import ReadOnlyAdmin
from .login import editor
from .markup import time_tag

Resolution = ImportConflict.Resolution


@dataclass(frozen=True)
class Difference:
    """A field in which article and file differ, with what each says and what a merge of both would."""

    name: str
    label: str
    mine: str
    file: str
    merged: str
    marks: int
    rows: Sequence[tuple[diffs.Line | None, diffs.Line | None]]
    is_long: bool


LONG = ("answer", "description", "keywords", "body")


class DecisionFilter(admin.SimpleListFilter):
    title = "decision"
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("made", "Decided")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ImportConflict]
    ) -> QuerySet[ImportConflict] | None:
        match self.value():
            case "open":
                return queryset.filter(resolved_at=None)
            case "made":
                return queryset.filter(resolved_at__isnull=False)
            case _:
                return None


@admin.register(ImportConflict)
class ImportConflictAdmin(ReadOnlyAdmin):
    list_display = ("article_question", "source_path", "found", "resolution_shown")
    list_filter = (DecisionFilter,)
    list_select_related = ("article", "deleted")
    actions = ("merge_clean", "keep_mine", "take_files")  # type: ignore[assignment]  # others have none
    change_list_template = "admin/learn/importconflict/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportConflict]:
        queryset = super().get_queryset(request)
        return queryset.defer("document", "article__answer", "article__answer_html", "article__answer_text")

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "<int:pk>/change/",
                self.admin_site.admin_view(self.choose_view),
                name="learn_importconflict_change",
            ),
            *super().get_urls(),
        ]

    @admin.display(description="Article", ordering="article__question")
    def article_question(self, conflict: ImportConflict) -> str:
        if conflict.article is None:
            return f"{conflict.deleted} (deleted)"
        return conflict.article.question

    @admin.display(description="Found", ordering="created_at")
    def found(self, conflict: ImportConflict) -> SafeString:
        return time_tag(conflict.created_at)

    @admin.display(description="Decision", ordering="resolution")
    def resolution_shown(self, conflict: ImportConflict) -> str:
        return conflict.get_resolution_display() or "Open"

    def may_choose(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["learn.change_importconflict", "learn.change_article"])

    def may_take_file(self, request: HttpRequest, conflict: ImportConflict) -> bool:
        """Whether the article may say what the file does: where visitors would see it, that is a publisher's."""
        article = conflict.article
        is_hidden = article is not None and article.status != Article.Status.PUBLISHED
        return self.may_choose(request) and (is_hidden or rights.may_publish(request.user))

    def choose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Article and file side by side; keep the one, take the other, or choose field by field."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        conflict = get_object_or_404(
            ImportConflict.objects.select_related("article__subject", "run", "deleted__deleted_by"), pk=pk
        )
        keeps = "_mine" in request.POST or (conflict.article is None and "_revive" not in request.POST)
        may = self.may_choose(request) if keeps else self.may_take_file(request, conflict)
        if request.method == "POST" and not may:
            raise PermissionDenied
        if conflict.article is None:
            return self._choose_deleted(request, conflict)
        error = ""
        try:
            mine, file, base = import_conflicts.sides(conflict)
        except files.DocumentError as fault:
            # The rules for files grew stricter since it was stored. The article can only stay as it is.
            if request.method == "POST" and not (error := self._resolve(request, conflict, [], None)):
                return self._back_to_list()
            return self._render(
                request, conflict, error=error or f"The file cannot be taken any more: {fault}"
            )
        differences = list(_differences(mine, file, base))
        if request.method == "POST":
            error = self._resolve(request, conflict, differences, file)
            if not error:
                return self._back_to_list()
        return self._render(
            request,
            conflict,
            error=error,
            differences=differences,
            moved_to=file.path if file.path != mine.path else "",
        )

    def _choose_deleted(self, request: HttpRequest, conflict: ImportConflict) -> HttpResponse:
        """A changed file whose article was deleted here: bring it back as the file says, or leave it deleted."""
        error = ""
        if request.method == "POST":
            try:
                done = trash.decide(conflict, editor(request), revive="_revive" in request.POST)
            except files.DocumentError as fault:
                error = f"The file cannot be taken any more: {fault}"
            else:
                if done:
                    text = (
                        "The article is back." if "_revive" in request.POST else "The article stays deleted."
                    )
                    self.message_user(request, text, messages.SUCCESS)
                    return self._back_to_list()
                error = (
                    "Somebody settled this while you were looking, or another article stands at its address."
                )
        return self._render(request, conflict, error=error, deleted=conflict.deleted)

    @admin.action(description="Merge what merges without a clash", permissions=["take"])
    def merge_clean(self, request: HttpRequest, queryset: QuerySet[ImportConflict]) -> None:
        self._resolve_many(request, queryset, Resolution.MERGED)

    @admin.action(description="Keep the articles as they are", permissions=["choose"])
    def keep_mine(self, request: HttpRequest, queryset: QuerySet[ImportConflict]) -> None:
        self._resolve_many(request, queryset, Resolution.MINE)

    @admin.action(description="Take the files", permissions=["take"])
    def take_files(self, request: HttpRequest, queryset: QuerySet[ImportConflict]) -> None:
        self._resolve_many(request, queryset, Resolution.FILE)

    def has_choose_permission(self, request: HttpRequest) -> bool:
        return self.may_choose(request)

    def has_take_permission(self, request: HttpRequest) -> bool:
        return self.may_choose(request) and rights.may_publish(request.user)

    def _resolve_many(
        self, request: HttpRequest, queryset: QuerySet[ImportConflict], how: Resolution
    ) -> None:
        keep = rights.closed_fields(request.user, "article")
        waiting = queryset.filter(resolved_at=None).defer(None).select_related(None)
        settled, left = import_conflicts.resolve_many(waiting.iterator(100), how, editor(request), keep=keep)
        if settled:
            self.message_user(request, f"{settled:,} settled: {how.label.lower()}.", messages.SUCCESS)
        if left:
            self.message_user(request, f"{left:,} wait for a decision one by one.", messages.WARNING)

    def _back_to_list(self) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('admin:learn_importconflict_changelist')}?decision=open")

    def _render(self, request: HttpRequest, conflict: ImportConflict, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Article or file?",
            "subtitle": conflict.article.question if conflict.article else str(conflict.deleted),
            "opts": self.opts,
            "conflict": conflict,
            "may_choose": self.may_choose(request) and conflict.resolved_at is None,
            "may_take_file": self.may_take_file(request, conflict) and conflict.resolved_at is None,
            **more,
        }
        response = TemplateResponse(request, "admin/learn/importconflict/choose.html", context)
        if more.get("error") and request.method == "POST":
            response.status_code = 409
        return response

    def _resolve(
        self,
        request: HttpRequest,
        conflict: ImportConflict,
        differences: list[Difference],
        file: Side | None,
    ) -> str:
        """Do what was chosen; return why not, where it could not be done."""
        version = request.POST.get("version", "")
        if row_key(version) is None:
            return "The form is incomplete. Load the page again."
        try:
            resolution, values, related = _chosen(request, differences, file)
        except ValidationError as error:
            return " ".join(error.messages)
        for name in rights.closed_fields(request.user, "article"):
            if values:
                values.pop(name, None)
        if conflict.article and (lacks := _lacks(conflict.article, values or {})):
            return f"The page is live and would lose its substance. {lacks}"
        done = import_conflicts.resolve(
            conflict, resolution, editor(request), values=values, related=related, version=int(version)
        )
        if not done:
            return "The article changed, or somebody settled this, while you were looking. See how it is now."
        label = Resolution(resolution).label.lower()
        self.message_user(request, f"{conflict.article}: {label}.", messages.SUCCESS)
        return ""


def _lacks(article: Article, values: dict[str, Any]) -> str:
    """What a live page would be left without; empty where nothing."""
    if article.status != Article.Status.PUBLISHED:
        return ""
    names = ("question", "answer", "slug", "description")
    candidate = Article(**{name: values.get(name, getattr(article, name)) for name in names})
    return " ".join(bulk.missing_for_live_page(candidate).values())


def _chosen(
    request: HttpRequest, differences: Sequence[Difference], file: Side | None
) -> tuple[Resolution, dict[str, Any] | None, Sequence[Related] | None]:
    """What the form says: the decision, and the columns and links that the article gets (None: keeps)."""
    if file is None or "_mine" in request.POST:
        return Resolution.MINE, None, None
    if "_file" in request.POST:
        return Resolution.FILE, dict(file.values), file.related
    values: dict[str, Any] = {}
    related: Sequence[Related] | None = None
    for difference in differences:
        name = difference.name
        match request.POST.get(f"choice_{name}"):
            case "file" if name == "related":
                related = file.related
            case "file":
                values[name] = file.values[name]
            case "merged" if name in TEXTS:
                values[name] = _merged_text(request, difference)
    return Resolution.MERGED, values, related


def _merged_text(request: HttpRequest, difference: Difference) -> str:
    text = request.POST.get(f"merged_{difference.name}", "").replace("\r\n", "\n")
    if merge.has_marks(text):
        raise ValidationError(
            f"{difference.label}: two versions are still beside each other. Keep one of them."
        )
    try:
        return str(Article._meta.get_field(difference.name).clean(text, None))  # type: ignore[union-attr]
    except ValidationError as error:
        raise ValidationError([f"{difference.label}: {message}" for message in error.messages]) from error


def _differences(mine: Side, file: Side, base: Side | None) -> Any:
    for name in CHOSEN:
        if mine.values[name] == file.values[name]:
            continue
        ours, theirs = (_as_text(side.values[name]) for side in (mine, file))
        merged = merge.Merged("", 0)
        if name in TEXTS and base is not None:
            merged = merge.merge(_as_text(base.values[name]), ours, theirs)
        yield Difference(
            name, name.replace("_", " ").capitalize(), ours, theirs, merged.text, merged.conflicts,
            diffs.side_by_side(diffs.compare(ours, theirs)), name in LONG,
        )  # fmt: skip
    if list(mine.related) != list(file.related):
        ours, theirs = (
            "\n".join(f"{link.url}  {link.title}" for link in side.related) for side in (mine, file)
        )
        yield Difference(
            "related",
            "Related questions",
            ours,
            theirs,
            "",
            0,
            diffs.side_by_side(diffs.compare(ours, theirs)),
            is_long=True,
        )


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)
