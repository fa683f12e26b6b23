"""Pinned results: first where visitors look for something, for a time, and only what they may see."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from learn import search
from learn.db import state
from learn.models import Article, SearchPin
from learn.search import pins
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db
Status = Article.Status


def pin(query: str, article: Article, days: float = 1) -> SearchPin:
    until = timezone.now() + dt.timedelta(days=days)
    return SearchPin.objects.create(query=query, article=article, until=until)


def found(text: str, **options: object) -> list[int]:
    return [hit.article.pk for hit in search.search(text, **options).hits]


@pytest.fixture
def waves() -> list[Article]:
    articles = [
        make_article(question=f"What are waves of kind {number}?", description="") for number in range(4)
    ]
    search.refresh_vocabulary()
    return articles


def test_a_pinned_article_comes_first(waves: list[Article]) -> None:
    assert found("waves")[0] != waves[2].pk
    pin("waves", waves[2])
    assert found("waves")[0] == waves[2].pk
    assert found(" WAVES? ")[0] == waves[2].pk
    assert sorted(found("waves")) == sorted(wave.pk for wave in waves)
    assert search.search("waves").total == 4
    assert found("kind waves")[0] != waves[2].pk


def test_it_is_found_where_its_words_are_not(waves: list[Article]) -> None:
    pin("surf", waves[1])
    results = search.search("surf")
    assert [hit.article.pk for hit in results.hits] == [waves[1].pk]
    assert (results.total, results.partial, results.reachable) == (1, 0, 1)


def test_several_stand_in_the_order_in_which_they_were_pinned(waves: list[Article]) -> None:
    for number in (3, 1):
        pin("waves", waves[number])
    assert found("waves")[:2] == [waves[3].pk, waves[1].pk]


def test_a_pin_to_the_corrected_word_counts(waves: list[Article]) -> None:
    pin("waves", waves[3])
    results = search.search("wavess")
    assert results.query == "waves"
    assert results.hits[0].article.pk == waves[3].pk


def test_it_stays_below_a_chosen_subject_that_is_not_its_own(waves: list[Article]) -> None:
    other = make_article(question="What are radio waves?", subject="engineering")
    pin("waves", other)
    assert found("waves")[0] == other.pk
    assert other.pk not in found("waves", subject=waves[0].subject)


@pytest.mark.parametrize(
    "hidden",
    [{"status": Status.UNPUBLISHED}, {"status": Status.DRAFT}, {"no_index": True},
     {"publish_at": dt.datetime(2099, 1, 1, tzinfo=dt.UTC)}],
)  # fmt: skip
def test_what_visitors_may_not_see_is_never_shown(waves: list[Article], hidden: dict[str, object]) -> None:
    article = make_article(question="Secret?", **hidden)
    pin("waves", article)
    assert article.pk not in found("waves")
    assert "Secret?" not in [each.question for each in search.suggest("waves")]


def test_nor_one_in_an_unlisted_subject(waves: list[Article]) -> None:
    article = make_article(question="Secret?", subject=make_subject("occult", is_listed=False))
    pin("waves", article)
    assert article.pk not in found("waves")


def test_a_pinned_article_that_became_a_copy_leads_to_its_original(waves: list[Article]) -> None:
    pin("waves", waves[0])
    original = make_article(
        question=waves[0].question, answer=waves[0].answer, date=dt.date(2001, 1, 1), subject="engineering"
    )
    waves[0].refresh_from_db()
    assert waves[0].canonical_id == original.pk
    assert found("waves")[0] == original.pk


def test_after_its_time_the_search_decides_alone(waves: list[Article], client: Client) -> None:
    pin("surf", waves[1], days=-1)
    assert found("surf") == []
    before = state.read()
    call_command("publish_due", verbosity=0)
    assert SearchPin.objects.get().is_over
    assert state.read() != before  # caches learn of it
    assert pins.end_old() == 0


def test_a_pin_renews_the_page_of_results(waves: list[Article], client: Client) -> None:
    first = client.get("/learn/search", {"q": "surf"})
    assert "Nothing found" in first.text
    pin("surf", waves[1])
    again = client.get("/learn/search", {"q": "surf"}, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert waves[1].get_absolute_url() in again.text


def test_suggestions_begin_with_what_is_pinned(waves: list[Article]) -> None:
    article = make_article(question="How do oceans move?")
    pin("what are waves", article)
    assert search.suggest("what are w")[0].question == article.question
    assert search.suggest("What  are WAVES")[0].question == article.question
    assert article.question not in [each.question for each in search.suggest("what")]
