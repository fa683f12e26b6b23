from __future__ import annotations

import json

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch

from learn.middleware import navigation_hints, security_headers, with_query
from learn.models import Redirect
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def test_one_hop_with_the_query_string_kept(client: Client) -> None:
    article = make_article(slug="what-is-heat")
    response = client.get("/Learn//physics/questions/What-Is-Heat//?utm_source=mail&x=%C3%A9")
    assert response.status_code == 301
    assert response.headers["Location"] == f"{article.get_absolute_url()}?utm_source=mail&x=%C3%A9"
    assert client.get(response.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("place", "query", "expected"),
    [
        ("/a", "", "/a"),
        ("/a", "x=1", "/a?x=1"),
        ("/a?y=2", "x=1", "/a?y=2&x=1"),
        ("/a#part", "x=1", "/a?x=1#part"),
        ("https://example.com/?y=2#part", "x=1", "https://example.com/?y=2&x=1#part"),
    ],
)
def test_queries_are_joined(place: str, query: str, expected: str) -> None:
    assert with_query(place, query) == expected


def test_a_redirect_to_nowhere_answers_410(client: Client) -> None:
    Redirect.objects.create(old_path="/learn/physics/questions/removed")
    assert client.get("/learn/physics/questions/removed").status_code == 410


@pytest.mark.parametrize(
    "path", ["/learn/phy%00sics", "/learn/physics/questions/%00", "/%F0%9F%A6%89", "/%ff"]
)
def test_odd_characters_answer_404(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_only_reading_is_sent_on(client: Client) -> None:
    make_article(slug="what-is-heat")
    assert client.head("/learn/physics/questions/what-is-heat/").status_code == 301
    assert client.post("/learn/physics/questions/what-is-heat/").status_code == 404


def test_a_view_may_set_its_own_headers() -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cross-Origin-Resource-Policy": "cross-origin"})

    response = security_headers(view)(RequestFactory().get("/"))
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]


def test_hints_stand_before_the_links_of_the_page() -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Link": '</a.md>; rel="alternate"'})

    response = navigation_hints(view)(RequestFactory().get("/learn"))
    first, *_rest, last = response.headers["Link"].split(", ")
    assert first == "</static/css/site.css>; rel=preload; as=style"
    assert last == '</a.md>; rel="alternate"'


def test_no_hints_for_the_admin_nor_for_files() -> None:
    def admin_page(request: HttpRequest) -> HttpResponse:
        request.resolver_match = ResolverMatch(admin_page, (), {}, app_names=["admin"])
        return HttpResponse()

    def text(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(content_type="text/plain")

    for view in (admin_page, text):
        assert "Link" not in navigation_hints(view)(RequestFactory().get("/")).headers


def test_every_hint_is_a_file_of_ours(client: Client) -> None:
    make_article()
    response = client.get("/learn")
    named = [
        part.split(">")[0].strip("< ") for part in response.headers["Link"].split(",") if "preload" in part
    ]
    rules = response.headers["Speculation-Rules"].strip('"')
    for path in [*named, rules]:
        assert finders.find(path.removeprefix("/static/")), path
    with open(str(finders.find("navigation.speculationrules"))) as file:  # noqa: PTH123 finders give strings
        assert json.load(file)["prefetch"][0]["eagerness"] == "moderate"
