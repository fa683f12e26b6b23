"""Metadata of pages for search engines, social networks and machines: heads and structured data."""

from __future__ import annotations

from .addresses import absolute, library_url
from .cards import Picture
from .heads import (
    INDEX,
    NOINDEX,
    Alternate,
    Head,
    about_topics,
    article_head,
    canonical_of,
    description_of,
    is_open,
    library_head,
    plain_head,
    reading_minutes,
    signup_url,
    subject_head,
    unindexed,
)
from .lengths import titled

__all__ = [
    "INDEX",
    "NOINDEX",
    "Alternate",
    "Head",
    "Picture",
    "about_topics",
    "absolute",
    "article_head",
    "canonical_of",
    "description_of",
    "is_open",
    "library_head",
    "library_url",
    "plain_head",
    "reading_minutes",
    "signup_url",
    "subject_head",
    "titled",
    "unindexed",
]
