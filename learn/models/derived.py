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
    targets = models.JSONField(help_text="Primary keys, the most similar first, none that asks the same.")
    weak_links = models.JSONField(
        default=list, help_text="Targets of its related links that are too unlike it to come first."
    )
    nearest = models.BinaryField(
        default=b"", help_text="The most similar ones with their likeness, before any is left out."
    )

    def __str__(self) -> str:
        return f"{self.article_id}: {self.targets}"


class ArticleVector(models.Model):
    """What an article is compared by (learn.related.vectors), so that comparing it reads no text again."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True, related_name="vector")
    features = models.BinaryField()

    def __str__(self) -> str:
        return str(self.article_id)


class SimilarityBasis(models.Model):
    """How rare each word was when they were last counted: until the next time, an edit changes no other list."""

    size = models.PositiveIntegerField(help_text="How many articles were counted.")
    users = models.BinaryField(help_text="How many of them use each word, compressed.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="similarity_basis_is_one_row")]

    def __str__(self) -> str:
        return f"{self.size} articles"


class DuplicateGroup(models.Model):
    """Articles that ask the same in other words, as far as `learn.related.duplicates` can tell. An editor decides."""

    likelihood = models.FloatField(db_index=True, help_text="How alike the least alike two are, from 0 to 1.")

    class Meta:
        verbose_name = "group of near-duplicates"
        verbose_name_plural = "groups of near-duplicates"

    def __str__(self) -> str:
        return f"{self.likelihood:.0%}"


class DuplicateMember(models.Model):
    article = models.OneToOneField(
        Article, on_delete=models.CASCADE, primary_key=True, related_name="duplicate_member"
    )
    group = models.ForeignKey(DuplicateGroup, on_delete=models.CASCADE, related_name="members")

    def __str__(self) -> str:
        return f"{self.article_id} in {self.group_id}"


class DifferentQuestions(models.Model):
    """Two articles that an editor marked as different: never a group again. The first has the smaller key."""

    first = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="different_questions_are_unique")
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"


class CanonicalChoice(models.Model):
    """An editor chose `original` in the place of `article`, which asks the same in other words.

    ArticleQuerySet.choose_canonicals follows it while the original is public.
    """

    article = models.OneToOneField(
        Article, on_delete=models.CASCADE, primary_key=True, related_name="canonical_choice"
    )
    original = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="chosen_over")

    class Meta:
        verbose_name = "chosen original"

    def __str__(self) -> str:
        return f"{self.original_id} in the place of {self.article_id}"


class MostLinked(models.Model):
    """One of the articles that most related links lead to: see learn.related.popular."""

    article = models.OneToOneField(
        Article, on_delete=models.CASCADE, primary_key=True, related_name="most_linked"
    )
    links = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.article_id}: {self.links}"


class ArticleToRelate(models.Model):
    """An article that arrived, changed or left since `learn.related.similar.refresh_similar` looked at it.

    Triggers of the database write these rows (learn.db.triggers.follow_changes), so that no writer can forget to.
    """

    # No foreign key: it tells of articles that are gone.
    article_id = models.BigIntegerField(primary_key=True)
    is_taken = models.BooleanField(
        default=False, help_text="A run is looking at it. A change in the meantime sets this back."
    )

    def __str__(self) -> str:
        return str(self.article_id)


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
