"""What readers tell of an answer: mistakes, whether it helped, and how much of that is taken in a day."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone

from .articles import Article
from .subjects import Subject

REPORT_MAX_LENGTH = 1_000  # characters of what a reader writes
QUOTE_MAX_LENGTH = 500  # characters of the passage that is meant


def today() -> dt.date:
    """The day in UTC."""
    return timezone.now().date()


class Report(models.Model):
    """A mistake that a reader saw in an article; those who say the same of it are one row (`times`)."""

    class Kind(models.TextChoices):
        FACT = "fact", "Something is not true"
        FORMULA = "formula", "A formula is wrong or unreadable"
        FORMATTING = "formatting", "It is laid out badly"
        CUT_OFF = "cut-off", "The text is cut off"
        OTHER = "other", "Something else"

    class State(models.TextChoices):
        NEW = "new", "New"
        ACCEPTED = "accepted", "Accepted"
        ANSWERED = "answered", "Answered"
        DISMISSED = "dismissed", "Dismissed"

    # No index of its own: the constraint begins with it.
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="reports", db_index=False)
    version = models.PositiveIntegerField(help_text="Of the article, as its last reporter saw it.")
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.CharField(max_length=REPORT_MAX_LENGTH, blank=True)
    quote = models.CharField(
        max_length=QUOTE_MAX_LENGTH, blank=True, help_text="The passage of the answer that is meant."
    )
    mail = models.EmailField(
        blank=True, help_text="Where an answer is wanted; removed 30 days after the decision."
    )
    state = models.CharField(max_length=12, choices=State, default=State.NEW)
    answer = models.TextField(blank=True, help_text="What was answered, or why nothing is to be done.")
    times = models.PositiveIntegerField(default=1, help_text="How many readers said the same.")
    key = models.CharField(max_length=32, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-last_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["article", "key"], name="report_said_once")]
        indexes = [models.Index(fields=["state", "-last_at"], name="report_state")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text or self.quote}"[:80]

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.NEW, self.State.ACCEPTED)


class HelpfulCount(models.Model):
    """How many readers found one version of an article helpful, and how many not."""

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="helpful_counts", db_index=False
    )
    version = models.PositiveIntegerField()
    helpful = models.PositiveIntegerField(default=0)
    not_helpful = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "version"], name="helpful_one_row_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.helpful} : {self.not_helpful}"


class ReadCount(models.Model):
    """How often an article was read on a day (UTC), by nobody in particular (learn.feedback.reads)."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="read_counts", db_index=False)
    day = models.DateField(db_index=True)
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "day"], name="read_one_row_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.times}"


class ReadLog(models.Model):
    """A file whose reads were counted (learn.feedback.cdn_logs), so that it is not counted again."""

    hash = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the file.")
    imported_on = models.DateField(default=today, db_index=True)
    reads = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.imported_on}: {self.reads}"


class MostRead(models.Model):
    """One of the articles of a subject that were read most: `learn.feedback.most_read` writes these rows once a day."""

    article = models.OneToOneField(
        Article, on_delete=models.CASCADE, primary_key=True, related_name="most_read"
    )
    subject = models.ForeignKey(
        Subject, on_delete=models.CASCADE, db_index=False, related_name="most_read", editable=False
    )
    place = models.PositiveIntegerField(help_text="From 1, the most read first.")
    day = models.DateField(help_text="Before which the reads were counted.")

    class Meta:
        indexes = [models.Index(fields=["subject", "place", "article"], name="most_read_place")]

    def __str__(self) -> str:
        return f"{self.place}: {self.article_id}"


class FeedbackUse(models.Model):
    """How much of what readers may send was used up; rows go when their day is over (learn.feedback.allowance)."""

    key = models.CharField(
        max_length=32, primary_key=True, help_text="A keyed hash; says nothing without SECRET_KEY."
    )
    until = models.DateTimeField(db_index=True)
    times = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.key
