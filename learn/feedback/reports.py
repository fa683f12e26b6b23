"""Mistakes that readers report, and whether an answer helped them: what is stored of it, and what is not any more."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from learn.identity import digest
from learn.models import Article, HelpfulCount, Report

from . import allowance
from .allowance import Allowance
from .tokens import Token, TokenError

# What is stored of readers in a day, at most.
REPORTS_OF_ADDRESS = 10
REPORTS_ON_ARTICLE = 25
REPORTS = 2_000
VOTES_OF_ADDRESS = 200
VOTES = 20_000
STORED_MAX = 20_000  # reports; decided ones go first, the oldest first
MAIL_KEPT = dt.timedelta(days=30)  # after the decision
UNANSWERED_MAIL_KEPT = dt.timedelta(days=365)


class TooManyError(Exception):
    """Nothing more is taken today; the text is for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What a reader wrote, checked: `kind` of Report.Kind, the other three may be empty."""

    kind: str
    text: str = ""
    quote: str = ""
    mail: str = ""

    @property
    def key(self) -> str:
        """Equal for those who say the same, whatever their spaces: M and m, ≠ and = are different mathematics."""
        return digest(self.kind, *(" ".join(part.split()) for part in (self.text, self.quote)))


def report(token: Token, mistake: Mistake, address: str) -> Report:
    """Store what a reader at `address` says of an article, or count it to those who said so before.

    A decided report is open again where the article has changed since it was last said. Two queries where nothing is
    taken, about eight where it is. Raises TooManyError, and TokenError for a form that was sent before.
    """
    allowances = [
        Allowance("form", token.nonce, 1, token.until),
        Allowance("address", f"report {address}", REPORTS_OF_ADDRESS),
        Allowance("article", f"report {token.article}", REPORTS_ON_ARTICLE),
        Allowance("all", "report", REPORTS),
    ]
    _refuse(allowance.used_up(allowances))
    with transaction.atomic():
        _refuse(allowance.take(allowances))  # what came in between counts
        return _stored(token, mistake)


def _refuse(full: Allowance | None) -> None:
    if full is None:
        return
    if full.what == "form":
        raise TokenError("This form was sent already.")
    who = {"address": "You have reported much", "article": "Many have written about this question"}
    raise TooManyError(f"{who.get(full.what, 'Many have written')} today.")


def _stored(token: Token, mistake: Mistake) -> Report:
    now = timezone.now()
    values = {"kind": mistake.kind, "text": mistake.text, "quote": mistake.quote, "mail": mistake.mail}
    key = mistake.key
    if mistake.mail:  # who asks for an answer is not counted to another who does
        others = Report.objects.filter(article_id=token.article, key=key).exclude(mail__in=["", mistake.mail])
        key = digest(key, mistake.mail) if others.exists() else key
    row, is_new = Report.objects.get_or_create(
        article_id=token.article, key=key, defaults={**values, "version": token.version}
    )
    if is_new:
        _make_room()
        return row
    row.times += 1
    row.last_at = now
    row.mail = row.mail or mistake.mail
    if not row.is_open and token.version > row.version:
        row.state, row.decided_at = Report.State.NEW, None
    row.version = max(row.version, token.version)
    row.save(update_fields=["times", "last_at", "mail", "state", "decided_at", "version"])
    return row


def _make_room() -> None:
    surplus = Report.objects.count() - STORED_MAX
    if surplus > 0:
        oldest = Report.objects.order_by(F("decided_at").asc(nulls_last=True), "last_at", "pk")
        Report.objects.filter(pk__in=list(oldest.values_list("pk", flat=True)[:surplus])).delete()


def vote(article: Article, address: str, *, is_helpful: bool) -> bool:
    """Count whether the present version of an article helped; once a day of each address. Whether it was counted."""
    allowances = [
        Allowance("vote", f"{address} {article.pk} {article.version}", 1),
        Allowance("address", f"vote {address}", VOTES_OF_ADDRESS),
        Allowance("all", "vote", VOTES),
    ]
    if allowance.used_up(allowances):
        return False
    with suppress(TooManyError), transaction.atomic():
        _refuse(allowance.take(allowances))
        row, _is_new = HelpfulCount.objects.get_or_create(article=article, version=article.version)
        field = "helpful" if is_helpful else "not_helpful"
        HelpfulCount.objects.filter(pk=row.pk).update(**{field: F(field) + 1})
        return True
    return False


def decide(report: Report, new_state: str) -> None:
    """Set the state of a report, and when it was decided; the caller saves it."""
    report.state = new_state
    report.decided_at = None if report.is_open else timezone.now()


def forget_old() -> int:
    """Remove addresses of mail that nobody needs any more, and allowances of days that are over; how many rows."""
    now = timezone.now()
    done = Q(decided_at__lt=now - MAIL_KEPT) | Q(last_at__lt=now - UNANSWERED_MAIL_KEPT)
    return Report.objects.exclude(mail="").filter(done).update(mail="") + allowance.forget_old()
