"""Rows for tests: `make_article(question=...)` gives a saved article with sensible values for all the rest."""

from __future__ import annotations

import datetime as dt
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from learn.models import Article, ChangeSet, RelatedLink, Subject

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


def make_change_set(article: Article) -> ChangeSet:
    """A set with the key of `article` that would unpublish it, and waits to be confirmed."""
    change_set = ChangeSet.objects.create(
        pk=article.pk, name="Unpublish", kind="unpublish", state="preview", total=1, ready=1
    )
    change_set.items.create(article_key=article.pk, state="ready")
    return change_set


def article_file(folder: Path, url: str = "/learn/physics/questions/why", **fields: Any) -> Path:
    """Write a file in the real format below `folder`, at the place that belongs to `url`, and return its path.

    `fields` replace or add front matter; None leaves a key out. The answer is written as given, escaped newlines
    included.
    """
    subject, slug = url.split("/")[2], url.split("/")[4]
    question = fields.get("question", f"{slug.replace('-', ' ').capitalize()}?")
    values: dict[str, Any] = {
        "_schema": "default",
        "id": next(_numbers) + 100_000,
        "date": dt.date(2025, 2, 8),
        "title": question,
        "article_title": question,
        "date_format": "MMM DD, YYYY",
        "post_on_text": "Posted on",
        "seo": {
            "title": f"QuickTakes | {subject}",
            "page_description": f"The short answer to: {question}",
            "page_keywords": "one, two",
        },
        "author": "QuickTakes",
        "question": question,
        "answer": f"Because of {slug}.\\n\\n1. First\\n2. Second",
        "subject": subject.replace("-", " ").capitalize(),
        "file_name": f"{slug}.md",
        "url": url,
        "score": -1.0,
    }
    values |= fields
    values = {key: value for key, value in values.items() if value is not None}
    matter = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=9999)
    path = folder / subject / f"{slug}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{matter}---\n\n&nbsp;")
    return path


def related(url: str, number: int = 1) -> dict[str, Any]:
    """The value of a `related_articleN`."""
    return {"id": number, "title": "Another question?", "subject": "Physics", "url": url}
