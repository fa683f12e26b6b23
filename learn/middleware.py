"""Headers that every answer carries, and the way on for addresses that are nearly right."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from .addresses import GoneError, destination
from .views import errors

GetResponse = Callable[[HttpRequest], HttpResponse]

# The pages use nothing that asks a visitor or watches one. https://www.w3.org/TR/permissions-policy/
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture",
        "encrypted-media", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer",
        "microphone", "midi", "payment", "picture-in-picture", "publickey-credentials-get", "screen-wake-lock",
        "serial", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip


def security_headers(get_response: GetResponse) -> GetResponse:
    """Add the headers that neither SecurityMiddleware nor django-csp sends; a view's own value stays."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def redirects(get_response: GetResponse) -> GetResponse:
    """Answer 301 instead of 404 or 410 where the address leads to a page after all, in one hop.

    Pages that are found cost nothing here. The query string is kept.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code not in (404, 410) or request.method not in ("GET", "HEAD"):
            return response
        try:
            place = destination(request.path)
        except GoneError:
            return response if response.status_code == 410 else errors.gone(request)
        if place is None:
            return response
        return HttpResponsePermanentRedirect(with_query(place, request.META.get("QUERY_STRING", "")))

    return middleware


def with_query(place: str, query: str) -> str:
    """`place` with the query string of the request, before its fragment where it has one."""
    if not query:
        return place
    address, mark, fragment = place.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{query}{mark}{fragment}"
