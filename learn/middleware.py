"""Headers of every answer, and redirects from addresses that are nearly right."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponsePermanentRedirect
from django.templatetags.static import static

from learn import limits
from learn.caching.pages import REFUSED_ATTRIBUTE
from learn.db import budgets as of_requests
from learn.limits import IS_CROWDED, OPENED, SEARCH
from learn.redirects import missing
from learn.redirects.resolve import GoneError, destination
from learn.views import errors

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


# Asked by the machines that look after a process, under an address of theirs.
ANY_HOST = frozenset({"/healthz", "/readyz", "/metrics"})


def known_host(get_response: GetResponse) -> GetResponse:
    """Answer 400 under a host name that is not ours (ALLOWED_HOSTS).

    Django asks only where a page needs the name, and a page that is kept needs none: a cache in front would file it
    under the visitor's word.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path not in ANY_HOST:
            try:
                request.get_host()
            except DisallowedHost:
                return HttpResponseBadRequest("This site has another name.\n", content_type="text/plain")
        return get_response(request)

    return middleware


def budgets(get_response: GetResponse) -> GetResponse:
    """Let each request ask the database within its own limits (learn.db.budgets).

    A search that found no place (quicktakes.wsgi) is told to come back in a moment: were all of them let in, articles
    would wait for them.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path
        is_search = path.startswith(SEARCH) and path != OPENED
        budget = of_requests.READERS
        if path.startswith(settings.ADMIN_PATH):
            budget = of_requests.EDITORS
        elif is_search:
            budget = of_requests.SEARCH
        token = of_requests.use(budget)
        try:
            return errors.busy(request) if IS_CROWDED in request.META else get_response(request)
        finally:
            of_requests.reset(token)

    return middleware


FLOOD = 10  # times the misses that are answered with a search: from there on 429
LIMITED = {SEARCH: "search", f"{SEARCH}/suggest": "suggest", OPENED: "suggest"}
DOOR = "login/"  # below ADMIN_PATH; quicktakes.login counts there, by browser where it knows one


def rate_limits(get_response: GetResponse) -> GetResponse:
    """Answer 429 to an address that searches, suggests or sends forms more often than people do (settings.LIMITS)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        kind = _limited_kind(request)
        if kind:
            use = limits.use(kind, limits.client_address(request))
            if use.is_too_much:
                return errors.too_many_requests(request, use.retry_after)
        return get_response(request)

    return middleware


def refusals(get_response: GetResponse) -> GetResponse:
    """Raise what learn.caching.pages found out about the database, where Django turns it into a page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if error := getattr(request, REFUSED_ATTRIBUTE, None):
            raise error
        return get_response(request)

    return middleware


def _limited_kind(request: HttpRequest) -> str:
    if request.method in ("GET", "HEAD") or request.path == OPENED:
        return LIMITED.get(request.path, "")
    if request.path == settings.ADMIN_PATH + DOOR:
        return ""
    # Whoever is logged in has been let in; without a session nobody is looked up.
    return "" if getattr(request, "user", None) and request.user.is_authenticated else "forms"


def security_headers(get_response: GetResponse) -> GetResponse:
    """Add the headers that neither SecurityMiddleware nor django-csp sends; a view's own value stays."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def navigation_hints(get_response: GetResponse) -> GetResponse:
    """Name, in the head of every public page, what it needs first and where its reader may go next.

    A CDN sends the Link header on as 103 Early Hints before it has the page (RFC 8297). The speculation rules let
    a browser fetch a page while the reader still aims at its link; as a header they need no inline script.
    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Speculation-Rules
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        is_public = match is None or match.app_name == "learn"
        if is_public and response.headers.get("Content-Type", "").startswith("text/html"):
            preload = (
                f"<{static('css/site.css')}>; rel=preload; as=style, "
                f"<{static('js/theme.js')}>; rel=preload; as=script"
            )
            links = response.headers.get("Link")
            response.headers["Link"] = f"{preload}, {links}" if links else preload
            response.headers.setdefault("Speculation-Rules", f'"{static("navigation.speculationrules")}"')
        return response

    return middleware


def redirects(get_response: GetResponse) -> GetResponse:
    """Answer 301 instead of 404 or 410 where the address leads to a page after all, in one hop.

    Pages that are found cost nothing here. The query string is kept.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        status = response.status_code
        if status in (404, 410) and request.method in ("GET", "HEAD"):
            try:
                target = destination(request.path)
            except GoneError:
                return errors.gone(request)
            if target is not None:
                return HttpResponsePermanentRedirect(with_query(target, request.META.get("QUERY_STRING", "")))
            if status == 404:
                use = limits.use("missing", limits.client_address(request))
                if use.is_too_much:
                    # A scan: no search for it, and soon no page.
                    is_flood = use.number > FLOOD * use.limit
                    return (
                        errors.too_many_requests(request, use.retry_after)
                        if is_flood
                        else errors.bare_404(request)
                    )
                missing.record_miss(request)
        # Under DEBUG Django answers with a page for developers; who looks at the site wants the visitors' one.
        is_shown_to_developers = (
            settings.DEBUG and status == 404 and not request.path.startswith(settings.ADMIN_PATH)
        )
        if isinstance(response, errors.Missing) or is_shown_to_developers:
            return errors.gone(request) if status == 410 else errors.not_found(request)
        return response

    return middleware


def with_query(address: str, query: str) -> str:
    """`address` with the query string of the request, before its fragment where it has one."""
    if not query:
        return address
    path, mark, fragment = address.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{query}{mark}{fragment}"
