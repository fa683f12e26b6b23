from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.db.models import F, Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learn.db.prepared import Prepared
from learn.models import Article
from tests.factories import make_article, make_link

pytestmark = pytest.mark.django_db

by_url = Prepared(
    lambda subject, slug: Article.objects.for_page().filter(subject__slug=subject, slug=slug),
    subject=str,
    slug=str,
)


def test_gives_the_objects_that_the_queryset_gives() -> None:
    first = make_article(slug="one", answer="# A\n\n# B", date=dt.date(2024, 2, 29))
    make_article(slug="two", subject="biology")
    for slug, subject in (("one", "physics"), ("two", "biology")):
        expected = Article.objects.for_page().get(slug=slug)
        found = by_url.first(subject=subject, slug=slug)
        assert found == expected
        loaded = set(expected.__dict__) - {"_state", "state_key"}
        assert {name: found.__dict__[name] for name in loaded} == {
            name: expected.__dict__[name] for name in loaded
        }
        assert found.get_deferred_fields() == expected.get_deferred_fields()
        assert not found._state.adding
    assert by_url.first(subject="biology", slug="one") is None
    assert first.date == by_url.first(subject="physics", slug="one").date


def test_asks_the_database_once_and_compiles_once() -> None:
    make_article(slug="one")
    calls = []

    def build(slug: str) -> object:
        calls.append(slug)
        return Article.objects.filter(slug=slug)

    query = Prepared(build, slug=str)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(query(slug="one")) == 1
        assert query(slug="none") == []
    assert len(queries) == 2
    assert len(calls) == 1


def test_takes_dates_moments_and_numbers() -> None:
    now = timezone.now()
    early = make_article(date=dt.date(2024, 1, 1), publish_at=now - dt.timedelta(days=1))
    late = make_article(date=dt.date(2024, 3, 1), publish_at=now + dt.timedelta(days=1))
    query = Prepared(
        lambda subject, day, now: Article.objects.filter(
            Q(date__gt=day) | Q(date=day), subject_id=subject, publish_at__lte=now
        ).order_by("date"),
        subject=int,
        day=dt.date,
        now=dt.datetime,
    )
    subject = early.subject_id
    assert query(subject=subject, day=dt.date(2024, 1, 1), now=now) == [early]
    assert query(subject=subject, day=dt.date(2024, 1, 2), now=now) == []
    assert query(subject=subject, day=dt.date(2024, 1, 2), now=now + dt.timedelta(days=2)) == [late]
    assert query(subject=subject + 1, day=dt.date(2024, 1, 1), now=now) == []


def test_gives_tuples_after_values_list() -> None:
    article, other = make_article(), make_article()
    make_link(article, other)
    query = Prepared(
        lambda pk: Article.objects.filter(linked_from__article=pk).values_list(
            "slug", "date", F("subject__title")
        ),
        pk=int,
    )
    assert query(pk=article.pk) == [(other.slug, other.date, other.subject.title)]


def test_refuses_a_value_that_it_could_not_put_in() -> None:
    prefix = Prepared(lambda text: Article.objects.filter(slug__startswith=text), text=str)
    with pytest.raises(ValueError, match="compiled query: text"):
        prefix(text="a")
    with pytest.raises(TypeError, match="not float"):
        Prepared(lambda score: Article.objects.filter(score=score), score=float)(score=1.0)
