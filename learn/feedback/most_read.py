"""What readers of each subject read most, for the order of its list: made once a day, in the background."""

from __future__ import annotations

import datetime as dt
from heapq import nlargest
from itertools import groupby
from operator import itemgetter

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from learn.db.state import lock_writes
from learn.models import Article, MostRead, ReadCount

DAYS = 30  # that count, today not among them: the order stays the same for a day
STORED = 240  # articles of a subject: ten pages of its list
LEAST = 2  # reads; a single one says nothing


def refresh(today: dt.date | None = None) -> bool:
    """Put the articles of each subject in the order of their reads, unless that was done today; whether it was now.

    One or two short queries where nothing is to be done, one over the reads of DAYS days where something is. Pages
    change with it, once a day at most. With COUNT_READS off, nothing is known any more.
    """
    day = today or timezone.now().date()
    if not settings.COUNT_READS:
        return bool(MostRead.objects.all().delete()[0])
    if MostRead.objects.filter(day=day).exists() or not ReadCount.objects.filter(day__lt=day).exists():
        return False
    with transaction.atomic():
        lock_writes()
        rows = [
            MostRead(article_id=article, subject_id=subject, place=place, day=day)
            for subject, found in groupby(_read_before(day), itemgetter(0))
            for place, (_subject, _times, article) in enumerate(
                nlargest(STORED, found, key=lambda one: (one[1], -one[2])), start=1
            )
        ]
        if not rows and not MostRead.objects.exists():
            return False
        MostRead.objects.all().delete()
        MostRead.objects.bulk_create(rows, batch_size=500)
    return True


def _read_before(day: dt.date) -> list[tuple[int, int, int]]:
    """Subject, reads, article of what was read in the DAYS days before `day`, by subject; of public articles alone."""
    counted = (
        ReadCount.objects.filter(day__gte=day - dt.timedelta(days=DAYS), day__lt=day)
        .filter(article__in=Article.objects.listable())
        .order_by()
        .values("article")
        .annotate(times=Sum("times"))
        .filter(times__gte=LEAST)
        .order_by("article__subject")
    )
    return list(counted.values_list("article__subject", "times", "article"))
