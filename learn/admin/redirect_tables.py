"""Redirects in and out as a table (CSV)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from learn import rights
from learn.changesets import redirects
from learn.models import Redirect
from learn.redirects import table

from .change_sets import open_set
from .login import editor

FILE_MAX_MB = 10


class TableForm(forms.Form):
    file = forms.FileField(
        label="Table",
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        help_text=f"CSV, at most {FILE_MAX_MB} MB. Its first line names the columns: {','.join(table.COLUMNS)}. An "
        "empty new_path answers 410 Gone.",
    )

    def clean_file(self) -> list[table.Row]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > FILE_MAX_MB * 1_000_000:
            raise forms.ValidationError(f"Larger than {FILE_MAX_MB} MB. Upload it in several parts.")
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                f"Not UTF-8: byte {error.start + 1:,} is none. Save it as UTF-8."
            ) from error
        try:
            rows = list(table.read(io.StringIO(text.replace("\0", "\ufffd"), newline="")))
        except table.TableError as error:
            raise forms.ValidationError(str(error)) from error
        if not rows:
            raise forms.ValidationError("The table has no row below the names of its columns.")
        return rows


def upload(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """Take a table; the change set shows which of its rows would become redirects."""
    needed = ("learn.add_redirect", "learn.change_redirect")
    if not (request.user.has_perms(needed) and rights.may_change(request.user, "redirect", "leads_to")):
        raise PermissionDenied
    form = TableForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file: Any = request.FILES["file"]
        name = file.name or "a table"
        return open_set(redirects.load(form.cleaned_data["file"], name, editor(request)))
    context = {**site.each_context(request), "title": "Redirects from a table", "form": form}
    return TemplateResponse(request, "admin/redirect_table.html", context)


@require_safe
def download(request: HttpRequest, *, site: AdminSite) -> StreamingHttpResponse:  # noqa: ARG001 every view gets it
    """All redirects as the table that `upload` takes."""
    if not request.user.has_perm("learn.view_redirect"):
        raise PermissionDenied
    headers = {"Content-Disposition": 'attachment; filename="redirects.csv"'}
    return StreamingHttpResponse(_lines(), content_type="text/csv; charset=utf-8", headers=headers)


class _Line:
    """What csv writes to: hands each line on."""

    def write(self, text: str) -> str:
        return text


def _lines() -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    yield writer.writerow(table.COLUMNS)
    rows = Redirect.objects.select_related("target__subject").only(
        "old_path", "new_path", "target__slug", "target__subject__slug"
    )
    for row in rows.order_by("old_path").iterator(chunk_size=500):
        yield writer.writerow((row.old_path, row.target.get_absolute_url() if row.target else row.new_path))
