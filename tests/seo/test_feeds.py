from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from learn.models import Article
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
ATOM = "{http://www.w3.org/2005/Atom}"
# RFC 3339, which RFC 4287 asks for
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# What RFC 4287 requires and allows, and how often: (least, most)
FEED = {"title": (1, 1), "id": (1, 1), "updated": (1, 1), "link": (2, 2), "author": (1, 1), "entry": (0, 50)}
ENTRY = {
    "title": (1, 1), "id": (1, 1), "updated": (1, 1), "published": (1, 1), "link": (1, 1), "category": (1, 1),
    "author": (0, 1), "summary": (1, 1),
}  # fmt: skip


def read(client: Client, path: str) -> ET.Element:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(response.content)  # noqa: S314 our own document
    assert root.tag == f"{ATOM}feed"
    check(root, FEED)
    (own,) = (link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self")
    assert own.get("href") == SITE + path
    ids = [text(root, "id")]
    for entry in root.findall(f"{ATOM}entry"):
        check(entry, ENTRY)
        ids.append(text(entry, "id"))
        assert text(entry, "published") <= text(entry, "updated") <= text(root, "updated")
    assert len(ids) == len(set(ids))
    for identity in ids:
        assert urlsplit(identity).scheme
    return root


def check(element: ET.Element, allowed: dict[str, tuple[int, int]]) -> None:
    names = [child.tag.removeprefix(ATOM) for child in element]
    assert set(names) <= set(allowed)
    for name, (least, most) in allowed.items():
        assert least <= names.count(name) <= most, name
    for name in {"updated", "published"} & set(names):
        assert MOMENT.fullmatch(text(element, name))


def text(element: ET.Element, name: str) -> str:
    found = element.find(ATOM + name)
    assert found is not None
    assert found.text
    return found.text


def titles(client: Client, path: str = "/learn/feed.atom") -> list[str]:
    return [text(entry, "title") for entry in read(client, path).findall(f"{ATOM}entry")]


def test_no_two_entries_of_a_day_changed_at_the_same_moment(client: Client) -> None:
    for number in range(20):
        make_article(slug=f"why-{number}")
    moments = [text(entry, "updated") for entry in read(client, "/learn/feed.atom").findall(f"{ATOM}entry")]
    assert len(set(moments)) == 20
    assert len({moment[:10] for moment in moments}) == 1


def test_the_newest_questions_come_first(client: Client) -> None:
    for day in (1, 3, 2):
        make_article(question=f"What happened on day {day}?", date=date(2025, 1, day))
    assert titles(client) == [f"What happened on day {day}?" for day in (3, 2, 1)]


def test_an_entry_says_what_the_page_says(client: Client) -> None:
    article = make_article(
        slug="why",
        question="Why & how?",
        description="So <b>and</b> thus.",
        author="Ada",
        date=date(2025, 2, 8),
    )
    Article.objects.update(modified_at=datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC))
    feed = read(client, "/learn/feed.atom")
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert text(entry, "title") == "Why & how?"
    assert text(entry, "summary") == "So <b>and</b> thus."
    assert "type" not in entry.find(f"{ATOM}summary").attrib  # plain text, in which a tag is no tag
    assert text(entry, "published") == "2025-02-08T00:00:00+00:00"
    assert text(entry, "updated") == text(feed, "updated")
    moment = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC) + timedelta(milliseconds=article.pk)
    assert text(entry, "updated") == moment.isoformat()
    assert entry.find(f"{ATOM}link").attrib["href"] == f"{SITE}/learn/physics/questions/why"
    assert entry.find(f"{ATOM}category").attrib == {"term": "physics"}
    assert entry.find(f"{ATOM}author/{ATOM}name").text == "Ada"


def test_an_entry_keeps_its_id_when_the_article_moves(client: Client) -> None:
    imported = make_article(slug="why", source_url="/learn/physics/questions/why")
    written = make_article(slug="how", date=date(2025, 2, 7))
    before = [text(entry, "id") for entry in read(client, "/learn/feed.atom").findall(f"{ATOM}entry")]
    for article in (imported, written):
        article.slug += "-so"
        article.subject = make_subject("science")
        article.save()
    after = [text(entry, "id") for entry in read(client, "/learn/feed.atom").findall(f"{ATOM}entry")]
    assert sorted(after) == sorted(before)
    assert "tag:testserver,2025-02-08:/learn/physics/questions/why" in after


def test_a_subject_has_its_own_feed(client: Client) -> None:
    make_article(question="Why?")
    make_article(subject="chemistry", question="How?")
    assert titles(client, "/learn/chemistry/feed.atom") == ["How?"]
    assert titles(client) == ["How?", "Why?"] or titles(client) == ["Why?", "How?"]


def test_only_what_search_engines_may_know_is_in_it(client: Client) -> None:
    make_article(question="Why?", answer="So.")
    make_article(subject="science", question="Why?", answer="So.")
    make_article(no_index=True)
    make_article(status="draft")
    make_article(publish_at=timezone.now() + timedelta(hours=1))
    make_article(subject=make_subject("secret", is_listed=False))
    assert titles(client) == ["Why?"]
    assert client.get("/learn/secret/feed.atom").status_code == 404
    assert client.get("/learn/nowhere/feed.atom").status_code == 404


def test_it_holds_fifty_entries_for_two_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    subject = make_subject()
    Article.objects.bulk_create(
        Article(
            subject=subject, slug=f"q-{n}", question=f"{n}?", description="!", answer="!", is_indexable=True
        )
        for n in range(60)
    )
    with django_assert_num_queries(2):  # the state, the articles
        client.get("/learn/feed.atom")
    assert len(titles(client)) == 50


def test_an_empty_feed_is_valid(client: Client) -> None:
    make_subject("empty")
    assert titles(client, "/learn/empty/feed.atom") == []


def test_characters_that_xml_cannot_hold_are_left_out(client: Client) -> None:
    article = make_article()
    Article.objects.filter(pk=article.pk).update(
        question="Why\x0b not\x1f?", description="a\ufffeb\uffffc \U0001f600"
    )
    assert titles(client) == ["Why not?"]
