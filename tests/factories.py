"""Rows for tests: `make_article(question=...)` gives a saved article with sensible values for all the rest."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from learn.models import Article, RelatedLink, Subject

_numbers = count(1)


def make_subject(slug: str = "physics", **values: Any) -> Subject:
    """The subject with this slug, made where there is none."""
    values.setdefault("title", slug.replace("-", " ").title())
    return Subject.objects.get_or_create(slug=slug, defaults=values)[0]


def make_article(**values: Any) -> Article:
    """A published article; `subject` may be a Subject or a slug."""
    number = next(_numbers)
    subject = values.pop("subject", "physics")
    values.setdefault("slug", f"question-{number}")
    values.setdefault("question", f"What is the answer to question {number}?")
    values.setdefault(
        "answer", f"The answer to question {number} is **{number}**.\n\nIt follows from the premises."
    )
    values.setdefault("description", f"Why the answer to question {number} is {number}.")
    values.setdefault("date", dt.date(2025, 2, 8))
    return Article.objects.create(
        subject=subject if isinstance(subject, Subject) else make_subject(subject), **values
    )


def make_link(article: Article, target: Article | None, **values: Any) -> RelatedLink:
    """A related link of `article` to `target`; None makes one that leads nowhere."""
    values.setdefault("position", article.related_links.count() + 1)
    values.setdefault("url", target.get_absolute_url() if target else "/learn/physics/questions/nowhere")
    values.setdefault("title", target.question if target else "Where does this lead?")
    return RelatedLink.objects.create(article=article, target=target, **values)
