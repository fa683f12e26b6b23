"""Tells the browser which of the texts that it keeps are saved: static/learn-admin/keep.js removes no other.

Each form carries a key. When it is saved, the key goes into a cookie that the script reads; a save that failed, or an
answer that never came, confirms nothing.
"""

from __future__ import annotations

import re
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "desk_saved"
CONFIRMED_MAX = 40  # keys that the cookie holds; a browser that kept more texts offers the oldest once more
KEY = re.compile(r"[0-9a-f]{16}")


def key_of(request: HttpRequest) -> str:
    """The key of the form that is shown: the one that was posted, when it is shown again, or a new one."""
    known = request.POST.get("draft_key", "") or request.GET.get("draft", "")
    return known if KEY.fullmatch(known) else secrets.token_hex(8)


def confirm(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Tell the browser that the posted form is saved."""
    posted = request.POST.get("draft_key", "")
    if KEY.fullmatch(posted):
        before = [key for key in request.COOKIES.get(COOKIE, "").split(".") if KEY.fullmatch(key)]
        keys = [*before, posted][-CONFIRMED_MAX:]
        response.set_cookie(
            COOKIE, ".".join(keys), max_age=30 * 86_400, path=settings.ADMIN_PATH, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return response
