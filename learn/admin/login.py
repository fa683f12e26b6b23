"""Who is asking: the user of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def editor(request: HttpRequest) -> User:
    """The logged-in user of a request that the admin let in."""
    return cast("User", request.user)
