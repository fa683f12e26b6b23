"""Find and replace over the texts of many articles, directly or into drafts of what is live."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet

from learn.models import Article, ChangeItem, ChangeSet, RelatedLink, RevisionDetails
from learn.models.revisions import ensure_first_revision, record

from . import finding, writing
from .finding import Hit, Search
from .kinds import GONE, Kind, State, describe

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LISTED_HITS = 200  # of one article that the preview lists one by one; the others follow the article
LINK = "links"
Places = dict[
    str, tuple[str, list[Hit]]
]  # field (of links: "links:" and the position) -> its text, the hits in it


def search_of(options: Mapping[str, Any]) -> Search:
    """The search that the options of a change set describe. Raises PatternError."""
    return Search(
        find=options["find"],
        replace=options["replace"],
        is_pattern=options["is_pattern"],
        whole_words=options["whole_words"],
        match_case=options["match_case"],
        where=options["where"],
        fields=tuple(options["fields"]),
    )


def candidates(search: Search, articles: QuerySet[Article]) -> QuerySet[Article]:
    """Those of `articles` that may hold a hit: what the database can tell of a plain text, else all of them."""
    if search.is_pattern or not (search.find.isascii() or search.match_case):
        return articles
    found = Q()
    for name in search.fields:
        if name == LINK:
            found |= Q(
                pk__in=RelatedLink.objects.filter(title__icontains=search.find).order_by().values("article")
            )
        else:
            found |= Q(**{f"{name}__contains" if search.match_case else f"{name}__icontains": search.find})
    return articles.filter(found)


class Replace(Kind):
    """Replaces what a Search finds; the options are its fields, and `into`: whether live pages change at once."""

    key = ChangeSet.Kind.REPLACE
    verb = "Replace in"
    done = "Replaced in"
    keeps_unchanged = False
    runs_alone = False

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        return writing.may_write(user, change_set.options.get("into"))

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        search = search_of(change_set.options)
        found = describe(items)
        texts = _texts(list(found), search.fields)
        for item in items:
            if item.article_key not in texts:
                item.state, item.reason = State.REFUSED, GONE
                continue
            try:
                places = _places(search, texts[item.article_key])
                _preview(item, places)
            except finding.TooLongError:
                item.state, item.reason = State.REFUSED, "It would be longer than an article may be."

    def choose(self, change_set: ChangeSet, items: Sequence[ChangeItem], ticked: Collection[str]) -> None:
        search = search_of(change_set.options)
        texts = _texts([item.article_key for item in items if item.article_key is not None], search.fields)
        for item in items:
            places = _places(search, texts.get(item.article_key or 0, {}))
            listed = min(LISTED_HITS, sum(len(hits) for _text, hits in places.values()))
            is_in = str(item.pk) in ticked
            left_out = [
                number for number in range(listed) if not is_in or f"{item.pk}.{number}" not in ticked
            ]
            item.options = {**item.options, "left_out": left_out}
            _preview(item, places)
            if not is_in:
                item.state = State.LEFT_OUT

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        search = search_of(change_set.options)
        found = writing.locked(items)
        texts = _texts(list(found), search.fields)
        for item in items:
            article = found.get(item.article_key or 0)
            if article is None:
                item.state, item.reason = State.REFUSED, GONE
            elif article.version != item.version:
                item.state, item.reason = (
                    State.REFUSED,
                    "Somebody changed it after it was looked at. Look again.",
                )
            else:
                places = _chosen(_places(search, texts[article.pk]), item.options.get("left_out", ()))
                into_draft = writing.is_for_draft(article, user, change_set.options.get("into"))
                name = change_set.name
                reason = _keep(article, places, user) if into_draft else _save(article, places, user, name)
                item.state, item.reason = (State.REFUSED, reason) if reason else (State.CHANGED, "")
                if into_draft and not reason:
                    item.options = {**item.options, "draft": True}

    def put_back_draft(self, change_set: ChangeSet, item: ChangeItem, article: Article, user: User) -> bool:
        return writing.take_back(article, item.before, item.after, user)


def _texts(pks: Collection[int], names: Collection[str]) -> dict[int, dict[str, str]]:
    """What stands in these fields of these articles, by key; of each link, "links:" and its position. Two queries."""
    columns = [name for name in names if name != LINK]
    rows = Article.objects.filter(pk__in=pks).values("pk", *columns)
    texts = {row.pop("pk"): row for row in rows}
    if LINK in names:
        links = RelatedLink.objects.filter(article__in=texts).order_by("article", "position")
        for pk, position, title in links.values_list("article", "position", "title"):
            texts[pk][f"{LINK}:{position}"] = title
    return texts


def _places(search: Search, texts: Mapping[str, str]) -> Places:
    found = {name: (text, search.hits(name.partition(":")[0], text)) for name, text in texts.items()}
    return {name: place for name, place in found.items() if place[1]}


def _chosen(places: Places, left_out: Collection[int]) -> Places:
    """The places without the hits with these numbers, counted over all fields."""
    chosen: Places = {}
    number = 0
    for name, (text, hits) in places.items():
        kept = [hit for at, hit in enumerate(hits, start=number) if at not in left_out]
        number += len(hits)
        if kept:
            chosen[name] = (text, kept)
    return chosen


def _preview(item: ChangeItem, places: Places) -> None:
    """Set what the preview shows of an article: its hits one by one, and the difference that the chosen ones make."""
    left_out = item.options.get("left_out", [])
    listed = [one for name, (text, hits) in places.items()
              for one in finding.context(name.partition(":")[0], text, hits[:LISTED_HITS])]  # fmt: skip
    for number, one in enumerate(listed[:LISTED_HITS]):
        one["is_in"] = number not in left_out
    item.options = {**item.options, "context": listed[:LISTED_HITS]}
    chosen = _chosen(places, left_out)
    after = {name: finding.replaced(text, hits) for name, (text, hits) in chosen.items()}
    item.after = {name: text for name, text in after.items() if text != chosen[name][0]}
    item.before = {name: chosen[name][0] for name in item.after}
    if item.after:
        item.state = State.READY
    else:
        item.state = State.LEFT_OUT if places and left_out else State.UNCHANGED


def _save(article: Article, places: Places, user: User, name: str) -> str:
    """Save the article with these hits replaced; return why it cannot be, or nothing."""
    texts = {field: finding.replaced(text, hits) for field, (text, hits) in places.items()}
    titles = {
        field.partition(":")[2]: texts.pop(field) for field in list(texts) if field.startswith(f"{LINK}:")
    }
    limit = RelatedLink._meta.get_field("title").max_length or 0
    if any(len(title) > limit for title in titles.values()):
        return f"The title of a link may have {limit} characters at most."
    with transaction.atomic():
        if titles:
            ensure_first_revision(Article, [article.pk])
        for position, title in titles.items():
            RelatedLink.objects.filter(article=article, position=int(position)).update(title=title)
        if texts and (reason := writing.save(article, texts, user, name)):
            transaction.set_rollback(True)
            return reason
    if titles and not texts:
        article.save(source=None)
        article.refresh_link_flaws()
        record([article], source=RevisionDetails.Source.ACTION, user=user, reason=name)
    return ""


def _keep(article: Article, places: Places, user: User) -> str:
    """Replace these hits in the working copy of a live page; return why it cannot be, or nothing."""
    if any(field.startswith(f"{LINK}:") for field in places):
        return "The titles of links have no draft: a publisher has to replace in them, on the live page."
    changes = {field: (text, finding.replaced(text, hits)) for field, (text, hits) in places.items()}
    return writing.keep(article, changes, user)
