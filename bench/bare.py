"""The peer that measures Django itself: one view, no middleware, no database, two bytes of body."""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(  # the key signs nothing
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="-",
    USE_I18N=False,
)


def ok(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 a view takes one
    return HttpResponse(b"ok", content_type="text/plain")


urlpatterns = [path("bare", ok)]
application = get_wsgi_application()
