"""The Markdown twins of the pages, and who gets them at the pages' own addresses."""

from __future__ import annotations

import datetime as dt

import pytest
import yaml
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn.models import Article
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


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


def test_the_twin_goes_where_the_article_went(article: Article, client: Client) -> None:
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


def test_what_was_taken_down_is_gone_as_markdown_too(article: Article, client: Client) -> None:
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


def test_what_is_moved_or_gone_is_so_for_everybody(article: Article, client: Client) -> None:
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
