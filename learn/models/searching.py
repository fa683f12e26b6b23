"""What editors tell the search."""

from __future__ import annotations

from django.db import models


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
