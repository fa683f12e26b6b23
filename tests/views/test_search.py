from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from learn import search
from learn.models import Article
from tests.factories import make_article, make_subject
from tests.pages import Page
from tests.search.test_search import hostile_texts

pytestmark = pytest.mark.django_db

MaxQueries = Callable[[int], AbstractContextManager[object]]


def look_for(client: Client, text: str | None = None, **parameters: object) -> Page:
    query = urlencode({**({} if text is None else {"q": text}), **parameters})
    response = client.get(f"/learn/search?{query}")
    assert response.status_code == 200, query
    return Page(response.text)


def make(question: str, **values: object) -> Article:
    return make_article(**{"question": question, "description": "", **values})


def test_shows_what_was_found(client: Client, django_assert_max_num_queries: MaxQueries) -> None:
    article = make(
        "Energy of cells?", subject="biology", answer="Cells keep *energy* in bonds & <i>more</i>."
    )
    for number in range(4):
        make(f"What is kinetic or potential energy in case {number}?")
    search.refresh_vocabulary()
    with django_assert_max_num_queries(10):  # the state of the library, and the nine of a search
        page = look_for(client, "energy")
    assert page.text("h1") == "Results for “energy”"
    assert page.text("title") == "Results for “energy” — QuickTakes"
    assert page.text("#results") == "5 questions"
    assert page.links(".results a")[0] == article.get_absolute_url()
    assert page.texts(".results mark")[:2] == ["Energy", "energy"]
    assert page.texts(".results .excerpt")[0] == "Cells keep energy in bonds & <i>more</i>."
    assert page.attribute("#q", "value") == "energy"


def test_no_page_of_results_is_indexed_or_sets_a_cookie(client: Client) -> None:
    for address in ("/learn/search", "/learn/search?q=energy", "/learn/search?q=energy&subject=physics"):
        response = client.get(address)
        assert Page(response.text).attribute("[name=robots]", "content") == "noindex, follow"
        assert response.headers["Vary"] == "Accept-Encoding"
        assert not response.cookies
    assert client.get("/learn/search/suggest?q=en").headers["X-Robots-Tag"] == "noindex"


def test_without_a_query_it_says_how_to_ask(client: Client) -> None:
    page = look_for(client)
    assert page.text("h1") == "Search"
    assert "a word after a minus is left out" in page.text(".lead")
    assert page.select("#results") == []


def test_nothing_found_helps_on(client: Client) -> None:
    make_subject("physics")
    page = look_for(client, "xyzzy", subject="physics")
    assert page.text("#results") == "Nothing found"
    assert "?q=xyzzy" in page.links("section a")


def test_subjects_limit_the_results(client: Client) -> None:
    make("What is energy?", subject="physics")
    make("Where is energy?", subject="physics")
    make("What is the energy of a cell?", subject="biology")
    page = look_for(client, "energy")
    assert page.texts(".facets li") == ["All subjects", "Physics 2", "Biology 1"]
    assert page.links(".facets a") == ["?q=energy", "?q=energy&subject=physics", "?q=energy&subject=biology"]
    page = look_for(client, "energy", subject="biology")
    assert page.text("h1") == "Results for “energy” in Biology"
    assert page.text("#results") == "1 question"
    assert page.texts("[aria-current=true]") == ["Biology 1"]
    assert page.attribute("[name=subject]", "value") == "biology"


def test_of_many_subjects_the_chosen_one_comes_first_and_so_in_sight(client: Client) -> None:
    for number in range(5):
        for _ in range(5 - number):
            make(f"What is energy in subject {number}?", subject=f"subject-{number}")
    page = look_for(client, "energy", subject="subject-3")
    assert page.texts(".facets li") == [
        "All subjects", "Subject 3 2", "Subject 0 5", "Subject 1 4", "Subject 2 3", "Subject 4 1",
    ]  # fmt: skip
    assert page.texts("[aria-current=true]") == ["Subject 3 2"]


@pytest.mark.parametrize("subject", ["secret-lore", "nowhere", "", "\0", "' OR 1=1"])
def test_what_is_no_listed_subject_limits_nothing(client: Client, subject: str) -> None:
    make_subject("secret-lore", is_listed=False)
    make("What is energy?")
    page = look_for(client, "energy", subject=subject)
    assert page.text("h1") == "Results for “energy”"
    assert page.text("#results") == "1 question"


def test_pages_follow_each_other_and_end(client: Client) -> None:
    for number in range(search.PAGE_SIZE + 1):
        make(f"What is energy {number}?")
    first, second = look_for(client, "energy"), look_for(client, "energy", page=2)
    assert len(first.select(".results li")) == search.PAGE_SIZE
    assert len(second.select(".results li")) == 1
    assert first.links("[rel=next]") == ["?q=energy&page=2"]
    assert second.links("[rel=prev]") == ["?q=energy"]
    assert second.text("#results") == "21 questions (page 2)"
    for number in ("3", "0", "-1", "x", "01", "9" * 30, "²"):
        assert client.get(f"/learn/search?q=energy&page={quote(number)}").status_code == 404


def test_says_where_there_is_more_than_it_shows(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        make(f"What is energy {number}?")
    for module in (search, search.matching):
        monkeypatch.setattr(module, "COUNTED", 5)
        monkeypatch.setattr(module, "RANKED", 3)
    page = look_for(client, "energy")
    assert page.text("#results") == "5 and more questions"
    assert len(page.select(".results li")) == 3
    assert "These were the best 3." in page.texts(".results p")[-1]


def test_offers_another_spelling(client: Client) -> None:
    for number in range(20):
        make(f"What is photosynthesis {number}?")
    make("What is fotosynthesis?")
    search.refresh_vocabulary()
    page = look_for(client, "fotosynthesis", subject="physics")
    assert page.text(".lead") == "Did you mean photosynthesis?"
    assert page.links(".lead a") == ["?q=photosynthesis&subject=physics"]
    page = look_for(client, "photosyntheesis")
    assert page.text("h1") == "Results for “photosyntheesis”"
    assert page.text(".lead") == "Nothing holds “photosyntheesis”. These are the results for photosynthesis."
    assert page.text("#results") == "20 questions"


def test_says_where_not_all_words_were_found(client: Client) -> None:
    make("How do plants make sugar?")
    page = look_for(client, "plants make sugar zeppelin")
    assert page.text("#results") == "Near misses"
    assert "No answer holds all your words." in page.texts(".results p")[0]
    make("Plants, sugar, make, zeppelin?")
    page = look_for(client, "plants make sugar zeppelin")
    assert page.text("#results") == "1 question"
    assert page.texts(".results p")[0] == "The first holds all your words, the others some of them."


def test_text_of_visitors_is_text(client: Client) -> None:
    make("What is energy?")
    text = '"><script>alert(1)</script>&subject=physics energy'
    page = look_for(client, text)
    assert page.text("h1") == f"Results for “{text}”"
    assert page.attribute("#q", "value") == text
    assert all("alert" not in script for script in page.texts("script"))


@pytest.mark.slow
def test_no_query_breaks_the_page(client: Client) -> None:
    make("What is energy?", subject="physics")
    for text in hostile_texts(300):
        encoded = quote(text.encode("utf-8", "replace"))
        for address in (f"/learn/search?q={encoded}&subject={encoded}", f"/learn/search/suggest?q={encoded}"):
            assert client.get(address).status_code == 200, address
    for address in (
        "/learn/search?q=%FF%FE",
        "/learn/search?q[]=1",
        "/learn/search?q=a&q=b",
        "/learn/search?page=",
    ):
        assert client.get(address).status_code in (200, 404)


def test_suggestions_are_json(client: Client) -> None:
    make("What is <energy>?", slug="what-is-energy", subject="physics")
    response = client.get("/learn/search/suggest?q=ener")
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert response.json() == {
        "suggestions": [
            {
                "question": "What is <energy>?",
                "url": "/learn/physics/questions/what-is-energy",
                "subject": "Physics",
            }
        ]
    }
    assert client.get("/learn/search/suggest").json() == {"suggestions": []}


def test_only_reading_is_allowed(client: Client) -> None:
    for address in ("/learn/search", "/learn/search/suggest"):
        assert client.head(address).status_code == 200
        assert client.post(address).status_code == 405


def test_an_edit_is_seen_in_what_a_cache_asks_for(client: Client) -> None:
    article = make("What is energy?")
    first = client.get("/learn/search?q=energy")
    again = client.get("/learn/search?q=energy", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    article.question = "What is matter?"
    article.save()
    changed = client.get("/learn/search?q=energy", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "Nothing found" in changed.text
