from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError
from django.utils import timezone

from learn.db import rows
from learn.models import Article, RelatedLink, SearchWord, SimilarQuestions, Subject
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db


def test_a_row_comes_back_as_it_was_written() -> None:
    subject = make_subject()
    values = {
        "subject_id": subject.pk,
        "slug": "one",
        "question": "Üben?",
        "date": dt.date(2024, 2, 29),
        "publish_at": dt.datetime(2024, 5, 1, 12, 30, 15, 250_000, dt.UTC),
        "extra": {"a": [1, None, "é"]},
        "headings": [[3, "x", "X"]],
        "layout": None,
        "score": -1.0,
        "no_index": True,
        "content_key": "k",
    }
    before = timezone.now()
    rows.insert(Article, [values])
    article = Article.objects.get()
    assert {name: getattr(article, name) for name in values} == values
    assert before <= article.created_at <= timezone.now()
    assert before <= article.updated_at <= timezone.now()


def test_what_is_not_named_is_as_by_default() -> None:
    subject = make_subject()
    rows.insert(Article, [{"subject_id": subject.pk, "slug": "one"}])
    article, default = Article.objects.get(), Article(subject=subject, slug="one")
    for name in ("status", "author", "body", "extra", "version", "score", "canonical_id", "render_problems"):
        assert getattr(article, name) == getattr(default, name), name


def test_upsert_makes_what_is_new_and_sets_what_it_may() -> None:
    article = make_article(slug="one", author="A", keywords="kept")
    new = {**rows.row_of(article), "slug": "two"}
    changed = {**rows.row_of(article), "author": "B", "keywords": "not asked for"}
    rows.upsert(Article, [new, changed], ["subject", "slug"], ["author"])
    article.refresh_from_db()
    assert (article.author, article.keywords) == ("B", "kept")
    assert Article.objects.get(slug="two").author == "A"


def test_a_key_that_is_not_automatic_is_written() -> None:
    article = make_article()
    SimilarQuestions.objects.all().delete()
    for targets in ([3, 1], [2]):
        rows.upsert(
            SimilarQuestions, [{"article_id": article.pk, "targets": targets}], ["article"], ["targets"]
        )
        assert SimilarQuestions.objects.get().targets == targets


def test_update_sets_the_named_columns_of_each_row() -> None:
    one, two, three = make_article(), make_article(), make_article()
    headings = [[3, "a", "A"]]
    rows.update(
        Article,
        [
            {"pk": one.pk, "canonical_id": two.pk, "headings": headings, "author": "ignored"},
            {"pk": two.pk, "canonical_id": None, "headings": []},
        ],
        ["canonical", "headings"],
    )
    for article in (one, two, three):
        article.refresh_from_db()
    assert (one.canonical, one.headings, one.author) == (two, headings, "QuickTakes")
    assert (two.canonical, two.headings) == (None, [])
    assert three.canonical is None


def test_nothing_is_nothing() -> None:
    rows.insert(SearchWord, [])
    rows.update(SearchWord, [], ["articles"])
    rows.upsert(SearchWord, [], ["word"], ["articles"])
    assert not SearchWord.objects.exists()


def test_constraints_hold() -> None:
    article = make_article()
    link = {"article_id": article.pk, "position": 1}
    with pytest.raises(IntegrityError):
        rows.insert(RelatedLink, [link, link])


def test_many_rows_take_one_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):
        rows.insert(Subject, [{"slug": f"subject-{number}", "title": "T"} for number in range(500)])
    assert Subject.objects.filter(slug__startswith="subject-").count() == 500
