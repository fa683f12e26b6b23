"""Mails about reviews: to whom one is asked of, and to who asked for it. Each person may switch them off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.core.signing import BadSignature, Signer
from django.dispatch import receiver

from learn.editing.reviews import publishers
from learn.models import Review
from learn.signals import review_asked, review_decided
from quicktakes import mail

from .models import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

# What may be switched off: the columns of Person, each with what it is called in a mail program's question.
KINDS = {"mail_requests": "requests for a review", "mail_decisions": "decisions on your own work"}
MOST_RECIPIENTS = 50  # of a request to all publishers
_signer = Signer(salt="quicktakes.accounts.review_mails")


def switch_address(user: Any, kind: str) -> str:
    """The address at which mails of this kind to `user` are switched off, without a login: it does nothing else."""
    return mail.link("mails_off", _signer.sign(f"{user.pk}.{kind}"))


def read_switch(token: str) -> tuple[int, str] | None:
    """The account and the kind that an address of `switch_address` is about; None for one that is not ours."""
    try:
        pk, _dot, kind = _signer.unsign(token).partition(".")
    except BadSignature:
        return None
    return (int(pk), kind) if kind in KINDS else None


def switch_off(pk: int, kind: str) -> None:
    """Send no more mails of this kind to the account `pk`, where there is one."""
    if User.objects.filter(pk=pk).exists():
        Person.objects.update_or_create(user_id=pk, defaults={kind: False})


def _who_want(users: Iterable[Any], kind: str) -> list[Any]:
    """Those of `users` who have an address and did not switch this kind off; one query."""
    able = [user for user in users if user.email and user.is_active]
    refused = Person.objects.filter(user__in=able, **{kind: False}).values_list("user_id", flat=True)
    return [user for user in able if user.pk not in set(refused)]


@receiver(review_asked)
def _asked(review: Review, **_kwargs: Any) -> None:
    asked = [review.asked_of] if review.asked_of else list(publishers()[:MOST_RECIPIENTS])
    lines = [f"{review.asked_by} asks you to review:", "", *_about(review)]
    if review.note:
        lines += ["", "They say:", review.note]
    mail.send(
        *(
            mail.write(
                user.email,
                f"review of “{_short(review)}”",
                lines,
                unsubscribe=switch_address(user, "mail_requests"),
            )
            for user in _who_want(asked, "mail_requests")
            if user.pk != review.asked_by_id
        )
    )


@receiver(review_decided)
def _decided(review: Review, **_kwargs: Any) -> None:
    who = review.asked_by
    if who is None or (review.decided_by_id == who.pk and review.is_open):
        return
    if not review.is_open:
        word = "published"
    elif review.decision == Review.Decision.APPROVED:
        word = "approved"
    else:
        word = "sent back"
    lines = [f"{review.decided_by or 'The site'}: {word}.", "", *_about(review)]
    if review.reason and review.is_open:
        lines += ["", "They say:", review.reason]
    mail.send(
        *(
            mail.write(
                user.email,
                f"{word}: “{_short(review)}”",
                lines,
                unsubscribe=switch_address(user, "mail_decisions"),
            )
            for user in _who_want([who], "mail_decisions")
        )
    )


def _about(review: Review) -> list[str]:
    return [review.article.question, mail.link("learn_article_review", review.article_id)]


def _short(review: Review) -> str:
    return " ".join(review.article.question.split())[:80]
