"""A subject as a deck of cards, to be taken along."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from learn.caching.conditional import conditional
from learn.limits import BusyError
from learn.models import Subject
from learn.study import cards, decks, stored

from . import errors
from .machines import not_a_page


@require_safe
@conditional(keep=False, compress=False)
def subject_apkg(request: HttpRequest, subject_slug: str) -> HttpResponseBase:
    """The deck for Anki, made once for each state of the subject and kept as a file."""
    subject = get_object_or_404(Subject, slug=subject_slug)
    try:
        deck = stored.apkg_of(subject)
    except BusyError:
        return errors.crowded(request)
    headers = {
        "Content-Disposition": f'attachment; filename="{subject.slug}.apkg"',
        "Content-Length": str(deck.size),
    }
    response = StreamingHttpResponse(deck.pieces, content_type="application/octet-stream", headers=headers)
    return not_a_page(response)


@require_safe
@conditional(keep=False, compress=False)
def subject_csv(request: HttpRequest, subject_slug: str) -> HttpResponseBase:  # noqa: ARG001 a view takes its request
    """The same as a table, sent as it is read."""
    subject = get_object_or_404(Subject, slug=subject_slug)
    lines = decks.csv_lines(cards.cards(stored.articles_of(subject)))
    headers = {"Content-Disposition": f'attachment; filename="{subject.slug}.csv"'}
    return not_a_page(StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers))
