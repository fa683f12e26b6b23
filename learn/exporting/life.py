"""What files say of whether and when visitors see an article."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from learn.files import lifecycle
from learn.files.document import ArticleDocument


def with_life(document: ArticleDocument, article: Any) -> ArticleDocument:
    """The document with the keys that say whether and when visitors see the article, or saw that revision of it."""
    extra = extra_with_life(document.extra, article)
    return document if extra == document.extra else document.model_copy(update={"extra": extra})


def extra_with_life(extra: Mapping[str, Any], article: Any) -> dict[str, Any]:
    """The unknown keys of an article's file with those that say when visitors see it."""
    return lifecycle.written(
        extra,
        status=article.status,
        publish_at=article.publish_at if article.publish_at > timezone.now() else None,
        expires=article.expires,
        is_preferred=article.is_preferred,
    )
