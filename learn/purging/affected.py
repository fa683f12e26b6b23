"""The addresses that show an article or a subject. A fixed number of queries, and one for each subject concerned."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import ceil

from django.db.models import Q

from learn.db import counts
from learn.identity import article_path
from learn.models import Article, RelatedLink, Subject
from learn.related.neighbours import neighbours
from learn.views.pagination import ON_A_SHEET, PAGE_SIZE

SITE_PATHS = (
    "/learn",
    "/learn/feed.atom",
    "/sitemap.xml",
    "/sitemap.library.xml",
    "/llms.txt",
    "/learn.json",
)
FEW = 20  # articles; for more at once the questions before and after each are left to the cache's own clock


def article_paths(pks: Collection[int]) -> set[str]:
    """The pages of these articles and all that show one of them.

    Those are: their copies under other subjects (which name their canonical), the articles that link to them, the
    questions before and after, the lists, feeds and sitemaps of their subjects, and those of the library.
    """
    rows = Article.objects.filter(pk__in=pks)
    shown = Article.objects.filter(
        Q(pk__in=pks)
        | Q(content_key__in=rows.values("content_key"))
        | Q(pk__in=RelatedLink.objects.filter(target__in=pks).values("article"))
    )
    paths = set(SITE_PATHS)
    for subject_slug, slug in shown.values_list("subject__slug", "slug"):
        paths.update(all_forms(subject_slug, slug))
    if len(pks) <= FEW:
        for article in rows.select_related("subject").only("subject__slug", "slug", "date"):
            for neighbour in neighbours(article):
                if neighbour is not None:
                    paths.update(all_forms(neighbour.subject.slug, neighbour.slug))
    for subject in Subject.objects.filter(pk__in=rows.values("subject")):
        paths.update(list_paths(subject))
    return paths


def subject_paths(pks: Collection[int]) -> set[str]:
    """The pages of these subjects and of every article in them."""
    paths = set(SITE_PATHS)
    for subject in Subject.objects.filter(pk__in=pks):
        paths.update(list_paths(subject))
    articles = Article.objects.filter(subject__in=pks).values_list("subject__slug", "slug")
    for subject_slug, slug in articles.iterator(chunk_size=2000):
        paths.update(all_forms(subject_slug, slug))
    return paths


def all_forms(subject_slug: str, slug: str) -> tuple[str, str, str]:
    """An article's page and its twins in Markdown and JSON."""
    path = article_path(subject_slug, slug)
    return path, f"{path}.md", f"{path}.json"


def list_paths(subject: Subject) -> Iterator[str]:
    """The list of a subject with all its numbered pages, and what machines read instead of it."""
    path = subject.get_absolute_url()
    yield path
    # One more than there are: the last page may just have emptied.
    count = counts.of_subject(subject.pk).listable
    yield f"{path}/practise"
    for address, size in ((path, PAGE_SIZE), (f"{path}/practise", ON_A_SHEET)):
        yield from (f"{address}?page={number}" for number in range(2, ceil(count / size) + 2))
    yield f"{path}.md"
    yield from (f"{path}{end}" for end in (".json", ".apkg", ".csv"))
    yield f"{path}/feed.atom"
    yield f"/sitemap-{subject.slug}.xml"
