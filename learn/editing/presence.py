"""Who has the form of an article open just now, and who types in it: so that a second person knows before writing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.utils import timezone

from learn.models import Article, Presence

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AWAY_AFTER = dt.timedelta(seconds=60)  # a form tells of itself every 20 seconds while somebody works in it
TYPING_FOR = dt.timedelta(minutes=2)


def note(article: Article, user: User, *, is_typing: bool = False) -> dt.datetime:
    """`user` has the form of `article` open, and changed something in it where `is_typing`. Two or three queries.

    Returns the moment that was noted, by which the page that told of itself can take back what it told.
    """
    now = timezone.now()
    Presence.objects.filter(seen_at__lt=now - AWAY_AFTER).delete()
    seen = {"seen_at": now, **({"typed_at": now} if is_typing else {})}
    Presence.objects.update_or_create(
        article=article, user=user, defaults=seen, create_defaults={**seen, "since": now}
    )
    return now


def leave(article: Article, user: User, sign: str) -> None:
    """`user` closed the page that noted itself at `sign` last; another page of theirs that did so since keeps them."""
    try:
        seen_at = dt.datetime.fromisoformat(sign)
    except ValueError:  # a page that was never answered
        return
    if seen_at.tzinfo is not None:
        Presence.objects.filter(article=article, user=user, seen_at=seen_at).delete()


def others(article_pk: int, user: User) -> list[Presence]:
    """Who else has the form open, the first first; one query."""
    present = Presence.objects.filter(article=article_pk, seen_at__gte=timezone.now() - AWAY_AFTER)
    return list(present.exclude(user=user).select_related("user").order_by("since"))


def is_typing(one: Presence) -> bool:
    return one.typed_at is not None and one.typed_at >= timezone.now() - TYPING_FOR
