"""The related questions of an article's page: its related links, then similar questions."""

from __future__ import annotations

import datetime as dt

from django.db import connections
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from learn.db.prepared import Prepared
from learn.models import Article
from learn.models.querysets import ArticleQuerySet

SHOWN = 6  # questions, unless the editors chose more
SIMILAR = 1_000  # the position of the first similar question: behind all related links

# Keys and positions of the targets of related links and similar questions. One statement: the page has a budget.
_TARGETS = """
    SELECT target_id AS id, position FROM learn_relatedlink WHERE article_id = %s
    UNION ALL SELECT {value}, {similar} + {key} FROM learn_similarquestions, {each} WHERE article_id = %s
"""
TARGETS = {
    "sqlite": _TARGETS.format(
        value="each.value", key="each.key", similar=SIMILAR, each="json_each(targets) each"
    ),
    "postgresql": _TARGETS.format(
        value="each.value::bigint",
        key="each.key",
        similar=SIMILAR,
        each="jsonb_array_elements_text(targets) WITH ORDINALITY each (value, key)",
    ),
}


def _targets(article: int, now: dt.datetime) -> ArticleQuerySet:
    articles = Article.objects.listable(now).for_links()
    targets = TARGETS[connections[articles.db].vendor]
    both = [article, article]
    position = f"SELECT MIN(position) FROM ({targets}) targets WHERE targets.id = learn_article.id"
    return (
        articles.filter(pk__in=RawSQL(f"SELECT id FROM ({targets}) targets", both))
        .annotate(original=Coalesce("canonical", "pk"), position=RawSQL(position, both, BigIntegerField()))
        .order_by("position")
    )


_related = Prepared(_targets, article=int, now=dt.datetime)


def related_questions(article: Article) -> list[Article]:
    """The targets of the related links of `article`, in their order; then similar questions up to SHOWN: one query.

    Left out are links that lead nowhere or to what no list may show, the article itself, and every further copy
    of a question that is already there (duplicates share a canonical article).
    """
    originals = {article.canonical_id or article.pk}
    questions = {article.question}
    related: list[Article] = []
    for target in _related(article=article.pk, now=timezone.now()):
        is_similar = target.position >= SIMILAR
        if target.original in originals or (is_similar and target.question in questions):
            continue
        if is_similar and len(related) >= SHOWN:
            break
        originals.add(target.original)
        questions.add(target.question)
        related.append(target)
    return related
