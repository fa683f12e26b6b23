"""Old change sets lose their details, which hold texts; the row stays, and what it says of the history with it."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from learn.db.rows import batched
from learn.models import ChangeItem, ChangeSet

State = ChangeSet.State


def forget_old() -> None:
    """Remove the details of what ended CHANGE_SETS_DAYS ago, and discard what nobody confirmed for so long.

    In batches of 500 items, each in a short transaction.
    """
    moment = timezone.now() - dt.timedelta(days=settings.CHANGE_SETS_DAYS)
    over = Q(finished_at__lt=moment) | Q(made_at__lt=moment, state__in=[State.CHECKING, State.PREVIEW])
    for change_set in ChangeSet.objects.filter(over, forgotten_at=None):
        keys = list(change_set.items.values_list("pk", flat=True))
        for batch in batched(keys):
            with transaction.atomic():
                ChangeItem.objects.filter(pk__in=batch).delete()
        unconfirmed = change_set.state in (State.CHECKING, State.PREVIEW)
        ChangeSet.objects.filter(pk=change_set.pk, state=change_set.state).update(
            forgotten_at=timezone.now(),
            options={},
            state=State.DISCARDED if unconfirmed else change_set.state,
        )
