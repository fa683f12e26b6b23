"""The JSON twins: what their pages show, as their schema says it, seen by who sees the page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn.models import Article, Redirect
from learn.seo import json_pages
from learn.topics import LEAST
from learn.topics.placing import place_articles
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db


def fetched(client: Client, path: str) -> dict[str, Any]:
    """The JSON at `path`, which its schema takes."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    data: dict[str, Any] = json.loads(b"".join(response))
    schema = json.loads(client.get(data["$schema"].removeprefix("http://testserver")).content)
    Draft202012Validator.check_schema(schema)
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(data)]
    assert errors == []
    assert [error.message for error in Draft202012Validator(schema).iter_errors({**data, "kind": "x"})]
    return data


def test_an_article_says_what_its_page_shows(client: Client, settings: Settings) -> None:
    settings.ABOUT_ANSWERS_URL = "https://example.com/how"
    article = make_article(
        question="Is $x < 2$?", answer="Half: $\\frac{1}{2}$ & more.", keywords="halves, halves, parts"
    )
    other = make_article()
    make_link(article, other)
    data = fetched(client, f"{article.get_absolute_url()}.json")
    assert data["question"]["markdown"] == "Is $x < 2$?"
    assert data["question"]["text"] == article.question_text
    assert data["answer"]["markdown"] == article.answer
    assert "<mfrac>" in data["answer"]["html"]
    assert data["answer"]["has_formulas"] is True
    assert data["keywords"] == ["halves", "parts"]
    assert data["subject"] == {
        "title": "Physics", "url": "http://testserver/learn/physics", "json_url": "http://testserver/learn/physics.json",
    }  # fmt: skip
    assert [each["question"] for each in data["related"]] == [other.question_text]
    assert data["about_answers"] == "https://example.com/how"
    assert data["license"] is None


def test_lists_go_on_beyond_what_is_read_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_pages, "ROWS_AT_ONCE", 2)
    articles = [make_article() for _ in range(5)]
    make_article(no_index=True)
    data = fetched(client, "/learn/physics.json")
    assert data["count"] == 5
    assert [each["url"] for each in data["articles"]] == [
        f"http://testserver{each.get_absolute_url()}" for each in sorted(articles, key=lambda each: each.slug)
    ]
    assert (
        fetched(client, data["articles"][0]["json_url"].removeprefix("http://testserver"))["kind"]
        == "article"
    )


def test_a_topic_lists_its_questions_and_a_subject_its_topics(client: Client) -> None:
    for subject in ("geology", "weather"):
        for _ in range(LEAST):
            make_article(keywords="fog", description="About fog.", subject=subject)
    central = make_article(
        keywords="fog", description="About fog.", question="What is fog?", subject="weather"
    )
    place_articles()
    own = fetched(client, "/learn/weather/topics/fog.json")
    assert (own["title"], own["count"], own["subject"]["title"]) == ("Fog", LEAST + 1, "Weather")
    assert own["articles"][0]["url"] == f"http://testserver{central.get_absolute_url()}"
    whole = fetched(client, "/learn/topics/fog.json")
    assert (whole["count"], whole["subject"]) == (2 * LEAST + 1, None)
    assert {each["subject"]["title"] for each in whole["articles"]} == {"Geology", "Weather"}
    for path, count in (("/learn/weather/topics", LEAST + 1), ("/learn/topics", 2 * LEAST + 1)):
        page = fetched(client, f"{path}.json")
        (listed,) = page["topics"]
        assert (listed["title"], listed["count"]) == ("Fog", count)
        assert client.get(listed["json_url"].removeprefix("http://testserver")).status_code == 200
    assert client.get("/learn/weather/topics/amber.json").status_code == 404


def test_an_empty_subject_is_a_list_of_nothing(client: Client) -> None:
    make_subject("chemistry")
    assert fetched(client, "/learn/chemistry.json")["articles"] == []


def test_the_library_names_its_listed_subjects(client: Client) -> None:
    make_article()
    make_article(subject=make_subject("secret", is_listed=False))
    data = fetched(client, "/learn.json")
    assert [(each["title"], each["count"]) for each in data["subjects"]] == [("Physics", 1)]
    assert data["count"] == 1


def test_who_does_not_see_the_page_does_not_see_its_twin(client: Client) -> None:
    for status, answer in ((Article.Status.DRAFT, 404), (Article.Status.UNPUBLISHED, 410)):
        path = make_article(status=status).get_absolute_url()
        assert client.get(f"{path}.json").status_code == client.get(path).status_code == answer
    hidden = make_article(no_index=True)
    assert "noindex" in client.get(f"{hidden.get_absolute_url()}.json").headers["X-Robots-Tag"]


def test_a_moved_article_takes_its_twin_along(client: Client) -> None:
    article = make_article()
    Redirect.objects.create(old_path="/learn/physics/questions/old", target=article)
    response = client.get("/learn/physics/questions/old.json")
    assert (response.status_code, response.headers["Location"]) == (301, f"{article.get_absolute_url()}.json")


def test_conditional_requests_and_few_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"{make_article().get_absolute_url()}.json"
    client.get(path)
    with django_assert_num_queries(2):
        response = client.get(path)
    assert "s-maxage" in response.headers["Cache-Control"]
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
