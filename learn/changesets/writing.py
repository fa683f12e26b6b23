"""How a change set writes one article: by its form, as every save does, on the page or in a draft beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from learn import rights
from learn.editing import saving, working_copies
from learn.editing.forms import ArticleForm
from learn.models import Article, ChangeItem, ChangeSet

from .kinds import State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LIVE, DRAFTS = "live", "drafts"  # what the option `into` of a change set says


def into_for(user: Any) -> str:
    """Where what this user changes of live pages goes, unless somebody chooses."""
    return LIVE if rights.may_publish(user) else DRAFTS


def may_write(user: Any, into: str | None) -> bool:
    """Whether this user may change the texts of articles, `into` what is live or into drafts beside it."""
    if into == LIVE:
        return rights.may_publish(user)
    return bool(user.has_perm("learn.change_article"))


def is_for_draft(article: Article, user: Any, into: str | None) -> bool:
    """Whether a change of this article goes into its working copy."""
    return article.status == Article.Status.PUBLISHED and (into != LIVE or not rights.may_publish(user))


def save(article: Article, values: Mapping[str, str], user: User, reason: str) -> str:
    """Save `article` with these values of its form; return why it cannot be, or nothing."""
    posted = {**working_copies.live_values(article), **values, "seen_version": str(article.version)}
    form = ArticleForm(data=posted, instance=article)
    if not form.is_valid():
        return " ".join(
            f"{form[name].label}: {text}" if name in form.fields else str(text)
            for name, texts in form.errors.items()
            for text in texts
        )
    if form.changed_fields:
        saving.save(form, user, reason=reason)
    return ""


def keep(article: Article, changes: Mapping[str, tuple[str, str]], user: User) -> str:
    """Change fields of the working copy, each from what was seen to what is to be; return why it cannot be."""
    for name, (_old, new) in changes.items():
        field: Any = ArticleForm.base_fields[name]
        if field.max_length and len(new) > field.max_length:
            return f"{field.label or name.capitalize()}: at most {field.max_length:,} characters."
    closed = rights.closed_fields(user, "article", is_live=True)
    kept = working_copies.keep_changes(article, changes, user, closed=closed)
    return (
        "Its draft says something else in the same place: open it, and decide there." if kept.clashes else ""
    )


def locked(items: Iterable[ChangeItem]) -> dict[int, Article]:
    """The articles of these items that are there, by key, locked until the transaction ends. One query."""
    keys = [item.article_key for item in items if item.article_key is not None]
    return Article.objects.select_related("subject").select_for_update(of=("self",)).in_bulk(keys)


def write(change_set: ChangeSet, item: ChangeItem, article: Article, field: str, to: str, user: User) -> None:
    """Change one field of `article` from what the item saw to `to`, live or in a draft; the item says how it went."""
    if is_for_draft(article, user, change_set.options.get("into")):
        reason = keep(article, {field: (item.before[field], to)}, user)
        item.options = {**item.options, "draft": True}
    else:
        reason = save(article, {field: to}, user, change_set.name)
    item.state, item.reason = (State.REFUSED, reason) if reason else (State.CHANGED, "")


def take_back(article: Article, before: Mapping[str, str], after: Mapping[str, str], user: User) -> bool:
    """Change the working copy from what it says, `before`, to what it said, `after`; False where it says neither."""
    if working_copies.find(article.pk) is None:
        return False
    changes = {name: (str(old), str(after[name])) for name, old in before.items()}
    closed = rights.closed_fields(user, "article", is_live=True)
    return not working_copies.keep_changes(article, changes, user, closed=closed).clashes
