"""Articles, and what happens when one is saved or removed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from learn.db.together import follow, is_put_off
from learn.derive import DERIVED_FIELDS, content_key
from learn.documents import import_key_of
from learn.files.lifecycle import expires_to
from learn.files.limits import SLUG_MAX_LENGTH, TITLE_MAX_LENGTH, URL_MAX_LENGTH
from learn.identity import article_path
from learn.rendering import RENDER_VERSION, flaws, render_line
from learn.signals import pages_changed

from .article_indexes import INDEXES
from .links import Redirect, RelatedLink
from .pictures import PictureUse, derived_with_pictures
from .querysets import ArticleQuerySet
from .revisions import RevisionDetails, Revisions, ensure_first_revision, record
from .subjects import Subject, validate_slug

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What a reader sees on the page. A change of one of these is a change of content: it moves `modified_at`, which
# sitemaps, feeds and structured data show. Everything else (status, links, a new render version) moves nothing.
VISIBLE_FIELDS = (
    "question",
    "title",
    "description",
    "keywords",
    "author",
    "answer",
    "date",
    "subject_id",
    "slug",
)


def seo_title(subject: Subject) -> str:
    """The `seo.title` that every file of a subject has."""
    return f"QuickTakes | {subject.title}"


class Article(models.Model):
    """A question and its answer.

    The columns come in four groups: where it stands and who may see it; what its file says; what we derive from
    that once, when it is imported or saved (`learn.derive`); and what the import remembers.
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
    expires = models.DateTimeField(
        null=True, blank=True, help_text="From this moment on a published article is not visible any more."
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
    has_table = models.BooleanField(default=False, editable=False)
    render_problems = models.JSONField(default=list, editable=False)
    render_version = models.PositiveIntegerField(default=0, editable=False)
    content_key = models.CharField(max_length=32, editable=False)
    flaws = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="What is wrong with the answer: bits of learn.rendering.flaws.Flaw.",
    )
    link_flaws = models.PositiveSmallIntegerField(
        default=0,
        editable=False,
        help_text="What is wrong with the related links: bits of learn.rendering.flaws.LinkFlaw.",
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
    # Only what an editor or a file decides is stored; what we derive from it would triple the table.
    history = Revisions(
        bases=[RevisionDetails],
        excluded_fields=[
            "answer_html", "answer_text", "excerpt", "headings", "word_count", "has_math", "has_code",
            "has_table", "render_problems", "render_version", "content_key", "canonical", "is_indexable", "flaws",
            "link_flaws", "source_url", "source_path", "source_hash", "imported_key", "missing_since", "edited_at",
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
        indexes = INDEXES

    def __str__(self) -> str:
        return self.question

    def save(
        self,
        *args: Any,
        source: str | None = RevisionDetails.Source.CODE,
        user: User | None = None,
        reason: str = "",
        **kwargs: Any,
    ) -> None:
        """Save the row, with everything that follows from it, in one transaction.

        Renders the answer where it changed, bumps the version, leaves a redirect where the URL changed, chooses the
        canonical article among duplicates, connects the related links that waited for this URL, and writes a revision
        that names `source` (RevisionDetails.Source), `user` and `reason`. With `source=None` the caller writes the
        revision and calls `refresh_link_flaws`, because the related links are saved later. `update_fields` is widened
        by the columns set here. Columns that were deferred are read in one query and not written.

        Within `learn.db.together`, canonical articles and waiting links follow once for all articles that are saved;
        there the caller sends `pages_changed` before the first.
        """
        before = type(self).objects.filter(pk=self.pk).select_related("subject").first() if self.pk else None
        loaded = self._load_deferred(before) if before is not None else None
        if loaded and kwargs.get("update_fields") is None and not kwargs.get("force_insert"):
            kwargs["update_fields"] = loaded
        self.fill_blanks()
        touched = self._follow(before)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], *touched}

        with transaction.atomic():
            if before is not None:
                ensure_first_revision(type(self), [before.pk])
                if not is_put_off():  # where it stood; below, where it stands
                    _send_changed([before.pk])
            super().save(*args, **kwargs)
            if self._picture_names is not None:
                PictureUse.objects.follow({self.pk: self._picture_names})
            if self.source_id is None:  # made on the site: its file will need an id
                self.source_id = self.pk
                type(self).objects.filter(pk=self.pk).update(source_id=self.pk)
            self._follow_address(before)
            keys = {self.content_key} | ({before.content_key} if before else set())
            follow(_choose_canonicals, keys)
            if source is not None:
                self.refresh_link_flaws()
            follow(_send_changed, [self.pk])
            if not is_put_off():
                self.refresh_from_db(fields=["canonical", "is_indexable"])
            if source is not None:
                record([self], source=source, user=user, reason=reason)

    def get_absolute_url(self) -> str:
        """The path of the article's page; reads self.subject, which costs a query where it is not joined."""
        return article_path(self.subject.slug, self.slug)

    @property
    def question_html(self) -> str:
        """The question as pages show it, with formulas, code and emphasis (learn.rendering.Line)."""
        return render_line(self.question).html

    @property
    def has_pictures(self) -> bool:
        """Whether its page shows any: their styles are loaded only then."""
        return "<img " in self.answer_html  # in text it would be escaped

    @property
    def question_text(self) -> str:
        """The question where no markup can be: in titles, meta elements, feeds, on cards."""
        return render_line(self.question).text

    @property
    def description_text(self) -> str:
        return render_line(self.description).text

    def _load_deferred(self, before: Article) -> set[str] | None:
        """Fill in the columns that were deferred; return those that were not, None where all were loaded."""
        deferred = self.get_deferred_fields()
        for name in deferred:
            setattr(self, name, getattr(before, name))
        loaded = {field.attname for field in self._meta.concrete_fields} - deferred - {self._meta.pk.attname}
        return loaded if deferred else None

    def _follow(self, before: Article | None) -> set[str]:
        """Set the columns that follow from the others; return the names of those that were touched."""
        touched = {"version", "updated_at"}
        has_pictures = "![" in self.answer  # whose names depend on the subject
        is_elsewhere = before is None or before.subject_id != self.subject_id
        self._picture_names: list[str] | None = None
        if (
            content_key(self.question, self.answer) != self.content_key
            or self.render_version != RENDER_VERSION
            or (has_pictures and is_elsewhere)
        ):
            row = (self.question, self.answer, self.subject.slug)
            ((columns, names),) = derived_with_pictures([row])
            for name, value in columns.items():
                setattr(self, name, value)
            touched.update(DERIVED_FIELDS)
            if has_pictures or (before is not None and "![" in before.answer):
                self._picture_names = names
        if before is not None:
            self.version = before.version + 1
            if any(getattr(self, name) != getattr(before, name) for name in VISIBLE_FIELDS):
                # Strictly later than before, whatever the clock does: conditional requests compare it.
                self.modified_at = max(timezone.now(), before.modified_at + timedelta(seconds=1))
                touched.add("modified_at")
        return touched

    def _follow_address(self, before: Article | None) -> None:
        """Let redirects and related links follow a new address."""
        draft = self.Status.DRAFT
        path = self.get_absolute_url()
        is_moved = before is None or before.get_absolute_url() != path
        if self.status != draft and (is_moved or (before is not None and before.status == draft)):
            Redirect.objects.filter(old_path=path).delete()  # a live page is never hidden by a redirect
        if not is_moved:
            return
        # Nobody has seen a draft: its old address is no visitor's, and may be that of another redirect.
        if before is not None and before.status != draft:
            Redirect.objects.leave({before.get_absolute_url(): self})
        follow(_resolve_links)

    def fill_blanks(self) -> None:
        """Give an article that an editor begins with a question and an answer the fields that every file has.

        One that was imported keeps what its file says: to save it unchanged is no edit.
        """
        if self.imported_key:
            return
        self.title = self.title or self.question
        self.article_title = self.article_title or self.question
        self.seo_title = self.seo_title or seo_title(self.subject)
        self.subject_label = self.subject_label or self.subject.title
        self.file_name = self.file_name or f"{self.slug}.md"

    def follow_subject(self, old: Subject, new: Subject) -> None:
        """Let the file's name of the subject and its title for search engines follow a move, where they named `old`."""
        if self.subject_label == old.title:
            self.subject_label = new.title
        if self.seo_title == seo_title(old):
            self.seo_title = seo_title(new)

    def refresh_link_flaws(self) -> None:
        """Set what follows from an article and its related links together; call it after either was written.

        That is `link_flaws`, what is wrong with the links, and `edited_at` (see `refresh_edited_at`). One query, up to
        two more where something changed; nothing that a visitor sees moves.
        """
        models.prefetch_related_objects([self], "related_links")
        urls = [link.url for link in self.related_links.all()]
        link_flaws = flaws.link_bits(self.get_absolute_url(), urls)
        if link_flaws != self.link_flaws:
            self.link_flaws = link_flaws
            type(self).objects.filter(pk=self.pk).update(link_flaws=link_flaws)
        refresh_edited_at([self])
        self._prefetched_objects_cache.pop("related_links", None)  # type: ignore[attr-defined]  # Django's own: they may change

    @property
    def is_published(self) -> bool:
        """The twin of `ArticleQuerySet.published()` for one article."""
        return (
            self.status == self.Status.PUBLISHED and self.publish_at <= timezone.now() and not self.is_expired
        )

    @property
    def is_expired(self) -> bool:
        """Whether its time is over, whatever its status."""
        return self.expires is not None and self.expires <= timezone.now()

    @property
    def expires_to(self) -> str:
        """Where visitors are led once it has expired, as its file says; empty for nowhere (410)."""
        return expires_to(self.extra or {})

    @property
    def was_taken_down(self) -> bool:
        """Whether it was on the site, and is not any more."""
        return self.status == self.Status.UNPUBLISHED or (
            self.status == self.Status.PUBLISHED and self.is_expired
        )

    @property
    def is_scheduled(self) -> bool:
        return self.status == self.Status.PUBLISHED and self.publish_at > timezone.now()


Revision: Any = Article.history.model


def _choose_canonicals(keys: set[str]) -> None:
    Article.objects.choose_canonicals(keys)


def _resolve_links(_keys: set[int]) -> None:
    RelatedLink.objects.resolve()


def _send_changed(pks: Iterable[int]) -> None:
    pages_changed.send(sender=Article, pks=list(pks))


def latest_revision(pk: int) -> Any:
    """The last revision of the article with this key, with its user; None where it never changed. One query."""
    return Revision.objects.filter(id=pk).select_related("history_user").order_by("-history_id").first()


def refresh_edited_at(articles: Iterable[Article]) -> None:
    """Set `edited_at`: since when an imported article says something else than its file, None where it does not.

    Reads subject and `related_links` of each, so prefetch them for many; writes only where it changed.
    """
    now = timezone.now()
    edited, as_imported = [], []
    for article in articles:
        is_edited = bool(article.imported_key) and import_key_of(article) != article.imported_key
        if is_edited and article.edited_at is None:
            article.edited_at = now
            edited.append(article.pk)
        elif not is_edited and article.edited_at is not None:
            article.edited_at = None
            as_imported.append(article.pk)
    for pks, moment in ((edited, now), (as_imported, None)):
        if pks:
            Article.objects.filter(pk__in=pks).update(edited_at=moment)
