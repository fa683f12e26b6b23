"""A subject's page: its topics, its list in another order, by letter, by what the answers hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.feedback import most_read
from learn.models import Article, MostRead, ReadCount
from learn.topics import LEAST
from learn.topics.placing import place_articles
from learn.views.pagination import page_numbers
from tests.factories import make_article, make_subject
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

MaxQueries = Callable[[int], AbstractContextManager[object]]


def read(client: Client, query: str = "") -> Page:
    response = client.get(f"/learn/physics{query}")
    assert response.status_code == 200, query
    return Page(response.text)


def test_topics_are_the_way_in(client: Client, django_assert_max_num_queries: MaxQueries) -> None:
    for number in range(LEAST + 1):
        make_article(keywords="fog, dew" if number else "fog", description="About fog and dew.")
    place_articles()
    with django_assert_max_num_queries(5):
        page = read(client)
    assert page.links(".topics a") == ["/learn/physics/topics/fog", "/learn/physics/topics/dew"]
    assert page.text(".lead") == "Among the topics: Fog and Dew."
    assert "Fog and Dew" in page.attribute("meta[name=description]", "content")
    assert page.links(".all a") == ["/learn/physics/topics"]


def test_an_editors_description_comes_first(client: Client) -> None:
    make_subject("physics", description="What the world is made of.")
    for _ in range(LEAST):
        make_article(keywords="fog", description="About fog.")
    place_articles()
    page = read(client)
    assert page.text(".lead") == "What the world is made of."
    assert page.attribute("meta[name=description]", "content") == "What the world is made of."


def test_the_list_by_the_alphabet_and_by_letter(client: Client) -> None:
    for slug in ("why", "amber", "2-stars", "zoo", "zebra"):
        make_article(slug=slug)

    def slugs(query: str) -> list[str]:
        return [link.rpartition("/")[2] for link in read(client, query).links(".questions a")]

    assert slugs("?sort=a-z") == ["2-stars", "amber", "why", "zebra", "zoo"]
    assert slugs("?letter=z") == ["zebra", "zoo"]
    assert slugs("?letter=0") == ["2-stars"]
    assert slugs("?letter=q") == []


def test_the_list_by_what_answers_hold(client: Client) -> None:
    plain = make_article()
    formula = make_article(answer="It is $x^2$.")
    code = make_article(answer="```python\nprint()\n```")
    table = make_article(answer="| a | b |\n| --- | --- |\n| 1 | 2 |")
    for kind, article in (("formulas", formula), ("code", code), ("tables", table)):
        page = read(client, f"?with={kind}")
        assert page.links(".questions a") == [article.get_absolute_url()]
        assert page.texts("#questions") == [f"1 question with {kind}"]
    assert plain.get_absolute_url() in read(client).links(".questions a")
    assert not make_article(answer="A `<table>` is text.").has_table


def test_an_order_and_a_kind_go_together(client: Client) -> None:
    for slug in ("why", "amber", "zoo"):
        make_article(slug=slug, answer="It is $x^2$." if slug != "zoo" else "It is so.")
    page = read(client, "?sort=a-z&with=formulas")
    assert [link.rpartition("/")[2] for link in page.links(".questions a")] == ["amber", "why"]
    assert page.texts(".facets [aria-current]") == ["A–Z", "With formulas"]
    facets = page.links(".facets a")
    assert "/learn/physics?sort=a-z&with=code" in facets
    assert "/learn/physics?with=formulas" in facets
    assert "/learn/physics?sort=a-z" in facets
    assert "/learn/physics?letter=w&with=formulas" in page.links(".letters a")
    letter = read(client, "?letter=w&with=formulas")
    assert letter.texts("#questions") == ["1 question with formulas: W"]


def test_the_most_read_come_first_where_something_is_known(
    client: Client, settings: Settings, django_assert_max_num_queries: MaxQueries
) -> None:
    settings.COUNT_READS = True
    little, much, none, hidden = (
        make_article(answer="It is $x$."),
        make_article(),
        make_article(),
        make_article(),
    )
    make_article(subject="geology")
    today = timezone.now().date()
    before = [today - dt.timedelta(days=days) for days in (1, 2)]
    for article, times in ((little, 2), (much, 4), (hidden, 9)):
        for day in before:
            ReadCount.objects.create(article=article, day=day, times=times)
    ReadCount.objects.create(article=none, day=today, times=99)  # today counts tomorrow
    assert "Most read" not in read(client).texts(".facets a")
    assert client.get("/learn/physics?sort=most-read").status_code == 302
    assert most_read.refresh()
    assert not most_read.refresh()  # once a day
    Article.objects.filter(pk=hidden.pk).update(no_index=True)
    with django_assert_max_num_queries(5):
        page = read(client, "?sort=most-read")
    assert page.links(".questions a") == [much.get_absolute_url(), little.get_absolute_url()]
    assert page.texts("#questions") == ["2 questions, most read"]
    assert read(client, "?sort=most-read&with=formulas").links(".questions a") == [little.get_absolute_url()]
    assert "Most read" in read(client).texts(".facets a")
    assert "Most read" not in Page(client.get("/learn/geology").text).texts(".facets a")
    settings.COUNT_READS = False
    most_read.refresh()
    assert not MostRead.objects.exists()


@pytest.mark.parametrize("query", ["?sort=a-z", "?letter=w", "?with=code", "?letter=w&with=code"])
def test_sorted_and_filtered_lists_are_followed_and_not_indexed(client: Client, query: str) -> None:
    make_article(answer="```python\nprint()\n```", slug="why")
    page = read(client, query)
    assert page.attribute("meta[name=robots]", "content") == "noindex, follow"
    assert page.select("link[rel=canonical]") == []


@pytest.mark.parametrize(
    "query",
    ["?sort=z-a", "?letter=ab", "?with=pictures", "?letter=w&sort=a-z", "?with=code&letter=w", "?sort="],
)
def test_each_list_has_one_address(client: Client, query: str) -> None:
    make_article()
    assert client.get(f"/learn/physics{query}").status_code == 404


def test_pages_of_a_choice_lead_to_pages_of_it(client: Client) -> None:
    for _ in range(30):
        make_article()
    page = read(client, "?sort=a-z")
    assert page.links(".pagination a") == ["?sort=a-z&page=2", "?sort=a-z&page=2"]
    assert len(read(client, "?sort=a-z&page=2").links(".questions a")) == 6
    assert "/learn/physics?sort=a-z" in read(client, "?sort=a-z&page=2").links(".pagination a")


def test_every_page_of_the_largest_subject_is_within_four_taps() -> None:
    for start in (1, 2, 93, 185):
        reached, taps = {start}, 0
        while len(reached) < 185:
            reached |= {number for page in reached for number in page_numbers(page, 185) if number}
            taps += 1
        assert taps <= 4
