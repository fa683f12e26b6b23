"""What every kind of change set has to know: who may run it, what it would do to an item, and how it does it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from learn import rights
from learn.db.rows import BATCH
from learn.editing import bulk
from learn.identity import article_path
from learn.models import Article, ChangeItem, ChangeSet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = ChangeItem.State
GONE = "It was deleted meanwhile."


class RefusedError(Exception):
    """A whole set cannot be run; the message says why, for people."""


class Kind:
    """One kind of change set. `check` changes nothing; `apply` runs in a transaction that holds the write lock.

    Both get at most as many items as one short transaction takes, and set `state` and `reason` of each; `check` also
    `label`, `path`, and what would differ in `before` and `after`, which `running` fills in after `apply`.
    """

    key: ClassVar[str]
    verb: ClassVar[str]  # on the button: "Move" 751 articles
    done: ClassVar[str]  # in the result: "Moved": 751
    things: ClassVar[str] = "article"
    can_revert: ClassVar[bool] = True
    is_of_articles: ClassVar[bool] = True
    keeps_unchanged: ClassVar[bool] = True  # what needs no change stays in the list
    runs_alone: ClassVar[bool] = (
        True  # it changes more than its articles, so no other set runs at the same time
    )
    looks_at: ClassVar[int] = BATCH  # items at once: the page that shows the progress waits for so many

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        """Whether this user may confirm, run and take back this set."""
        return rights.may_publish(user)

    def is_alone(self, change_set: ChangeSet) -> bool:
        """Whether no other set may be begun before this one is over."""
        return self.runs_alone

    def choose(self, change_set: ChangeSet, items: Sequence[ChangeItem], ticked: Collection[str]) -> None:
        """Leave out of the items of a preview what is not ticked; take in what is. `ticked`: of the page's boxes."""
        for item in items:
            item.state = State.READY if str(item.pk) in ticked else State.LEFT_OUT

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        """Say of each item what would become of it."""
        raise NotImplementedError

    def begin(self, change_set: ChangeSet, user: User) -> None:
        """What comes before the first item, in a transaction of its own that is not repeated."""

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        """Change what is to be changed, and say of each item whether it was."""
        raise NotImplementedError

    def finish(self, change_set: ChangeSet, user: User) -> None:
        """What comes after the last item, in the transaction that ends the set."""

    def make_revert(self, change_set: ChangeSet, user: User) -> ChangeSet | None:
        """The set that takes this one back, where that is not article by article."""
        return None

    def complete(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        """Fill in what taking back needs to know of these items, where that was not written down before."""

    def check_back(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        """Of a kind that is not of articles: what taking back would do to each item, which has its former options."""
        raise NotImplementedError

    def apply_back(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        """Of a kind that is not of articles: take each item back where nobody changed it since."""
        raise NotImplementedError

    def prepare_revert(self, change_set: ChangeSet, user: User) -> None:
        """What has to be there before the articles of `change_set` can be taken back."""

    def put_back_more(self, item: ChangeItem, article: Article) -> None:
        """What belongs to an article besides its own words, once those are taken back."""

    def put_back_draft(self, change_set: ChangeSet, item: ChangeItem, article: Article, user: User) -> bool:
        """Take back what went into the article's working copy; False where that says something else by now."""
        return False

    def finish_revert(self, change_set: ChangeSet, user: User) -> None:
        """What follows when they are."""


def describe(items: Sequence[ChangeItem]) -> dict[int, Article]:
    """Name the article of each item, and its address; return those that are there by key. One query."""
    pks = [item.article_key for item in items if item.article_key is not None]
    rows = Article.objects.filter(pk__in=pks).for_links()
    found = {
        row.pk: row for row in rows.only("slug", "question", "status", "no_index", "version", "subject__slug")
    }
    for item in items:
        if article := found.get(item.article_key or 0):
            item.label, item.path, item.version = (
                article.question,
                article.get_absolute_url(),
                article.version,
            )
    return found


def conclude(items: Sequence[ChangeItem], outcome: bulk.Outcome, known: Mapping[int, Any], then: str) -> None:
    """Set the states that follow from the outcome of a bulk change; `then`: of those that were changed."""
    refused = {article.pk: reason for article, reason in outcome.refused}
    changed = set(outcome.pks)
    for item in items:
        if item.article_key in changed:
            item.state = then
        elif item.article_key in refused:
            item.state, item.reason = State.REFUSED, refused[item.article_key]
        elif item.article_key not in known:
            item.state, item.reason = State.REFUSED, GONE
        else:
            item.state = State.UNCHANGED


class BulkKind(Kind):
    """A kind that one function of learn.editing.bulk does."""

    runs_alone = False

    def __init__(
        self,
        key: str,
        verb: str,
        done: str,
        act: Callable[..., bulk.Outcome],
        after: Mapping[str, Any],
        **options: Any,
    ) -> None:
        self.key, self.verb, self.done = key, verb, done  # type: ignore[misc]
        self.act, self.after, self.options = act, dict(after), options

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        found = describe(items)
        outcome = self._act(change_set, items, None, is_trial=True)
        conclude(items, outcome, found, State.READY)
        for item in items:
            if item.state == State.READY:
                article = found[item.article_key or 0]
                item.before, item.after = self.would_be(change_set, article)

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        outcome = self._act(change_set, items, user, is_trial=False)
        pks = [item.article_key for item in items if item.article_key is not None]
        known = dict.fromkeys(Article.objects.filter(pk__in=pks).values_list("pk", flat=True))
        conclude(items, outcome, known, State.CHANGED)

    def would_be(self, change_set: ChangeSet, article: Article) -> tuple[dict[str, Any], dict[str, Any]]:
        """What of `article` would differ, before and after."""
        return {name: getattr(article, name) for name in self.after}, self.after

    def _act(
        self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User | None, *, is_trial: bool
    ) -> bulk.Outcome:
        pks = [item.article_key for item in items if item.article_key is not None]
        return self.act(pks, user, is_trial=is_trial, **self.options)


def address(subject: str, slug: str) -> dict[str, Any]:
    """An address as a preview shows it."""
    return {"subject": subject, "address": article_path(subject, slug)}
