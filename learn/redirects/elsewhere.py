"""Who may lead visitors to another site, and to which."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from learn import rights
from learn.http import is_web_address


def refusal(address: str, user: Any) -> str:
    """Why `user` (None: nobody) may not lead visitors to this address of another site; empty where they may.

    The table of rights says who may, and REDIRECT_HOSTS to which hosts.
    """
    if user is None or not rights.may_change(user, "redirect", "elsewhere"):
        return "You may not lead visitors to other sites. Give an address of this one."
    if not is_web_address(address):
        return "Write a whole address, such as https://www.example.org/page."
    host = urlsplit(address).hostname or ""
    return (
        ""
        if host in settings.REDIRECT_HOSTS
        else f"{host} is not among the hosts that REDIRECT_HOSTS allows."
    )
