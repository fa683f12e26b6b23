"""The public URLs. No trailing slashes; whatever is nearly right is sent on by learn.middleware.redirects.

`subject_slug` and `slug` always name a subject and an article: the middleware asks by these names whether an
address leads to a page before it sends anybody there.
"""

from __future__ import annotations

from django.urls import path

from .views import library, site

# /learn: fixed addresses first; RESERVED_SUBJECT_SLUGS keeps a subject from taking one of them
library_urls = [
    path("", library.home, name="home"),
    path("learn", library.library, name="library"),
]
# What browsers ask of a site as a whole
site_urls = [
    path("site.webmanifest", site.manifest, name="manifest"),
    path("favicon.ico", site.favicon, name="favicon"),
]
# /learn/<subject>
subject_urls = [
    path("learn/<slug:subject_slug>", library.subject, name="subject"),
    path("learn/<slug:subject_slug>/questions/<slug:slug>", library.article, name="article"),
]

app_name = "learn"
urlpatterns = [*library_urls, *site_urls, *subject_urls]
