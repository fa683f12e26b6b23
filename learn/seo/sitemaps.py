"""Sitemaps: an index, one file for the library's own pages, one for each listed subject (more where it is large).

They hold exactly the pages that search engines may index and that are their own canonical, each with the time of its
last change of content: a new rendering, a re-import of the same file or an edit of links moves nothing. The files stand
at the root, because one may only speak of addresses below itself. https://www.sitemaps.org/protocol.html

The index costs two queries, a file one for each 10,000 addresses; it is written as they are read, so that its size
costs no memory. No cursor stays open meanwhile: a reader who goes away would leave it to the garbage collector.

Django's sitemaps app pages by OFFSET, counts each page, and holds a whole file in memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from django.db.models import OuterRef, QuerySet, Subquery

from learn.db import counts
from learn.identity import article_path
from learn.models import Article, Subject

from . import absolute, library_url
from .images import images_of

MOST_URLS = 50_000  # in one file, by the protocol
MOST_FILES = 50_000  # in one index, by the protocol
ROWS_AT_ONCE = 10_000
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
IMAGES = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

Entry = tuple[str, dt.datetime | None]  # absolute address, last change
Row = tuple[str, dt.datetime]  # slug, last change


@dataclass(frozen=True, slots=True)
class Section:
    """What a listed subject has in the sitemap."""

    slug: str
    size: int
    changed_at: dt.datetime | None

    @property
    def files(self) -> int:
        return ceil(self.size / MOST_URLS)


def sections() -> list[Section]:
    """Every listed subject with the number and the last change of its indexable articles, in two queries.

    The number is stored (learn.db.counts), the last change stands first in the index article_sitemap.
    """
    latest = (
        Article.objects.indexable()
        .filter(subject=OuterRef("pk"))
        .order_by("-modified_at")
        .values("modified_at")[:1]
    )
    subjects = Subject.objects.listed().annotate(changed_at=Subquery(latest)).order_by("slug")
    by_subject = counts.of_subjects()
    return [
        Section(slug, by_subject.get(pk, counts.NONE).indexable, changed_at)
        for pk, slug, changed_at in subjects.values_list("pk", "slug", "changed_at")
    ]


def index(others: Iterable[str] = ()) -> Iterator[str]:
    """The lines of /sitemap.xml; `others` are the absolute addresses of further files."""
    listed = sections()
    changes = [section.changed_at for section in listed if section.changed_at]
    files: list[Entry] = [(absolute("/sitemap.library.xml"), max(changes, default=None))]
    for section in listed:
        files += [
            (absolute(file_path(section.slug, number)), section.changed_at)
            for number in range(1, section.files + 1)
        ]
    files += [(address, None) for address in others]
    return document("sitemapindex", "sitemap", files)


def library(lists: Iterable[str] = ()) -> Iterator[str]:
    """The lines of /sitemap.library.xml: the library and the subjects that are indexed, changed with their articles.

    `lists` are the paths of further pages.
    """
    listed = sections()
    changes = [section.changed_at for section in listed if section.changed_at]
    pages: list[Entry] = [(library_url(), max(changes, default=None))]
    pages += [(absolute(f"/learn/{section.slug}"), section.changed_at) for section in listed if section.size]
    pages += [(absolute(path), None) for path in lists]
    return document("urlset", "url", pages)


def subject(subject: Subject, number: int) -> Iterator[str] | None:
    """The lines of the `number`th file of a subject; None where it has no such file."""
    articles = (
        Article.objects.indexable().in_subject(subject).order_by("slug").values_list("slug", "modified_at")
    )
    start = (number - 1) * MOST_URLS
    rows = list(articles[start : start + ROWS_AT_ONCE])
    if not rows:
        return None
    following = rows_after(articles, rows)
    entries = ((absolute(article_path(subject.slug, slug)), changed_at) for slug, changed_at in following)
    shown = images(subject)
    if not shown:
        return document("urlset", "url", entries)
    return document("urlset", "url", entries, shown)


def images(subject: Subject) -> dict[str, list[str]]:
    """The addresses of the pictures of each article of a subject, by the article's. One query where it has none.

    https://developers.google.com/search/docs/crawling-indexing/sitemaps/image-sitemaps
    """
    found: dict[str, list[str]] = {}
    rows = Article.objects.indexable().in_subject(subject).filter(picture_uses__isnull=False).order_by("slug")
    for slug, html in rows.distinct().values_list("slug", "answer_html"):
        if shown := images_of(html):
            found[absolute(article_path(subject.slug, slug))] = [image.url for image in shown]
    return found


def rows_after(articles: QuerySet[Article, Row], rows: list[Row]) -> Iterator[Row]:
    """`rows`, the first of a file, and those that follow them by slug in `articles`, as many as a file may hold."""
    written = 0
    while rows:
        yield from rows
        written += len(rows)
        left = min(ROWS_AT_ONCE, MOST_URLS - written)
        rows = (
            list(articles.filter(slug__gt=rows[-1][0])[:left]) if len(rows) == ROWS_AT_ONCE and left else []
        )


def file_path(subject_slug: str, number: int) -> str:
    """Where a subject's file stands; a dot sets the number off, because a slug has none."""
    return f"/sitemap-{subject_slug}.xml" if number == 1 else f"/sitemap-{subject_slug}.{number}.xml"


def document(
    root: str, item: str, entries: Iterable[Entry], images: Mapping[str, Sequence[str]] | None = None
) -> Iterator[str]:
    """An XML document of `entries`, line by line; `images` are the pictures of some, by their addresses.

    Addresses need no escaping: slugs, the names of pictures, SITE_URL and MEDIA_URL have no & or <.
    """
    yield f"{DECLARATION}<{root} {NAMESPACE}{f' {IMAGES}' if images else ''}>\n"
    for address, changed_at in entries:
        lastmod = f"<lastmod>{changed_at:%Y-%m-%dT%H:%M:%S}+00:00</lastmod>" if changed_at else ""
        shown = (images or {}).get(address, ())
        pictures = "".join(f"<image:image><image:loc>{one}</image:loc></image:image>" for one in shown)
        yield f"<{item}><loc>{address}</loc>{lastmod}{pictures}</{item}>\n"
    yield f"</{root}>\n"
