"""Which articles whom may see. No view, feed, sitemap or search repeats these conditions."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from .models import Article, RelatedLink, Subject  # noqa: F401 one is named in a string only


class SubjectQuerySet(models.QuerySet["Subject"]):
    def listed(self) -> SubjectQuerySet:
        """Subjects shown in lists and indexed; the others can only be reached by their URL."""
        return self.filter(is_listed=True)


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self, at: dt.datetime | None = None) -> ArticleQuerySet:
        """Articles that answer 200: published, and not scheduled for later than the moment `at` (None: now)."""
        return self.filter(status=self.model.Status.PUBLISHED, publish_at__lte=at or timezone.now())

    def listable(self, at: dt.datetime | None = None) -> ArticleQuerySet:
        """Published articles that a list may show: those not marked `no_index`."""
        return self.published(at).filter(no_index=False)

    def indexable(self) -> ArticleQuerySet:
        """Articles that search engines, sitemaps and feeds may know: published, canonical, in a listed subject."""
        return self.published().filter(is_indexable=True)

    def in_subject(self, subject: Subject) -> ArticleQuerySet:
        return self.filter(subject=subject)

    def newest_first(self) -> ArticleQuerySet:
        """A total order (the slug breaks ties), so that pages of a list neither repeat nor skip a row."""
        return self.order_by("-date", "slug", "subject_id")

    def for_listing(self) -> ArticleQuerySet:
        """With the subject joined and only the columns that a list shows."""
        return self.select_related("subject").only(
            "subject__slug", "subject__title", "slug", "question", "description", "date", "excerpt"
        )

    def for_links(self) -> ArticleQuerySet:
        """With the subject joined and only the columns that a link names: those before the long ones in a row.

        SQLite walks through all of an answer to reach a column behind it.
        """
        return self.select_related("subject").only(
            "subject__slug", "subject__title", "slug", "question", "date"
        )

    def for_page(self, at: dt.datetime | None = None) -> ArticleQuerySet:
        """With what the article's own page shows joined, and no other column: most of a row is for editors and search.

        Two answers come along that would cost a query each: `has_namesake` (the title then names the subject) and
        `state_key` (learn.state, at the moment `at`).
        """
        from . import state  # noqa: PLC0415 learn.models imports this module

        namesakes = self.model.objects.filter(slug=models.OuterRef("slug"), is_indexable=True)
        return (
            self.select_related("subject", "canonical__subject")
            .annotate(
                has_namesake=models.Exists(namesakes.exclude(pk=models.OuterRef("pk"))),
                state_key=state.annotation(at),
            )
            .only(
                "slug", "status", "publish_at", "no_index", "is_indexable", "question", "description", "keywords",
                "author", "date", "date_format", "post_on_text", "modified_at", "answer_html", "answer_text", "excerpt",
                "headings", "word_count", "has_math", "has_code", "subject__slug", "subject__title",
                "subject__is_listed", "canonical__slug", "canonical__status", "canonical__publish_at",
                "canonical__is_indexable", "canonical__subject__slug", "canonical__subject__title",
            )
        )  # fmt: skip

    def for_markdown(self) -> ArticleQuerySet:
        """With what the article's Markdown twin says, and `state_key` (learn.state)."""
        from . import state  # noqa: PLC0415 learn.models imports this module

        return (
            self.select_related("subject", "canonical__subject")
            .annotate(state_key=state.annotation())
            .only(
                "subject__slug", "subject__title", "slug", "status", "publish_at", "question", "answer", "description",
                "excerpt", "author", "date", "modified_at", "no_index", "is_indexable", "canonical__subject__slug",
                "canonical__slug", "canonical__status", "canonical__publish_at", "canonical__is_indexable",
            )
        )  # fmt: skip

    def namesakes_of(self, article: Article) -> ArticleQuerySet:
        """Indexable articles with the slug, and so the question, of `article` under other subjects."""
        return self.filter(slug=article.slug, is_indexable=True).exclude(pk=article.pk)


class RelatedLinkQuerySet(models.QuerySet["RelatedLink"]):
    def dangling(self) -> RelatedLinkQuerySet:
        """Links whose URL leads to no article (yet)."""
        return self.filter(target=None)
