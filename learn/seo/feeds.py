"""Atom feeds of the newest questions: of the library and of each listed subject. https://www.rfc-editor.org/rfc/rfc4287"""

from __future__ import annotations

import datetime as dt
import re
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import SimplerXMLGenerator

from learn.models import Article, Subject
from learn.models.querysets import ArticleQuerySet

from . import absolute, description_of, library_url
from .jsonld import published_at

MOST_ENTRIES = 50
MEDIA_TYPE = "application/atom+xml"
# Characters that no XML document may hold, not even escaped; Django's writer refuses most of them: https://www.w3.org/TR/xml/#charsets
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
    document = _Feed(
        title=title, link=page, description="", language="en", author_name=settings.SITE_NAME,
        feed_url=f"{page}/feed.atom", feed_guid=f"{page}/feed.atom",
    )  # fmt: skip
    for article in entries:
        document.add_item(
            title=article.question_text,
            link=absolute(article.get_absolute_url()),
            description=description_of(article),
            author_name=article.author if article.author not in ("", settings.SITE_NAME) else None,
            pubdate=published_at(article),
            updateddate=updated_at(article),
            unique_id=entry_id(article),
            categories=[article.subject.slug],
        )
    output = BytesIO()
    document.write(output, "utf-8")
    return output.getvalue()


class _Feed(Atom1Feed):
    def write(self, outfile: Any, encoding: str) -> None:
        """Django's `write`, with our writer."""
        writer = _Writer(outfile, encoding, short_empty_elements=True)
        writer.startDocument()
        writer.startElement("feed", self.root_attributes())  # type: ignore[arg-type]  # as in Django
        self.add_root_elements(writer)
        self.write_items(writer)
        writer.endElement("feed")

    def latest_post_date(self) -> dt.datetime:
        """When the feed changed; without entries Django's would be now, and the ETag new each time."""
        return super().latest_post_date() if self.items else LONG_AGO


class _Writer(SimplerXMLGenerator):
    """Leaves out what XML cannot hold, names the media types of links, and writes summaries as plain text, not HTML."""

    def addQuickElement(  # noqa: N802 Django's name
        self, name: str, contents: str | None = None, attrs: dict[str, str] | None = None
    ) -> None:
        if name == "link" and attrs:
            attrs = {**attrs, "type": MEDIA_TYPE if attrs["rel"] == "self" else "text/html"}
        elif name == "summary":
            attrs = None
        super().addQuickElement(name, NOT_XML.sub("", contents) if contents else contents, attrs)


def entry_id(article: Article) -> str:
    """A name that stays when the article moves: by the address in its file or, without a file, by its key.

    https://www.rfc-editor.org/rfc/rfc4151
    """
    host = urlsplit(settings.SITE_URL).hostname
    return f"tag:{host},{article.date:%Y-%m-%d}:{article.source_url or f'/learn/articles/{article.pk}'}"


def updated_at(article: Article) -> dt.datetime:
    """When the article last changed, and as many milliseconds as its key.

    Files give a day without a time: readers of feeds that go by this moment alone could not tell one day's apart.
    """
    changed = max(published_at(article), article.modified_at.replace(microsecond=0))
    return changed + dt.timedelta(milliseconds=article.pk)
