"""Topics: what the keywords of the articles have in common, and what editors decided about them."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from learn.db.rows import batched

from .articles import Article
from .subjects import Subject, validate_slug

NAME_MAX_LENGTH = 60  # learn.topics.names.LONGEST


def validate_topic_slug(value: str) -> None:
    """Refuse what could not stand in an address."""
    validate_slug(value)


class Topic(models.Model):
    """What the keywords of one name tell of; `learn.topics.placing` makes, counts and removes these rows.

    There is one for every name that an article has, rare ones included: they are counted once their articles are enough
    for a page. Which of them pages show is `is_shown`.
    """

    name = models.CharField(
        max_length=NAME_MAX_LENGTH, unique=True, editable=False, help_text="See learn.topics.names.name_of."
    )
    slug = models.CharField(max_length=NAME_MAX_LENGTH, unique=True, validators=[validate_topic_slug])
    title = models.CharField(
        max_length=120, blank=True, help_text="In the place of the keyword that most of its articles write."
    )
    description = models.TextField(
        blank=True, help_text="The first sentences of its page; without any, its articles make one."
    )
    is_hidden = models.BooleanField(default=False, help_text="It has no page and stands on none.")
    is_pinned = models.BooleanField(
        default=False,
        help_text="It comes first among the topics of its subjects, and is shown however general.",
    )
    # Derived, all of it.
    written = models.CharField(max_length=120, blank=True, editable=False)
    articles = models.PositiveIntegerField(default=0, editable=False)
    indexable = models.PositiveIntegerField(default=0, editable=False)
    asked = models.PositiveIntegerField(
        default=0, editable=False, help_text="How many of its questions name it themselves."
    )
    home = models.ForeignKey(
        Subject, null=True, editable=False, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False,
        related_name="+", help_text="The subject with most of them.",
    )  # fmt: skip
    has_page = models.BooleanField(
        default=False, editable=False, help_text="It has a page for all subjects together."
    )
    is_shown = models.BooleanField(default=False, editable=False)
    is_stale = models.BooleanField(
        default=True, editable=False, help_text="Its articles are to be counted again."
    )

    class Meta:
        ordering = ["name"]
        indexes = [
            # The topics with a page for all subjects, the largest first.
            models.Index(F("indexable").desc(), "slug", name="topic_largest", condition=Q(has_page=True)),
            models.Index(fields=["id"], name="topic_stale", condition=Q(is_stale=True)),
        ]

    def __str__(self) -> str:
        return self.heading

    @property
    def heading(self) -> str:
        """What pages call it: the editors' title, or what most articles write."""
        return self.title or self.written or self.name

    @property
    def is_decided(self) -> bool:
        """Whether an editor decided something about it: then it stays without an article."""
        own = self.slug != self.name.replace(" ", "-")
        return bool(own or self.title or self.description or self.is_hidden or self.is_pinned)


class TopicName(models.Model):
    """A synonym: keywords of this name belong to the topic that `means` names. Both: learn.topics.names.name_of."""

    name = models.CharField(max_length=NAME_MAX_LENGTH, unique=True, help_text="Such as ww2.")
    means = models.CharField(
        max_length=NAME_MAX_LENGTH, db_index=True, help_text="The name of the topic, such as world war ii."
    )

    class Meta:
        verbose_name = "synonym of a topic"
        verbose_name_plural = "synonyms of topics"
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} = {self.means}"

    def clean(self) -> None:
        if self.name == self.means:
            raise ValidationError("A topic is no synonym of itself.")


class TopicSlug(models.Model):
    """A former address of a topic, or the address of one that was merged into it: both lead to it."""

    slug = models.CharField(max_length=NAME_MAX_LENGTH, unique=True)
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="former_slugs")

    def __str__(self) -> str:
        return self.slug


class TopicCount(models.Model):
    """How many articles of a topic the lists of a subject show, and how many of them search engines may know."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="counts")
    # No constraint: a subject may go before its topics are counted again.
    subject = models.ForeignKey(
        Subject, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="topic_counts"
    )
    articles = models.PositiveIntegerField()
    indexable = models.PositiveIntegerField()
    is_shown = models.BooleanField(default=False, help_text="The topic has a page in this subject.")
    is_pinned = models.BooleanField(default=False)
    slug = models.CharField(max_length=NAME_MAX_LENGTH)
    changed_at = models.DateTimeField(
        null=True, help_text="When one of its articles changed last, came or left: the sitemap says so."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "subject"], name="topic_count_is_unique")]
        indexes = [
            # The topics of a subject: pinned ones first, then the largest; and in the order of the alphabet.
            models.Index(
                "subject", F("is_pinned").desc(), F("articles").desc(), "slug", name="topic_count_largest",
                condition=Q(is_shown=True),
            ),
            models.Index(fields=["subject", "slug"], name="topic_count_az", condition=Q(is_shown=True)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.topic_id} in {self.subject_id}: {self.articles}"


class ArticleTopic(models.Model):
    """That an article belongs to a topic, and how central it is there."""

    # No constraint: the row tells what to take from the counts when the article is gone.
    article = models.ForeignKey(
        Article, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="topics"
    )
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, db_index=False, related_name="members")
    subject = models.ForeignKey(
        Subject, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    is_indexable = models.BooleanField()
    # As wide as a prepared query's placeholder (learn.db.prepared), which PostgreSQL's smaller numbers do not hold.
    score = models.BigIntegerField(help_text="How central its question is (learn.topics.score).")
    is_asked = models.BooleanField(help_text="Its question names the topic.")
    written = models.CharField(max_length=120, help_text="The keyword.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "topic"], name="article_topic_is_unique")]
        indexes = [
            # The order of a topic within a subject, and in all of them. With what is counted, so that counting reads
            # nothing else.
            models.Index(
                "topic", "subject", F("score").desc(), "article", "is_indexable", "is_asked", "written",
                name="article_topic_subject",
            ),
            models.Index(
                "topic", F("score").desc(), "article", name="article_topic_order", condition=Q(is_indexable=True)
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.article_id} in {self.topic_id}"


class ArticleToPlaceQuerySet(models.QuerySet["ArticleToPlace"]):
    def note(self, articles: Iterable[int]) -> None:
        """Have the articles of these keys placed, although nothing was written that would tell."""
        for batch in batched(articles):
            self.bulk_create([self.model(article_id=pk) for pk in batch], ignore_conflicts=True)


class ArticleToPlace(models.Model):
    """An article that arrived, changed or left since learn.topics.placing looked at it. Triggers write these rows."""

    # No foreign key: it tells of articles that are gone.
    article_id = models.BigIntegerField(primary_key=True)

    objects = ArticleToPlaceQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.article_id)
