"""Takes a change set back, by a change set of its own: every article that nobody changed since says again what it said.

What somebody changed since stays as it is, and is listed with its three texts: before the set, after it, now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from learn.db.rows import BATCH
from learn.editing import bulk, related_links
from learn.models import Article, ChangeItem, ChangeSet, Redirect, Revision, RevisionDetails, Subject
from learn.models.articles import latest_revision
from learn.models.revisions import record

from . import deleting, making, snapshots
from .kinds import GONE, Kind, State, describe

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Revert(Kind):
    """Takes back the set that the change set `reverts`; the options name its kind."""

    key = ChangeSet.Kind.REVERT
    verb = "Take back"
    done = "Taken back"

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds = kinds

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        """Whoever may do what is taken back."""
        original = change_set.reverts
        return original is not None and self.kinds[original.kind].may(user, original)

    def is_alone(self, change_set: ChangeSet) -> bool:
        original = change_set.reverts
        return original is None or self.kinds[original.kind].is_alone(original)

    def original(self, change_set: ChangeSet) -> ChangeSet:
        """The set that is taken back. Raises LookupError where it is gone."""
        if change_set.reverts is None:
            raise LookupError("The change set that was to be taken back is gone.")
        return change_set.reverts

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        describe(items)
        original = self.original(change_set)
        if not (first := self._first(original)).is_of_articles:
            first.check_back(original, items)
            return
        was = {item.article_key: item for item in original.items.filter(article_key__in=_keys(items))}
        self.kinds[original.kind].complete(original, list(was.values()))
        now = snapshots.take(_keys(items))
        for item in items:
            if item.article_key is None:  # of the subject, which prepare_revert makes again
                item.state = State.READY
                continue
            before, current = was[item.article_key], now.get(item.article_key)
            if before.options.get("delete"):
                deleting.check_return([item])
            elif current is None:
                item.state, item.reason = State.REFUSED, GONE
                item.label, item.path = before.label, before.path
            elif before.options.get("draft"):
                item.state = State.READY
                item.options = {"draft": True}
                item.before, item.after = before.after, before.before
            elif not before.fingerprint:
                item.state = State.UNCHANGED  # nothing is known of it from before what is taken back
            elif snapshots.fingerprint(current) != before.fingerprint:
                item.state, item.reason = State.REFUSED, _by_whom(item.article_key or 0)
                item.options = {"texts": _three_texts(original, before, current)}
            elif before.options.get("made"):
                deleting.check_deletion(item, change_set.user)
            else:
                item.state = State.READY
                item.options = {**before.options, "goal": before.before}
                item.before = {name: current.get(name) for name in before.before}
                item.after = before.before

    def begin(self, change_set: ChangeSet, user: User) -> None:
        original = self.original(change_set)
        self.kinds[original.kind].prepare_revert(original, user)

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        original = self.original(change_set)
        if not (first := self._first(original)).is_of_articles:
            first.apply_back(original, items, user)
            return
        rows = Article.objects.select_related("subject").select_for_update(of=("self",))
        found = rows.in_bulk(_keys(items))
        was = dict(
            original.items.filter(article_key__in=_keys(items)).values_list("article_key", "fingerprint")
        )
        now = snapshots.take(_keys(items))
        for item in items:
            article = found.get(item.article_key or 0)
            is_as_left = article is not None and snapshots.fingerprint(now[article.pk]) == was[article.pk]
            self._take_back(original, item, article, user, is_as_left=is_as_left)

    def _take_back(
        self, original: ChangeSet, item: ChangeItem, article: Article | None, user: User, *, is_as_left: bool
    ) -> None:
        """Take one item back; `is_as_left`: nobody changed its article since."""
        kind = self.kinds[original.kind]
        reason = f"taken back: {original.name}"
        item.state = State.CHANGED
        if item.article_key is None:
            return
        if item.options.get("made"):
            deleting.bring_back(item, user)
        elif article is None:
            item.state, item.reason = State.REFUSED, GONE
        elif item.options.get("draft"):
            if not kind.put_back_draft(original, item, article, user):
                item.state, item.reason = State.REFUSED, "Its draft was changed or published since."
        elif not is_as_left:
            item.state, item.reason = State.REFUSED, _by_whom(article.pk)
        elif item.options.get("delete"):
            deleting.delete(item, article, user, reason)
        elif trouble := put_back(article, item.options["goal"], user, reason):
            item.state, item.reason = State.REFUSED, trouble
        else:
            kind.put_back_more(item, article)

    def _first(self, change_set: ChangeSet) -> Kind:
        """The kind of what was done at first, also where it was taken back and that taken back again."""
        while change_set.kind == self.key:
            change_set = self.original(change_set)
        return self.kinds[change_set.kind]

    def finish(self, change_set: ChangeSet, user: User) -> None:
        original = self.original(change_set)
        self.kinds[original.kind].finish_revert(original, user)
        state = ChangeSet.State
        ChangeSet.objects.filter(pk=original.pk).update(state=state.REVERTED)
        if original.kind == self.key and original.reverts_id:  # what was taken back stands again
            ChangeSet.objects.filter(pk=original.reverts_id).update(state=state.DONE)


def can_revert(kinds: Mapping[str, Kind], change_set: ChangeSet) -> bool:
    """Whether there is something to take back."""
    return (
        change_set.state in (ChangeSet.State.DONE, ChangeSet.State.PARTLY)
        and change_set.forgotten_at is None
        and change_set.changed > 0
        and change_set.kind in kinds
        and kinds[change_set.kind].can_revert
    )


def revert(kinds: Mapping[str, Kind], change_set: ChangeSet, user: User) -> ChangeSet:
    """The set that takes `change_set` back, to be looked at."""
    if own := kinds[change_set.kind].make_revert(change_set, user):
        return own
    rows = change_set.items.filter(state=State.CHANGED).order_by("pk")
    # What is no article is found again by the options; of an article, `check` takes what it needs.
    items = [
        {"article_key": item.article_key, "path": item.path, "label": item.label,
         "options": item.options if item.article_key is None else {}}
        for item in rows.defer("before", "after").iterator(chunk_size=BATCH)
    ]  # fmt: skip
    name = f"Take back: {change_set.name}"
    return making.create(ChangeSet.Kind.REVERT, name, user, items, reverts=change_set)


def put_back(article: Article, values: snapshots.Snapshot, user: User, reason: str) -> str:
    """Let `article` say again what `values` say, with a revision; return why it cannot, or nothing."""
    if "subject" in values:
        subject = Subject.objects.filter(slug=values["subject"]).first()
        if subject is None:
            return f"The subject {values['subject']} is gone."
        article.subject = subject
    snapshots.put_back(article, values)
    path = article.get_absolute_url()
    if Article.objects.filter(subject=article.subject, slug=article.slug).exclude(pk=article.pk).exists():
        return f"Another article stands at {path}."
    if article.status == Article.Status.PUBLISHED:
        if missing := bulk.missing_for_live_page(article):
            return " ".join(missing.values())
        Redirect.objects.filter(old_path=path).delete()  # a live page is never hidden by a redirect
    article.save(source=None)
    if "related" in values:
        related_links.restore(article, values["related"])
    article.refresh_link_flaws()
    record([article], source=RevisionDetails.Source.RESTORE, user=user, reason=reason)
    return ""


def _keys(items: Sequence[ChangeItem]) -> list[int]:
    return [item.article_key for item in items if item.article_key is not None]


def _by_whom(pk: int) -> str:
    last = latest_revision(pk)
    who = last.history_user if last and last.history_user else "Somebody"
    return f"{who} changed it since."


def _three_texts(original: ChangeSet, item: ChangeItem, now: snapshots.Snapshot) -> dict[str, list[Any]]:
    """Of each field that the set or somebody since changed: what it said before, after the set, and says now."""
    revisions = Revision.objects.filter(id=item.article_key)
    revision = revisions.filter(change_set=original).order_by("-history_id").first()
    if is_made := bool(item.options.get("made")):
        revision = revision or revisions.order_by("history_id").first()
    then = {**now, **item.after}
    if revision is not None:
        slugs = dict(Subject.objects.filter(pk=revision.subject_id).values_list("pk", "slug"))
        then = {**snapshots.of_revision(revision, slugs), **item.after}
    before = {} if is_made else {**then, **item.before}
    return {
        name: [before.get(name), then.get(name), now.get(name)]
        for name in now
        if not before.get(name) == then.get(name) == now.get(name)
    }
