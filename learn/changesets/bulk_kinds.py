"""The actions of the list of articles as change sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.utils import timezone

from learn.editing import bulk, working_copies
from learn.models import Article, ChangeItem, ChangeSet, Subject, WorkingCopy

from .kinds import GONE, BulkKind, Kind, State, address, conclude, describe

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CHANGED_SINCE = "Somebody changed it after you saw it. Look at it again."
Keys = ChangeSet.Kind
Status = Article.Status


class Move(BulkKind):
    """Moves articles to the subject that the options name by its key."""

    def __init__(self) -> None:
        super().__init__(Keys.MOVE, "Move", "Moved", bulk.move, {})

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        super().check(change_set, items)
        if "twins" not in change_set.options:
            change_set.options["twins"] = self._twins(change_set)
        twins = change_set.options["twins"]
        for item in items:
            if item.state == State.READY and (first := twins.get(str(item.article_key))):
                item.state, item.before, item.after = State.REFUSED, {}, {}
                item.reason = f"{first} moves to the same address."

    def would_be(self, change_set: ChangeSet, article: Article) -> tuple[dict[str, Any], dict[str, Any]]:
        subject = self.subject(change_set)
        return address(article.subject.slug, article.slug), address(subject.slug, article.slug)

    def subject(self, change_set: ChangeSet) -> Subject:
        """The subject that the articles go to. Raises Subject.DoesNotExist where it was deleted."""
        return Subject.objects.get(pk=change_set.options["subject"])

    def _act(
        self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User | None, *, is_trial: bool
    ) -> bulk.Outcome:
        pks = [item.article_key for item in items if item.article_key is not None]
        return bulk.move(pks, user, subject=self.subject(change_set), is_trial=is_trial)

    def _twins(self, change_set: ChangeSet) -> dict[str, str]:
        """Those of the articles that find their new address taken by another of this set: by key, that one's path."""
        keys = change_set.items.values("article_key")
        movers = Article.objects.filter(pk__in=keys).exclude(subject=change_set.options["subject"])
        slugs = movers.values("slug").order_by().annotate(n=Count("*")).filter(n__gt=1).values("slug")
        rows = movers.filter(slug__in=list(slugs.values_list("slug", flat=True))).for_links().order_by("pk")
        first: dict[str, Article] = {}
        twins: dict[str, str] = {}
        for row in rows:
            if row.slug in first:
                twins[str(row.pk)] = first[row.slug].get_absolute_url()
            else:
                first[row.slug] = row
        return twins


class Publish(BulkKind):
    """Publishes articles with the text that they had when the set was looked at."""

    def __init__(self) -> None:
        after = {"status": Status.PUBLISHED.value}
        super().__init__(Keys.PUBLISH, "Publish", "Published", bulk.publish, after)

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        pks = [item.article_key for item in items if item.article_key is not None]
        versions = dict(Article.objects.filter(pk__in=pks).values_list("pk", "version"))
        seen = []
        for item in items:
            if versions.get(item.article_key or 0, item.version) == item.version:
                seen.append(item)
            else:
                item.state, item.reason = State.REFUSED, CHANGED_SINCE
        super().apply(change_set, seen, user)


class PublishChanges(Kind):
    """Makes the working copies of articles live."""

    key = Keys.PUBLISH_CHANGES
    verb = "Publish the changes of"
    done = "Changes published"
    runs_alone = False

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        found = describe(items)
        for item in items:
            copy = self._copy(item)
            if item.article_key not in found:
                item.state, item.reason = State.REFUSED, GONE
            elif copy is None:
                item.state = State.UNCHANGED
            elif trouble := working_copies.publish(copy, None, is_trial=True):
                item.state, item.reason = State.REFUSED, " ".join(trouble)
            else:
                item.state = State.READY
                item.before, item.after = self._change(copy)

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        for item in items:
            copy = self._copy(item)
            if copy is None:
                item.state, item.reason = State.REFUSED, "Its unpublished changes are gone."
            elif self._change(copy) != (item.before, item.after):
                item.state, item.reason = State.REFUSED, CHANGED_SINCE
            elif trouble := working_copies.publish(copy, user):
                item.state, item.reason = State.REFUSED, " ".join(trouble)
            else:
                item.state = State.CHANGED

    def _change(self, copy: WorkingCopy) -> tuple[dict[str, Any], dict[str, Any]]:
        """The fields that the working copy changes: as they are, and as they would be."""
        changed = [name for name, old in copy.base.items() if copy.values.get(name, old) != old]
        return {name: copy.base[name] for name in changed}, {name: copy.values[name] for name in changed}

    def _copy(self, item: ChangeItem) -> WorkingCopy | None:
        """Its moments in UTC: a set is looked at in one time zone, and run in another."""
        with timezone.override(dt.UTC):
            return WorkingCopy.objects.select_related("article").filter(article=item.article_key).first()


class Render(Kind):
    """Renders articles anew: their texts stay as they are, so there is nothing to take back."""

    key = Keys.RENDER
    verb = "Render"
    done = "Rendered anew"
    can_revert = False
    runs_alone = False

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        found = describe(items)
        conclude(items, bulk.Outcome(pks=list(found)), found, State.READY)

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        found = describe(items)
        bulk.render(found)
        conclude(items, bulk.Outcome(pks=list(found)), found, State.CHANGED)


ALL: tuple[Kind, ...] = (
    Publish(),
    BulkKind(Keys.UNPUBLISH, "Unpublish", "Unpublished", bulk.unpublish, {"status": Status.UNPUBLISHED.value}),
    BulkKind(
        Keys.NO_INDEX, "Keep out of search engines", "Kept out of search engines", bulk.set_no_index,
        {"no_index": True}, value=True,
    ),
    BulkKind(
        Keys.INDEX, "Let into search engines", "Let into search engines", bulk.set_no_index,
        {"no_index": False}, value=False,
    ),
    Move(),
    PublishChanges(),
    Render(),
)  # fmt: skip
