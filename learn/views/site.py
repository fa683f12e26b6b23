"""The web app manifest and /favicon.ico."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

PAPER = "#fcfbf8"
ONE_DAY = 86_400  # seconds


@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def manifest(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 a view takes its request
    """https://www.w3.org/TR/appmanifest/; a view, because the icons' addresses carry a hash of their content."""
    return JsonResponse(
        {
            "name": f"{settings.SITE_NAME} Learn",
            "short_name": settings.SITE_NAME,
            "id": reverse("learn:library"),
            "start_url": reverse("learn:library"),
            "scope": reverse("learn:library"),
            "display": "minimal-ui",
            "background_color": PAPER,
            "theme_color": PAPER,
            "icons": [
                {"src": static("icons/icon-192.png"), "sizes": "192x192", "type": "image/png"},
                {"src": static("icons/icon-512.png"), "sizes": "512x512", "type": "image/png"},
                {
                    "src": static("icons/maskable-512.png"),
                    "sizes": "512x512",
                    "type": "image/png",
                    "purpose": "maskable",
                },
            ],
        },
        content_type="application/manifest+json",
    )


@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 a view takes its request
    """Feeds and bare files name no icon: browsers then ask for this one."""
    return HttpResponseRedirect(static("icons/favicon.ico"))
