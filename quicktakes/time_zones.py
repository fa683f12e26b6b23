"""The desk in the time zone of whoever uses it: what is stored in UTC is shown and entered in theirs.

A script of every page of the desk puts the browser's time zone into a cookie. A form says in which time zone it was
shown, so that one that is older than the cookie, or than a journey, is read as it was written. Without script it is
TIME_ZONE, and every page says which.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "desk_time_zone"
FIELD = "_time_zone"


class DeskTimeZone:
    """Middleware, behind CsrfViewMiddleware: a form is read where the view's own upload handlers could be set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(settings.ADMIN_PATH):
            return self.get_response(request)
        with timezone.override(known(request.COOKIES.get(COOKIE, ""))):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        if request.method == "POST" and request.path.startswith(settings.ADMIN_PATH):
            name = request.POST.get(FIELD)
            if name:
                timezone.activate(known(name))


def known(name: str) -> zoneinfo.ZoneInfo:
    """The time zone of this name, or TIME_ZONE where there is none."""
    return zoneinfo.ZoneInfo(name if name in _names() else settings.TIME_ZONE)


@cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
