from __future__ import annotations

import gzip
from datetime import date, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import brotli
import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn.caching import pages
from learn.caching.conditional import conditional
from learn.caching.pages import CachedPage, PageCache
from learn.db import state
from learn.models import Article, RelatedLink, SimilarQuestions, Subject, Topic
from learn.topics import LEAST
from learn.topics.placing import place_articles
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/learn",
    "/learn/physics",
    "/learn/physics?page=2",
    "/learn/physics/questions/why",
    "/learn/physics/questions/why.md",
    "/learn/physics.md",
    "/learn/feed.atom",
    "/learn/physics/feed.atom",
    "/sitemap.xml",
    "/sitemap.library.xml",
    "/sitemap-physics.xml",
    "/llms.txt",
    "/robots.txt",
]


@pytest.fixture
def article(monkeypatch: pytest.MonkeyPatch) -> Article:
    """An article among others, some seconds after all of them were written."""
    Article.objects.bulk_create(
        Article(
            subject=make_subject(), slug=f"other-{number}", question=f"Other {number}?", answer="So.",
            content_key=f"{number}", is_indexable=True,
            date=date(2025, 2, 8), publish_at=timezone.now() - timedelta(days=2),
        )
        for number in range(25)
    )  # fmt: skip
    article = make_article(slug="why", question="Why?", publish_at=timezone.now() - timedelta(days=1))
    make_link(article, make_article(subject="chemistry"))
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=5))
    return article


@pytest.fixture(name="page_cache")
def empty_page_cache(settings: Settings) -> PageCache:
    settings.PAGE_CACHE_MB = 1
    pages.pages.clear()
    yield pages.pages
    pages.pages.clear()


def revalidate(client: Client, path: str, response: HttpResponse, **headers: str) -> HttpResponse:
    return client.get(path, headers={"If-None-Match": response["ETag"], **headers})


@pytest.mark.parametrize("path", ADDRESSES)
def test_asked_again_with_the_etag_it_is_304_for_one_query(
    path: str, article: Article, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    first = client.get(path)
    assert first.status_code == 200
    with django_assert_max_num_queries(1):
        again = revalidate(client, path, first)
    assert again.status_code == 304
    assert again.content == b""
    for name in ("ETag", "Cache-Control", "Vary", "Last-Modified"):
        assert again.headers.get(name) == first.headers.get(name), name


@pytest.mark.parametrize("path", ADDRESSES)
def test_asked_again_with_the_date_it_is_304_for_one_query(
    path: str, article: Article, client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    first = client.get(path)
    with django_assert_max_num_queries(1):
        again = client.get(path, headers={"If-Modified-Since": first["Last-Modified"]})
    assert again.status_code == 304
    day_before = format_datetime(
        parsedate_to_datetime(first["Last-Modified"]) - timedelta(days=1), usegmt=True
    )
    assert client.get(path, headers={"If-Modified-Since": day_before}).status_code == 200


@pytest.mark.parametrize("path", ADDRESSES)
def test_head_has_the_headers_of_get(path: str, article: Article, client: Client) -> None:
    got, asked = client.get(path), client.head(path)
    assert asked.status_code == 200
    for name in ("ETag", "Cache-Control", "Vary", "Content-Type", "Last-Modified"):
        assert asked.headers.get(name) == got.headers.get(name), name
    assert client.head(path, headers={"If-None-Match": got["ETag"]}).status_code == 304


def test_weak_tags_lists_and_the_star_match(article: Article, client: Client) -> None:
    path = article.get_absolute_url()
    tag = client.get(path)["ETag"]
    for header in (f"W/{tag}", f'"other", {tag}', "*"):
        assert client.get(path, headers={"If-None-Match": header}).status_code == 304, header
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get(path, headers={"If-None-Match": "no tag at all"}).status_code == 200


def test_where_the_tag_differs_the_date_does_not_count(article: Article, client: Client) -> None:
    path = article.get_absolute_url()
    headers = {"If-None-Match": '"other"', "If-Modified-Since": format_datetime(timezone.now(), usegmt=True)}
    assert client.get(path, headers=headers).status_code == 200


def test_a_tag_is_good_for_its_own_address_only(article: Article, client: Client) -> None:
    tag = client.get(article.get_absolute_url())["ETag"]
    for path in ADDRESSES:
        if path != article.get_absolute_url():
            assert client.get(path, headers={"If-None-Match": tag}).status_code == 200, path


def test_what_changes_a_page_changes_its_tag(article: Article, client: Client) -> None:
    """Every kind of change that the page of an article shows, none of them made by saving the article."""
    target = article.related_links.get().target
    Article.objects.filter(pk=article.pk).update(keywords="optics", description="On optics.")
    neighbour, *_others = [make_article(keywords="optics", description="On optics.") for _ in range(LEAST)]
    place_articles()
    changes = {
        "its answer": lambda: Article.objects.filter(pk=article.pk).update(answer_html="<p>Otherwise.</p>"),
        "its subject's title": lambda: Subject.objects.filter(pk=article.subject_id).update(
            title="Natural Science"
        ),
        "a related question's title": lambda: Article.objects.filter(pk=target.pk).update(question="How so?"),
        "a related question's address": lambda: Article.objects.filter(pk=target.pk).update(slug="how-so"),
        "a related question taken down": lambda: Article.objects.filter(pk=target.pk).update(
            status="unpublished"
        ),
        "a related question put back": lambda: Article.objects.filter(pk=target.pk).update(
            status="published"
        ),
        "a related link gone": lambda: RelatedLink.objects.all().delete(),
        "a neighbour's title": lambda: Article.objects.filter(pk=neighbour.pk).update(question="And now?"),
        "its topic's title": lambda: Topic.objects.all().update(title="Light"),
        "a neighbour gone": neighbour.delete,
        "its canonical": lambda: Article.objects.filter(pk=article.pk).update(canonical=target),
        "its robots": lambda: Article.objects.filter(pk=article.pk).update(
            canonical=None, is_indexable=False, no_index=True
        ),
    }
    path = article.get_absolute_url()
    before = client.get(path)
    for name, change in changes.items():
        change()
        answer = revalidate(client, path, before)
        assert answer.status_code == 200, name
        assert answer.content != before.content, name
        assert answer["ETag"] != before["ETag"], name
        before = answer


def test_what_changes_elsewhere_is_still_304(article: Article, client: Client) -> None:
    """The page has to be made to know, but need not be sent."""
    path = article.get_absolute_url()
    before = client.get(path)
    Article.objects.filter(slug="other-3").update(keywords="other words")
    answer = revalidate(client, path, before)
    assert answer.status_code == 304
    assert answer["ETag"] == before["ETag"]  # what the visitor holds stays named as he knows it


def test_a_scheduled_question_that_falls_due_changes_lists_at_once(
    article: Article, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = timezone.now() + timedelta(hours=1)
    make_article(slug="soon", question="What comes soon?", publish_at=due, date=due.date())
    paths = ["/learn/physics", "/learn/feed.atom", "/sitemap-physics.xml", "/learn/physics.md"]
    before = {path: client.get(path) for path in paths}
    monkeypatch.setattr(timezone, "now", lambda: due + timedelta(minutes=1))
    for path in paths:
        answer = revalidate(client, path, before[path])
        assert answer.status_code == 200, path
        assert b"soon" in answer.getvalue(), path


def test_a_change_in_the_same_second_is_not_taken_for_older(
    article: Article, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a change and the end of its second nothing is dated: a second change would have the same date."""
    present = state.read()
    assert present is not None
    monkeypatch.setattr(timezone, "now", lambda: present.changed_at)
    response = client.get(article.get_absolute_url())
    if present.changed_at.microsecond:
        assert "Last-Modified" not in response.headers
    same_second = format_datetime(present.changed_at.replace(microsecond=0), usegmt=True)
    asked = client.get(article.get_absolute_url(), headers={"If-Modified-Since": same_second})
    assert asked.status_code == 200


def test_another_build_changes_every_tag(article: Article, client: Client, settings: Settings) -> None:
    path = article.get_absolute_url()
    before = client.get(path)
    settings.SITE_NAME = "Another name"
    answer = revalidate(client, path, before)
    assert answer.status_code == 200
    assert answer["ETag"] != before["ETag"]


def test_answers_that_are_no_page_are_left_alone(article: Article, client: Client) -> None:
    for path in (
        "/learn/nowhere",
        "/learn/physics/questions/no",
        "/learn/physics?page=1",
        "/learn/physics?page=99",
    ):
        response = client.get(path)
        assert response.status_code != 200
        assert "ETag" not in response.headers, path
    assert client.post("/learn").status_code == 405


# --- Compression


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("GZIP", "gzip"),
        ("identity", ""),
        ("br;q=0.0, gzip; q=0", ""),
        (";;,=", ""),
    ],
)
def test_pages_are_compressed_as_asked(
    accepted: str, encoding: str, article: Article, client: Client
) -> None:
    path = article.get_absolute_url()
    plain = client.get(path).content
    response = client.get(path, headers={"Accept-Encoding": accepted})
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": lambda body: body}[encoding]
    assert response.headers.get("Content-Encoding", "") == encoding
    assert unpack(response.content) == plain
    assert int(response["Content-Length"]) == len(response.content)
    assert "Accept-Encoding" in response["Vary"]


def test_each_encoding_has_a_tag_of_its_own(article: Article, client: Client) -> None:
    path = article.get_absolute_url()
    plain, packed = client.get(path), client.get(path, headers={"Accept-Encoding": "br"})
    assert plain["ETag"] != packed["ETag"]
    assert revalidate(client, path, packed).status_code == 200
    assert revalidate(client, path, packed, **{"Accept-Encoding": "br"}).status_code == 304


def test_compression_can_be_left_to_a_proxy(article: Article, client: Client, settings: Settings) -> None:
    settings.COMPRESS_PAGES = False
    response = client.get(article.get_absolute_url(), headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in response.headers


# --- The page cache


def test_a_cached_page_costs_one_query_and_is_the_same(
    article: Article, client: Client, page_cache: PageCache, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = article.get_absolute_url()
    first = client.get(path)
    with django_assert_num_queries(1):
        cached = client.get(path)
    assert cached.content == first.content
    assert dict(cached.headers) == dict(first.headers)
    with django_assert_num_queries(1):
        assert revalidate(client, path, first).status_code == 304


def test_a_cached_page_is_never_older_than_an_edit(
    article: Article, client: Client, page_cache: PageCache
) -> None:
    path = article.get_absolute_url()
    client.get(path)
    article.question = "Why not?"
    article.save()
    assert "Why not?" in client.get(path).text
    with transaction.atomic():
        Article.objects.filter(pk=article.pk).update(question="Undone?")
        assert "Undone?" in client.get(path).text
        transaction.set_rollback(True)
    assert "Why not?" in client.get(path).text


def test_addresses_that_visitors_make_up_are_not_cached(
    article: Article, client: Client, page_cache: PageCache
) -> None:
    for number in range(20):
        client.get(f"/learn/physics?utm_source={number}")
        client.get(f"/learn/physics?page={number + 2}")
    assert len(page_cache._pages) == 1  # page 2, the only one there is
    client.get("/learn/physics/questions/unknown")
    assert len(page_cache._pages) == 1


def test_a_cached_page_is_answered_before_its_address_is_looked_up(
    article: Article, client: Client, page_cache: PageCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = article.get_absolute_url()
    client.get(path)
    monkeypatch.setattr("learn.views.library.page_of", lambda *_arguments: 1 / 0)
    monkeypatch.setattr("django.core.handlers.base.BaseHandler.resolve_request", lambda *_arguments: 1 / 0)
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200


def test_an_answer_in_another_form_is_not_taken_for_the_page(
    article: Article, client: Client, page_cache: PageCache
) -> None:
    path = article.get_absolute_url()
    page = client.get(path)
    markdown = client.get(path, headers={"Accept": "text/markdown"})
    assert markdown.headers["Content-Type"].startswith("text/markdown")
    assert client.get(path).content == page.content
    packed = client.get(path, headers={"Accept-Encoding": "br"})
    assert packed.headers["Content-Encoding"] == "br"
    assert "Content-Encoding" not in client.get(path).headers


def test_a_page_with_a_cookie_is_not_cached(article: Article, page_cache: PageCache) -> None:
    def with_cookie(request: HttpRequest) -> HttpResponse:
        response = HttpResponse(b"yours")
        response.set_cookie("name", "value")
        return response

    handler = pages.page_cache(conditional()(with_cookie))
    assert handler(RequestFactory().get("/learn")).content == b"yours"
    assert len(page_cache._pages) == 0


def test_nothing_is_cached_without_memory_for_it(
    article: Article, client: Client, page_cache: PageCache, settings: Settings
) -> None:
    settings.PAGE_CACHE_MB = 0
    client.get(article.get_absolute_url())
    assert len(page_cache._pages) == 0


def test_the_cache_is_bounded_and_drops_what_was_not_asked_for(settings: Settings) -> None:
    settings.PAGE_CACHE_MB = 1
    cache = PageCache()
    page = CachedPage("a", "a-b", b"x" * 96_000, {}, "article")
    for number in range(10):
        cache.put((str(number), ""), page)
    cache.get(("0", ""))
    cache.put(("new", ""), page)
    assert cache.get(("0", "")) is page
    assert cache.get(("1", "")) is None
    assert cache._size <= 1_000_000
    cache.put(("huge", ""), CachedPage("a", "a-b", b"x" * 2_000_000, {}, "article"))
    assert cache.get(("huge", "")) is None
    assert cache._size == 0


def test_similar_questions_are_among_what_renews_the_state(article: Article, client: Client) -> None:
    path = article.get_absolute_url()
    before = client.get(path)
    make_subject("unrelated")
    SimilarQuestions.objects.update_or_create(
        article=article, defaults={"targets": [Article.objects.get(slug="other-1").pk]}
    )
    after = state.read()
    assert after is not None
    assert before["ETag"].strip('"').split("-")[0] != client.get(path)["ETag"].strip('"').split("-")[0]


@pytest.mark.parametrize("accept", ["text/markdown", "TEXT/Markdown;q=1, text/html;q=0.5"])
def test_a_cached_page_does_not_hide_its_other_form(
    accept: str, article: Article, client: Client, page_cache: PageCache
) -> None:
    path = article.get_absolute_url()
    html = client.get(path)
    markdown = client.get(path, headers={"Accept": accept, "If-None-Match": html["ETag"]})
    assert markdown.status_code == 200
    assert markdown["Content-Type"].startswith("text/markdown")
    assert client.get(path).content == html.content
