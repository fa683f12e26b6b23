"""The keys of a file: their order, their defaults, and the names of related articles' keys."""

from __future__ import annotations

import re

FIELD_ORDER = (
    "_schema", "id", "date", "title", "article_title", "date_format", "post_on_text", "seo", "author", "question",
    "no_index", "answer", "subject", "file_name", "url", "score",
)  # fmt: skip
FIELD_KEYS = frozenset(FIELD_ORDER)
SEO_KEYS = ("title", "page_description", "page_keywords")
RELATED_KEYS = ("id", "title", "subject", "url")
# What the absence of a key means; the other optional keys follow from the question and the url.
DEFAULTS = {
    "_schema": "default",
    "date_format": "MMM DD, YYYY",
    "post_on_text": "Posted on",
    "author": "QuickTakes",
}
RELATED_KEY = re.compile(r"related_article([1-9][0-9]?)")


def related_key(number: int) -> str:
    """The key of the related article with this number."""
    return f"related_article{number}"


def subject_label(slug: str) -> str:
    """What a subject is called where its file does not say: `computer-science` is Computer Science."""
    return slug.replace("-", " ").title()
