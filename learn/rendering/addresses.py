"""Addresses of links: where they may lead, and which lead to another site."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_ALLOWED_SCHEMES = ("http:", "https:", "mailto:")


def is_allowed(url: str) -> bool:
    """Whether a link may lead to an address: to the web, to a mailbox, or within the site."""
    scheme = _SCHEME.match(url.strip())
    return scheme is None or scheme[0].lower() in _ALLOWED_SCHEMES


def is_external(address: str) -> bool:
    """Whether an address leads to another site."""
    scheme, slashes, rest = address.strip().partition("//")
    if not slashes or scheme.lower() not in {"", "http:", "https:"}:
        return False
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2].lower()
    return host != urlsplit(settings.SITE_URL).netloc.lower()
