"""The related links of one article, as an editor writes them: one address per line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import QuerySet

from learn.models import Article, Redirect, RelatedLink, Revision

_COLUMNS = ("position", "source_id", "title", "subject", "url")
LOOKED_BACK = 200  # revisions


class Target(NamedTuple):
    """The article that an address leads to; `article` is None where it leads nowhere."""

    url: str
    article: Article | None


def addresses(article: Article) -> list[str]:
    """The addresses of an article's related links in their order: where each leads now, or as it was written."""
    return [link.target.get_absolute_url() if link.target else link.url for link in _links(article)]


def _links(article: Article) -> QuerySet[RelatedLink]:
    """With what tells where each leads, and without the targets' texts."""
    return (
        article.related_links.select_related("target__subject")
        .only("article", *_COLUMNS, "target__slug", "target__subject__slug")
        .order_by("position")
    )


def parse(text: str) -> list[str]:
    """The addresses in `text`, one per line, as paths of this site where they are; each once, in order."""
    return list(dict.fromkeys(path for line in text.splitlines() if (path := _path(line.strip()))))


def _path(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:  # "https://[": no article stands there
        return address
    own = urlsplit(settings.SITE_URL)
    if parts.netloc and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        return address
    return unquote(parts.path).rstrip("/")


def look_up(urls: Iterable[str]) -> list[Target]:
    """The article at each address, through a redirect or a file's former address where need be: at most 4 queries."""
    urls = list(urls)
    found = Article.objects.at_paths(urls)
    if missing := [url for url in urls if url not in found]:
        by_source = Article.objects.filter(source_url__in=missing)
        found.update({url: pk for url, pk in by_source.values_list("source_url", "pk") if url})
        by_redirect = Redirect.objects.filter(old_path__in=missing, target__isnull=False)
        found.update({path: pk for path, pk in by_redirect.values_list("old_path", "target") if pk})
    articles = Article.objects.for_listing().only(
        "subject__slug", "subject__title", "slug", "question", "source_id", "status", "publish_at", "expires"
    )
    by_pk = articles.in_bulk(set(found.values()))
    return [Target(url, by_pk.get(found[url]) if url in found else None) for url in urls]


def replace(article: Article, urls: Sequence[str]) -> None:
    """Make these the related links of `article`. A link that is there, or was, keeps the words of its file.

    Must run in a transaction; a revision and `Article.refresh_link_flaws` are the caller's.
    """
    before = list(_links(article))
    present: dict[str, RelatedLink] = {}
    for link in before:
        present.setdefault(link.target.get_absolute_url() if link.target else link.url, link)
    targets = {target.url: target.article for target in look_up(url for url in urls if url not in present)}
    former = _former(article, targets)
    present |= {url: RelatedLink(**row, target=targets[url]) for url, row in former.items()}
    article.related_links.all().delete()
    RelatedLink.objects.bulk_create(
        _again(article, position, present[url])
        if url in present
        else _new(article, position, url, targets[url])
        for position, url in enumerate(urls, start=1)
    )


def _former(article: Article, urls: Collection[str]) -> dict[str, dict[str, Any]]:
    """Those of these links that the article had before, as it had them last: one query, where there are any.

    So a version that is restored is the file that it was, down to the numbers and titles of its links.
    """
    found: dict[str, dict[str, Any]] = {}
    if urls:
        revisions = Revision.objects.filter(id=article.pk).order_by("-history_id")
        for rows in revisions.values_list("related", flat=True)[:LOOKED_BACK]:
            for row in rows:
                columns = dict(zip(_COLUMNS, row, strict=True))
                if columns["url"] in urls:
                    found.setdefault(columns["url"], columns)
    return found


def restore(article: Article, rows: Iterable[Sequence[object]]) -> None:
    """Write the related links that a revision holds (`RevisionDetails.related`), as they were."""
    written = [RelatedLink(article=article, **dict(zip(_COLUMNS, row, strict=True))) for row in rows]
    for link, target in zip(written, look_up(link.url for link in written), strict=True):
        link.target = target.article
    article.related_links.all().delete()
    RelatedLink.objects.bulk_create(written)


def _again(article: Article, position: int, link: RelatedLink) -> RelatedLink:
    return RelatedLink(
        article=article,
        position=position,
        target_id=link.target_id,
        source_id=link.source_id,
        title=link.title,
        subject=link.subject,
        url=link.url,
    )


def _new(article: Article, position: int, url: str, target: Article | None) -> RelatedLink:
    if target is None:
        return RelatedLink(article=article, position=position, url=url)
    return RelatedLink(
        article=article,
        position=position,
        target=target,
        source_id=target.source_id,
        title=target.question,
        subject=target.subject.title,
        url=target.get_absolute_url(),
    )
