"""Tables that triggers and commands derive from the articles: state, counts, vocabulary, similar questions."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import connections, models
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from learn.db import counts

from .articles import Article


class SiteState(models.Model):
    """The one row that changes whenever anything that a page shows changes. Triggers write it: see learn.db.state."""

    # Random rather than counted: a value never comes back with other content, whether a transaction is rolled back
    # or a backup restored.
    generation = models.CharField(max_length=32, editable=False)
    changed_at = models.DateTimeField(editable=False)
    due_until = models.DateTimeField(
        default=timezone.now,
        editable=False,
        help_text="Scheduled articles up to this moment were announced (publish_due).",
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="site_state_is_one_row")]

    def __str__(self) -> str:
        return self.generation


class SubjectCount(models.Model):
    """How many articles of a subject a list may show and search engines may know, those scheduled for later included.

    Triggers write these rows: see learn.db.counts.
    """

    # No foreign key: a trigger must not fail because the subject goes in the same transaction.
    subject_id = models.BigIntegerField(primary_key=True)
    listable = models.BigIntegerField()
    indexable = models.BigIntegerField()

    class Meta:
        db_table = "learn_tally"

    def __str__(self) -> str:
        return f"{self.subject_id}: {self.listable}"


class SearchWord(models.Model):
    """A word of the public questions, descriptions and keywords: what spelling is corrected to, and how rare it is.

    Lower case, without accents. `learn.search.refresh_vocabulary` writes these rows.
    """

    word = models.CharField(max_length=40, unique=True)
    stem = models.CharField(max_length=40, db_index=True)
    articles = models.PositiveIntegerField(help_text="How many articles use it.")

    def __str__(self) -> str:
        return self.word


class SimilarQuestions(models.Model):
    """The articles most like this one, chosen by `learn.related.similar.refresh_similar`, off any request.

    One short row per article rather than one per pair: an import writes them all in a moment, and a page reads
    them together with its article.
    """

    article = models.OneToOneField(
        Article, on_delete=models.CASCADE, primary_key=True, related_name="similar"
    )
    targets = models.JSONField(help_text="Primary keys, the most similar first.")
    leaves_subject = models.BooleanField(
        default=False, help_text="Some targets stand in other subjects: the article's own had too few."
    )

    class Meta:
        indexes = [
            # The few rows that a change in another subject can spoil.
            models.Index(fields=["article"], name="similar_leaves_subject", condition=Q(leaves_subject=True))
        ]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.targets}"


class MostLinked(models.Model):
    """One of the articles that most related links lead to: see learn.related.popular."""

    article = models.OneToOneField(
        Article, on_delete=models.CASCADE, primary_key=True, related_name="most_linked"
    )
    links = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.article_id}: {self.links}"


class SubjectToRelate(models.Model):
    """A subject in which an article arrived, changed or left since `refresh_similar` looked at it.

    Triggers of the database write these rows (learn.db.triggers.follow_related), so that no writer can forget to.
    """

    # No foreign key: a trigger must not fail because the subject goes in the same transaction.
    subject_id = models.BigIntegerField(primary_key=True)
    is_taken = models.BooleanField(
        default=False, help_text="A run is looking at it. A change in the meantime sets this back."
    )

    def __str__(self) -> str:
        return str(self.subject_id)


@receiver(post_save, sender=SubjectCount)
def recount_loaded(instance: SubjectCount, using: str, *, raw: bool, **_kwargs: Any) -> None:
    """`loaddata` brings numbers beside the articles that triggers have counted, or will: what is there counts."""
    if raw:
        counts.recount(instance.pk, connections[using])


@receiver(post_save, sender=SiteState)
def renew_loaded(using: str, *, raw: bool, **_kwargs: Any) -> None:
    """The state that `loaddata` brings is that of another database: no page may be taken for one of its pages."""
    if raw:
        SiteState.objects.using(using).update(generation=secrets.token_hex(16), changed_at=timezone.now())
