"""Pages as JSON, for programs that build on the library: article, subject, topic, topics, library; and their schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from learn.db import counts
from learn.identity import article_path
from learn.models import Article, Subject
from learn.rendering import render_line
from learn.topics.shown import TopicLink

from . import absolute, canonical_of, description_of, library_url, reading_minutes
from .images import images_of
from .jsonld import dates, keywords
from .topics import TopicPage

ROWS_AT_ONCE = 2_000
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Data = dict[str, Any]


def article_page(article: Article, related: Sequence[Article]) -> Data:
    """What the page of an article shows; `related` with their subjects joined."""
    original = canonical_of(article)
    when = dates(article)
    return {
        "$schema": schema_url(),
        "kind": "article",
        "url": absolute(article.get_absolute_url()),
        "canonical_url": absolute(original.get_absolute_url()),
        "question": line(article.question),
        "answer": {
            "markdown": article.answer,
            "html": article.answer_html,
            "text": article.answer_text,
            "words": article.word_count,
            "reading_minutes": reading_minutes(article),
            "has_formulas": article.has_math,
            "has_code": article.has_code,
            "pictures": [image._asdict() for image in images_of(article.answer_html)],
        },
        "description": description_of(article),
        "keywords": keywords(article),
        "author": article.author or settings.SITE_NAME,
        "subject": subject_reference(article.subject),
        "published": when["datePublished"],
        "updated": when["dateModified"],
        "related": [
            {"question": each.question_text, "url": absolute(each.get_absolute_url())} for each in related
        ],
        "license": settings.CONTENT_LICENSE_URL or None,
        "digital_source_type": settings.DIGITAL_SOURCE_TYPE or None,
        "about_answers": settings.ABOUT_ANSWERS_URL or None,
    }


def subject_page(subject: Subject) -> Iterator[str]:
    """The whole list of a subject, newest first, as pieces of one JSON document.

    A query for the number and one for each 2,000 articles: no cursor stays open while a slow reader reads.
    """
    head = {
        "$schema": schema_url(),
        "kind": "subject",
        "url": absolute(subject.get_absolute_url()),
        "title": subject.title,
        "description": subject.description_text,
        "count": counts.of_subject(subject.pk).listable,
    }
    yield f'{written(head)[:-1]},"articles":['
    newest = Article.objects.listable().in_subject(subject).newest_first()
    columns = newest.values_list("date", "slug", "question", "modified_at")
    rows = columns[:ROWS_AT_ONCE]
    comma = ""
    while rows:
        for date, slug, question, modified in rows:
            url = absolute(article_path(subject.slug, slug))
            entry = {
                "question": render_line(question).text,
                "url": url,
                "json_url": f"{url}.json",
                "published": date.isoformat(),
                "updated": modified.replace(microsecond=0).isoformat(),
            }
            yield f"{comma}\n{written(entry)}"
            comma = ","
        date, slug, _question, _modified = rows[len(rows) - 1]
        rows = columns.filter(Q(date__lt=date) | Q(date=date, slug__gt=slug), date__lte=date)[:ROWS_AT_ONCE]
    yield "\n]}\n"


def topic_page(of: TopicPage) -> Data:
    """The whole list of a topic, the most central questions first. One query."""
    columns = ("question", "subject__title", "subject__slug", "slug", "date", "modified_at")
    articles = []
    for question, title, subject_slug, slug, date, modified in of.all_articles().values_list(*columns):
        url, owner = absolute(article_path(subject_slug, slug)), absolute(f"/learn/{subject_slug}")
        articles.append(
            {
                "question": render_line(question).text,
                "url": url,
                "json_url": f"{url}.json",
                "subject": {"title": title, "url": owner, "json_url": f"{owner}.json"},
                "published": date.isoformat(),
                "updated": modified.replace(microsecond=0).isoformat(),
            }
        )
    return {
        "$schema": schema_url(),
        "kind": "topic",
        "url": absolute(of.path),
        "title": of.topic.heading,
        "description": render_line(of.topic.description).text,
        "subject": subject_reference(of.subject) if of.subject else None,
        "count": len(articles),
        "articles": articles,
    }


def topics_page(subject: Subject | None, links: Sequence[TopicLink]) -> Data:
    """The topics of a subject, or those with a page for all subjects, as `links` to their pages."""
    return {
        "$schema": schema_url(),
        "kind": "topics",
        "url": absolute(f"{subject.get_absolute_url() if subject else '/learn'}/topics"),
        "subject": subject_reference(subject) if subject else None,
        "count": len(links),
        "topics": [
            {
                "title": one.heading,
                "url": absolute(one.path),
                "json_url": f"{absolute(one.path)}.json",
                "count": one.articles,
            }
            for one in links
        ],
    }


def library_page() -> Data:
    """The listed subjects with the number of their articles: two queries."""
    subjects = counts.with_counts(Subject.objects.listed())
    return {
        "$schema": schema_url(),
        "kind": "library",
        "url": library_url(),
        "title": f"{settings.SITE_NAME} Learn",
        "count": sum(subject.article_count for subject in subjects),
        "subjects": [
            {
                **subject_reference(subject),
                "description": subject.description_text,
                "count": subject.article_count,
            }
            for subject in subjects
        ],
    }


def subject_reference(subject: Subject) -> Data:
    url = absolute(subject.get_absolute_url())
    return {"title": subject.title, "url": url, "json_url": f"{url}.json"}


def line(text: str) -> Data:
    rendered = render_line(text)
    return {"markdown": text, "html": rendered.html, "text": rendered.text}


def written(data: Data) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def schema_url() -> str:
    return absolute(reverse("learn:json-schema"))


# --- The schema ---------------------------------------------------------------------------------------------------


def schema() -> Data:
    """JSON Schema of the five kinds of page."""
    text, url = {"type": "string"}, {"type": "string", "format": "uri"}
    maybe = {"type": ["string", "null"]}
    moment = {"type": "string", "format": "date-time"}
    day = {"type": "string", "format": "date"}
    number = {"type": "integer", "minimum": 0}
    truth = {"type": "boolean"}
    forms = closed({"markdown": text, "html": text, "text": text})
    reference = {"title": text, "url": url, "json_url": url}
    entry = {"question": text, "url": url, "json_url": url, "published": day, "updated": moment}
    return {
        "$schema": DIALECT,
        "$id": schema_url(),
        "title": f"{settings.SITE_NAME} Learn: pages as JSON",
        "description": "Add .json to the address of the library, a subject, a topic, a list of topics or an article. "
        "More fields may come.",
        "oneOf": [
            {"$ref": f"#/$defs/{name}"} for name in ("article", "subject", "topic", "topics", "library")
        ],
        "$defs": {
            "article": page(
                "article",
                {
                    "canonical_url": url | {"description": "Where the same question and answer stand first."},
                    "question": forms,
                    "answer": closed(
                        {
                            "markdown": text | {"description": "As its author wrote it, formulas as TeX."},
                            "html": text | {"description": "As the page shows it, formulas as MathML."},
                            "text": text
                            | {"description": "Without markup, formulas on one line of Unicode."},
                            "words": number,
                            "reading_minutes": number,
                            "has_formulas": truth,
                            "has_code": truth,
                            "pictures": {
                                "type": "array",
                                "items": closed({"url": url, "alt": text, "width": number, "height": number}),
                            },
                        }
                    ),
                    "description": text,
                    "keywords": {"type": "array", "items": text},
                    "author": text,
                    "subject": closed(reference),
                    "published": moment,
                    "updated": moment,
                    "related": {"type": "array", "items": closed({"question": text, "url": url})},
                    "license": maybe,
                    "digital_source_type": maybe
                    | {"description": "A term of schema.org: how answers were made."},
                    "about_answers": maybe,
                },
            ),
            "subject": page(
                "subject",
                {
                    "title": text,
                    "description": text,
                    "count": number,
                    "articles": {"type": "array", "items": closed(entry), "description": "Newest first."},
                },
            ),
            "topic": page(
                "topic",
                {
                    "title": text,
                    "description": text | {"description": "The editors' words, empty without any."},
                    "subject": {"anyOf": [closed(reference), {"type": "null"}]}
                    | {"description": "Whose articles these are; null: those of all subjects."},
                    "count": number,
                    "articles": {
                        "type": "array",
                        "items": closed({**entry, "subject": closed(reference)}),
                        "description": "The most central questions first.",
                    },
                },
            ),
            "topics": page(
                "topics",
                {
                    "subject": {"anyOf": [closed(reference), {"type": "null"}]},
                    "count": number,
                    "topics": {
                        "type": "array",
                        "items": closed({**reference, "count": number}),
                        "description": "The largest first, in a subject after those that editors pinned.",
                    },
                },
            ),
            "library": page(
                "library",
                {
                    "title": text,
                    "count": number,
                    "subjects": {
                        "type": "array",
                        "items": closed({**reference, "description": text, "count": number}),
                    },
                },
            ),
        },
    }


def closed(properties: Data) -> Data:
    return {"type": "object", "properties": properties, "required": list(properties)}


def page(kind: str, properties: Data) -> Data:
    url = {"type": "string", "format": "uri"}
    return closed({"$schema": url, "kind": {"const": kind}, "url": url, **properties})
