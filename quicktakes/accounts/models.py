"""What is remembered of accounts: attempts to log in, open sessions, which mails are wanted, and what happened."""

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


class Person(models.Model):
    """What an editor chose beside Django's account: which mails come. Who has no row chose nothing yet."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="person")
    mail_requests = models.BooleanField(
        "Somebody asks for a review", default=True, help_text="Of me, or of all publishers."
    )
    mail_decisions = models.BooleanField("What I asked for is approved, published or sent back", default=True)
    # A link that confirms an address holds the number that was next; each counts once.
    address_changes = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return str(self.user)


class AccountEvent(models.Model):
    """Somebody came in, or what lets somebody in changed."""

    class Kind(models.TextChoices):
        LOGIN = "login", "Logged in"
        INVITED = "invited", "Invited"
        PASSWORD = "password", "Password set"
        ADDRESS = "address", "Address of mail changed"
        SECOND_FACTOR = "factor", "Second factor changed"
        RECOVERY_CODE = "recovery", "Recovery code used"
        RECOVERY_CODES = "codes", "Recovery codes made"
        RIGHTS = "rights", "Rights changed"

    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=8, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name="whose"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="None: a program or a command.",
    )
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M}"
