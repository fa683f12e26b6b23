from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn import seo
from learn.models import Article, Subject
from tests.factories import make_article, make_subject
from tests.pages import Page

pytestmark = pytest.mark.django_db

SITE = "http://testserver"


def head_of(client: Client, path: str, **headers: str) -> Page:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return Page(response.text)


def meta(page: Page, name: str) -> str | None:
    """The content of the meta element with this name or property; None where there is none. Never two."""
    found = page.select(f"meta[name={name}]") + page.select(f"meta[property={name}]")
    assert len(found) <= 1, name
    return found[0].get("content") if found else None


def canonical(page: Page) -> str:
    found = page.select("link[rel=canonical]")
    assert len(found) == 1
    return str(found[0].get("href"))


def for_page(article: Article) -> Article:
    return Article.objects.for_page().get(pk=article.pk)


# --- Titles and descriptions


def test_the_question_comes_first_in_the_title(client: Client) -> None:
    page = head_of(client, make_article(question="Why is the sky blue?").get_absolute_url())
    assert page.text("title") == "Why is the sky blue? — QuickTakes"


def test_namesakes_under_other_subjects_are_told_apart_by_the_subject(client: Client) -> None:
    first = make_article(slug="what-is-work", question="What is work?", answer="Force times distance.")
    second = make_article(
        subject="sociology", slug="what-is-work", question="What is work?", answer="Labour."
    )
    titles = [head_of(client, article.get_absolute_url()).text("title") for article in (first, second)]
    assert titles == ["What is work? (Physics) — QuickTakes", "What is work? (Sociology) — QuickTakes"]
    second.status = Article.Status.UNPUBLISHED
    second.save()
    assert head_of(client, first.get_absolute_url()).text("title") == "What is work? — QuickTakes"


def test_a_copy_is_no_namesake(client: Client) -> None:
    original = make_article(slug="what-is-work", question="What is work?", answer="Force times distance.")
    make_article(
        subject="science", slug="what-is-work", question="What is work?", answer="Force times distance."
    )
    assert head_of(client, original.get_absolute_url()).text("title") == "What is work? — QuickTakes"


def test_the_description_is_the_files_and_else_the_beginning_of_the_answer(client: Client) -> None:
    article = make_article(description="In short: because.")
    assert meta(head_of(client, article.get_absolute_url()), "description") == "In short: because."
    without = make_article(description="", answer="First of all, **light** scatters.")
    assert meta(head_of(client, without.get_absolute_url()), "description") == "First of all, light scatters."


def test_each_page_of_a_list_has_a_title_and_a_description_of_its_own(client: Client) -> None:
    make_subject("physics", description="All that moves.")
    for number in range(50):
        make_article(question=f"What is number {number}?")
    pages = [head_of(client, f"/learn/physics{query}") for query in ("", "?page=2", "?page=3")]
    assert len({page.text("title") for page in pages}) == 3
    assert len({meta(page, "description") for page in pages}) == 3
    assert meta(pages[0], "description") == "All that moves."
    assert [canonical(page) for page in pages] == [
        f"{SITE}/learn/physics", f"{SITE}/learn/physics?page=2", f"{SITE}/learn/physics?page=3",
    ]  # fmt: skip


# --- Canonical addresses and robots


def test_the_canonical_address_comes_from_the_settings_alone(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://learn.example.org"
    settings.ALLOWED_HOSTS = ["*"]
    path = make_article(slug="why").get_absolute_url()
    page = head_of(client, f"{path}?utm_source=mail&page=7", Host="evil.example")
    assert canonical(page) == "https://learn.example.org/learn/physics/questions/why"
    assert "evil.example" not in client.get(path, headers={"Host": "evil.example"}).text


def test_a_copy_points_to_the_original_and_says_nothing_against_it(client: Client) -> None:
    original = make_article(slug="why", question="Why?", answer="So.")
    copy = make_article(subject="science", slug="why", question="Why?", answer="So.")
    page = head_of(client, copy.get_absolute_url())
    assert canonical(page) == meta(page, "og:url") == f"{SITE}{original.get_absolute_url()}"
    assert meta(page, "robots") == seo.INDEX


def test_where_the_original_is_gone_the_copy_stands_for_itself(client: Client) -> None:
    original = make_article(slug="why", question="Why?", answer="So.")
    copy = make_article(subject="science", slug="why", question="Why?", answer="So.")
    Article.objects.filter(pk=original.pk).update(status=Article.Status.UNPUBLISHED)  # nothing else told
    assert canonical(head_of(client, copy.get_absolute_url())) == f"{SITE}{copy.get_absolute_url()}"


@pytest.mark.parametrize(
    "kept_out",
    [
        lambda: make_article(no_index=True),
        lambda: make_article(subject=make_subject("secret", is_listed=False)),
    ],
)
def test_what_is_not_to_be_indexed_says_so_but_is_followed(kept_out, client: Client) -> None:
    page = head_of(client, kept_out().get_absolute_url())
    assert meta(page, "robots") == "noindex, follow"


def test_an_unlisted_subject_is_not_indexed(client: Client) -> None:
    make_subject("secret", is_listed=False)
    assert meta(head_of(client, "/learn/secret"), "robots") == "noindex, follow"


def test_a_subject_of_copies_alone_is_not_indexed(client: Client) -> None:
    make_article(slug="why", question="Why?", answer="So.")
    make_article(subject="science", slug="why", question="Why?", answer="So.")
    assert meta(head_of(client, "/learn/physics"), "robots") != "noindex, follow"
    assert meta(head_of(client, "/learn/science"), "robots") == "noindex, follow"


def test_the_copy_of_an_article_that_is_kept_out_names_itself(client: Client) -> None:
    make_article(slug="why", question="Why?", answer="So.", no_index=True)
    copy = make_article(subject="science", slug="why", question="Why?", answer="So.", no_index=True)
    assert copy.canonical is not None
    assert canonical(head_of(client, copy.get_absolute_url())) == f"{SITE}{copy.get_absolute_url()}"


def test_a_copy_that_is_kept_out_stays_out(client: Client) -> None:
    make_article(slug="why", question="Why?", answer="So.")
    copy = make_article(subject="science", slug="why", question="Why?", answer="So.", no_index=True)
    assert meta(head_of(client, copy.get_absolute_url()), "robots") == "noindex, follow"


def test_everything_else_may_be_shown_large(client: Client) -> None:
    for path in ("/learn", "/learn/physics", make_article().get_absolute_url()):
        assert "max-image-preview:large" in str(meta(head_of(client, path), "robots"))


def test_every_canonical_address_answers_is_indexable_and_its_own_canonical(client: Client) -> None:
    make_article(slug="why", question="Why?", answer="So.", date="2025-03-01")
    make_article(subject="science", slug="why", question="Why?", answer="So.", date="2025-01-01")
    make_article(subject=make_subject("secret", is_listed=False), slug="why", question="Why?", answer="So.")
    make_article(
        subject="later",
        slug="why",
        question="Why?",
        answer="So.",
        publish_at=timezone.now() + timedelta(days=1),
    )
    make_article(slug="how", question="How?", answer="Thus.")
    for article in Article.objects.published().select_related("subject"):
        target = canonical(head_of(client, article.get_absolute_url())).removeprefix(SITE)
        page = head_of(client, target)
        assert canonical(page) == f"{SITE}{target}"
        assert meta(page, "robots") == seo.INDEX


def test_an_article_that_falls_due_may_become_the_original(client: Client) -> None:
    now = make_article(subject="science", slug="why", question="Why?", answer="So.")
    later = make_article(
        slug="why",
        question="Why?",
        answer="So.",
        is_preferred=True,
        publish_at=timezone.now() + timedelta(days=1),
    )
    assert canonical(head_of(client, now.get_absolute_url())).endswith("/learn/science/questions/why")
    Article.objects.filter(pk=later.pk).update(publish_at=timezone.now())
    Article.objects.choose_canonicals({later.content_key})
    assert canonical(head_of(client, now.get_absolute_url())).endswith("/learn/physics/questions/why")


# --- Open Graph and other forms


def test_open_graph_is_complete(client: Client) -> None:
    article = make_article(
        slug="why", question="Why is the sky blue?", description="Light scatters.",
        keywords="light, scattering, air, sky, colour, wave, more, than, six",
    )  # fmt: skip
    page = head_of(client, article.get_absolute_url())
    assert meta(page, "og:title") == "Why is the sky blue?"
    assert meta(page, "og:description") == "Light scatters."
    assert meta(page, "og:url") == canonical(page)
    assert meta(page, "og:type") == "article"
    assert meta(page, "og:site_name") == "QuickTakes"
    assert meta(page, "og:locale") == "en_US"
    assert meta(page, "og:image:type") == "image/png"
    assert (meta(page, "og:image:width"), meta(page, "og:image:height")) == ("1200", "675")
    assert meta(page, "og:image:alt") == "Physics: Why is the sky blue?"
    assert meta(page, "twitter:card") == "summary_large_image"
    assert meta(page, "article:published_time") == "2025-02-08T00:00:00+00:00"
    assert str(meta(page, "article:modified_time")) > "2025-02-08"
    assert meta(page, "article:section") == "Physics"
    assert [e.get("content") for e in page.select("meta[property=article:tag]")] == [
        "light", "scattering", "air", "sky", "colour", "wave",
    ]  # fmt: skip
    assert meta(page, "twitter:data1") == "Physics"
    assert meta(page, "twitter:data2") == "1 min"


@pytest.mark.parametrize("path", ["/learn", "/learn/physics"])
def test_lists_are_websites_with_a_picture(path: str, client: Client) -> None:
    make_article()
    page = head_of(client, path)
    assert meta(page, "og:type") == "website"
    assert str(meta(page, "og:image")).startswith(f"{SITE}/og{path}/")
    assert meta(page, "article:section") is None


def test_hostile_texts_stay_texts(client: Client) -> None:
    article = make_article(question='"><script>alert(1)</script>', description="' onload=x \"><b>")
    page = head_of(client, article.get_absolute_url())
    assert meta(page, "og:title") == '"><script>alert(1)</script>'
    assert meta(page, "description") == "' onload=x \"><b>"


@pytest.mark.parametrize("path", ["/learn", "/learn/physics", "/learn/physics/questions/why"])
def test_other_forms_are_found_in_head_and_header(path: str, client: Client) -> None:
    make_article(slug="why")
    response = client.get(path)
    named = [str(e.get("href")) for e in Page(response.text).select("link[rel=alternate]")]
    assert named
    for address in named:
        assert f'<{address}>; rel="alternate"' in response["Link"]
        assert client.get(address.removeprefix(SITE)).status_code == 200
    assert f'<{SITE}/llms.txt>; rel="describedby"' in response["Link"]


def test_an_unlisted_subject_names_no_feed(client: Client) -> None:
    make_subject("secret", is_listed=False)
    assert "/learn/secret/feed.atom" not in client.get("/learn/secret").text


def test_a_head_costs_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    article = for_page(make_article())
    with django_assert_num_queries(0):
        seo.article_head(article)


def test_without_the_page_query_a_namesake_is_looked_up() -> None:
    make_article(subject="sociology", slug="what-is-work", question="What is work?", answer="Labour.")
    article = make_article(slug="what-is-work", question="What is work?")
    assert (
        seo.article_head(Article.objects.get(pk=article.pk)).title == "What is work? (Physics) — QuickTakes"
    )


@pytest.mark.parametrize("path", ["/learn/search", "/learn/search?q=matter", "/nowhere"])
def test_search_results_and_errors_have_a_head_but_are_not_indexed(client: Client, path: str) -> None:
    page = Page(client.get(path).text)
    assert meta(page, "robots") == seo.NOINDEX
    assert meta(page, "description")


def test_a_subject_without_articles_has_a_head(client: Client) -> None:
    Subject.objects.create(slug="empty", title="Empty")
    page = head_of(client, "/learn/empty")
    assert meta(page, "description") == "0 questions in Empty, answered."


def test_the_invitation_carries_subject_and_question(settings: Settings) -> None:
    article = make_article(question="Why & how?")
    assert seo.signup_url(article) == ""
    settings.SIGNUP_URL = "https://example.com/join?from=learn"
    assert (
        seo.signup_url(article)
        == "https://example.com/join?from=learn&subject=physics&question=Why+%26+how%3F"
    )
