"""Sessions of editors: they end when idle, and their owner sees and ends them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from .accounts import log
from .accounts.models import LoginAttempts, LoginSession
from .middleware import is_readers

SEEN = "seen"  # in the session: seconds since 1970 of the last request, at most MOST_OFTEN old
ROW = "login_session"  # in the session: the key of its LoginSession, and the session key that it has
ATTEMPTS_KEPT = dt.timedelta(days=1)  # they count for an hour (quicktakes.login)
MOST_OFTEN = 60  # seconds between two notes that a session is in use: each is a write


def idle_sessions(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: log out who has asked for nothing in SESSION_IDLE_MINUTES. No query, but two writes a minute."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not is_readers(request) and request.user.is_authenticated:
            _look_at(request)
            with log.acting(request):
                return get_response(request)
        return get_response(request)

    return middleware


def _look_at(request: HttpRequest) -> None:
    now = int(time.time())
    seen = request.session.get(SEEN, now)
    if now - seen > settings.SESSION_IDLE_MINUTES * 60:
        logout(request)
        messages.info(
            request, "You were away for a while, so you were logged out. What you typed is kept here."
        )
        return
    row, key = request.session.get(ROW, (None, None))
    # The key is a new one after a change of the password.
    if row is None or key != request.session.session_key or now - seen >= MOST_OFTEN:
        _note(request, request.user)


def _note(request: HttpRequest, user: Any) -> None:
    """Write down that the session is in use, under the key that it has now."""
    session = request.session
    if not session.session_key:
        session.create()
    key = str(session.session_key)
    agent = request.headers.get("User-Agent", "")[:200]
    values = {"session_key": key, "seen_at": timezone.now(), "agent": agent.replace("\0", "")}
    pk = session.get(ROW, [None])[0]
    if pk is None or not LoginSession.objects.filter(pk=pk, user=user.pk).update(**values):
        row, _ = LoginSession.objects.update_or_create(
            session_key=key, defaults={**values, "user_id": user.pk}
        )
        pk = row.pk
    session[ROW] = [pk, key]
    session[SEEN] = int(time.time())


@receiver(user_logged_in)
def remember(request: HttpRequest | None, user: Any, **_kwargs: Any) -> None:
    """Note a new session; forget those that ended by themselves, and attempts that count no longer."""
    if request is None or not hasattr(request, "session"):
        return
    now = timezone.now()
    oldest = now - dt.timedelta(seconds=settings.SESSION_COOKIE_AGE)
    LoginSession.objects.filter(seen_at__lt=oldest).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    LoginAttempts.objects.forget(ATTEMPTS_KEPT)
    request.session.pop(ROW, None)
    _note(request, user)


@receiver(user_logged_out)
def forget(request: HttpRequest | None, **_kwargs: Any) -> None:
    session = getattr(request, "session", None)
    if session is not None and ROW in session:
        LoginSession.objects.filter(pk=session[ROW][0]).delete()


@never_cache
def own_sessions(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The sessions of whoever asks; POST ends the one named `session`, or all others."""
    rows = LoginSession.objects.filter(user=request.user.pk)
    current = str(request.session.session_key)
    if request.method == "POST":
        chosen = rows.exclude(session_key=current)
        name = request.POST.get("session", "")
        if name != "others":
            chosen = chosen.filter(
                pk=int(name) if name.isascii() and name.isdigit() and len(name) < 18 else 0
            )
        ended = end(list(chosen))
        messages.success(request, f"Ended: {ended}." if ended else "That session has ended already.")
        return HttpResponseRedirect(reverse("admin:own_sessions"))
    open_keys = set(
        Session.objects.filter(
            session_key__in=rows.values("session_key"), expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    idle_since = timezone.now() - dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    shown = [row for row in rows if row.session_key in open_keys and row.seen_at > idle_since]
    context = {
        **site.each_context(request),
        "title": "Your sessions",
        "sessions": shown,
        "current": current,
        "idle_minutes": settings.SESSION_IDLE_MINUTES,
    }
    return render(request, "admin/sessions.html", context)


def end(rows: list[LoginSession]) -> int:
    """End these sessions: their next request is a stranger's."""
    Session.objects.filter(session_key__in=[row.session_key for row in rows]).delete()
    LoginSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)
