"""Files in: uploads with a trial before anything is written, what each import did, conflicts to be decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from learn import conflicts, diffs, files, merge, uploads
from learn.documents import Related
from learn.importing.report import COUNTS
from learn.models import ImportConflict, ImportRun, Upload

from .lists import DeskAdmin
from .login import editor
from .markup import time_tag

PROBLEMS_PER_PAGE = 100
State = Upload.State
Resolution = ImportConflict.Resolution


class ReadOnlyAdmin(DeskAdmin):
    """Rows that only the program writes."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _page(modeladmin: Any, view: Any) -> Any:
    return modeladmin.admin_site.admin_view(view)


# --- What each import did -------------------------------------------------------------------------------------


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = (
        "started",
        "source_name",
        "who",
        *("created", "updated", "unchanged", "conflicts", "rejected", "warnings"),
    )
    change_form_template = "admin/learn/importrun/run.html"
    change_list_template = "admin/learn/importrun/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        return super().get_queryset(request).defer("problems")

    @admin.display(description="Started", ordering="started_at")
    def started(self, run: ImportRun) -> SafeString:
        return time_tag(run.started_at)

    @admin.display(description="Source")
    def source_name(self, run: ImportRun) -> str:
        return run.source.rsplit("/", 1)[-1] or run.source

    def created(self, run: ImportRun) -> str:
        return _count(run, "created")

    def updated(self, run: ImportRun) -> str:
        return _count(run, "updated")

    def unchanged(self, run: ImportRun) -> str:
        return _count(run, "unchanged")

    def conflicts(self, run: ImportRun) -> str:
        return _count(run, "conflicts")

    def rejected(self, run: ImportRun) -> str:
        return _count(run, "rejected")

    def warnings(self, run: ImportRun) -> str:
        return _count(run, "warnings")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {
            "title": "Imports",
            "may_upload": request.user.has_perm("learn.import_article"),
            "uploads": Upload.objects.select_related("user").defer("report")[:5],
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The counts and every problem of one run."""
        run = get_object_or_404(ImportRun, pk=object_id if object_id.isdigit() else 0)
        severity = request.GET.get("severity", "")
        problems = [p for p in run.problems if not severity or p["severity"] == severity]
        page = Paginator(problems, PROBLEMS_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "title": f"Import of {run.started_at:%d %b %Y, %H:%M}",
            "run": run,
            "counts": counts(run.counts),
            "problems": page,
            "severity": severity,
            "open_conflicts": ImportConflict.objects.filter(run=run, resolved_at=None).count(),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)


def _count(run: ImportRun, name: str) -> str:
    return f"{run.counts[name]:,}" if name in run.counts else ("…" if run.finished_at is None else "–")


def counts(report: dict[str, Any]) -> list[tuple[str, int]]:
    """The counts of a report with their names, for people."""
    return [(name.capitalize(), report[name]) for name in COUNTS if name in report]


# --- Uploads --------------------------------------------------------------------------------------------------


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"accept": ".md,.zip,.tar.gz,.tgz"}),
        help_text=f"A .md file, or a .zip or .tar.gz of many. At most {settings.UPLOAD_MAX_MB} MB.",
    )


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "user", "created_at")
    list_select_related = ("user",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # the imports show them; no line of its own on the front page

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("learn.import_article")

    def get_urls(self) -> list[URLPattern]:
        return [
            path("add/", _page(self, self.upload_view), name="learn_upload_add"),
            path("<int:pk>/change/", _page(self, self.report_view), name="learn_upload_change"),
            path("<int:pk>/progress/", _page(self, self.progress_view), name="learn_upload_progress"),
            path("<int:pk>/confirm/", _page(self, self.confirm_view), name="learn_upload_confirm"),
            path("<int:pk>/discard/", _page(self, self.discard_view), name="learn_upload_discard"),
            *super().get_urls(),
        ]

    def _require(self, request: HttpRequest, *, post: bool = False) -> None:
        if not self.has_import_permission(request) or (post and request.method != "POST"):
            raise PermissionDenied

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Take the file, begin the trial, go to its page."""
        self._require(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                upload = uploads.keep(form.cleaned_data["file"], editor(request))
            except ValidationError as error:
                form.add_error("file", error)
            else:
                uploads.start(upload)
                return HttpResponseRedirect(reverse("admin:learn_upload_change", args=[upload.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "Upload files",
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/learn/upload/add.html", context)

    def report_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is; when checked, what an import would do, and the button that does it."""
        self._require(request)
        upload = get_object_or_404(Upload.objects.select_related("run", "user"), pk=pk)
        problems = upload.report.get("problems", [])
        context = {
            **self.admin_site.each_context(request),
            "title": upload.name,
            "opts": self.opts,
            "upload": upload,
            "is_working": upload.state in (State.CHECKING, State.IMPORTING),
            "is_silent": uploads.is_silent(upload),
            # An archive of some articles says nothing of the others: what is missing from it is no news.
            "counts": [item for item in counts(upload.report) if item[0] not in ("Missing", "Unpublished")],
            "problems": Paginator(problems, PROBLEMS_PER_PAGE).get_page(request.GET.get("page")),
        }
        return TemplateResponse(request, "admin/learn/upload/report.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        self._require(request)
        upload = get_object_or_404(Upload.objects.only("state", "done", "total"), pk=pk)
        return JsonResponse({"state": upload.state, "done": upload.done, "total": upload.total})

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._require(request, post=True)
        upload = get_object_or_404(Upload, pk=pk)
        if uploads.confirm(upload):
            uploads.start(upload)
        else:
            self.message_user(request, "This upload was confirmed or discarded already.", messages.WARNING)
        return HttpResponseRedirect(reverse("admin:learn_upload_change", args=[pk]))

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._require(request, post=True)
        uploads.discard([get_object_or_404(Upload, pk=pk)])
        self.message_user(request, "The file is thrown away; nothing was imported.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:learn_importrun_changelist"))


# --- Conflicts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A field in which article and file differ, with what each says and what a merge of both would."""

    name: str
    label: str
    mine: str
    file: str
    merged: str
    marks: int
    lines: Sequence[diffs.Line]
    is_long: bool


LONG = ("answer", "description", "keywords", "body")
TEXTS = (
    "question", "answer", "description", "keywords", "title", "article_title", "seo_title", "subject_label", "author",
    "date_format", "post_on_text", "file_name", "schema_name", "body",
)  # fmt: skip


@admin.register(ImportConflict)
class ImportConflictAdmin(ReadOnlyAdmin):
    list_display = ("article_question", "source_path", "created_at", "resolution_shown")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter),)
    list_select_related = ("article",)
    change_list_template = "admin/learn/importconflict/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportConflict]:
        queryset = super().get_queryset(request)
        return queryset.defer("document", "article__answer", "article__answer_html", "article__answer_text")

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/change/", _page(self, self.choose_view), name="learn_importconflict_change"),
            *super().get_urls(),
        ]

    @admin.display(description="Article", ordering="article__question")
    def article_question(self, conflict: ImportConflict) -> str:
        return conflict.article.question

    @admin.display(description="Decision", ordering="resolution")
    def resolution_shown(self, conflict: ImportConflict) -> str:
        return conflict.get_resolution_display() or "Open"

    def may_choose(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["learn.change_importconflict", "learn.change_article"])

    def choose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Article and file side by side; keep the one, take the other, or choose field by field."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        conflict = get_object_or_404(ImportConflict.objects.select_related("article__subject", "run"), pk=pk)
        if request.method == "POST" and not self.may_choose(request):
            raise PermissionDenied
        error = ""
        try:
            mine, file, base = conflicts.sides(conflict)
        except files.DocumentError as fault:
            return self._render(request, conflict, error=f"The file cannot be read any more: {fault}")
        differences = list(_differences(mine, file, base))
        if request.method == "POST":
            error = self._resolve(request, conflict, differences, file)
            if not error:
                return HttpResponseRedirect(
                    reverse("admin:learn_importconflict_changelist") + "?resolved_at__isempty=1"
                )
        return self._render(
            request,
            conflict,
            error=error,
            differences=differences,
            moved_to=file.path if file.path != mine.path else "",
        )

    def _render(self, request: HttpRequest, conflict: ImportConflict, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Article or file?",
            "subtitle": conflict.article.question,
            "opts": self.opts,
            "conflict": conflict,
            "may_choose": self.may_choose(request) and conflict.resolved_at is None,
            **more,
        }
        response = TemplateResponse(request, "admin/learn/importconflict/choose.html", context)
        if more.get("error"):
            response.status_code = 409
        return response

    def _resolve(
        self,
        request: HttpRequest,
        conflict: ImportConflict,
        differences: list[Difference],
        file: conflicts.Side,
    ) -> str:
        """Do what was chosen; return why not, where it could not be done."""
        version = request.POST.get("version", "")
        if not version.isdigit():
            return "The form is incomplete. Load the page again."
        values: dict[str, Any] | None = None
        related: Sequence[Related] | None = None
        if "_file" in request.POST:
            resolution, values, related = Resolution.FILE, dict(file.values), file.related
        elif "_chosen" in request.POST:
            resolution = Resolution.MERGED
            values = {}
            for difference in differences:
                chosen = request.POST.get(f"choice_{difference.name}", "mine")
                if chosen == "file" and difference.name == "related":
                    related = file.related
                elif chosen == "file":
                    values[difference.name] = file.values[difference.name]
                elif chosen == "merged" and difference.name in TEXTS:
                    text = request.POST.get(f"merged_{difference.name}", "").replace("\r\n", "\n")
                    if merge.has_marks(text):
                        return (
                            f"{difference.label}: two versions are still beside each other. Keep one of them."
                        )
                    values[difference.name] = text
        else:
            resolution = Resolution.MINE
        done = conflicts.resolve(
            conflict,
            resolution,
            editor(request),
            values=values,
            related=related,
            version=int(version),
        )
        if not done:
            return (
                "The article changed, or the conflict was settled, while you were looking. See how it is now."
            )
        self.message_user(
            request, f"{conflict.article.question}: {Resolution(resolution).label.lower()}.", messages.SUCCESS
        )
        return ""


def _differences(mine: conflicts.Side, file: conflicts.Side, base: conflicts.Side | None) -> Any:
    for name in conflicts.CHOSEN:
        if mine.values[name] == file.values[name]:
            continue
        ours, theirs = (_as_text(side.values[name]) for side in (mine, file))
        merged = merge.Merged("", 0)
        if name in TEXTS and base is not None:
            merged = merge.merge(_as_text(base.values[name]), ours, theirs)
        yield Difference(
            name, name.replace("_", " ").capitalize(), ours, theirs, merged.text, merged.conflicts,
            diffs.compare(ours, theirs), name in LONG,
        )  # fmt: skip
    if list(mine.related) != list(file.related):
        ours, theirs = (
            "\n".join(f"{link.url}  {link.title}" for link in side.related) for side in (mine, file)
        )
        yield Difference(
            "related", "Related questions", ours, theirs, "", 0, diffs.compare(ours, theirs), is_long=True
        )


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)
