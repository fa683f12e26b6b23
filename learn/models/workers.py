"""Processes that stay and work beside the site, and whether they live."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone

SECONDS_BETWEEN_BEATS = 10.0
DEAD_AFTER = dt.timedelta(seconds=40)  # a sign of life may be late by three; a minute is what we promise


class WorkerQuerySet(models.QuerySet["Worker"]):
    def beat(self, name: str) -> None:
        """Write down that the worker `name` lives."""
        self.update_or_create(name=name, defaults={"seen_at": timezone.now()})

    def dead(self) -> WorkerQuerySet:
        """Those that were not stopped, and give no sign of life any more."""
        return self.filter(seen_at__lt=timezone.now() - DEAD_AFTER)


class Worker(models.Model):
    """A kind of worker, and when one of it last gave a sign of life. One that is stopped takes its row with it."""

    name = models.CharField(max_length=50, unique=True)
    seen_at = models.DateTimeField(default=timezone.now)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def is_alive(self) -> bool:
        return self.seen_at >= timezone.now() - DEAD_AFTER
