from __future__ import annotations

import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries

from learn.models import Article
from learn.related.neighbours import neighbours
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def test_walking_on_from_the_first_visits_the_whole_list_in_its_order() -> None:
    for day, slug in [(3, "b"), (3, "a"), (1, "z"), (2, "m"), (3, "c")]:
        make_article(slug=slug, date=dt.date(2025, 1, day))
    make_article(subject="chemistry", date=dt.date(2025, 1, 2))
    make_article(no_index=True, date=dt.date(2025, 1, 2))
    make_article(status=Article.Status.DRAFT, date=dt.date(2025, 1, 2))
    listed = list(Article.objects.listable().filter(subject__slug="physics").newest_first())
    assert [a.slug for a in listed] == ["a", "b", "c", "m", "z"]

    walked, previous = [listed[0]], None
    while True:
        before, after = neighbours(walked[-1])
        assert before == previous
        if after is None:
            break
        previous = walked[-1]
        walked.append(after)
    assert walked == listed


def test_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first, article, last = (make_article(date=dt.date(2025, 1, day)) for day in (3, 2, 1))
    with django_assert_num_queries(1):
        previous, following = neighbours(article)
        assert previous is not None
        assert following is not None
        assert previous.get_absolute_url() == first.get_absolute_url()
        assert following.get_absolute_url() == last.get_absolute_url()


def test_an_article_that_no_list_shows_still_has_its_place_between_others() -> None:
    newer = make_article(date=dt.date(2025, 1, 3))
    hidden = make_article(date=dt.date(2025, 1, 2), no_index=True)
    older = make_article(date=dt.date(2025, 1, 1))
    assert neighbours(hidden) == (newer, older)
    assert neighbours(newer) == (None, older)
