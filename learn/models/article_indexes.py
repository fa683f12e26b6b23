"""The indexes of articles, each with the question that it answers."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class DescriptionStart(models.Func):
    """What a search result shows of a description at most.

    With its numbers written out, not as parameters: SQLite knows the index `article_description_start` by its text.
    """

    function = "SUBSTR"
    template = "%(function)s(%(expressions)s, 1, 120)"
    output_field = models.TextField()


INDEXES = [
    # A subject's list, newest first; partial, so that it holds only what a list may show. With the moment of
    # publication, so that the way to a page far back leads past no rows.
    models.Index(
        "subject", F("date").desc(), "slug", "publish_at", "expires", name="article_subject_list",
        condition=Q(status="published", no_index=False),
    ),
    # The same list by the alphabet: the slug is the question in small letters.
    models.Index(
        fields=["subject", "slug", "publish_at", "expires"], name="article_subject_az",
        condition=Q(status="published", no_index=False),
    ),
    # Of a subject, the articles with formulas, with code, with tables, newest first.
    *(
        models.Index(
            "subject", F("date").desc(), "slug", "publish_at", "expires", name=f"article_subject_{kind}",
            condition=Q(status="published", no_index=False) & Q((f"has_{kind}", True)),
        )
        for kind in ("math", "code", "table")
    ),
    # The same by the alphabet.
    *(
        models.Index(
            fields=["subject", "slug", "publish_at", "expires"], name=f"article_subject_{kind}_az",
            condition=Q(status="published", no_index=False) & Q((f"has_{kind}", True)),
        )
        for kind in ("math", "code", "table")
    ),
    # Newest questions and feeds over all subjects, in their whole order: with a part of it, SQLite would rather
    # sort everything that was published up to now.
    models.Index(
        F("date").desc(), "slug", "subject", "publish_at", "expires", name="article_indexable",
        condition=Q(is_indexable=True),
    ),
    # When a subject's sitemap last changed, without a look at the rows (SQLite looks a column up unless it is
    # in the index itself, even one that the condition implies).
    models.Index(
        fields=["subject", "-modified_at", "publish_at", "expires", "status", "is_indexable"],
        name="article_sitemap",
        condition=Q(is_indexable=True),
    ),
    # Groups identical question-and-answer pairs, at every import and save.
    models.Index(fields=["content_key"], name="article_content_key"),
    # Finds the copies and the former places of a file by its id; not unique by design.
    models.Index(fields=["source_id"], name="article_source_id"),
    # What falls due: the few articles published in the future.
    models.Index(fields=["publish_at"], name="article_publish_at"),
    # What has expired and was not taken down yet: few, where publish_due runs.
    models.Index(
        fields=["expires"], name="article_expires",
        condition=Q(status="published", expires__isnull=False),
    ),
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
    # What is wrong with what visitors see: counted by kind in the admin, listed when an editor sets to work.
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
    models.Index(
        F("updated_at").desc(), F("id").desc(), name="article_no_keywords",
        condition=Q(status="published", keywords=""),
    ),
    # Who may see an article, beside its key: the search looks at many and at nothing else of theirs.
    models.Index(
        fields=["id", "subject", "status", "publish_at", "expires", "is_indexable", "no_index"],
        name="learn_search_visible",
    ),
    # Groups pages that compete for one description: equal in what a search result shows of it.
    models.Index(
        DescriptionStart("description"), "is_indexable", name="article_description_start",
        condition=Q(is_indexable=True),
    ),
]  # fmt: skip
