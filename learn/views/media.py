"""The files of pictures, where no proxy and no bucket serves them: their names say what is in them, for ever."""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from learn.media import store
from learn.models.pictures import MEDIA_TYPES

NAME = re.compile(r"[0-9a-f]{20}(?:-[0-9]{1,5})?\.(?P<extension>avif|jpg|png|svg|webp)")
IMMUTABLE = "public, max-age=31536000, immutable"
# Opened by itself, an SVG is a document: it may style itself, and nothing else.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@require_safe
def picture_file(request: HttpRequest, name: str) -> HttpResponse:
    """A file of a picture. No query."""
    match = NAME.fullmatch(name)
    if match is None:
        raise Http404
    tag = f'"{name}"'
    if tag in request.headers.get("If-None-Match", ""):
        response = HttpResponse(status=304)
    else:
        try:
            data = store.read(f"{store.SHOWN}{name}")
        except store.StoreError:
            return HttpResponse(
                "The picture cannot be read now.\n", status=503, content_type="text/plain; charset=utf-8"
            )
        if data is None:
            raise Http404
        response = HttpResponse(data, content_type=MEDIA_TYPES[match["extension"]])
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # in decks, feeds and social networks
    return response
