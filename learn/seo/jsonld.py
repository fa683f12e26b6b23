"""Structured data: one connected graph of schema.org terms for each page, made of plain dicts.

It says what the page shows and nothing else. Nodes name each other by `@id`, so a reader of the graph finds from the
page to its question, answer, author and position in the site. Plain dicts: a package of types
for all of schema.org would not know what search engines require. https://schema.org and
https://developers.google.com/search/docs/appearance/structured-data/article
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from learn.models import Article, Subject
from learn.topics.shown import TopicLink

from .addresses import LIBRARY_TITLE, absolute, library_url
from .cards import Picture
from .images import images_of

Node = dict[str, Any]

DIGITAL_SOURCE = "https://schema.org/"
# The element is data, not a script that runs; still nothing in it may end it. U+2028 and U+2029 end a line of
# JavaScript, but not of JSON.
ESCAPES = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def script(nodes: Sequence[Node]) -> SafeString:
    """The graph of `nodes` as a script element, whatever their texts hold."""
    text = json.dumps(
        {"@context": "https://schema.org", "@graph": nodes}, ensure_ascii=False, separators=(",", ":")
    )
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)  # str.translate takes nine times as long
    return mark_safe(f'<script type="application/ld+json">{text}</script>')


def library_graph(url: str, description: str, picture: Picture, subjects: Sequence[Subject]) -> list[Node]:
    items = [(subject.title, absolute(subject.get_absolute_url())) for subject in subjects]
    page = {
        **page_node("CollectionPage", url, LIBRARY_TITLE, description, picture),
        "mainEntity": items_node(url, items),
    }
    return [*site_nodes(), page]


def subject_graph(
    subject: Subject, url: str, name: str, description: str, picture: Picture, articles: Sequence[Article]
) -> list[Node]:
    items = [(article.question_text, absolute(article.get_absolute_url())) for article in articles]
    page = {
        **page_node("CollectionPage", url, name, description, picture),
        "about": {"@type": "Thing", "name": subject.title},
        "breadcrumb": {"@id": f"{url}#breadcrumb"},
        "mainEntity": items_node(url, items),
    }
    trail = [("Learn", library_url()), (subject.title, absolute(subject.get_absolute_url()))]
    return [*site_nodes(), page, breadcrumb_node(url, trail)]


def article_graph(
    article: Article,
    url: str,
    description: str,
    picture: Picture,
    minutes: int,
    topic: TopicLink | None = None,
) -> list[Node]:
    """The graph of an article.

    `url` is its canonical address, `minutes` the reading time that the page shows, `topic` what its breadcrumb names
    between the subject and the article.
    """
    subject_url = absolute(article.subject.get_absolute_url())
    trail = [
        ("Learn", library_url()),
        (article.subject.title, subject_url),
        *([(topic.heading, absolute(topic.path))] if topic else []),
        (article.question_text, absolute(article.get_absolute_url())),
    ]
    is_qa_page = settings.SEO_QA_PROFILE == "qapage"
    page = {
        **page_node("QAPage" if is_qa_page else "WebPage", url, article.question_text, description, picture),
        "breadcrumb": {"@id": f"{url}#breadcrumb"},
        "mainEntity": {"@id": f"{url}#{'question' if is_qa_page else 'article'}"},
        **dates(article),
    }
    question = question_node(article, url)
    nodes = [*site_nodes(), page, breadcrumb_node(url, trail)]
    if not is_qa_page:
        nodes.append(
            {
                "@type": ["Article", "LearningResource"],
                "@id": f"{url}#article",
                "headline": article.question_text,
                "name": article.question_text,
                "description": description,
                "url": url,
                "mainEntityOfPage": {"@id": url},
                "image": [picture_node(picture), *image_nodes(article, picture)],
                **dates(article),
                "author": author_node(article),
                "publisher": organization_node(),
                "isPartOf": {"@type": "CollectionPage", "@id": subject_url, "name": article.subject.title},
                "articleSection": article.subject.title,
                "about": {"@type": "Thing", "name": article.subject.title},
                **({"keywords": words} if (words := keywords(article)) else {}),
                "learningResourceType": "Question and answer",
                "timeRequired": f"PT{minutes}M",
                "wordCount": article.word_count,
                "inLanguage": "en",
                "isAccessibleForFree": True,
                **({"license": settings.CONTENT_LICENSE_URL} if settings.CONTENT_LICENSE_URL else {}),
                "encoding": {
                    "@type": "MediaObject",
                    "encodingFormat": "text/markdown",
                    "contentUrl": f"{url}.md",
                },
                "mainEntity": {"@id": f"{url}#question"},
            }
        )
    return [*nodes, question]


def question_node(article: Article, url: str) -> Node:
    about = {**dates(article), "author": author_node(article)}
    if settings.DIGITAL_SOURCE_TYPE:
        about["digitalSourceType"] = f"{DIGITAL_SOURCE}{settings.DIGITAL_SOURCE_TYPE}"
    return {
        "@type": "Question",
        "@id": f"{url}#question",
        "name": article.question_text,
        "text": article.question_text,
        "answerCount": 1,
        **about,
        "acceptedAnswer": {
            "@type": "Answer",
            "@id": f"{url}#answer",
            "text": article.answer_text,
            "url": f"{url}#answer",
            **about,
        },
    }


def page_node(kind: str, url: str, name: str, description: str, picture: Picture) -> Node:
    return {
        "@type": kind,
        "@id": url,
        "url": url,
        "name": name,
        **({"description": description} if description else {}),
        "inLanguage": "en",
        "isPartOf": {"@id": website_id()},
        "primaryImageOfPage": picture_node(picture),
    }


def site_nodes() -> list[Node]:
    """Who publishes, and the site as a whole: the nodes that every page's graph refers to."""
    organization = organization_node()
    if settings.ORGANIZATION_SAME_AS:
        organization["sameAs"] = settings.ORGANIZATION_SAME_AS
    website = {
        "@type": "WebSite",
        "@id": website_id(),
        "name": settings.SITE_NAME,
        "url": f"{settings.SITE_URL}/",
        "inLanguage": "en",
        "publisher": {"@id": organization_id()},
    }
    return [organization, website]


def organization_node() -> Node:
    """Who publishes, with the logo: whole wherever it is named, for readers that follow no `@id`."""
    return {
        "@type": "Organization",
        "@id": organization_id(),
        "name": settings.SITE_NAME,
        "url": f"{settings.SITE_URL}/",
        "logo": {
            "@type": "ImageObject",
            "url": absolute(static("icons/icon-512.png")),
            "width": 512,
            "height": 512,
        },
    }


def breadcrumb_node(url: str, trail: Sequence[tuple[str, str]]) -> Node:
    return {
        "@type": "BreadcrumbList",
        "@id": f"{url}#breadcrumb",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": item}
            for position, (name, item) in enumerate(trail, start=1)
        ],
    }


def items_node(url: str, items: Sequence[tuple[str, str]]) -> Node:
    """The list that a page shows: the items of this page only."""
    return {
        "@type": "ItemList",
        "@id": f"{url}#list",
        "numberOfItems": len(items),
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "url": item}
            for position, (name, item) in enumerate(items, start=1)
        ],
    }


def picture_node(picture: Picture) -> Node:
    return {
        "@type": "ImageObject",
        "url": picture.url,
        "width": picture.width,
        "height": picture.height,
        "caption": picture.alt,
    }


def image_nodes(article: Article, picture: Picture) -> list[Node]:
    """The pictures that the answer shows, but the one that stands for the page already."""
    return [
        {
            "@type": "ImageObject",
            "url": image.url,
            "width": image.width,
            "height": image.height,
            **({"caption": image.alt} if image.alt else {}),
        }
        for image in images_of(article.answer_html)
        if image.url != picture.url
    ]


def author_node(article: Article) -> Node:
    """The site itself where it signs, as on nearly every article; otherwise the author as a person."""
    if article.author in ("", settings.SITE_NAME):
        return organization_node()
    return {"@type": "Person", "name": article.author}


def dates(article: Article) -> Node:
    """When the article appeared and last changed, as the page and the sitemap say it, with a zone."""
    published = published_at(article)
    return {
        "datePublished": published.isoformat(),
        "dateModified": max(published, article.modified_at.replace(microsecond=0)).isoformat(),
    }


def published_at(article: Article) -> dt.datetime:
    """Files give an article a date, no time: the beginning of that day in UTC."""
    return dt.datetime.combine(article.date, dt.time(), dt.UTC)


def keywords(article: Article) -> list[str]:
    """The keywords of an article, as they stand in its file, without repeats."""
    words = (" ".join(word.split()) for word in article.keywords.split(","))
    return list(dict.fromkeys(word for word in words if word))


def organization_id() -> str:
    return f"{settings.SITE_URL}/#organization"


def website_id() -> str:
    return f"{settings.SITE_URL}/#website"
