"""Merges articles into one of them: the others go, and whatever led to them leads to the one that stays, in one hop."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from learn import rights
from learn.editing import related_links
from learn.models import (
    Article,
    ChangeItem,
    ChangeSet,
    DuplicateMember,
    Redirect,
    RelatedLink,
    RevisionDetails,
)
from learn.models.revisions import record
from learn.signals import pages_changed

from . import making, writing
from .kinds import GONE, Kind, State, describe

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Status = Article.Status
MOST = 10  # articles that one merge takes
# What the article that stays may take from the others, as its form names it.
MERGED = ("question", "answer", "description", "keywords", "related")


def merge(
    stays: Article, others: Collection[Article], user: User, *, values: Mapping[str, str], note: str = ""
) -> ChangeSet:
    """The set that merges `others` into `stays`, which gets these `values` of its form, such as its answer."""
    options = {"stays": stays.pk, "others": [one.pk for one in others], "values": dict(values)}
    items = making.of_articles([stays.pk, *(one.pk for one in others)])
    name = f"Merge {len(items)} articles: {stays.question}"
    return making.create(ChangeSet.Kind.MERGE, name, user, items, options=options, note=note)


def said_by(article: Article) -> dict[str, str]:
    """What the article says in each of MERGED; one query, for the related questions."""
    said = {name: str(getattr(article, name)) for name in MERGED if name != "related"}
    return said | {"related": "\n".join(related_links.addresses(article))}


def twins_of(article: Article) -> list[int]:
    """The keys of articles that ask the same, as far as the health page knows: by slug, by answer, by other words."""
    same_slug = Article.objects.filter(slug=article.slug, status=Status.PUBLISHED).values_list(
        "pk", flat=True
    )
    copies = Article.objects.filter(content_key=article.content_key).values_list("pk", flat=True)
    group = DuplicateMember.objects.filter(group__members__article=article.pk).values_list(
        "article_id", flat=True
    )
    found = {*same_slug[:MOST], *copies[:MOST], *group[:MOST]} - {article.pk}
    return sorted(found)[: MOST - 1]


class Merge(Kind):
    """The options name the article that `stays`, the `others`, and the `values` of the form that it gets."""

    key = ChangeSet.Kind.MERGE
    verb = "Merge"
    done = "Merged"

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        return rights.may_publish(user) and user.has_perm("learn.change_article")

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        found = describe(items)
        options = change_set.options
        stays = Article.objects.select_related("subject").filter(pk=options["stays"]).first()
        for item in items:
            item.state = State.READY
            if item.article_key not in found:
                item.state, item.reason = State.REFUSED, GONE
            elif stays is None or not stays.is_published:
                item.state, item.reason = (
                    State.REFUSED,
                    "The article that stays is not published: publish it first.",
                )
            elif item.article_key == stays.pk:
                said = said_by(stays)
                item.after = {name: new for name, new in options["values"].items() if new != said[name]}
                item.before = {name: said[name] for name in item.after}
            else:
                item.before = {"status": found[item.article_key].status, "address": item.path}
                item.after = {"status": Status.UNPUBLISHED.value, "address": stays.get_absolute_url()}

    def choose(self, change_set: ChangeSet, items: Sequence[ChangeItem], ticked: Collection[str]) -> None:
        """The one that stays is never left out."""
        super().choose(
            change_set, [item for item in items if item.article_key != change_set.options["stays"]], ticked
        )

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        options = change_set.options
        rows = Article.objects.select_related("subject").select_for_update(of=("self",))
        stays = rows.filter(pk=options["stays"]).first()
        found = rows.in_bulk([item.article_key for item in items if item.article_key is not None])
        for item in items:
            article = found.get(item.article_key or 0)
            if article is None:
                item.state, item.reason = State.REFUSED, GONE
            elif stays is None or not stays.is_published:
                item.state, item.reason = State.REFUSED, "The article that stays is not published any more."
            elif article.pk == stays.pk:
                self._keep(change_set, item, article, user)
            else:
                item.options = {**item.options, **_lead(article, stays, user, change_set.name)}
                item.state = State.CHANGED

    def put_back_more(self, item: ChangeItem, article: Article) -> None:
        """Let what led to the article lead to it again."""
        stays = item.options.get("stays")
        if stays is None:
            return
        ours = Redirect.objects.filter(target=stays)
        ours.filter(old_path__in=item.options["redirects"]).update(target=article)
        for position, pk in item.options["links"]:
            RelatedLink.objects.filter(article=pk, position=position, target=stays).update(target=article)
        linking = [pk for _position, pk in item.options["links"]]
        pages_changed.send(sender=Article, pks=[article.pk, *linking])

    def _keep(self, change_set: ChangeSet, item: ChangeItem, article: Article, user: User) -> None:
        """Give the article that stays its answer, without links to those that go."""
        if article.version != item.version:
            item.state, item.reason = State.REFUSED, "Somebody changed it after it was looked at. Look again."
            return
        others = Article.objects.filter(pk__in=change_set.options["others"]).select_related("subject")
        gone = {one.get_absolute_url() for one in others}
        values = {"related": said_by(article)["related"], **change_set.options["values"]}
        lines = related_links.parse(values["related"])
        own = article.get_absolute_url()
        values["related"] = "\n".join(url for url in lines if url not in gone and url != own)
        before = article.version
        if reason := writing.save(article, values, user, change_set.name):
            item.state, item.reason = State.REFUSED, reason
        else:
            item.state = State.UNCHANGED if article.version == before else State.CHANGED


def _lead(article: Article, stays: Article, user: User, reason: str) -> dict[str, Any]:
    """Take `article` off the site, and let all that led to it lead to `stays`; return what that was."""
    path = article.get_absolute_url()
    redirects = Redirect.objects.filter(target=article) | Redirect.objects.filter(
        new_path__in=[path, f"{path}/"]
    )
    old_paths = sorted(set(redirects.values_list("old_path", flat=True)))
    links = list(RelatedLink.objects.filter(target=article).order_by("pk").values_list("position", "article"))
    article.status = Status.UNPUBLISHED
    article.save(source=None)
    article.refresh_link_flaws()
    Redirect.objects.filter(old_path__in=old_paths).update(target=stays, new_path="")
    Redirect.objects.leave({path: stays})
    RelatedLink.objects.filter(target=article).exclude(article=stays).update(target=stays)
    record([article], source=RevisionDetails.Source.ACTION, user=user, reason=reason)
    pages_changed.send(sender=Article, pks=[stays.pk, *(pk for _position, pk in links)])
    return {"stays": stays.pk, "redirects": old_paths, "links": links}
