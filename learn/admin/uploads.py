"""Files that an editor uploads: tried first, imported when confirmed, repeated or discarded where that failed."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from learn import rights
from learn.importing import uploads
from learn.models import ImportConflict, Upload

from .imports import PROBLEMS_PER_PAGE, counts
from .lists import ReadOnlyAdmin
from .login import editor

State = Upload.State


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"accept": ".md,.zip,.tar.gz,.tgz,.jsonl,.csv"}),
        help_text="A .md file, a .zip or .tar.gz of many, or a table (.jsonl, .csv). "
        f"At most {settings.UPLOAD_MAX_MB} MB.",
    )


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "user", "created_at")
    list_select_related = ("user",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # the imports show them; no line of its own on the front page

    def has_import_permission(self, request: HttpRequest) -> bool:
        """What is imported is live at once."""
        return request.user.has_perm("learn.import_article") and rights.may_publish(request.user)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view
        return [
            path("add/", page(self.upload_view), name="learn_upload_add"),
            path("<int:pk>/change/", page(self.report_view), name="learn_upload_change"),
            path("<int:pk>/progress/", page(self.progress_view), name="learn_upload_progress"),
            path("<int:pk>/confirm/", page(self.confirm_view), name="learn_upload_confirm"),
            path("<int:pk>/retry/", page(self.retry_view), name="learn_upload_retry"),
            path("<int:pk>/discard/", page(self.discard_view), name="learn_upload_discard"),
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
                upload = uploads.store(form.cleaned_data["file"], editor(request))
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
            "is_stalled": uploads.is_stalled(upload),
            "can_retry": uploads.can_retry(upload),
            "can_discard": uploads.can_discard(upload),
            # A file of some articles says nothing of the others: none is missing.
            "counts": [item for item in counts(upload.report) if item[0] not in ("Missing", "Unpublished")],
            "open_conflicts": ImportConflict.objects.filter(run=upload.run_id, resolved_at=None).count(),
            "changes": Paginator(upload.report.get("changes", []), PROBLEMS_PER_PAGE).get_page(
                request.GET.get("changes")
            ),
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
        upload = get_object_or_404(Upload, pk=pk)
        if not uploads.discard([upload]):
            message = (
                "Nothing was discarded: the file is being worked on, was imported, or was discarded before."
            )
            self.message_user(request, message, messages.WARNING)
            return HttpResponseRedirect(reverse("admin:learn_upload_change", args=[pk]))
        was_importing = upload.state == State.IMPORTING or (upload.state == State.FAILED and upload.report)
        rest = "What was imported of it stays." if was_importing else "Nothing was imported."
        self.message_user(request, f"The file was discarded. {rest}", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:learn_importrun_changelist"))

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._require(request, post=True)
        upload = get_object_or_404(Upload, pk=pk)
        if uploads.retry(upload):
            uploads.start(upload)
        else:
            message = (
                "There is nothing to repeat: the file is being worked on, was imported, or was discarded."
            )
            self.message_user(request, message, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:learn_upload_change", args=[pk]))
