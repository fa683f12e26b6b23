"""The user and the client address of a request, for the login."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def editor(request: HttpRequest) -> User:
    """The logged-in user of a request that the admin let in."""
    return cast("User", request.user)


def client_ip(request: HttpRequest) -> str | None:
    """The address that django-axes counts failures of.

    Behind a proxy that is trusted by setting, the last entry of X-Forwarded-For: the one that this proxy wrote. All
    before it is the visitor's own word.
    """
    if settings.TRUST_PROXY_HEADERS and (forwarded := request.headers.get("X-Forwarded-For")):
        return forwarded.rsplit(",", 1)[-1].strip()
    return request.META.get("REMOTE_ADDR")
