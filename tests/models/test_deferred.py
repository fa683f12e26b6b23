"""`save()` of an article of which only some columns were read."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learn.models import Article
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def saving(article: Article, **options: object) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        article.save(**options)
    return [query["sql"] for query in queries]


def test_deferred_columns_cost_no_query_each() -> None:
    pk = make_article().pk
    whole = Article.objects.get(pk=pk)
    whole.keywords = "one"
    whole.save()  # the first revision is written once
    whole.keywords = "two"
    usual = len(saving(whole))
    for articles in (Article.objects.only("keywords"), Article.objects.defer("answer", "extra")):
        few = articles.get(pk=pk)
        few.keywords = few.keywords + " more"
        assert len(saving(few)) <= usual + 1
    assert Article.objects.get(pk=pk).keywords == "two more more"


def test_a_change_of_a_deferred_column_by_somebody_else_is_kept() -> None:
    pk = make_article(author="Ada").pk
    mine = Article.objects.defer("author", "answer").get(pk=pk)
    Article.objects.filter(pk=pk).update(author="Grace")
    mine.keywords = "mine"
    (update,) = [sql for sql in saving(mine) if sql.startswith("UPDATE") and '"keywords"' in sql]
    assert '"author"' not in update.partition("WHERE")[0]
    saved = Article.objects.get(pk=pk)
    assert (saved.author, saved.keywords) == ("Grace", "mine")


def test_update_fields_writes_these_alone() -> None:
    pk = make_article(author="Ada", keywords="old").pk
    article = Article.objects.defer("answer").get(pk=pk)
    article.author, article.keywords = "Grace", "new"
    article.save(update_fields=["author"])
    saved = Article.objects.get(pk=pk)
    assert (saved.author, saved.keywords) == ("Grace", "old")
