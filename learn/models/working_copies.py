"""Working copies: what editors write beside an article until it is saved or published. No page shows any of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from .moments import FormValuesField


class WorkingCopy(models.Model):
    """Every field of an article and its related questions, as its form has them, beside the row that visitors see.

    An article has at most one. A new article that nobody saved yet has one without `article`, which the form finds by
    its `key`; so has one whose article was deleted meanwhile. `values` and `base` hold the fields of the form by name,
    as a browser posts them (learn.editing.edit_conflicts.posted_values); `base` is what the article said when the
    working copy was last put together with it, and `base_version` its version then.
    """

    key = models.CharField(max_length=16, unique=True)
    article = models.OneToOneField(
        "Article", null=True, on_delete=models.SET_NULL, related_name="working_copy"
    )
    values = FormValuesField(default=dict)
    base = FormValuesField(default=dict)
    article_key = models.BigIntegerField(
        null=True,
        unique=True,
        help_text="The primary key of its article, where that was deleted: it may come back.",
    )
    base_version = models.PositiveIntegerField(null=True)
    number = models.PositiveIntegerField(default=1, help_text="Moves with every change of the working copy.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    # When it goes live by itself, who decided so, and what kept it from it.
    goes_live_at = models.DateTimeField(null=True, db_index=True)
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    trouble = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "working copies"
        indexes = [models.Index(fields=["-changed_at"], name="working_copy_newest")]

    def __str__(self) -> str:
        return str(self.values.get("question") or "A new question")

    @property
    def stamp(self) -> str:
        """What a form remembers of the working copy it shows: of this one, not of another before or after it."""
        return f"{self.pk}.{self.number}"


class PreviewLink(models.Model):
    """An address under which people without an account see an article as it is to be, until it expires or is revoked.

    The address itself is signed and not stored (learn.editing.preview_links).
    """

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="preview_links")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"A preview of {self.article_id} until {self.expires_at:%Y-%m-%d %H:%M} UTC"
