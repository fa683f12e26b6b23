"""The history of the whole site, and of one person: filters, what was before and after, and the same as a table."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from learn.editing import site_history
from learn.identity import row_key
from learn.models import ChangeSet, RevisionDetails, Subject

RIGHT = "learn.view_revision"
SETS_OFFERED = 50  # change sets, the newest; others by their address
LAST_PLACE = 10**15  # keys beyond are nobody's


class FilterForm(forms.Form):
    """What the address asks for; whatever it says that is nothing is left out."""

    person = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Everybody")
    source = forms.ChoiceField(
        label="From", required=False, choices=[("", "Anywhere"), *RevisionDetails.Source.choices]
    )
    kind = forms.ChoiceField(
        label="What", required=False, choices=[("", "Everything"), *site_history.KINDS.items()]
    )
    subject = forms.ModelChoiceField(
        Subject.objects.order_by("title"), required=False, empty_label="Every subject"
    )
    change_set = forms.ModelChoiceField(ChangeSet.objects.none(), required=False, empty_label="Any or none")
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="history-%s")
        people = User.objects.filter(is_staff=True) | User.objects.filter(
            pk=row_key(self.data.get("person", "")) or 0
        )
        self.fields["person"].queryset = people.order_by("username")  # type: ignore[attr-defined]
        newest = ChangeSet.objects.values_list("pk", flat=True)[:SETS_OFFERED]
        sets = [pk for pk in (*newest, row_key(self.data.get("change_set", ""))) if pk]
        self.fields["change_set"].queryset = ChangeSet.objects.filter(pk__in=sets)  # type: ignore[attr-defined]

    def filters(self) -> site_history.Filters:
        """The filters that were chosen; dates are whole days in the current time zone."""
        self.is_valid()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        person, subject, change_set = (chosen.get(name) for name in ("person", "subject", "change_set"))
        return site_history.Filters(
            person=person.pk if person else None,
            subject=subject.pk if subject else None,
            change_set=change_set.pk if change_set else None,
            source=chosen.get("source", ""),
            kind=chosen.get("kind", ""),
            since=_day(chosen.get("since")),
            until=_day(chosen.get("until"), dt.timedelta(days=1)),
        )

    def query(self) -> str:
        """The chosen filters for an address."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})


def _day(day: dt.date | None, more: dt.timedelta = dt.timedelta()) -> dt.datetime | None:
    if day is None:
        return None
    try:
        start = dt.datetime.combine(day, dt.time(), timezone.get_current_timezone()) + more
        return start.astimezone(dt.UTC)
    except OverflowError:
        return None


def _checked(request: HttpRequest) -> FilterForm:
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    return FilterForm(request.GET)


@require_safe
def overview(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The lines that pass the filters, below `?before=`."""
    form = _checked(request)
    filters = form.filters()
    before = row_key(request.GET.get("before", ""))
    page = site_history.page(filters, before)
    person = form.cleaned_data.get("person")
    context = {
        **site.each_context(request),
        "title": f"What {person} changed" if person else "History",
        "form": form,
        "query": form.query(),
        "page": page,
        "person": person,
        "is_first": before is None,
    }
    return TemplateResponse(request, "admin/history.html", context)


@require_safe
def line(request: HttpRequest, number: int, *, site: AdminSite) -> HttpResponse:
    """All changes of one action, from `?start=` on."""
    form = _checked(request)
    start = min(row_key(request.GET.get("start", "")) or 0, LAST_PLACE)
    found, members, has_more = site_history.opened(min(number, LAST_PLACE), form.filters(), start)
    if found is None:
        raise Http404
    context = {
        **site.each_context(request),
        "title": found.first["change_set__name"] or found.first["history_change_reason"] or "An action",
        "line": found,
        "members": members,
        "query": form.query(),
        "start": start,
        "end": start + len(members),
        "has_more": has_more,
        "next_start": start + site_history.OPENED,
        "previous_start": max(0, start - site_history.OPENED),
    }
    return TemplateResponse(request, "admin/history_line.html", context)


@require_safe
def table(request: HttpRequest, *, site: AdminSite) -> StreamingHttpResponse:  # noqa: ARG001
    """The filtered history as CSV, sent while it is written."""
    form = _checked(request)
    name = f"history-{timezone.now():%Y-%m-%d-%H%M}.csv"
    pieces = (text.encode("utf-8", "replace") for text in site_history.as_csv(form.filters()))
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
