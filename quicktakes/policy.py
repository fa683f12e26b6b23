"""What a page may load: the Content-Security-Policy of every answer.

https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
"""

from __future__ import annotations

from csp.constants import NONE, SELF


def directives(media_hosts: list[str], *, upgrade_requests: bool) -> dict[str, list[str] | bool]:
    """The directives for django-csp; `upgrade_requests` where every request comes by https.

    `media_hosts`: where pictures come from, besides this site.
    """
    return {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *media_hosts],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        **({"upgrade-insecure-requests": True} if upgrade_requests else {}),
    }
