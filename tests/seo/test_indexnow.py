from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.http import RequestError
from learn.models import Article
from learn.seo import indexnow
from tests.factories import make_article, make_subject
from tests.stubs import Stub, stub_server

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
KEY = "0123456789abcdef"


@pytest.fixture
def stub(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setattr(indexnow, "PAUSES", (0, 0))
    settings.INDEXNOW_KEY = KEY
    with stub_server() as stub:
        settings.INDEXNOW_URL = f"{stub.url}/indexnow"
        yield stub


def changed(**ago: float) -> set[str]:
    return set(indexnow.changed_since(timezone.now() - dt.timedelta(**ago)))


def test_what_changed_fell_due_moved_or_went_is_named() -> None:
    now = timezone.now()
    long_ago = now - dt.timedelta(days=100)
    for slug in ("old", "edited", "due", "moved", "gone"):
        make_article(slug=slug, publish_at=long_ago)
    Article.objects.update(modified_at=long_ago)
    Article.objects.filter(slug="edited").update(modified_at=now - dt.timedelta(hours=1))
    Article.objects.filter(slug="due").update(publish_at=now - dt.timedelta(hours=1))
    moved = Article.objects.get(slug="moved")
    moved.slug = "moved-on"
    moved.save()
    Article.objects.get(slug="gone").delete()
    questions = f"{SITE}/learn/physics/questions"
    assert changed(days=1) == {
        f"{questions}/{slug}" for slug in ("edited", "due", "moved", "moved-on", "gone")
    }
    assert changed(minutes=30) == {f"{questions}/{slug}" for slug in ("moved", "moved-on", "gone")}


def test_what_search_engines_are_not_to_know_is_not_named() -> None:
    make_article(no_index=True)
    make_article(status="draft")
    make_article(publish_at=timezone.now() + dt.timedelta(hours=1))
    make_article(subject=make_subject("secret", is_listed=False))
    assert changed(days=1) == set()


def test_addresses_are_submitted_in_batches(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexnow, "MOST_URLS", 2)
    urls = [f"{SITE}/learn/{number}" for number in range(5)]
    assert indexnow.submit(iter(urls)) == 5
    orders = [json.loads(request.body) for request in stub.requests]
    assert [order["urlList"] for order in orders] == [urls[:2], urls[2:4], urls[4:]]
    assert orders[0] | {"urlList": []} == {
        "host": "testserver",
        "key": KEY,
        "keyLocation": f"{SITE}/{KEY}.txt",
        "urlList": [],
    }
    assert {(request.method, request.path) for request in stub.requests} == {("POST", "/indexnow")}


def test_nothing_changed_is_nothing_sent(stub: Stub) -> None:
    assert indexnow.submit(iter([])) == 0
    assert stub.requests == []


def test_a_busy_search_engine_is_asked_again(stub: Stub) -> None:
    stub.answers = [(429, b""), (503, b""), (202, b"")]
    assert indexnow.submit(iter([f"{SITE}/learn"])) == 1
    assert len(stub.requests) == 3


@pytest.mark.parametrize(("answers", "requests"), [([(403, b"")], 1), ([(503, b"")], 3)])
def test_a_refusal_is_an_error(answers: list[tuple[int, bytes]], requests: int, stub: Stub) -> None:
    stub.answers = answers
    with pytest.raises(RequestError):
        indexnow.submit(iter([f"{SITE}/learn"]))
    assert len(stub.requests) == requests
