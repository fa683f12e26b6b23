from __future__ import annotations

import datetime as dt

import feedparser
import pytest
import yaml
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
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture
def article() -> Article:
    return make_article(
        slug="why",
        question="Why does it fall?",
        answer="Because of **gravity**:\n\n1. mass\n2. distance\n\n$F = G\\frac{m_1 m_2}{r^2}$",
        description="What makes things fall.",
    )


def parts_of(text: str) -> tuple[dict[str, object], str]:
    """Front matter and body of a Markdown page."""
    _, matter, body = text.split("---\n", 2)
    return yaml.safe_load(matter), body


# --- Markdown


def test_the_twin_is_the_article_in_its_authors_words(
    article: Article, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"{article.get_absolute_url()}.md"
    with django_assert_num_queries(1):
        response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response["Link"] == f'<{SITE}/learn/physics/questions/why>; rel="canonical"'
    assert "X-Robots-Tag" not in response.headers
    matter, body = parts_of(response.text)
    assert matter == {
        "title": "Why does it fall?",
        "url": f"{SITE}/learn/physics/questions/why",
        "subject": "Physics",
        "description": "What makes things fall.",
        "author": "QuickTakes",
        "published": "2025-02-08T00:00:00+00:00",
        "updated": article.modified_at.replace(microsecond=0).isoformat(),
    }
    assert body == f"\n# Why does it fall?\n\n{article.answer}\n"


def test_the_twin_names_the_licence_where_there_is_one(
    article: Article, client: Client, settings: Settings
) -> None:
    settings.CONTENT_LICENSE_URL = "https://example.com/licence"
    matter, _body = parts_of(client.get(f"{article.get_absolute_url()}.md").text)
    assert matter["license"] == "https://example.com/licence"


def test_front_matter_survives_every_text(client: Client) -> None:
    question = "Why: --- \"quotes\" # and 'more' {braces} [brackets] é 日本?"
    article = make_article(question=question, description="a: b\n--- c", author="- Ada")
    matter, body = parts_of(client.get(f"{article.get_absolute_url()}.md").text)
    assert (matter["title"], matter["description"], matter["author"]) == (question, "a: b\n--- c", "- Ada")
    assert body.startswith(f"\n# {question}\n")


@pytest.mark.parametrize(
    "kept_out",
    [
        lambda: make_article(no_index=True),
        lambda: make_article(subject=make_subject("secret", is_listed=False)),
    ],
)
def test_what_is_not_indexed_is_not_indexed_as_markdown(kept_out, client: Client) -> None:
    assert client.get(f"{kept_out().get_absolute_url()}.md")["X-Robots-Tag"] == "noindex, follow"


def test_the_twin_of_a_copy_names_the_original(article: Article, client: Client) -> None:
    copy = make_article(subject="science", slug="why", question=article.question, answer=article.answer)
    response = client.get(f"{copy.get_absolute_url()}.md")
    assert response["Link"] == f'<{SITE}/learn/physics/questions/why>; rel="canonical"'
    assert parts_of(response.text)[0]["url"] == f"{SITE}/learn/physics/questions/why"


def test_the_markdown_page_redirects_as_the_article_does(article: Article, client: Client) -> None:
    article.slug = "why-so"
    article.save()
    response = client.get("/learn/physics/questions/why.md")
    assert (response.status_code, response["Location"]) == (301, "/learn/physics/questions/why-so.md")
    article.delete()
    assert client.get("/learn/physics/questions/why-so.md").status_code == 410
    assert client.get("/learn/physics/questions/never.md").status_code == 404


@pytest.mark.parametrize(
    "values", [{"status": "draft"}, {"publish_at": timezone.now() + dt.timedelta(days=1)}]
)
def test_what_is_not_published_has_no_twin(values: dict[str, object], client: Client) -> None:
    make_article(slug="why", **values)
    assert client.get("/learn/physics/questions/why.md").status_code == 404


def test_a_removed_article_is_410_as_markdown_too(article: Article, client: Client) -> None:
    article.status = Article.Status.UNPUBLISHED
    article.save()
    assert client.get(article.get_absolute_url()).status_code == 410
    assert client.get(f"{article.get_absolute_url()}.md").status_code == 410


def test_a_subject_lists_all_its_questions_as_markdown(article: Article, client: Client) -> None:
    subject = make_subject()
    Article.objects.bulk_create(
        Article(
            subject=subject,
            slug=f"q-{n:04}",
            question=f"What is [{n}]?",
            answer="!",
            date=dt.date(2024, 1, 1),
        )
        for n in range(2_500)
    )
    make_article(no_index=True)
    response = client.get("/learn/physics.md")
    body = response.getvalue().decode()
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response["Link"] == f'<{SITE}/learn/physics>; rel="canonical"'
    matter, _ = parts_of(body)
    assert matter["questions"] == 2_501
    links = [line for line in body.splitlines() if line.startswith("- [")]
    assert len(links) == len(set(links)) == 2_501
    assert links[0] == f"- [Why does it fall?]({SITE}/learn/physics/questions/why.md)"
    assert links[1] == f"- [What is \\[0\\]?]({SITE}/learn/physics/questions/q-0000.md)"


def test_an_unlisted_subjects_markdown_is_not_indexed(client: Client) -> None:
    make_article(subject=make_subject("secret", is_listed=False))
    assert client.get("/learn/secret.md")["X-Robots-Tag"] == "noindex, follow"


# --- Negotiation


@pytest.mark.parametrize(
    ("accept", "is_markdown"),
    [
        (BROWSER, False),
        ("*/*", False),
        ("", False),
        ("text/html", False),
        ("text/markdown", True),
        ("text/markdown, text/html;q=0.9, */*;q=0.1", True),
        ("text/markdown;q=0.5, text/html;q=0.9", False),
        ("text/html;q=0.5, text/markdown;q=0.5", False),
        ("text/markdown;q=0.9, text/*;q=0.8", True),
        ("text/markdown, */*", False),
        ("TEXT/MARKDOWN; charset=utf-8; Q=1.0", True),
        ("text/markdown;q=0", False),
        (",;;q=,text/markdown;q=x", True),
    ],
)
def test_markdown_is_for_those_who_prefer_it(
    accept: str, is_markdown: bool, article: Article, client: Client
) -> None:
    response = client.get(article.get_absolute_url(), headers={"Accept": accept})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/markdown" if is_markdown else "text/html")
    assert {name.strip() for name in response["Vary"].split(",")} == {"Accept", "Accept-Encoding"}


def test_no_shared_cache_may_keep_negotiated_markdown(article: Article, client: Client) -> None:
    """A cache that ignores Vary would hand it to readers."""
    path = article.get_absolute_url()
    response = client.get(path, headers={"Accept": "text/markdown"})
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Content-Location"] == f"{path}.md"
    assert response["Link"] == f'<{SITE}{path}>; rel="canonical"'
    assert response.content == client.get(f"{path}.md").content
    assert client.get(path)["Cache-Control"].startswith("public")


def test_each_form_is_validated_by_its_own_tag(
    article: Article, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    path = article.get_absolute_url()
    markdown = client.get(path, headers={"Accept": "text/markdown"})
    html = client.get(path)
    assert html["ETag"] != markdown["ETag"]
    assert client.get(path, headers={"If-None-Match": markdown["ETag"]}).status_code == 200
    with django_assert_max_num_queries(1):
        again = client.get(path, headers={"If-None-Match": markdown["ETag"], "Accept": "text/markdown"})
    assert again.status_code == 304
    assert again["Cache-Control"] == "private, no-cache"
    assert "Accept" in again["Vary"].split(", ")


def test_a_redirect_or_410_is_the_same_for_everybody(article: Article, client: Client) -> None:
    path = article.get_absolute_url()
    article.slug = "why-so"
    article.save()
    response = client.get(path, headers={"Accept": "text/markdown"})
    assert (response.status_code, response["Location"]) == (301, "/learn/physics/questions/why-so")
    article.status = Article.Status.UNPUBLISHED
    article.save()
    assert client.get(article.get_absolute_url(), headers={"Accept": "text/markdown"}).status_code == 410


def test_negotiation_can_be_switched_off(article: Article, client: Client, settings: Settings) -> None:
    settings.MARKDOWN_NEGOTIATION = False
    response = client.get(article.get_absolute_url(), headers={"Accept": "text/markdown"})
    assert response["Content-Type"].startswith("text/html")
    assert response["Vary"] == "Accept-Encoding"


# --- llms.txt


def test_llms_txt_names_subjects_and_popular_questions(article: Article, client: Client) -> None:
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


def test_healthz_asks_neither_database_nor_cache(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
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
        cursor.execute("DELETE FROM django_migrations WHERE id = (SELECT MAX(id) FROM django_migrations)")
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
