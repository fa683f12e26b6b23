"""Subjects, and the rules of slugs."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F
from django.urls import reverse

from learn.files.limits import RESERVED_SUBJECT_SLUGS, SLUG_MAX_LENGTH
from learn.rendering import render_line

from .querysets import SubjectQuerySet

validate_slug = RegexValidator(
    r"\A[a-z0-9-]*[a-z0-9][a-z0-9-]*\Z",
    "Write lower-case letters a to z, digits and hyphens only, and at least one letter or digit.",
)


def validate_subject_slug(value: str) -> None:
    """Refuse a slug that would hide one of our own pages, such as /learn/search."""
    validate_slug(value)
    if value in RESERVED_SUBJECT_SLUGS:
        raise ValidationError(f"“{value}” is the address of a page of the site. Choose another slug.")


class Subject(models.Model):
    title = models.CharField(max_length=200)
    slug = models.CharField(max_length=SLUG_MAX_LENGTH, unique=True, validators=[validate_subject_slug])
    description = models.TextField(blank=True)
    is_listed = models.BooleanField(
        default=True,
        help_text="An unlisted subject can be reached, but is neither in lists nor in search engines.",
    )
    position = models.PositiveSmallIntegerField(
        "place", null=True, blank=True,
        help_text="Where lists of subjects show it: 1 before 2. Those without a number follow, by their titles.",
    )  # fmt: skip
    # The entry of subjects.yaml as it was last imported, and its digest: tell an editor's change from a change of the
    # file. Of a key that both changed in different ways, `imported_entry` keeps what it said before.
    imported_key = models.CharField(max_length=32, blank=True, editable=False)
    imported_entry = models.JSONField(default=dict, blank=True, editable=False)

    article_count: int  # where it was asked for: learn.db.counts.with_counts
    has_most_read: bool  # where a list is shown: learn.views.library.subject

    objects = SubjectQuerySet.as_manager()

    class Meta:
        ordering = [F("position").asc(nulls_last=True), "title", "slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("learn:subject", args=[self.slug])

    def entry(self) -> dict[str, Any]:
        """What an entry of subjects.yaml says of it, by key."""
        return {
            "title": self.title,
            "description": self.description,
            "listed": self.is_listed,
            "position": self.position,
        }

    @property
    def description_html(self) -> str:
        """The description as pages show it (learn.rendering.Line)."""
        return render_line(self.description).html

    @property
    def description_text(self) -> str:
        return render_line(self.description).text
