"""Small pieces of HTML that lists and pages of the admin share."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn.editing import content_health
from learn.models import Article

Status = Article.Status


def moment_text(moment: dt.datetime) -> str:
    """A moment in the current time zone, which it names."""
    return f"{_local(moment):%d %b %Y, %H:%M %Z}"


def time_tag(moment: dt.datetime) -> SafeString:
    """A moment for people, in the current time zone, which each page of the desk names below; and for machines."""
    return format_html(
        '<time datetime="{}">{}</time>', moment.isoformat(), f"{_local(moment):%d %b %Y, %H:%M}"
    )


def _local(moment: dt.datetime) -> dt.datetime:
    """In the current time zone; as it is where that has no such year: a page may expire at the end of 9999."""
    try:
        return timezone.localtime(moment)
    except OverflowError:
        return moment


def badge(article: Article) -> SafeString:
    """The status in a word, with a class to colour it."""
    label, kind = {
        Status.DRAFT: ("Draft", "draft"),
        Status.UNPUBLISHED: ("Unpublished", "unpublished"),
        Status.PUBLISHED: ("Published", "published"),
    }[Status(article.status)]
    if article.status == Status.PUBLISHED and article.is_expired:
        label, kind = "Expired", "unpublished"
    elif article.is_scheduled:
        label, kind = f"Scheduled for {moment_text(article.publish_at)}", "scheduled"
    return format_html('<span class="badge badge-{}">{}</span>', kind, label)


def short_troubles(article: Article) -> list[str]:
    """What is wrong with an article, in a word or two each; from its row alone."""
    found = [
        kind.short
        for kind in content_health.KINDS.values()
        if (kind.flaw and article.flaws & kind.flaw)
        or (kind.link_flaw and article.link_flaws & kind.link_flaw)
    ]
    if article.canonical_id:
        found.append("copy")
    return found
