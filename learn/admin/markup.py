"""Small pieces of HTML that lists and pages of the admin share."""

from __future__ import annotations

import datetime as dt

from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn.editing import content_health
from learn.models import Article

Status = Article.Status


def time_tag(moment: dt.datetime) -> SafeString:
    """A moment (UTC) for people and for machines."""
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), f"{moment:%d %b %Y, %H:%M}")


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
        label, kind = f"Scheduled for {article.publish_at:%d %b %Y, %H:%M} UTC", "scheduled"
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
