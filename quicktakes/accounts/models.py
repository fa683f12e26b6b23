"""What is remembered of accounts: attempts to log in, counted, and the sessions that are open."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Sum
from django.utils import timezone

BUCKET = dt.timedelta(minutes=10)


class LoginAttemptsQuerySet(models.QuerySet["LoginAttempts"]):
    def add(self, key: str, within: dt.timedelta) -> int:
        """Count one attempt under `key`; return how many there were in the last `within`, this one included.

        By buckets of ten minutes, rounded up: in no such span are there more. Three queries, two of them writes.
        """
        now = timezone.now()
        width = BUCKET.total_seconds()
        bucket = dt.datetime.fromtimestamp(now.timestamp() // width * width, dt.UTC)
        self.bulk_create([LoginAttempts(key=key, since=bucket)], ignore_conflicts=True)
        self.filter(key=key, since=bucket).update(count=F("count") + 1)
        recent = self.filter(key=key, since__gt=bucket - within - BUCKET)
        return int(recent.aggregate(total=Sum("count"))["total"] or 0)

    def forget(self, older_than: dt.timedelta) -> None:
        self.filter(since__lt=timezone.now() - older_than).delete()


class LoginAttempts(models.Model):
    """How often somebody tried to log in, in ten minutes; `key` is a hash of the account, or of a known device."""

    key = models.CharField(max_length=64)
    since = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    objects = LoginAttemptsQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "since"], name="login_attempts_unique")]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.since:%H:%M}: {self.count}"


class LoginSession(models.Model):
    """An open session of an editor, so that its owner sees it and can end it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="login_sessions"
    )
    session_key = models.CharField(max_length=40, unique=True)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    agent = models.CharField(max_length=200, blank=True, help_text="The browser, in its own words.")

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.user}, {self.started_at:%Y-%m-%d %H:%M}"
