from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from learn.models import Article, Redirect
from learn.views.errors import server_error
from tests.factories import make_article
from tests.pages import Page

pytestmark = pytest.mark.django_db

MaxQueries = Callable[[int], AbstractContextManager[object]]


def test_404_offers_the_words_of_the_address_and_what_is_nearest(client: Client) -> None:
    near = make_article(question="What is the speed of light in glass?")
    make_article(question="Why is the sky blue?")
    response = client.get("/learn/physics/questions/what-is-the-speed-of-light-in-water")
    assert response.status_code == 404
    page = Page(response.text)
    assert page.attribute("input[name=q]", "value") == "what is the speed of light in water"
    assert near.get_absolute_url() in page.links(".questions a")
    assert "noindex" in page.attribute("meta[name=robots]", "content")
    assert page.select("link[rel=canonical]") == []


def test_410_helps_in_the_same_way(client: Client) -> None:
    gone = make_article(
        slug="speed-of-light-in-air",
        question="What is the speed of light in air?",
        status=Article.Status.UNPUBLISHED,
    )
    near = make_article(question="What is the speed of light in glass?")
    response = client.get(gone.get_absolute_url())
    assert response.status_code == 410
    page = Page(response.text)
    assert page.texts("h1") == ["This question was removed"]
    assert near.get_absolute_url() in page.links(".questions a")
    assert gone.get_absolute_url() not in page.links("a")


def test_a_redirect_costs_no_search(client: Client, django_assert_max_num_queries: MaxQueries) -> None:
    article = make_article(slug="what-is-heat")
    Redirect.objects.create(old_path="/learn/physics/questions/what-was-heat", target=article)
    with django_assert_max_num_queries(
        3
    ):  # the article that is not there, the state of the library, the redirect
        assert client.get("/learn/physics/questions/what-was-heat").status_code == 301


def test_scanners_cost_no_search(client: Client, django_assert_max_num_queries: MaxQueries) -> None:
    with django_assert_max_num_queries(1):
        assert client.get("/wp-login.php").status_code == 404


@pytest.mark.parametrize(
    "path", ["/nowhere", "/learn/%00", "/learn/a/questions/", "/learn/physics/x/y/z", "/%22%3E%3Cb%3E"]
)
def test_any_address_without_a_page_is_404(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert len(Page(response.text).texts("h1")) == 1


def test_500_needs_neither_request_nor_database(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = server_error(rf.get("/learn"))
    assert response.status_code == 500
    assert Page(response.text).texts("h1") == ["Something went wrong on our side"]


def test_a_fault_in_a_view_answers_with_our_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_article: Article) -> list[Article]:
        raise RuntimeError

    monkeypatch.setattr("learn.views.library.related_questions", fail)
    client.raise_request_exception = False
    response = client.get(make_article().get_absolute_url())
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text
