"""The related questions of an article's page: related links, similar questions, links that are unlike it."""

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
SIMILAR = 1_000  # what the positions of similar questions begin with: behind all related links
WEAK = 2_000  # those of links that are too unlike the article (learn.related.similar.LINK_FLOOR)

# Keys and positions of the targets of related links and similar questions; of a copy, its original. One statement: the
# page has a budget.
_TARGETS = """
    SELECT COALESCE(linked.canonical_id, linked.id) AS id, link.position + CASE
        WHEN EXISTS (SELECT 1 FROM learn_similarquestions, {weak} WHERE article_id = link.article_id
            AND {value} = link.target_id) AND NOT EXISTS (SELECT 1 FROM learn_similarquestions, {each}
            WHERE article_id = link.article_id AND {value} = COALESCE(linked.canonical_id, linked.id))
        THEN {behind} ELSE 0 END AS position
    FROM learn_relatedlink link JOIN learn_article linked ON linked.id = link.target_id WHERE link.article_id = %s
    UNION ALL SELECT {value}, {similar} + {key} FROM learn_similarquestions, {each} WHERE article_id = %s
"""
TARGETS = {
    "sqlite": _TARGETS.format(
        value="each.value", key="each.key", similar=SIMILAR, behind=WEAK,
        each="json_each(targets) each", weak="json_each(weak_links) each",
    ),
    "postgresql": _TARGETS.format(
        value="each.value::bigint", key="each.key", similar=SIMILAR, behind=WEAK,
        each="jsonb_array_elements_text(targets) WITH ORDINALITY each (value, key)",
        weak="jsonb_array_elements_text(weak_links) each (value)",
    ),
}  # fmt: skip


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
    """Related links in their order, then similar questions up to SHOWN, then links that are unlike: one query.

    A link to a copy leads to its original. Left out are links that lead nowhere or to what no list may show, the
    article itself, and every further copy of a question that is already there (duplicates share a canonical article).
    """
    originals = {article.canonical_id or article.pk}
    questions = {article.question}
    related: list[Article] = []
    for target in _related(article=article.pk, now=timezone.now()):
        is_similar = SIMILAR <= target.position < WEAK
        if target.original in originals or (is_similar and target.question in questions):
            continue
        if is_similar and len(related) >= SHOWN:
            continue
        originals.add(target.original)
        questions.add(target.question)
        related.append(target)
    return related
