"""Every URL of the site: the library under /learn, the admin under settings.ADMIN_PATH."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from learn.operations.metrics import metrics
from learn.sync import hook

from . import passkeys

ADMIN = settings.ADMIN_PATH.strip("/")

urlpatterns = [
    path(ADMIN, RedirectView.as_view(pattern_name="admin:index")),  # as an editor types it
    path(f"{ADMIN}/passkeys/", include(passkeys.urls)),  # below the path at which cookies count
    path(f"{ADMIN}/", admin.site.urls),
    path("hooks/push", hook.push, name="push-hook"),  # a git host says that there is something new
    path("metrics", metrics, name="metrics"),  # for Prometheus, with METRICS_TOKEN
    path("", include("learn.urls")),
]

if settings.DEBUG_TOOLBAR:
    urlpatterns += import_module("debug_toolbar.toolbar").debug_toolbar_urls()

handler404 = "learn.views.errors.missing"
handler500 = "learn.views.errors.server_error"
