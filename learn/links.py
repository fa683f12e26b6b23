"""What ties articles together: duplicates to their canonical, related links to their targets, old paths to new.

Each function looks at what is in the database, writes only what is wrong there, and may be run again at any time:
an import that was stopped half-way is completed by the next one. All are set-based: their queries do not grow
with the number of articles, except where a docstring says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When

from . import rows
from .models import Article, Redirect, RelatedLink
from .querysets import ArticleQuerySet

ARTICLE_PATH = re.compile(r"/learn/([^/]+)/questions/([^/]+)\Z")
BATCH = 500  # stays below SQLite's limit of variables in one statement


def choose_canonicals(keys: Iterable[str] | None = None) -> None:
    """Choose one canonical article for each group with equal question and answer, then who is indexable.

    The canonical one is published and not `no_index`; among several, the one that an editor prefers, then that in
    a listed subject, of the earliest date, of the first subject slug, of the first slug. `keys` limits the work to
    these values of `Article.content_key`; None looks at all articles.
    """
    scopes: Iterable[ArticleQuerySet] = (
        [Article.objects.all()] if keys is None else _in_batches(sorted(set(keys)))
    )
    # Asked for each row, in the index of keys: PostgreSQL, which knows nothing yet of the rows of a first import, would
    # count all keys again for every one of them.
    others = Article.objects.filter(content_key=OuterRef("content_key")).exclude(pk=OuterRef("pk"))
    for scope in scopes:
        scope.filter(~Exists(others), canonical__isnull=False).update(canonical=None)
        copies = (
            scope.filter(Exists(others))
            .select_related("subject")
            .only(
                "content_key", "canonical_id", "status", "publish_at", "no_index", "is_preferred", "date", "slug",
                "subject__slug", "subject__is_listed",
            )
            .order_by("content_key", "-is_preferred", "-subject__is_listed", "date", "subject__slug", "slug")
        )  # fmt: skip
        changed: list[Article] = []
        for _key, group in groupby(copies.iterator(chunk_size=2000), attrgetter("content_key")):
            members = list(group)
            first = next((a for a in members if a.is_published and not a.no_index), members[0])
            for article in members:
                canonical = None if article is first else first.pk
                if article.canonical_id != canonical:
                    article.canonical_id = canonical
                    changed.append(article)
        rows.update(
            Article,
            [{"pk": article.pk, "canonical_id": article.canonical_id} for article in changed],
            ["canonical"],
        )
        refresh_indexable(scope)


def refresh_indexable(scope: ArticleQuerySet | None = None) -> None:
    """Set `is_indexable` on the articles of `scope` (a queryset; None: all) where it is not what it should be."""
    articles = Article.objects.all() if scope is None else scope
    indexable = Q(status=Article.Status.PUBLISHED, no_index=False, canonical=None, subject__is_listed=True)
    # As one value: SQLite would rather look through all originals (`canonical_id IS NULL`) than at two keys.
    should_be = Case(When(indexable, then=Value(True)), default=Value(False))  # noqa: FBT003 -- an SQL literal
    wrong = articles.annotate(should_be=should_be).exclude(is_indexable=F("should_be"))
    Article.objects.filter(pk__in=wrong.values("pk")).update(
        is_indexable=Case(When(is_indexable=True, then=Value(False)), default=Value(True))  # noqa: FBT003
    )


def resolve() -> None:
    """Connect the related links that lead nowhere yet with the article at their URL.

    The URL is compared with the address under which the files know an article, then with where articles stand now
    (a query per 500 different dangling URLs), then with redirects.
    """
    by_source = Article.objects.filter(source_url=OuterRef("url"))
    RelatedLink.objects.dangling().filter(Exists(by_source)).update(
        target=Subquery(by_source.values("pk")[:1])
    )
    by_redirect = Redirect.objects.filter(old_path=OuterRef("url"), target__isnull=False)
    RelatedLink.objects.dangling().filter(Exists(by_redirect)).update(
        target=Subquery(by_redirect.values("target")[:1])
    )
    urls = list(
        RelatedLink.objects.dangling().exclude(url="").order_by().values_list("url", flat=True).distinct()
    )
    for start in range(0, len(urls), BATCH):
        found = articles_at(urls[start : start + BATCH])
        for url, pk in found.items():
            RelatedLink.objects.dangling().filter(url=url).update(target=pk)


def articles_at(paths: Iterable[str]) -> dict[str, int]:
    """Map each of `paths` at which an article stands (published or not) to its primary key, in one query."""
    wanted: dict[str, tuple[str, str]] = {}
    for path in paths:
        if match := ARTICLE_PATH.match(path):
            wanted[path] = (match[1], match[2])
    places = {
        (subject, slug): pk
        for pk, subject, slug in Article.objects.filter(
            slug__in={slug for _subject, slug in wanted.values()}
        ).values_list("pk", "subject__slug", "slug")
    }
    return {path: places[place] for path, place in wanted.items() if place in places}


def known(urls: Iterable[str]) -> set[str]:
    """Those of `urls` at which an article stands, or under which the files know one; two queries per 500."""
    wanted = sorted(urls)
    found: set[str] = set()
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        found.update(articles_at(batch))
        by_source = Article.objects.filter(source_url__in=batch).values_list("source_url", flat=True)
        found.update(url for url in by_source if url)
    return found


def leave_redirects(moved: Mapping[str, Article]) -> int:
    """Send each old path to the article that stood there; return how many redirects were made or changed."""
    existing = {r.old_path: r for r in Redirect.objects.filter(old_path__in=list(moved))}
    for path, article in moved.items():
        if path in existing:
            Redirect.objects.filter(old_path=path).update(target=article, new_path="", is_automatic=True)
    Redirect.objects.bulk_create(
        Redirect(old_path=path, target=article, is_automatic=True)
        for path, article in moved.items()
        if path not in existing
    )
    return len(moved)


def _in_batches(keys: list[str]) -> Iterator[ArticleQuerySet]:
    for start in range(0, len(keys), BATCH):
        yield Article.objects.filter(content_key__in=keys[start : start + BATCH])
