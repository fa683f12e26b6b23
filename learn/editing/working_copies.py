"""Working copies: kept while somebody writes, put together with what changed meanwhile, made live or discarded.

Nothing here touches what visitors see but `publish`, which goes the way of every save (learn.editing.saving). Who may
do what is the caller's to check.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from learn import rights
from learn.db import state
from learn.models import Article, Revision, WorkingCopy

from . import diffs, edit_conflicts, merge, reviews, saving
from .edit_conflicts import MERGED_BY_LINE, OF_THE_FORM, EditConflict
from .forms import CONTROL_CHARACTERS, ArticleForm

if TYPE_CHECKING:
    from django.contrib.auth.models import User

VALUE_MAX_LENGTH = 500_000  # characters of one field; what may be published is less
KEPT = frozenset(ArticleForm.base_fields) - {"seen_version", "seen_copy", "seen_values"}


class TooLongError(Exception):
    """A field holds more than a working copy keeps; `args` names it."""


@dataclass
class Rebased:
    """A working copy on top of the article as it is now; `conflict` says what changed below it, None where nothing."""

    values: dict[str, str]
    base: dict[str, str]
    conflict: EditConflict | None = None

    @property
    def is_clean(self) -> bool:
        """Whether both changes could be put together without anybody's decision."""
        return self.conflict is None or not _clashes(self.conflict)


@dataclass
class Kept:
    """What came of changes that were to be kept: the working copy (None where it says what the article says)."""

    copy: WorkingCopy | None
    values: dict[str, str]
    before: str  # its stamp before, empty where there was none
    clashes: list[str] = field(default_factory=list)  # fields that somebody else changed otherwise meanwhile


def live_values(article: Article | None) -> dict[str, str]:
    """What the form of `article` holds, or of a new one: one query, for the related questions."""
    form = ArticleForm(instance=article) if article else ArticleForm()
    values = edit_conflicts.posted_values(form)
    return {name: value for name, value in values.items() if name not in OF_THE_FORM}


def find(article_pk: int | None, key: str = "") -> WorkingCopy | None:
    """The working copy of an article, with that, or the one of a new article with this key; one query."""
    copies = WorkingCopy.objects.select_related("article__subject", "changed_by", "scheduled_by")
    return (
        copies.filter(article=article_pk).first()
        if article_pk
        else copies.filter(article=None, key=key).first()
    )


def of_deleted(pk: int, user: User) -> WorkingCopy | None:
    """The working copy that the deleted article had, or else a new one that says what it said.

    So what was written until somebody deleted it, and after that, is not lost. None where it was not deleted, or is
    gone for good.
    """
    last = Revision.objects.filter(id=pk).order_by("-history_id").first()
    if last is None or Article.objects.filter(pk=pk).exists():
        return None
    values = edit_conflicts.values_of_revision(last, ArticleForm)
    values = {name: value for name, value in values.items() if name not in OF_THE_FORM}
    copy, _is_new = WorkingCopy.objects.get_or_create(
        article_key=pk,
        defaults={
            "key": secrets.token_hex(8), "author": user, "changed_by": user,
            "values": values, "base": values, "base_version": last.version,
        },
    )  # fmt: skip
    return copy


def rebase(copy: WorkingCopy, article: Article, live: Mapping[str, str] | None = None) -> Rebased:
    """Put the working copy together with what the article says now, where that changed below it. Stores nothing."""
    live = dict(live_values(article) if live is None else live)
    if copy.base_version == article.version or copy.base == live:
        return Rebased({**live, **copy.values}, live)
    conflict = edit_conflicts.of_article(article)
    form = ArticleForm(instance=article)
    taken = edit_conflicts.put_together(form, copy.base, copy.values, live, conflict)
    return Rebased({**live, **copy.values, **taken}, live, conflict)


def _clashes(conflict: EditConflict) -> list[str]:
    """The fields of which a person has to choose: marked lines, and values that only one side can have."""
    return [one.name for one in conflict.both if one.marks or one.name not in MERGED_BY_LINE]


def held(article: Article | None, copy: WorkingCopy | None) -> dict[str, str]:
    """All that the form of `article`, or of a new one, would show now; `copy` is its working copy, where it has one."""
    if copy is None:
        values = live_values(article)
    elif article is None:
        values = {**copy.base, **copy.values}
    else:
        values = rebase(copy, article).values
    return {"note": "", **values}


def differences(base: Mapping[str, str], values: Mapping[str, str]) -> list[tuple[str, Sequence[diffs.Line]]]:
    """The labels of the fields that a working copy changes, each with its difference."""
    return [
        (
            str(ArticleForm.base_fields[name].label or name.replace("_", " ").capitalize()),
            diffs.compare(old, new),
        )
        for name, old in base.items()
        if (new := values.get(name, old)) != old and name in ArticleForm.base_fields
    ]


# --- Keeping ----------------------------------------------------------------------------------------------------------


def keep(
    article: Article | None,
    values: Mapping[str, str],
    user: User,
    *,
    key: str = "",
    closed: Collection[str] = (),
) -> WorkingCopy | None:
    """Make `values` those of the working copy, but for the fields in `closed`, and put it on top of the article.

    None where they are what the article says: there is nothing to keep, and what was kept goes.
    """
    with transaction.atomic():
        copy, live, _is_new = _locked(article, key, user)
        now = {**live, **{name: value for name, value in copy.values.items() if name in closed}}
        now.update((name, clean(name, values[name])) for name in values.keys() & KEPT - set(closed))
        if copy.article_key is None:  # the base of a deleted one is what it said
            copy.base, copy.base_version = live, article.version if article else None
        return _store(copy, now, user)


def keep_changes(
    article: Article | None,
    changes: Mapping[str, tuple[str, str]],
    user: User,
    *,
    key: str = "",
    closed: Collection[str] = (),
) -> Kept:
    """Change fields of the working copy, each from what its writer saw to what it is to be.

    Where somebody else changed the same field meanwhile, texts are put together line by line. What clashes is left as
    they have it, and named: it is the writer's to send again, by hand.
    """
    with transaction.atomic():
        copy, live, is_new = _locked(article, key, user)
        before = "" if is_new else copy.stamp
        if article is not None and (rebased := rebase(copy, article, live)).is_clean:
            copy.values, copy.base, copy.base_version = rebased.values, live, article.version
        values = {**copy.base, **copy.values}
        clashes = []
        for name, (old, new) in changes.items():
            if name in closed or name not in KEPT:
                continue
            theirs, old, mine = values.get(name, ""), clean(name, old), clean(name, new)  # noqa: PLW2901
            if mine in (old, theirs):
                continue
            if theirs == old:
                values[name] = mine
            elif name in MERGED_BY_LINE and not (merged := merge.merge(old, mine, theirs)).conflicts:
                values[name] = merged.text
            else:
                clashes.append(name)
        has_note = bool(values.get("note"))  # typed before the change that it is about
        return Kept(_store(copy, values, user, is_wanted=has_note), values, before, clashes)


def clean(name: str, value: str) -> str:
    """A posted value as it is stored: newlines as ours, nothing that a database refuses.

    Raises TooLongError where no form would take it.
    """
    if len(value) > VALUE_MAX_LENGTH:
        raise TooLongError(name)
    text = edit_conflicts.normal(value).replace("\r", "\n").translate(CONTROL_CHARACTERS)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _locked(article: Article | None, key: str, user: User) -> tuple[WorkingCopy, dict[str, str], bool]:
    """The working copy, locked or made; what the article says now; whether it was made."""
    live = live_values(article)
    new = {
        "author": user,
        "changed_by": user,
        "base": live,
        "base_version": article.version if article else None,
    }
    if article is not None:
        copy, is_new = WorkingCopy.objects.get_or_create(
            article=article, defaults={"key": secrets.token_hex(8), **new}
        )
    else:
        copy, is_new = WorkingCopy.objects.get_or_create(key=key, defaults=new)
    return copy if is_new else WorkingCopy.objects.select_for_update().get(pk=copy.pk), live, is_new


def _store(
    copy: WorkingCopy, values: dict[str, str], user: User, *, is_wanted: bool = False
) -> WorkingCopy | None:
    """Store the working copy; delete it where it says what the article says, unless it `is_wanted` all the same."""
    is_as_live = all(values.get(name, "") == value for name, value in copy.base.items())
    is_wanted = is_wanted or copy.goes_live_at is not None or copy.article_key is not None
    if is_as_live and not is_wanted:
        copy.delete()
        return None
    if values != copy.values:
        copy.number += 1
        copy.changed_by, copy.changed_at = user, timezone.now()
        if copy.goes_live_at is not None:
            copy.trouble = f"{user} changed it after it was scheduled. A publisher has to schedule it again."
        if key := copy.article_id or copy.article_key:
            reviews.reopen(key)
    copy.values = values
    copy.save()
    return copy


# --- Done with --------------------------------------------------------------------------------------------------------


def drop(article: Article | None, key: str = "") -> None:
    """Forget the working copy of `article`, or of a new one with this key: what it said is saved, or discarded."""
    copies = (
        WorkingCopy.objects.filter(article=article)
        if article
        else WorkingCopy.objects.filter(article=None, key=key)
    )
    copies.delete()


def settle(article: Article | None, user: User, *, key: str = "", closed: Collection[str] = ()) -> None:
    """What follows when the form was saved: its working copy goes, but for what it changes of fields in `closed`.

    `article` None: one that was new until now, whose working copy has this `key`.
    """
    if article is None or not closed:
        drop(article, key)
    elif WorkingCopy.objects.filter(article=article).exists():
        keep(article, live_values(article), user, closed=closed)


def publish(
    copy: WorkingCopy,
    user: User | None,
    *,
    reason: str = "",
    is_trial: bool = False,
    with_article: bool = False,
) -> list[str]:
    """Make the working copy of a published article what visitors see; return what keeps it from it, empty if nothing.

    `with_article`: the article itself is published by it, where it is not. `is_trial`: only say what keeps it from it.

    The same way as a publisher's save: one version, one revision, redirects, purging. Where the article changed below
    it in a way that nobody has put together yet, and where the form would refuse it, nothing is done.
    """
    with transaction.atomic():
        if not is_trial:
            state.lock_writes()
        current = WorkingCopy.objects.select_for_update().filter(pk=copy.pk, number=copy.number).first()
        article = (
            Article.objects.select_for_update(of=("self",))
            .select_related("subject")
            .filter(pk=copy.article_id or 0)
            .first()
        )
        if current is None or article is None:
            return ["Somebody changed it meanwhile. Look at it again."]
        if article.status != Article.Status.PUBLISHED and not with_article:
            return ["The article is not published. Publish it on its own page."]
        rebased = rebase(current, article)
        if not rebased.is_clean:
            return ["The live page changed in the same places. Open it, and choose what it is to say."]
        button = {"_publish": "1"} if article.status != Article.Status.PUBLISHED else {}
        form = ArticleForm(data={**rebased.values, **button}, instance=article)
        article.status = Article.Status.PUBLISHED
        form.user = user
        if not form.is_valid():
            return [f"{form[name].label}: {text}" if name in form.fields else str(text)
                    for name, texts in form.errors.items() for text in texts]  # fmt: skip
        if is_trial:
            return []
        if form.changed_fields or button:
            saving.save(form, user, reason=reason)
        current.delete()
    return []


def publish_due(now: dt.datetime | None = None) -> list[str]:
    """Make those working copies live whose moment has come; return the paths of their pages.

    One that cannot go live stays, says why, and is not tried again before somebody looks at it.
    """
    moment = now or timezone.now()
    due = WorkingCopy.objects.filter(goes_live_at__lte=moment, trouble="", article__isnull=False)
    paths = []
    for copy in due.select_related("scheduled_by").order_by("goes_live_at", "pk"):
        who = copy.scheduled_by
        if who is None or not rights.may_publish(who):
            trouble = ["Who scheduled it may not publish any more."]
        else:
            trouble = publish(copy, who, reason="its time has come: a scheduled change")
        if trouble:
            WorkingCopy.objects.filter(pk=copy.pk, number=copy.number).update(trouble=" ".join(trouble))
        else:
            article = (
                Article.objects.select_related("subject")
                .only("slug", "subject__slug")
                .get(pk=copy.article_id or 0)
            )
            paths.append(article.get_absolute_url())
    return paths


def schedule(copy: WorkingCopy, moment: dt.datetime | None, user: User) -> None:
    """Let the working copy go live at this moment, or (None) not by itself."""
    WorkingCopy.objects.filter(pk=copy.pk).update(
        goes_live_at=moment, scheduled_by=user if moment else None, trouble=""
    )


def restore(
    article: Article, revision: Any, user: User, *, closed: Collection[str] = ()
) -> WorkingCopy | None:
    """Let the working copy of `article` say everything that it said at this revision; None where it says so already."""
    values = edit_conflicts.values_of_revision(revision, ArticleForm)
    values = {name: value for name, value in values.items() if name not in OF_THE_FORM}
    values["note"] = f"restored version {revision.version} of {revision.history_date:%Y-%m-%d %H:%M}"
    return keep(article, values, user, closed=closed)
