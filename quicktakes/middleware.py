"""Keeps what only the admin needs away from readers' requests, and computes constant headers once.

Sessions, users and messages cost a reader's request 0.1 ms and give it nothing: as much as all of Django's own
handling. The classes are Django's own, passed by where a reader asks: their system checks and their order stay as they
are. A reader's `request.user` is there all the same, as Django's views, templates and packages expect it: anonymous.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware as EveryAuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware as EveryMessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware as EverySessionMiddleware
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

if TYPE_CHECKING:
    from django.utils.deprecation import MiddlewareMixin as Base
else:
    Base = object


def is_readers(request: HttpRequest) -> bool:
    """Whether the request is a reader's: it asks for a public page and sends nothing."""
    return request.method in ("GET", "HEAD") and not request.path.startswith(settings.ADMIN_PATH)


async def anonymous() -> AnonymousUser:
    """`request.auser` of a reader."""
    return AnonymousUser()


class AdminOnly(Base):
    """Passes the requests of readers on; all others, and every form, go through the class beside it."""

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request) if is_readers(request) else super().__call__(request)


class SessionMiddleware(AdminOnly, EverySessionMiddleware):
    pass


class AuthenticationMiddleware(AdminOnly, EveryAuthenticationMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        if is_readers(request):
            request.user = AnonymousUser()
            request.auser = anonymous
        return super().__call__(request)


class MessageMiddleware(AdminOnly, EveryMessageMiddleware):
    pass


def no_cookies_from_readers(get_response: GetResponse) -> GetResponse:
    """Forget the cookies of a reader's request: no page needs one, and Django would answer a bad one with a new."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if is_readers(request):
            request.COOKIES = {}
        return get_response(request)

    return middleware


def content_security_policy(get_response: GetResponse) -> GetResponse:
    """Send CONTENT_SECURITY_POLICY as a header, put together once: django-csp's own middleware does so per answer.

    Sorted, because the package's order is another in every process, and published files are compared byte by byte.
    """
    policy = "; ".join(sorted(part.strip() for part in build_policy().split(";") if part.strip()))

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware
