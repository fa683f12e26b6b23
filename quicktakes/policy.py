"""What a page may load: the Content-Security-Policy of every answer.

https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
"""

from __future__ import annotations

from csp.constants import NONE, SELF


def directives(*, upgrade_requests: bool) -> dict[str, list[str] | bool]:
    """The directives for django-csp; `upgrade_requests` where every request comes by https."""
    return {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        **({"upgrade-insecure-requests": True} if upgrade_requests else {}),
    }
