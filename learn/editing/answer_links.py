"""Links in answers that name a page of this library: where each leads today, and which answers link to an article.

The text of an answer is the truth: what its links name is derived from it (learn.editing.wording), and where that leads
is asked of the articles and redirects at the moment, so that no move has to tell anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from django.db.models import Q

from learn.db.rows import batched
from learn.files.limits import URL_MAX_LENGTH
from learn.models import AnswerLink, Article, Redirect
from learn.models.querysets import ArticleQuerySet
from learn.redirects.resolve import GoneError, destination, has_page

LIVE, MOVED, GONE, HIDDEN, NOWHERE = "live", "moved", "gone", "hidden", "nowhere"
MOST = 5_000  # addresses that are looked up one by one, some 2 ms each; beyond, the rest waits until these are mended
SAYS = {
    GONE: "what stood there was removed",
    HIDDEN: "the article is not published",
    NOWHERE: "no article, redirect, subject or topic answers there",
}


class Lead(NamedTuple):
    """Where an address leads: `state`, and the path of the page that answers in its place where it moved."""

    state: str
    to: str = ""


def leads(paths: Iterable[str]) -> dict[str, Lead]:
    """Where each of these paths leads. Two queries for 500 articles; up to eight for each that is none."""
    found: dict[str, Lead] = {}
    for batch in batched(sorted(set(paths))):
        standing = Article.objects.at_paths(batch)
        published = set(
            Article.objects.published().filter(pk__in=standing.values()).values_list("pk", flat=True)
        )
        for path in batch:
            found[path] = (
                Lead(LIVE) if standing.get(path) in published else _lead(path, is_hidden=path in standing)
            )
    return found


def _lead(path: str, *, is_hidden: bool) -> Lead:
    if len(path) > URL_MAX_LENGTH or "\0" in path:
        return Lead(NOWHERE)
    if not is_hidden and has_page(path):
        return Lead(LIVE)
    try:
        to = destination(path)
    except GoneError:
        return Lead(HIDDEN if is_hidden else GONE)
    if to is None or to == path:
        return Lead(HIDDEN if is_hidden else NOWHERE)
    return Lead(MOVED, to)


def astray() -> dict[str, Lead]:
    """The addresses in published answers that lead to no page, or to one at another address."""
    links = AnswerLink.objects.filter(article__status=Article.Status.PUBLISHED)
    paths = links.order_by("path").values_list("path", flat=True).distinct()
    return {path: lead for path, lead in _looked_up(paths.iterator()) if lead.state != LIVE}


def _looked_up(paths: Iterator[str]) -> Iterator[tuple[str, Lead]]:
    left = MOST
    for batch in batched(paths):
        found = leads(batch)
        yield from found.items()
        left -= sum(lead.state != LIVE for lead in found.values())
        if left <= 0:
            return


class Holding(NamedTuple):
    """The keys of the articles whose answers hold a link that moved, and of those that hold one to nowhere."""

    moved: set[int]
    lost: set[int]


def holding() -> Holding:
    """The published articles whose links lead astray, at most MOST of each. A query for 500 addresses."""
    leading = astray()
    found = Holding(set(), set())
    for batch in batched(leading):
        links = AnswerLink.objects.filter(path__in=batch, article__status=Article.Status.PUBLISHED)
        for pk, path in links.values_list("article_id", "path"):
            (found.moved if leading[path].state == MOVED else found.lost).add(pk)
    return Holding(*(set(islice(sorted(keys), MOST)) for keys in found))


def names_of(article: Article) -> list[str]:
    """The paths by which answers may link to an article: its own, and those whose redirects lead to it. One query."""
    own = article.get_absolute_url()
    redirects = Redirect.objects.filter(Q(target=article) | Q(new_path=own))
    return [own, *redirects.values_list("old_path", flat=True)]


def linking_to(article: Article) -> ArticleQuerySet:
    """The other articles whose answers link to `article`, under whatever address."""
    keys = AnswerLink.objects.filter(path__in=names_of(article)).values("article")
    return Article.objects.filter(pk__in=keys).exclude(pk=article.pk)
