from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from learn.db import counts
from learn.models import Article, Subject, SubjectCount
from learn.views.pagination import TwoEndedPaginator
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counts_are_right() -> None:
    """Whatever a test does, the counts say in the end what counting says."""
    yield
    counted = counts.of_subjects()
    for subject in Subject.objects.all():
        in_subject = Article.objects.in_subject(subject)
        expected = (in_subject.listable().count(), in_subject.indexable().count())
        assert counted.get(subject.pk, counts.NONE) == expected
        assert counts.of_subject(subject.pk) == expected


def new(number: int, subject: Subject, **values: object) -> Article:
    return Article(pk=number, subject=subject, slug=f"a{number}", question="?", answer="", **values)


def test_every_way_of_writing_is_counted() -> None:
    physics, biology = make_subject("physics"), make_subject("biology")
    Article.objects.bulk_create(new(number, physics) for number in range(1, 7))
    Article.objects.refresh_indexable()
    assert counts.of_subject(physics.pk) == (6, 6)
    Article.objects.bulk_create(
        [new(1, physics, no_index=True), new(7, physics), new(8, biology)],
        update_conflicts=True, unique_fields=["subject", "slug"], update_fields=["no_index"],
    )  # fmt: skip
    assert counts.of_subject(physics.pk).listable == 6
    assert counts.of_subject(biology.pk).listable == 1
    Article.objects.filter(pk=2).update(status=Article.Status.UNPUBLISHED)
    Article.objects.filter(pk=3).update(subject=biology)
    Article.objects.filter(pk__in=[4, 5]).delete()
    assert counts.of_subject(physics.pk).listable == 2
    assert counts.of_subject(biology.pk).listable == 2


def test_scheduled_articles_count_from_their_moment_on() -> None:
    article = make_article(publish_at=timezone.now() + timedelta(hours=1))
    pk = article.subject_id
    assert counts.of_subject(pk) == (0, 0)
    assert counts.of_subject(pk, timezone.now() + timedelta(hours=2)) == (1, 1)


def test_expired_articles_count_until_their_moment() -> None:
    now = timezone.now()
    article = make_article(expires=now + timedelta(hours=1))
    make_article(publish_at=now + timedelta(hours=2), expires=now + timedelta(hours=1))  # never
    pk = article.subject_id
    assert counts.of_subject(pk) == (1, 1)
    assert counts.of_subject(pk, now + timedelta(hours=1.5)) == (0, 0)
    assert counts.of_subject(pk, now + timedelta(hours=3)) == (0, 0)


def test_a_change_of_nothing_that_counts_writes_no_count() -> None:
    article = make_article()
    SubjectCount.objects.update(listable=7)
    Article.objects.filter(pk=article.pk).update(status=article.status, question="Another?")
    assert SubjectCount.objects.get().listable == 7
    SubjectCount.objects.update(listable=1)


def test_a_subject_without_articles_costs_no_row() -> None:
    assert counts.of_subject(make_subject("empty").pk) == counts.NONE
    assert not SubjectCount.objects.exists()


def test_subjects_get_their_counts_with_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_article(), make_article(), make_article(no_index=True), make_subject("empty")
    subjects = list(Subject.objects.order_by("pk"))
    with django_assert_num_queries(1):
        counted = counts.with_counts(subjects)
    assert sorted(subject.article_count for subject in counted) == [0, 2]


def test_the_end_of_a_list_is_read_from_the_end() -> None:
    subject = make_subject()
    Article.objects.bulk_create(new(number, subject) for number in range(1, 12))
    articles = Article.objects.listable().in_subject(subject).newest_first()
    paginator = TwoEndedPaginator(articles, 3, 11)
    pages = [[article.pk for article in paginator.page(number)] for number in paginator.page_range]
    assert [len(page) for page in pages] == [3, 3, 3, 2]
    assert [pk for page in pages for pk in page] == [article.pk for article in articles]
    assert "OFFSET" in str(paginator.page(2).object_list.query)
    assert "OFFSET" not in str(paginator.page(4).object_list.query)


@pytest.mark.django_db(transaction=True)
def test_emptying_every_table_leaves_no_count() -> None:
    make_article()
    SubjectCount.objects.all().delete()  # in whatever order a flush goes
    Article.objects.all().delete()
    assert not SubjectCount.objects.exists()
