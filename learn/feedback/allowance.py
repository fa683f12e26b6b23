"""How much of what readers send is stored in a day: of one address, on one article, of all together.

Counts stand in the database, so that all processes and machines count together, and what is stored in a day is bounded
whatever is sent. Nothing is counted but what is stored. An address is kept as a hash with a key of this site and of
the day, and goes with the day: nobody can tell later who wrote.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from django.conf import settings
from django.db import connections, router
from django.utils import timezone

from learn.models import FeedbackUse


class Allowance(NamedTuple):
    """`who` may do `what` so many times a day (UTC), or until a moment of its own."""

    what: str
    who: str
    most: int
    until: dt.datetime | None = None


def used_up(allowances: Iterable[Allowance]) -> Allowance | None:
    """The first of them that nothing is left of; None where all have some left. One query."""
    return _first(allowances, lambda times, most: times >= most)


def take(allowances: Sequence[Allowance]) -> Allowance | None:
    """Use up one of each; the first of which that was more than is left, None where all is well.

    Call it first in the transaction of what is stored, and undo that where something is returned: the rows that it
    writes keep others waiting until the transaction ends. Forgets the days that are over.
    """
    now = timezone.now()
    forget_old()
    midnight = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), dt.UTC)
    connection = connections[router.db_for_write(FeedbackUse)]
    with connection.cursor() as cursor:
        # In one order, so that two processes cannot lock each other out.
        cursor.executemany(
            "INSERT INTO learn_feedbackuse (key, until, times) VALUES (%s, %s, 1) "
            "ON CONFLICT (key) DO UPDATE SET times = learn_feedbackuse.times + 1",
            sorted(
                [_key(each), connection.ops.adapt_datetimefield_value(each.until or midnight)]
                for each in allowances
            ),
        )
    return _first(allowances, lambda times, most: times > most)


def _first(allowances: Iterable[Allowance], is_too_much: Callable[[int, int], bool]) -> Allowance | None:
    keys = {_key(each): each for each in allowances}
    rows = dict(FeedbackUse.objects.filter(pk__in=keys).values_list("key", "times"))
    return next((each for key, each in keys.items() if is_too_much(rows.get(key, 0), each.most)), None)


def forget_old() -> int:
    """Drop what is over; return how many rows went."""
    return FeedbackUse.objects.filter(until__lte=timezone.now()).delete()[0]


def _key(allowance: Allowance) -> str:
    day = "" if allowance.until else str(timezone.now().date())
    text = f"feedback {allowance.what} {allowance.who} {day}".encode(errors="replace")
    return hmac.digest(settings.SECRET_KEY.encode(), text, "sha256").hex()[:32]
