"""What follows from the words of an answer, found outside of requests: learn.editing.wording writes these rows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from learn.files.limits import URL_MAX_LENGTH

from .articles import Article


class AnswerWords(models.Model):
    """What may be said better in an answer. Right while `content_key` is the article's, and `rules` are today's."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True, related_name="words")
    content_key = models.CharField(max_length=32)
    rules = models.PositiveIntegerField()
    bits = models.PositiveIntegerField(help_text="Bits of learn.words.Word.")
    checked_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["article", "bits"], name="answer_words_found", condition=Q(bits__gt=0))
        ]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.bits}"


class AnswerLink(models.Model):
    """An answer links to this path of the library, whether something is there or not; without query and fragment."""

    article = models.ForeignKey(
        Article, db_index=False, on_delete=models.CASCADE, related_name="answer_links"
    )
    path = models.CharField(max_length=URL_MAX_LENGTH, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "path"], name="answer_link_once")]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.path}"
