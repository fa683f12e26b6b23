"""Atom feeds of the newest questions: of the library and of each listed subject. https://www.rfc-editor.org/rfc/rfc4287"""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from django.conf import settings

from learn.models import Article, Subject
from learn.models.querysets import ArticleQuerySet

from . import absolute, description_of, library_url
from .jsonld import published_at

MOST_ENTRIES = 50
NAMESPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
# Characters that no XML document may hold, not even escaped: https://www.w3.org/TR/xml/#charsets
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # when a feed without entries last changed


def library_feed() -> bytes:
    """The newest questions of all listed subjects: one query."""
    return feed(f"New questions — {settings.SITE_NAME}", library_url(), Article.objects.indexable())


def subject_feed(subject: Subject) -> bytes:
    """The newest questions of one subject: one query."""
    title = f"New questions in {subject.title} — {settings.SITE_NAME}"
    # Whatever is indexable is listable: said again, for the index of the subject's list.
    articles = Article.objects.listable().in_subject(subject).indexable()
    return feed(title, absolute(subject.get_absolute_url()), articles)


def feed(title: str, page: str, articles: ArticleQuerySet) -> bytes:
    """A feed that belongs to the page at the absolute address `page`, with the newest of `articles`."""
    entries = list(
        articles.newest_first()
        .select_related("subject")
        .only(
            "subject__slug", "subject__title", "slug", "question", "description", "excerpt", "author", "date",
            "modified_at", "source_url",
        )[:MOST_ENTRIES]
    )  # fmt: skip
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": "en"})
    _add(root, "title", title)
    _add(root, "id", f"{page}/feed.atom")
    _add(root, "updated", max((updated_at(article) for article in entries), default=LONG_AGO).isoformat())
    ET.SubElement(root, "link", {"rel": "self", "type": MEDIA_TYPE, "href": f"{page}/feed.atom"})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": page})
    _add(ET.SubElement(root, "author"), "name", settings.SITE_NAME)
    for article in entries:
        _add_entry(root, article)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _add_entry(root: ET.Element, article: Article) -> None:
    entry = ET.SubElement(root, "entry")
    _add(entry, "title", article.question)
    _add(entry, "id", entry_id(article))
    _add(entry, "published", published_at(article).isoformat())
    _add(entry, "updated", updated_at(article).isoformat())
    address = absolute(article.get_absolute_url())
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": address})
    ET.SubElement(entry, "category", {"term": article.subject.slug, "label": _clean(article.subject.title)})
    if article.author not in ("", settings.SITE_NAME):
        _add(ET.SubElement(entry, "author"), "name", article.author)
    _add(entry, "summary", description_of(article))


def entry_id(article: Article) -> str:
    """A name that stays when the article moves: by the address in its file or, without a file, by its key.

    https://www.rfc-editor.org/rfc/rfc4151
    """
    host = urlsplit(settings.SITE_URL).hostname
    return f"tag:{host},{article.date:%Y-%m-%d}:{article.source_url or f'/learn/articles/{article.pk}'}"


def updated_at(article: Article) -> dt.datetime:
    return max(published_at(article), article.modified_at.replace(microsecond=0))


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    return NOT_XML.sub("", text)
