"""Changes of a subject as change sets: its title, address, description, whether it is listed; or into another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from learn import rights
from learn.db.rows import Row
from learn.editing import subjects
from learn.identity import article_path
from learn.models import Article, ChangeItem, ChangeSet, Redirect, Subject

from . import making
from .bulk_kinds import Move
from .kinds import GONE, Kind, RefusedError, State, describe

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FIELDS = ("title", "slug", "description", "is_listed", "position")


def values_of(subject: Subject) -> dict[str, Any]:
    """What can be changed of a subject."""
    return {name: getattr(subject, name) for name in FIELDS}


def rename(subject: Subject, user: User, *, reverts: ChangeSet | None = None) -> ChangeSet:
    """The set that gives the subject the values that the unsaved `subject` has."""
    old = values_of(Subject.objects.get(pk=subject.pk))
    new = values_of(subject)
    options = {"subject": subject.pk, "old": old, "new": new}
    name = f"Take back: {reverts}" if reverts else f"Change the subject {old['title']}"
    # A description is the subject's own: no article follows it.
    follows = any(old[key] != new[key] for key in ("title", "slug", "is_listed"))
    items = [_own_item(subject.pk, old), *(_items(subject) if follows else [])]
    return making.create(ChangeSet.Kind.SUBJECT_RENAME, name, user, items, options=options, reverts=reverts)


def merge(subject: Subject, into: Subject, user: User) -> ChangeSet:
    """The set that moves all articles of `subject` to `into`, and leads from its page to that one's."""
    old = values_of(subject)
    options = {"subject": subject.pk, "into": into.pk, "old": old}
    name = f"Merge the subject {subject.title} into {into.title}"
    items = [*_items(subject), _own_item(subject.pk, old)]
    return making.create(ChangeSet.Kind.SUBJECT_MERGE, name, user, items, options=options)


def _items(subject: Subject) -> list[Row]:
    return making.of_articles(
        Article.objects.filter(subject=subject.pk).order_by("pk").values_list("pk", flat=True)
    )


def _own_item(pk: int, old: dict[str, Any]) -> Row:
    """The item that stands for the subject itself."""
    return {"path": f"/learn/{old['slug']}", "label": old["title"][:500], "options": {"subject": pk}}


def _of_articles(items: Sequence[ChangeItem]) -> list[ChangeItem]:
    return [item for item in items if item.article_key is not None]


class SubjectRename(Kind):
    key = ChangeSet.Kind.SUBJECT_RENAME
    verb = "Change the subject with"
    done = "Changed with it"
    things = "page"

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        return rights.may_publish(user) and user.has_perm("learn.change_subject")

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        old, new = self._subjects(change_set)
        found = describe(_of_articles(items))
        rows = Article.objects.in_bulk(found)
        for item in items:
            item.state = State.READY
            if item.article_key is None:
                item.before = {
                    name: change_set.options["old"].get(name) for name in self._changed(change_set)
                }
                item.after = {name: change_set.options["new"][name] for name in self._changed(change_set)}
            elif row := rows.get(item.article_key):
                before = _as_shown(old.slug, row)
                row.follow_subject(old, new)
                after = _as_shown(new.slug, row)
                item.after = {name: value for name, value in after.items() if value != before[name]}
                item.before = {name: before[name] for name in item.after}
            else:
                item.state, item.reason = State.REFUSED, GONE

    def begin(self, change_set: ChangeSet, user: User) -> None:
        subject = Subject.objects.filter(pk=change_set.options["subject"]).first()
        if subject is None:
            raise RefusedError("The subject was deleted meanwhile. Nothing was changed.")
        new = change_set.options["new"]
        if Subject.objects.filter(slug=new["slug"]).exclude(pk=subject.pk).exists():
            raise RefusedError(f"Another subject stands at /learn/{new['slug']} by now. Nothing was changed.")
        for name in self._changed(change_set):
            setattr(subject, name, new[name])
        subjects.rename(subject)

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        old, new = self._subjects(change_set)
        keys = [item.article_key for item in items if item.article_key is not None]
        inside = set(Article.objects.filter(pk__in=keys, subject=new.pk).values_list("pk", flat=True))
        subjects.follow(sorted(inside), old, new, user)
        for item in items:
            item.state = State.CHANGED
            if item.article_key is not None and item.article_key not in inside:
                item.state, item.reason = State.REFUSED, "It left the subject meanwhile."

    def finish(self, change_set: ChangeSet, user: User) -> None:
        if change_set.reverts_id:
            ChangeSet.objects.filter(pk=change_set.reverts_id).update(state=ChangeSet.State.REVERTED)

    def make_revert(self, change_set: ChangeSet, user: User) -> ChangeSet | None:
        """The same kind of set, with the former values of what it changed."""
        subject = Subject.objects.filter(pk=change_set.options["subject"]).first()
        if subject is None:
            return None
        for name in self._changed(change_set):
            setattr(subject, name, change_set.options["old"][name])
        return rename(subject, user, reverts=change_set)

    def _changed(self, change_set: ChangeSet) -> list[str]:
        old, new = change_set.options["old"], change_set.options["new"]
        return [name for name in FIELDS if old.get(name) != new.get(name)]

    def _subjects(self, change_set: ChangeSet) -> tuple[Subject, Subject]:
        """The subject as it was, and as it is to be."""
        pk = change_set.options["subject"]
        return Subject(pk=pk, **change_set.options["old"]), Subject(pk=pk, **change_set.options["new"])


def _as_shown(slug: str, row: Article) -> dict[str, str]:
    address = article_path(slug, row.slug)
    return {"address": address, "subject_label": row.subject_label, "seo_title": row.seo_title}


class SubjectMerge(Move):
    def __init__(self) -> None:
        super().__init__()
        self.key, self.verb, self.done = ChangeSet.Kind.SUBJECT_MERGE, "Merge", "Merged"  # type: ignore[misc]
        self.things = "page"  # type: ignore[misc]
        self.runs_alone = True  # type: ignore[misc]  # the subject goes

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        needed = ("learn.change_subject", "learn.delete_subject")
        return rights.may_publish(user) and user.has_perms(needed)

    def subject(self, change_set: ChangeSet) -> Subject:
        return Subject.objects.get(pk=change_set.options["into"])

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        super().check(change_set, _of_articles(items))
        for item in items:
            if item.article_key is None:
                item.state, item.before = State.READY, {"address": item.path}
                item.after = {"address": f"/learn/{self.subject(change_set).slug}"}

    def begin(self, change_set: ChangeSet, user: User) -> None:
        if not Subject.objects.filter(pk=change_set.options["into"]).exists():
            raise RefusedError("The subject to merge into was deleted meanwhile. Nothing was changed.")

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        if articles := _of_articles(items):
            super().apply(change_set, articles, user)
        for item in items:
            if item.article_key is None:
                self._remove(change_set, item)

    def prepare_revert(self, change_set: ChangeSet, user: User) -> None:
        old = change_set.options["old"]
        if not Subject.objects.filter(slug=old["slug"]).exists():
            Redirect.objects.filter(old_path=f"/learn/{old['slug']}").delete()
            Subject.objects.create(**old)

    def _remove(self, change_set: ChangeSet, item: ChangeItem) -> None:
        """Lead from the page of the subject, which has no article any more, and delete it."""
        subject = Subject.objects.filter(pk=change_set.options["subject"]).first()
        left = Article.objects.filter(subject=change_set.options["subject"]).count()
        if left:
            item.state = State.REFUSED
            item.reason = f"{left:,} articles are still in it: the subject stays."
            return
        if subject is not None:
            subject.delete()
            subjects.lead_from(subject.slug, self.subject(change_set).slug)
        item.state = State.CHANGED


ALL: tuple[Kind, ...] = (SubjectRename(), SubjectMerge())
