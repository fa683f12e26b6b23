from __future__ import annotations

import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries

from learn.models import Article
from learn.related.shown import related_questions
from tests.factories import make_article, make_link

pytestmark = pytest.mark.django_db


def test_keeps_the_order_of_the_file(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    article, first, second, third = (make_article() for _ in range(4))
    make_link(article, third, position=3)
    make_link(article, first, position=1)
    make_link(article, second, position=2)
    with django_assert_num_queries(1):
        found = related_questions(article)
        assert [a.get_absolute_url() for a in found] == [a.get_absolute_url() for a in (first, second, third)]


def test_leaves_out_repeats_and_what_leads_nowhere() -> None:
    article, once = make_article(), make_article()
    draft = make_article(status=Article.Status.DRAFT)
    removed = make_article(status=Article.Status.UNPUBLISHED)
    hidden = make_article(no_index=True)
    later = make_article(publish_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    for target in (once, None, draft, removed, hidden, later, once):
        make_link(article, target)
    assert related_questions(article) == [once]


def test_leaves_out_the_article_itself_and_its_copies() -> None:
    article = make_article(subject="physics", slug="energy", question="What is energy?", answer="It stays.")
    copy = make_article(subject="science", slug="energy", question="What is energy?", answer="It stays.")
    other = make_article()
    for target in (article, copy, other):
        make_link(article, target)
        make_link(copy, target)
    article.refresh_from_db()
    copy.refresh_from_db()
    assert related_questions(article) == [other]
    assert related_questions(copy) == [other]


def test_a_link_to_a_copy_leads_to_the_original_once() -> None:
    article = make_article()
    first = make_article(subject="physics", slug="heat", question="What is heat?", answer="Motion.")
    second = make_article(subject="science", slug="heat", question="What is heat?", answer="Motion.")
    make_link(article, second)
    make_link(article, first)
    assert related_questions(article) == [first]
