"""Every URL of the site: the library under /learn, the admin under /admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("admin", RedirectView.as_view(pattern_name="admin:index")),  # as an editor types it
    path("admin/", admin.site.urls),
    path("", include("learn.urls")),
]

handler404 = "learn.views.errors.missing"
handler500 = "learn.views.errors.server_error"
