"""What the library holds: subjects, articles, the links between them, redirects and import runs.

The URL of an article is its identity: `(subject, slug)` is unique. The `id` of the files is not: the same question
is filed under several subjects with one id.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from simple_history.models import HistoricalRecords

from .files.limits import RESERVED_SUBJECT_SLUGS, SLUG_MAX_LENGTH, TITLE_MAX_LENGTH, URL_MAX_LENGTH
from .querysets import ArticleQuerySet, RelatedLinkQuerySet, SubjectQuerySet

validate_slug = RegexValidator(
    r"\A[a-z0-9-]*[a-z0-9][a-z0-9-]*\Z",
    "Write lower-case letters a to z, digits and hyphens only, and at least one letter or digit.",
)


def validate_subject_slug(value: str) -> None:
    """Refuse a slug that would hide one of our own pages, such as /learn/search."""
    validate_slug(value)
    if value in RESERVED_SUBJECT_SLUGS:
        raise ValidationError(f"“{value}” is the address of a page of the site. Choose another slug.")


def digest(*parts: str) -> str:
    """128 bits of BLAKE2b over `parts`, as 32 hexadecimal digits: equal for equal texts, short to index."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


class Subject(models.Model):
    title = models.CharField(max_length=200)
    slug = models.CharField(max_length=SLUG_MAX_LENGTH, unique=True, validators=[validate_subject_slug])
    description = models.TextField(blank=True)
    is_listed = models.BooleanField(
        default=True,
        help_text="An unlisted subject can be reached, but is neither in lists nor in search engines.",
    )
    # The entry of subjects.yaml as it was last imported: tells an editor's change from a change of the file.
    imported_key = models.CharField(max_length=32, blank=True, editable=False)

    article_count: int  # where it was asked for: learn.tallies.with_counts

    objects = SubjectQuerySet.as_manager()

    class Meta:
        ordering = ["title", "slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("learn:subject", args=[self.slug])


class DescriptionStart(models.Func):
    """What a search result shows of a description at most.

    With its numbers written out, not as parameters: SQLite knows the index `article_description_start` by its text.
    """

    function = "SUBSTR"
    template = "%(function)s(%(expressions)s, 1, 120)"
    output_field = models.TextField()


class RevisionDetails(models.Model):
    """What a revision of an article says beside the article's own columns: where it came from, and its links."""

    class Source(models.TextChoices):
        ADMIN = "admin", "Admin"
        ACTION = "action", "Bulk action"
        IMPORT = "import", "Import"
        RESTORE = "restore", "Restore"
        CODE = "code", "Program"

    source = models.CharField(max_length=10, choices=Source, default=Source.CODE)
    # The related links as `[position, source_id, title, subject, url]`, in their order.
    related = models.JSONField(default=list)

    class Meta:
        abstract = True


class Revisions(HistoricalRecords):  # type: ignore[misc]  # the package has no types
    """The history of an article, written through the one door learn.history.record, with its related links."""

    def post_delete(self, instance: Article, using: str | None = None, **kwargs: Any) -> None:
        """Nothing: the links are gone by now. `learn.articles.keep_last_words` wrote the revision before."""

    def create_historical_record(
        self,
        instance: Article,
        history_type: Literal["+", "~", "-"],
        using: str | None = None,  # noqa: ARG002 the package's signature
    ) -> None:
        from . import history  # noqa: PLC0415 learn.history imports this module

        history.record([instance], kind=history_type)


class Article(models.Model):
    """A question and its answer.

    The columns come in four groups: where it stands and who may see it; what its file says; what we derive from
    that once, when it is imported or saved (`learn.articles.derive`); and what the import remembers.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        UNPUBLISHED = "unpublished", "Unpublished"

    # No index of its own: three of those below begin with it.
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="articles", db_index=False)
    slug = models.CharField(max_length=SLUG_MAX_LENGTH, validators=[validate_slug])
    status = models.CharField(max_length=12, choices=Status, default=Status.PUBLISHED)
    publish_at = models.DateTimeField(
        default=timezone.now, help_text="A published article is visible from this moment on."
    )
    no_index = models.BooleanField(
        default=False, help_text="Keep the article out of lists and search engines; its URL still answers."
    )
    is_preferred = models.BooleanField(
        default=False,
        help_text="Of several articles with one question and answer, make this the canonical one.",
    )

    source_id = models.BigIntegerField(null=True, blank=True)
    schema_name = models.CharField(max_length=100, default="default")
    date = models.DateField(default=timezone.localdate)
    title = models.CharField(max_length=TITLE_MAX_LENGTH)
    article_title = models.CharField(max_length=TITLE_MAX_LENGTH)
    question = models.CharField(max_length=TITLE_MAX_LENGTH)
    date_format = models.CharField(max_length=50, default="MMM DD, YYYY")
    post_on_text = models.CharField(max_length=100, blank=True, default="Posted on")
    seo_title = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    keywords = models.TextField(blank=True)
    author = models.CharField(max_length=200, blank=True, default="QuickTakes")
    answer = models.TextField(help_text="Markdown, with real newlines.")
    subject_label = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=300, blank=True)
    score = models.FloatField(null=True, blank=True)
    body = models.TextField(
        blank=True, default="\n&nbsp;", help_text="What follows the front matter in the file."
    )
    extra = models.JSONField(default=dict, blank=True, help_text="Front matter that no other field holds.")
    layout = models.JSONField(null=True, blank=True, help_text="Key order of the file, where it is unusual.")

    answer_html = models.TextField(blank=True, editable=False)
    answer_text = models.TextField(blank=True, editable=False)
    excerpt = models.CharField(max_length=300, blank=True, editable=False)
    headings = models.JSONField(default=list, editable=False)
    word_count = models.PositiveIntegerField(default=0, editable=False)
    has_math = models.BooleanField(default=False, editable=False)
    has_code = models.BooleanField(default=False, editable=False)
    render_problems = models.JSONField(default=list, editable=False)
    render_version = models.PositiveIntegerField(default=0, editable=False)
    content_key = models.CharField(max_length=32, editable=False)
    flaws = models.PositiveIntegerField(
        default=0, editable=False, help_text="What is wrong with the answer: bits of learn.health.Flaw."
    )
    link_flaws = models.PositiveSmallIntegerField(
        default=0,
        editable=False,
        help_text="What is wrong with the related links: bits of learn.health.LinkFlaw.",
    )
    canonical = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="duplicates"
    )
    is_indexable = models.BooleanField(default=False, editable=False)

    source_url = models.CharField(max_length=URL_MAX_LENGTH, null=True, unique=True, editable=False)  # noqa: DJ001 many articles may have none
    source_path = models.CharField(max_length=1000, blank=True, editable=False)
    source_hash = models.CharField(max_length=64, blank=True, editable=False)
    imported_key = models.CharField(max_length=32, blank=True, editable=False)
    missing_since = models.DateTimeField(null=True, editable=False)
    # Since when the row says something else than the file it was imported from; the import clears it.
    edited_at = models.DateTimeField(null=True, editable=False)

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ArticleQuerySet.as_manager()
    # Only what an editor or a file decides is kept; what we derive from it would triple the table.
    history = Revisions(
        bases=[RevisionDetails],
        excluded_fields=[
            "answer_html", "answer_text", "excerpt", "headings", "word_count", "has_math", "has_code",
            "render_problems", "render_version", "content_key", "canonical", "is_indexable", "flaws", "link_flaws",
            "source_url", "source_path", "source_hash", "imported_key", "missing_since", "edited_at",
            "created_at", "updated_at", "modified_at",
        ],
        no_db_index=["subject"],
        custom_model_name="Revision",
        history_id_field=models.BigAutoField(),
    )  # fmt: skip

    class Meta:
        permissions = [
            ("publish_article", "Can publish and unpublish articles"),
            ("import_article", "Can import files"),
        ]
        constraints = [
            # The URL is the identity; also serves the look-up of an article page.
            models.UniqueConstraint(fields=["subject", "slug"], name="article_url_unique"),
            models.CheckConstraint(condition=~Q(canonical=F("id")), name="article_not_its_own_canonical"),
        ]
        indexes = [
            # A subject's list, newest first; partial, so that it holds only what a list may show. With the moment of
            # publication, so that the way to a page far back leads past no rows.
            models.Index(
                "subject", F("date").desc(), "slug", "publish_at", name="article_subject_list",
                condition=Q(status="published", no_index=False),
            ),
            # Newest questions and feeds over all subjects, in their whole order: with a part of it, SQLite would rather
            # sort everything that was published up to now.
            models.Index(
                F("date").desc(), "slug", "subject", "publish_at", name="article_indexable",
                condition=Q(is_indexable=True),
            ),
            # When a subject's sitemap last changed, without a look at the rows (SQLite looks a column up unless it is
            # in the index itself, even one that the condition implies).
            models.Index(
                fields=["subject", "-modified_at", "publish_at", "status", "is_indexable"],
                name="article_sitemap",
                condition=Q(is_indexable=True),
            ),
            # Groups identical question-and-answer pairs, at every import and save.
            models.Index(fields=["content_key"], name="article_content_key"),
            # Finds the copies and the former places of a file by its id; not unique by design.
            models.Index(fields=["source_id"], name="article_source_id"),
            # What falls due: the few articles published in the future.
            models.Index(fields=["publish_at"], name="article_publish_at"),
            # render_articles asks for everything an older version rendered.
            models.Index(fields=["render_version"], name="article_render_version"),
            # Finds articles by their URLs, many at a time; groups namesakes in several subjects, of the indexable ones.
            models.Index(fields=["slug", "is_indexable"], name="article_slug"),
            # The editors' list, last changed first. With every column that a filter asks for: a filter that few rows
            # pass is decided in the index, without a look at a million rows.
            models.Index(
                F("updated_at").desc(), F("id").desc(), "subject", "status", "publish_at", "no_index",
                "is_indexable", "canonical", "edited_at", "missing_since", "flaws", "link_flaws",
                name="article_desk",
            ),
            # The same list within a subject.
            models.Index("subject", F("updated_at").desc(), F("id").desc(), name="article_subject_desk"),
            # What is wrong with what visitors see: counted by kind on the desk, listed when an editor sets to work.
            models.Index(
                F("updated_at").desc(), F("id").desc(), "status", "flaws", name="article_flaws",
                condition=Q(status="published", flaws__gt=0),
            ),
            models.Index(
                F("updated_at").desc(), F("id").desc(), "status", "link_flaws", name="article_link_flaws",
                condition=Q(status="published", link_flaws__gt=0),
            ),
            models.Index(
                F("updated_at").desc(), F("id").desc(), name="article_no_description",
                condition=Q(status="published", description=""),
            ),
            # Groups pages that compete for one description: equal in what a search result shows of it.
            models.Index(
                DescriptionStart("description"), "is_indexable", name="article_description_start",
                condition=Q(is_indexable=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.question

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row, with everything that follows from it, in one transaction (`learn.articles.save`)."""
        from . import articles  # noqa: PLC0415 learn.articles imports this module

        articles.save(self, lambda: super(Article, self).save(*args, **kwargs), kwargs)

    def get_absolute_url(self) -> str:
        """The path of the article's page; reads self.subject, which costs a query where it is not joined."""
        return article_path(self.subject.slug, self.slug)

    @property
    def is_published(self) -> bool:
        """The twin of `ArticleQuerySet.published()` for one article."""
        return self.status == self.Status.PUBLISHED and self.publish_at <= timezone.now()

    @property
    def is_scheduled(self) -> bool:
        return self.status == self.Status.PUBLISHED and self.publish_at > timezone.now()


Revision: Any = Article.history.model


class RelatedLink(models.Model):
    """A `related_articleN` of a file, as it was written, and the article it leads to, where there is one."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="related_links")
    position = models.PositiveSmallIntegerField(help_text="The N of related_articleN; lists keep this order.")
    target = models.ForeignKey(
        Article, null=True, blank=True, on_delete=models.SET_NULL, related_name="linked_from"
    )
    source_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=TITLE_MAX_LENGTH, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=URL_MAX_LENGTH, blank=True)

    objects = RelatedLinkQuerySet.as_manager()

    class Meta:
        ordering = ["article", "position"]
        constraints = [
            models.UniqueConstraint(fields=["article", "position"], name="related_link_position_unique")
        ]
        indexes = [
            # Asked for by URL whenever an article arrives or moves: the links that wait for it.
            models.Index(fields=["url"], name="related_link_dangling", condition=Q(target=None))
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.title}"


class Redirect(models.Model):
    """Where an old path leads: to an article, to another path, or nowhere (410 Gone)."""

    old_path = models.CharField(max_length=URL_MAX_LENGTH, unique=True)
    # An article rather than its path: when it moves again, this still leads there in one hop.
    target = models.ForeignKey(
        Article, null=True, blank=True, on_delete=models.SET_NULL, related_name="redirects"
    )
    new_path = models.CharField(max_length=URL_MAX_LENGTH, blank=True)
    is_automatic = models.BooleanField(
        default=False, help_text="Made by a move or an import, not by an editor."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["old_path"]
        constraints = [
            models.CheckConstraint(
                condition=Q(target=None) | Q(new_path=""), name="redirect_has_one_destination"
            ),
            models.CheckConstraint(condition=~Q(old_path=F("new_path")), name="redirect_not_to_itself"),
        ]

    def __str__(self) -> str:
        return self.old_path


class ImportRun(models.Model):
    """One run of the import: what it read, for whom, what came of it."""

    source = models.TextField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    who = models.CharField(max_length=200, blank=True)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.source}, {self.started_at:%Y-%m-%d %H:%M}"


class ImportConflict(models.Model):
    """A file that changed although an editor changed its article: nothing was overwritten, somebody has to choose."""

    class Resolution(models.TextChoices):
        MINE = "mine", "The article stayed as it was"
        FILE = "file", "The file was taken"
        MERGED = "merged", "Both were merged"
        SUPERSEDED = "superseded", "A later file took its place"

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="conflicts")
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="conflicts")
    source_path = models.CharField(max_length=1000)
    source_hash = models.CharField(max_length=64)
    document = models.TextField(help_text="The text of the file.")
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["article"], condition=Q(resolved_at=None), name="import_conflict_one_open"
            )
        ]

    def __str__(self) -> str:
        return self.source_path


class Upload(models.Model):
    """A file that an editor uploaded: tried first, then, when confirmed, imported, each by a process of its own."""

    class State(models.TextChoices):
        CHECKING = "checking", "Checking"
        CHECKED = "checked", "Checked"
        IMPORTING = "importing", "Importing"
        DONE = "done", "Imported"
        FAILED = "failed", "Failed"
        DISCARDED = "discarded", "Discarded"

    name = models.CharField(max_length=255, help_text="The name of the file as it was uploaded.")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    path = models.CharField(
        max_length=1000, blank=True, help_text="Where the file is kept until it is imported."
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    message = models.TextField(blank=True, help_text="Why it failed.")
    run = models.ForeignKey(ImportRun, null=True, on_delete=models.SET_NULL, related_name="uploads")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class MissingPage(models.Model):
    """An address that visitors asked for and that leads nowhere."""

    path = models.CharField(max_length=URL_MAX_LENGTH, unique=True)
    hits = models.PositiveIntegerField(default=0)
    referrer = models.CharField(max_length=1000, blank=True, help_text="Where the last visitor came from.")
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    is_ignored = models.BooleanField(default=False)

    class Meta:
        ordering = ["-hits", "path"]
        indexes = [
            models.Index(F("hits").desc(), "path", name="missing_page_hits", condition=Q(is_ignored=False))
        ]

    def __str__(self) -> str:
        return self.path


class SiteState(models.Model):
    """The one row that changes whenever anything that a page shows changes. Triggers write it: see learn.state."""

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


class Tally(models.Model):
    """How many articles of a subject a list may show and search engines may know, those scheduled for later included.

    Triggers write it: see learn.tallies.
    """

    # No foreign key: a trigger must not fail because the subject goes in the same transaction.
    subject_id = models.BigIntegerField(primary_key=True)
    listable = models.BigIntegerField()
    indexable = models.BigIntegerField()

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
    """The articles most like this one, chosen by `learn.similar.relate`, off any request.

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
    """One of the articles that most related links lead to: see learn.popular."""

    article = models.OneToOneField(
        Article, on_delete=models.CASCADE, primary_key=True, related_name="most_linked"
    )
    links = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.article_id}: {self.links}"


class SubjectToRelate(models.Model):
    """A subject in which an article arrived, changed or left since `learn.similar.relate` looked at it.

    Triggers of the database write these rows (`learn.similar.set_up`), so that no writer can forget to.
    """

    # No foreign key: a trigger must not fail because the subject goes in the same transaction.
    subject_id = models.BigIntegerField(primary_key=True)
    is_taken = models.BooleanField(
        default=False, help_text="A run is looking at it. A change in the meantime sets this back."
    )

    def __str__(self) -> str:
        return str(self.subject_id)


def article_path(subject_slug: str, slug: str) -> str:
    """The path of an article's page. Written out rather than reversed: lists and imports ask for thousands."""
    return f"/learn/{subject_slug}/questions/{slug}"
