"""Related links that lead to no published article: what each may have meant, and sets that mend them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from django.db.models import Q, QuerySet
from rapidfuzz import fuzz

from learn import search
from learn.db.rows import Row
from learn.editing import related_links
from learn.identity import ARTICLE_PATH
from learn.models import Article, ChangeItem, ChangeSet, RelatedLink

from . import making, writing
from .kinds import GONE, Kind, State, describe

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CANDIDATES = 3
LIKELY = 90  # per cent from which a candidate is taken where nobody looks at each


class Candidate(NamedTuple):
    """An article that a dead link may have meant; `likelihood` in per cent."""

    article: Article
    likelihood: int


def dead() -> QuerySet[RelatedLink]:
    """The related links of published articles that lead to no published one, article by article."""
    hidden = Article.objects.exclude(status=Article.Status.PUBLISHED)
    links = RelatedLink.objects.filter(Q(target=None) | Q(target__in=hidden.values("pk")))
    return links.filter(article__status=Article.Status.PUBLISHED).order_by("article", "position")


def candidates(link: RelatedLink) -> list[Candidate]:
    """What the link may have meant, the most likely first: one search."""
    match = ARTICLE_PATH.match(link.url)
    words = re.sub(r"[^\w]+", " ", unquote(match[2] if match else "").replace("-", " ")).strip()
    query = link.title or words
    if not query:
        return []
    found = [
        hit.article
        for hit in search.search(query, page_size=CANDIDATES).hits
        if hit.article.pk != link.article_id
    ]
    rated = (Candidate(one, _likelihood(link.title, words, one)) for one in found)
    return sorted(rated, key=lambda one: -one.likelihood)


def mend(user: User, chosen: Mapping[int, int] | None = None, *, least: int = LIKELY) -> ChangeSet:
    """The set that lets the links with these keys lead to the articles with those; None: each to its best candidate.

    Then links without a candidate that is likely by at least `least` per cent stay as they are.
    """
    links = dead() if chosen is None else dead().filter(pk__in=chosen)
    items: dict[int, dict[str, Any]] = {}
    for pk, article, position in links.values_list("pk", "article", "position"):
        targets = items.setdefault(article, {})
        targets[str(position)] = None if chosen is None else chosen[pk]
    name = "Mend dead related links" if chosen is None else f"Mend {len(chosen)} dead related links"
    rows: list[Row] = [{"article_key": pk, "options": {"targets": targets}} for pk, targets in items.items()]
    options = {"least": least, "into": writing.into_for(user)}
    return making.create(ChangeSet.Kind.DEAD_LINKS, name, user, rows, options=options)


class DeadLinks(Kind):
    """Each item's options name, by the position of a link, the article that it is to lead to."""

    key = ChangeSet.Kind.DEAD_LINKS
    verb = "Mend the links of"
    done = "Mended"
    runs_alone = False
    looks_at = 20  # a search for each link: 40 ms

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        return writing.may_write(user, change_set.options.get("into"))

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        found = describe(items)
        for item in items:
            if item.article_key not in found:
                item.state, item.reason = State.REFUSED, GONE
                continue
            targets = item.options["targets"]
            open_ones = {position for position, target in targets.items() if target is None}
            if open_ones:
                links = dead().filter(article=item.article_key, position__in=open_ones)
                targets = {**targets, **_best(links, change_set.options["least"])}
            item.options = {"targets": {position: target for position, target in targets.items() if target}}
            before, after = _related(found[item.article_key], item.options["targets"])
            item.before, item.after = {"related": before}, {"related": after}
            item.state = State.READY
            if before == after:
                item.state, item.before, item.after = State.UNCHANGED, {}, {}
                item.reason = "No candidate is likely enough."

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        found = writing.locked(items)
        for item in items:
            article = found.get(item.article_key or 0)
            if article is None:
                item.state, item.reason = State.REFUSED, GONE
                continue
            before, after = _related(article, item.options["targets"])
            if before != item.before["related"]:
                item.state, item.reason = (
                    State.REFUSED,
                    "Its related questions were changed meanwhile. Look again.",
                )
                continue
            writing.write(change_set, item, article, "related", after, user)

    def put_back_draft(self, change_set: ChangeSet, item: ChangeItem, article: Article, user: User) -> bool:
        return writing.take_back(article, item.before, item.after, user)


def _likelihood(title: str, words: str, article: Article) -> int:
    """How much of a question a link names, in per cent: the better of its title and its address."""
    slug = article.slug.replace("-", " ")
    rates = [fuzz.token_sort_ratio(title.lower(), article.question.lower()) if title else 0]
    rates.append(fuzz.token_sort_ratio(words, slug) if words else 0)
    return round(max(rates))


def _best(links: Iterable[RelatedLink], least: int) -> dict[str, int]:
    """The best candidate of each link, by its position, where it is likely enough."""
    best = {}
    for link in links:
        found = candidates(link)
        if found and found[0].likelihood >= least:
            best[str(link.position)] = found[0].article.pk
    return best


def _related(article: Article, targets: Mapping[str, int]) -> tuple[str, str]:
    """The related questions as the form has them, before and after."""
    rows = Article.objects.select_related("subject").only("slug", "subject__slug")
    paths = {pk: one.get_absolute_url() for pk, one in rows.in_bulk(set(targets.values())).items()}
    links = article.related_links.select_related("target__subject").order_by("position")
    before = [link.target.get_absolute_url() if link.target else link.url for link in links]
    after = [
        paths.get(targets.get(str(link.position), 0), address)
        for link, address in zip(links, before, strict=True)
    ]
    own = article.get_absolute_url()
    return "\n".join(before), "\n".join(related_links.parse("\n".join(one for one in after if one != own)))
