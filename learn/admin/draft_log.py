"""What became of drafts, as Django's log of the admin tells: which article a new one became, who discarded one.

A form that is still open elsewhere remembers a draft that is gone; here it is found out why.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from learn.identity import row_key
from learn.models import Article, WorkingCopy

from .kept_texts import KEY

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def added(key: str) -> list[dict[str, Any]]:
    """The message of the log on a new article, whose form had this key. The log's pages show "Added."."""
    return [{"added": {}}, {"draft": key}] if KEY.fullmatch(key) else [{"added": {}}]


def saved_as(key: str) -> Article | None:
    """The article that the new one with this key was saved as; one query, or two, by the index of the type."""
    entries = _entries().filter(action_flag=ADDITION, change_message=json.dumps(added(key)))
    entry = entries.only("object_id").first() if KEY.fullmatch(key) else None
    pk = row_key(str(entry.object_id)) if entry else None
    return Article.objects.select_related("subject").filter(pk=pk).first() if pk else None


def note_discarded(copy: WorkingCopy, user: User) -> None:
    """Write down that `user` discards this draft; call it before the row is deleted."""
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(Article),
        object_id=str(copy.article_id) if copy.article_id else None,
        object_repr=str(copy)[:200],
        action_flag=CHANGE,
        change_message=_discarded(copy.pk),
    )


def discarded(stamp: str) -> LogEntry | None:
    """Who discarded the draft that a form remembers by this `stamp`, and when; None where it is there or was saved.

    One query while the draft is there, two afterwards.
    """
    pk = row_key(stamp.partition(".")[0])
    if pk is None or WorkingCopy.objects.filter(pk=pk).exists():
        return None
    entries = _entries().filter(action_flag=CHANGE, change_message=_discarded(pk))
    return entries.select_related("user").first()


def _entries() -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Article))


def _discarded(pk: int) -> str:
    return json.dumps([{"discarded": {"draft": pk}}])
