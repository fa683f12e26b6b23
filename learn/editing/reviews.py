"""Reviews of what is to become of an article: asked for, talked about line by line, decided.

Who may do what is the caller's to check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib.auth.models import User as Account
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from learn import rights
from learn.models import Article, Comment, Review
from learn.signals import review_asked, review_decided

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Decision = Review.Decision


@dataclass
class Thread:
    """A comment with the answers to it; `line` is where its line stands now, None where it is gone or has none."""

    comment: Comment
    line: int | None
    replies: list[Comment] = field(default_factory=list)


def publishers() -> QuerySet[User]:
    """The accounts that may publish, for a request to one of them; one query."""
    app, _, codename = rights.PUBLISH.partition(".")
    names = [codename, "change_article"] if rights.editors_may_publish() else [codename]
    holds = Q(is_superuser=True)
    for place in ("groups__permissions", "user_permissions"):
        holds |= Q(**{f"{place}__codename__in": names, f"{place}__content_type__app_label": app})
    return Account.objects.filter(holds, is_active=True, is_staff=True).distinct().order_by("username")


def request(article: Article, user: User, *, asked_of: User | None = None, note: str = "") -> Review:
    """Ask for a review of `article`, in the place of one that was asked for before."""
    with transaction.atomic():
        Article.objects.select_for_update(of=("self",)).filter(pk=article.pk).first()
        close(article)
        review = Review.objects.create(article=article, asked_by=user, asked_of=asked_of, note=note)
        review_asked.send(sender=Review, review=review)
        return review


def decide(article: Article, user: User, *, approve: bool, reason: str = "") -> bool:
    """Approve what was asked for, or send it back with a reason; False where nothing waits for a decision."""
    decision = Decision.APPROVED if approve else Decision.RETURNED
    said = {"decision": decision, "reason": reason, "decided_by": user, "decided_at": timezone.now()}
    with transaction.atomic():
        review = Review.objects.filter(article=article, is_open=True, decision="").first()
        if review is None or not Review.objects.filter(pk=review.pk, decision="").update(**said):
            return False
        for name, value in said.items():
            setattr(review, name, value)
        review_decided.send(sender=Review, review=review)
    return True


def reopen(article_key: int) -> None:
    """What was approved says something else now: it waits for a decision again."""
    Review.objects.filter(article=article_key, is_open=True, decision=Decision.APPROVED).update(decision="")


def close(article: Article) -> None:
    """Nobody has anything to do any more: what was asked for is discarded, or asked for anew."""
    Review.objects.filter(article=article, is_open=True).update(is_open=False)


def waiting_for(user: User) -> QuerySet[Review]:
    """The open reviews that wait for `user`: to be decided or published, or sent back to them. For one query."""
    mine = Q(asked_by=user, decision=Decision.RETURNED)
    if rights.may_publish(user):
        mine |= Q(decision="") & (Q(asked_of=None) | Q(asked_of=user))
        mine |= Q(decision=Decision.APPROVED)
    reviews = Review.objects.filter(mine, is_open=True).select_related("article", "asked_by", "decided_by")
    return reviews.order_by("asked_at").only(
        "asked_at", "decision", "note", "reason", "article__question", "asked_by__username", "decided_by__username"
    )  # fmt: skip


def comment(
    article: Article,
    user: User,
    text: str,
    *,
    name: str = "",
    line: int | None = None,
    quote: str = "",
    parent: Comment | None = None,
) -> Comment:
    """Say something of the field `name` of a draft, or of the `line` (from 1) of its answer that reads `quote`."""
    is_line = name == "answer" and line is not None and parent is None
    return Comment.objects.create(
        article=article, author=user, text=text, parent=parent, field="" if parent else name,
        line=line if is_line else None, quote=quote if is_line else "",
    )  # fmt: skip


def resolve(article: Article, pk: int, user: User | None) -> bool:
    """Mark a comment and its answers as done with, by `user`, or (None) as open again."""
    found = Comment.objects.filter(article=article, pk=pk, parent=None)
    return bool(found.update(resolved_by=user, resolved_at=timezone.now() if user else None))


def threads(article: Article, answer: str) -> list[Thread]:
    """All comments on `article`, the answers below each, at the lines of `answer` where they belong; one query."""
    lines = answer.split("\n")
    found: dict[int, Thread] = {}
    for one in article.comments.select_related("author", "resolved_by"):
        if one.parent_id is None:
            found[one.pk] = Thread(one, place(one, lines))
        elif one.parent_id in found:
            found[one.parent_id].replies.append(one)
    return list(found.values())


def place(one: Comment, lines: Sequence[str]) -> int | None:
    """The line (from 1) that says what the commented one said, the nearest where several do; None where none does."""
    if one.line is None:
        return None
    same = [number for number, text in enumerate(lines, start=1) if text == one.quote]
    return min(same, key=lambda number: abs(number - (one.line or 0)), default=None)
