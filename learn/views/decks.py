"""A subject or a topic as a deck of cards, to be taken along."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from learn.caching.conditional import conditional
from learn.limits import BusyError
from learn.models import Subject
from learn.seo.topics import TopicPage
from learn.study import decks, stored

from . import errors
from .machines import not_a_page
from .topics import found_or_404


@require_safe
@conditional(keep=False, compress=False)
def subject_apkg(request: HttpRequest, subject_slug: str) -> HttpResponseBase:
    """The deck for Anki, made once for each state of the subject and kept as a file."""
    return _apkg(request, get_object_or_404(Subject, slug=subject_slug), subject_slug)


@require_safe
@conditional(keep=False, compress=False)
def subject_csv(request: HttpRequest, subject_slug: str) -> HttpResponseBase:  # noqa: ARG001 a view takes its request
    """The same as a table, sent as it is read."""
    return _csv(get_object_or_404(Subject, slug=subject_slug), subject_slug)


@require_safe
@conditional(keep=False, compress=False)
def topic_apkg(request: HttpRequest, topic_slug: str, subject_slug: str = "") -> HttpResponseBase:
    """The deck of a topic in a subject, or in all subjects."""
    return _apkg(request, found_or_404(topic_slug, subject_slug), _name(topic_slug, subject_slug))


@require_safe
@conditional(keep=False, compress=False)
def topic_csv(request: HttpRequest, topic_slug: str, subject_slug: str = "") -> HttpResponseBase:  # noqa: ARG001
    return _csv(found_or_404(topic_slug, subject_slug), _name(topic_slug, subject_slug))


def _name(topic_slug: str, subject_slug: str) -> str:
    return f"{subject_slug}-{topic_slug}" if subject_slug else topic_slug


def _apkg(request: HttpRequest, of: Subject | TopicPage, name: str) -> HttpResponseBase:
    try:
        deck = stored.apkg_of(of)
    except BusyError:
        return errors.crowded(request)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.apkg"',
        "Content-Length": str(deck.size),
    }
    response = StreamingHttpResponse(deck.pieces, content_type="application/octet-stream", headers=headers)
    return not_a_page(response)


def _csv(of: Subject | TopicPage, name: str) -> HttpResponseBase:
    lines = decks.csv_lines(stored.cards_of(of))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return not_a_page(StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers))
