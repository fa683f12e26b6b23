"""What editors tell the search, and what visitors look for."""

from __future__ import annotations

from django.db import models

SEARCHED_MAX_LENGTH = 80  # characters of a search that is logged or pinned to; longer ones are prose


class SearchSynonym(models.Model):
    """Words for one thing: who looks for `term` finds `means` as well.

    Both in lower case, without accents, words separated by single spaces (learn.search.synonyms.normal).
    """

    class Source(models.TextChoices):
        STARTER = "starter", "starter set"
        EDITOR = "editor", "an editor"
        LEARNT = "learnt", "learnt from the articles"

    term = models.CharField(max_length=80, help_text="What people type, such as ww2.")
    means = models.CharField(
        max_length=80, db_index=True, help_text="What the articles say, such as world war ii."
    )
    both_ways = models.BooleanField(
        default=True, help_text="Who looks for the second finds the first as well."
    )
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.EDITOR, editable=False)
    is_active = models.BooleanField(
        default=True, help_text="Switched off, it stays off when the articles are read again."
    )

    class Meta:
        verbose_name = "synonym"
        ordering = ["term", "means"]
        constraints = [models.UniqueConstraint(fields=["term", "means"], name="synonym_is_unique")]

    def __str__(self) -> str:
        return f"{self.term} = {self.means}"


class SearchLogEntry(models.Model):
    """How often visitors looked for one text on one day. Nobody can be found in it: see learn.feedback.search_log.

    `text` is what learn.search.query.normal makes of what was typed.
    """

    text = models.CharField(max_length=SEARCHED_MAX_LENGTH)
    day = models.DateField(db_index=True)
    times = models.PositiveIntegerField(default=0, help_text="How often it was looked for.")
    hits = models.PositiveIntegerField(
        default=0, help_text="How many articles held all words, the last time."
    )
    opened = models.PositiveIntegerField(default=0, help_text="After how many of them a result was opened.")

    class Meta:
        verbose_name = "search of visitors"
        verbose_name_plural = "searches of visitors"
        constraints = [models.UniqueConstraint(fields=["text", "day"], name="search_log_one_row_a_day")]

    def __str__(self) -> str:
        return self.text


class SearchPin(models.Model):
    """An article that editors put first where visitors look for `query`, for a time (learn.search.pins)."""

    query = models.CharField(
        max_length=SEARCHED_MAX_LENGTH,
        db_index=True,
        help_text="What visitors type; capitals, accents and punctuation make no difference.",
    )
    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="search_pins")
    until = models.DateTimeField(help_text="From this moment on (UTC) the search decides alone again.")
    is_over = models.BooleanField(
        default=False, editable=False, help_text="The time has passed (publish_due sets it)."
    )

    class Meta:
        verbose_name = "pinned result"
        ordering = ["query", "pk"]
        constraints = [models.UniqueConstraint(fields=["query", "article"], name="search_pin_is_unique")]

    def __str__(self) -> str:
        return f"{self.query}: {self.article_id}"
