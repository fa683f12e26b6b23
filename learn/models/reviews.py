"""Reviews: what editors ask publishers to look at, what these say, and who looks at an article just now."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Review(models.Model):
    """A request to look at what is to become of an article, and what was decided.

    It is open while somebody has something to do: a publisher, or, where it was sent back, who asked for it. What is
    published or asked for anew is closed.
    """

    class Decision(models.TextChoices):
        APPROVED = "approved", "Approved"
        RETURNED = "returned", "Sent back"

    # What was said of an article waits in the trash with it: learn.editing.trash deletes these rows.
    article = models.ForeignKey(
        "Article", on_delete=models.DO_NOTHING, db_constraint=False, related_name="reviews"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="None: all publishers.",
    )
    note = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    decision = models.CharField(max_length=8, choices=Decision, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article"], condition=Q(is_open=True), name="review_one_open")
        ]

    def __str__(self) -> str:
        return self.get_decision_display() or "Waits for a review"


class Comment(models.Model):
    """What somebody says of a field of an article, or of a line of its answer; with a `parent`, in answer to that.

    `quote` is the line as it was: lines move, and a comment goes with its own.
    """

    article = models.ForeignKey(
        "Article", on_delete=models.DO_NOTHING, db_constraint=False, related_name="comments"
    )  # as of a review
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    field = models.CharField(max_length=30, blank=True)
    line = models.PositiveIntegerField(null=True)
    quote = models.TextField(blank=True)
    text = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


class Presence(models.Model):
    """Somebody has the form of an article open; `typed_at` is when they last changed something in it."""

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="presences", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    typed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "user"], name="presence_unique")]

    def __str__(self) -> str:
        return f"{self.user} since {self.since:%H:%M}"
