"""bench.rows fills a database with the same rows as an import of generated files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import generate, rows
from learn.db import counts
from learn.importing import import_articles
from learn.models import Article, RelatedLink, SimilarQuestions, Subject

ARTICLES = 60
# Of the file itself, or of the moment.
OTHERWISE = {"id", "subject", "canonical", "source_hash", "source_path", "imported_key", "content_key", "created_at",
             "updated_at", "layout", "link_flaws", "article"}  # fmt: skip


def content() -> tuple[Any, ...]:
    fields = [field.attname for field in Article._meta.concrete_fields if field.name not in OTHERWISE]
    return (
        list(
            Article.objects.order_by("source_url").values_list(
                "subject__slug", "canonical__source_url", *fields
            )
        ),
        list(
            RelatedLink.objects.order_by("article__source_url", "position").values_list(
                "article__source_url",
                "position",
                "target__source_url",
                "source_id",
                "title",
                "subject",
                "url",
            )
        ),
        sorted(counts for counts in counts.of_subjects().values() if counts.listable),
        SimilarQuestions.objects.count(),
    )


@pytest.mark.django_db(transaction=True)
def test_a_database_filled_directly_holds_what_an_import_makes(tmp_path: Path) -> None:
    generate.write(tmp_path, ARTICLES, jobs=1)
    import_articles([str(tmp_path)], jobs=1)
    imported = content()
    assert len(imported[0]) == ARTICLES
    for model in (SimilarQuestions, RelatedLink, Article, Subject):
        model.objects.all().delete()
    rows.fill(ARTICLES, distinct=ARTICLES)
    filled = content()
    for ours, theirs in zip(filled[0], imported[0], strict=True):
        assert ours == theirs
    assert filled[1:] == imported[1:]
