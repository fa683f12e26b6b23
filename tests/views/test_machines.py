"""What programs ask for: llms.txt, robots.txt, feeds, health, proofs."""

from __future__ import annotations

import datetime as dt

import feedparser
import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone
from protego import Protego
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn.db import state
from learn.models import Article, SiteState
from learn.related.similar import refresh_similar
from learn.seo import robots
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db

SITE = "http://testserver"


# --- llms.txt


def test_llms_txt_names_subjects_and_the_questions_that_most_lead_to(
    article: Article, client: Client
) -> None:
    make_subject("physics", description="")
    make_subject("secret", is_listed=False)
    popular = make_article(question="What is [energy]?", description="It is conserved.")
    for _ in range(3):
        make_link(make_article(), popular)
    make_link(popular, article)
    make_link(article, make_article(no_index=True))
    refresh_similar()
    response = client.get("/llms.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.text.splitlines()
    assert [line for line in lines if line.startswith("# ")] == ["# QuickTakes Learn"]
    assert lines[2].startswith("> ")
    assert "secret" not in response.text
    subjects, best = response.text.split("## Subjects\n")[1].split("## Questions that many others lead to\n")
    assert f"- [Physics]({SITE}/learn/physics.md) (5)" in subjects
    assert [line.partition("](")[0] for line in best.strip().splitlines()] == [
        "- [What is \\[energy\\]?", "- [Why does it fall?",
    ]  # fmt: skip
    for line in [*subjects.strip().splitlines(), *best.strip().splitlines()]:
        address = line.partition("](")[2].partition(")")[0]
        assert client.get(address.removeprefix(SITE)).status_code == 200


def test_llms_txt_stays_short(client: Client) -> None:
    target = make_article()
    articles = [make_article() for _ in range(5)]
    for article in articles:
        make_link(target, article)
    refresh_similar()
    assert len(client.get("/llms.txt").text.splitlines()) < 30


def test_an_empty_library_has_a_valid_llms_txt(client: Client) -> None:
    text = client.get("/llms.txt").text
    assert text.startswith("# QuickTakes Learn\n\n> 0 questions")
    assert len(text) >= 50


# --- robots.txt


def rules(client: Client) -> Protego:
    response = client.get("/robots.txt")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    return Protego.parse(response.text)


def test_everybody_may_read_everything_but_the_admin(client: Client) -> None:
    read = rules(client)
    assert list(read.sitemaps) == [f"{SITE}/sitemap.xml"]
    for name in ("Googlebot", "Bingbot", *robots.SEARCH, *robots.TRAINING):
        for path in (
            "/",
            "/learn",
            "/learn/search?q=x",
            "/learn/physics/questions/why.md",
            "/og/learn/0.png",
            "/sitemap.xml",
        ):
            assert read.can_fetch(f"{SITE}{path}", name), (name, path)
        assert not read.can_fetch(f"{SITE}/admin/", name)


@pytest.mark.parametrize(
    ("setting", "refused", "allowed"),
    [
        ("AI_SEARCH_CRAWLERS", robots.SEARCH, robots.TRAINING),
        ("AI_TRAINING_CRAWLERS", robots.TRAINING, robots.SEARCH),
    ],
)
def test_each_kind_of_ai_crawler_can_be_refused(
    setting: str, refused: tuple[str, ...], allowed: tuple[str, ...], client: Client, settings: Settings
) -> None:
    setattr(settings, setting, "disallow")
    read = rules(client)
    assert not any(read.can_fetch(f"{SITE}/learn", name) for name in refused)
    assert all(read.can_fetch(f"{SITE}/learn", name) for name in (*allowed, "Googlebot"))


# --- Feeds, as a reader reads them


def test_a_feed_reader_finds_nothing_wrong(article: Article, client: Client) -> None:
    for path in ("/learn/feed.atom", "/learn/physics/feed.atom"):
        response = client.get(path)
        feed = feedparser.parse(response.content, response_headers={"content-type": response["Content-Type"]})
        assert not feed.bozo, feed.get("bozo_exception")
        assert feed.version == "atom10"
        assert [entry.title for entry in feed.entries] == ["Why does it fall?"]
        assert feed.entries[0].updated_parsed >= feed.entries[0].published_parsed


# --- Health and proofs


def test_healthz_asks_nobody(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")
    assert "no-store" in response["Cache-Control"]


def test_readyz_says_what_is_wrong(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready\n")
    SiteState.objects.all().delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "migrate" in response.text
    assert "no-store" in response["Cache-Control"]

    def fail() -> None:
        raise DatabaseError("the password is secret")

    monkeypatch.setattr(state, "read", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (503, "the database does not answer: DatabaseError\n")


def test_readyz_notices_migrations_that_have_not_run(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learn.views.readiness._up_to_date", set())
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE id = (SELECT MAX(id) FROM django_migrations WHERE app = 'learn')"
        )
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "migrations have not run" in response.text


def test_the_key_of_indexnow_is_proven_only_where_set(client: Client, settings: Settings) -> None:
    assert client.get("/0123456789abcdef.txt").status_code == 404
    settings.INDEXNOW_KEY = "0123456789abcdef"
    response = client.get("/0123456789abcdef.txt")
    assert (response.status_code, response.text) == (200, "0123456789abcdef")
    assert client.get("/0123456789abcdeX.txt").status_code == 404


def test_security_txt_names_the_contact_and_expires_within_a_year(client: Client, settings: Settings) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@example.com"
    response = client.get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert fields["Contact"] == "mailto:security@example.com"
    assert fields["Canonical"] == f"{SITE}/.well-known/security.txt"
    left = dt.datetime.fromisoformat(fields["Expires"]) - timezone.now()
    assert dt.timedelta(days=300) < left <= dt.timedelta(days=366)


# --- For all of them


def test_no_cookie_and_no_other_vary_on_any_of_them(
    article: Article, client: Client, settings: Settings
) -> None:
    settings.SECURITY_CONTACT, settings.INDEXNOW_KEY = "mailto:a@example.com", "0123456789abcdef"
    paths = [
        "/robots.txt", "/llms.txt", "/sitemap.xml", "/sitemap.library.xml", "/sitemap-physics.xml", "/healthz",
        "/readyz", "/.well-known/security.txt", "/0123456789abcdef.txt", "/learn/feed.atom", "/learn/physics/feed.atom",
        "/learn/physics.md", "/learn/physics/questions/why.md",
        "/learn.json", "/learn/physics.json", "/learn/physics/questions/why.json", "/learn/schema.json",
    ]  # fmt: skip
    for path in paths:
        for headers in (
            {},
            {"Accept-Language": "de", "Cookie": "sessionid=1; csrftoken=2", "Accept-Encoding": "br"},
        ):
            response = client.get(path, headers=headers)
            assert response.status_code == 200, path
            assert "Set-Cookie" not in response.headers, path
            assert response.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding", path
        assert client.post(path).status_code == 405
