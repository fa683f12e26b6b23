"""The public URLs of the site: assets, articles, redirects and removed articles, lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from itertools import chain
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from learn.db import counts
from learn.identity import article_path
from learn.models import (
    Article,
    Picture,
    PictureName,
    PictureUse,
    Redirect,
    Subject,
    Topic,
    TopicCount,
    TopicSlug,
)
from learn.seo.topics import page_for_all, page_of
from learn.topics.shown import path_of
from learn.views.pagination import ON_A_SHEET, PAGE_SIZE, TOPICS_ON_A_PAGE

from .site import Site
from .tree import Response

# Names of URLs whose answers only a running application can give; nginx or the CDN may pass these on to one.
DYNAMIC = frozenset(
    {
        "search", "suggest", "opened", "healthz", "readyz", "report", "helpful", "cite", "article-bibtex",
        "article-ris", "preview",
    }
)  # fmt: skip
OG_IMAGE = re.compile(rb'<meta property="og:image" content="([^"]+)"')


def assets() -> Iterator[str]:
    """The URL of each file that collectstatic gathered; the compressed forms are made by publishing."""
    root = Path(settings.STATIC_ROOT)
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix not in (".gz", ".br") and path.name != "staticfiles.json":
            yield f"{settings.STATIC_URL}{path.relative_to(root).as_posix()}"


def pictures() -> Iterator[str]:
    """The files of the pictures that pages show, where they stand on this site and not on a host of their own."""
    if not settings.MEDIA_URL.startswith("/"):
        return
    names = PictureName.objects.filter(name__in=PictureUse.objects.values("name")).values("picture")
    for picture in Picture.objects.filter(pk__in=names).order_by("pk").iterator(chunk_size=500):
        yield from (reverse("learn:media", args=[name]) for name in picture.file_names)


def articles() -> Iterator[str]:
    """Each published article, and it as Markdown and JSON. One query, read as it comes."""
    for subject, slug in _in_chunks(Article.objects.published()):
        path = article_path(subject, slug)
        yield path
        yield f"{path}.md"
        yield f"{path}.json"


def moved() -> Iterator[str]:
    """Old addresses that answer 301 or 410."""
    yield from Redirect.objects.order_by("pk").values_list("old_path", flat=True).iterator(chunk_size=2_000)
    for subject, slug in _in_chunks(Article.objects.filter(status=Article.Status.UNPUBLISHED)):
        yield article_path(subject, slug)


def lists() -> Iterator[str]:
    """Subjects with all their pages, as Markdown, their feeds; sitemaps; every page whose URL takes no argument."""
    for subject in counts.with_counts(Subject.objects.order_by("slug")):
        url = subject.get_absolute_url()
        yield url
        yield reverse("learn:subject-markdown", args=[subject.slug])
        yield reverse("learn:subject-json", args=[subject.slug])
        yield reverse("learn:subject-apkg", args=[subject.slug])
        yield reverse("learn:subject-csv", args=[subject.slug])
        practice = reverse("learn:practise-subject", args=[subject.slug])
        yield practice
        sheets = ceil(subject.article_count / ON_A_SHEET)
        yield from (f"{practice}?page={number}" for number in range(2, sheets + 1))
        if subject.is_listed:
            yield reverse("learn:subject-feed", args=[subject.slug])
        last = ceil(subject.article_count / PAGE_SIZE)
        yield from (f"{url}?page={number}" for number in range(2, last + 1))
    yield from topics()
    if settings.INDEXNOW_KEY:
        yield reverse("learn:indexnow", args=[settings.INDEXNOW_KEY])
    yield from sitemap_files()
    left_out = DYNAMIC if settings.SECURITY_CONTACT else DYNAMIC | {"security"}
    yield from (reverse(f"learn:{name}") for name in plain_names() if name not in left_out)


def topics() -> Iterator[str]:
    """The pages of topics with all their numbers, their other forms, and the lists of topics; former addresses."""
    whole = Topic.objects.filter(has_page=True).order_by("slug")
    own = (
        TopicCount.objects.filter(is_shown=True)
        .select_related("topic", "subject")
        .order_by("subject", "slug")
    )
    yield from _numbered("/learn/topics", whole.count(), TOPICS_ON_A_PAGE)  # and as JSON: plain_names
    for subject in Subject.objects.filter(topic_counts__is_shown=True).distinct().order_by("slug"):
        path = f"{subject.get_absolute_url()}/topics"
        yield f"{path}.md"
        yield f"{path}.json"
        yield from _numbered(path, own.filter(subject=subject).count(), TOPICS_ON_A_PAGE)
    for page in chain(map(page_for_all, whole.iterator(2_000)), map(page_of, own.iterator(2_000))):
        yield from (f"{page.path}.{form}" for form in ("md", "json", "apkg", "csv"))
        yield from _numbered(f"{page.path}/practise", page.articles, ON_A_SHEET)
        if page.has_feed:
            yield f"{page.path}/feed.atom"
        yield from _numbered(page.path, page.articles, PAGE_SIZE)
    for former in TopicSlug.objects.select_related("topic").order_by("slug"):
        yield path_of(former.slug)
        for slug in former.topic.counts.order_by("subject").values_list("subject__slug", flat=True):
            yield path_of(former.slug, slug)


def _numbered(path: str, rows: int, on_a_page: int) -> Iterator[str]:
    yield path
    yield from (f"{path}?page={number}" for number in range(2, ceil(rows / on_a_page) + 1))


def plain_names() -> Iterator[str]:
    """The names of the public URLs that take no argument."""
    for pattern in public_patterns():
        if not pattern.pattern.converters and pattern.name:
            yield pattern.name


def public_patterns() -> Iterator[URLPattern]:
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and resolver.namespace == "learn":
            yield from (part for part in resolver.url_patterns if isinstance(part, URLPattern))


def sitemap_files() -> Iterator[str]:
    """The files that the index of the sitemap names."""
    index = Site().get(reverse("learn:sitemap"))
    for address in re.findall(r"<loc>([^<]+)</loc>", index.body.decode()):
        yield urlsplit(address).path


def picture_of(response: Response) -> str:
    """The path of the picture that a page shows when it is shared; empty where it names none of ours."""
    if response.status != HTTPStatus.OK or not response.content_type.startswith("text/html"):
        return ""
    match = OG_IMAGE.search(response.body)
    address = match[1].decode() if match else ""
    return urlsplit(address).path if address.startswith(settings.SITE_URL) else ""


def _in_chunks(articles: QuerySet[Article]) -> Iterable[tuple[str, str]]:
    return articles.order_by("pk").values_list("subject__slug", "slug").iterator(chunk_size=2_000)
