"""Searches, suggestions, misses and forms by the hundred from one address: it waits, and nobody else does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from learn import limits
from learn.limits import Memory, Rate, parse_rate
from learn.models import MissingPage
from learn.redirects import missing
from learn.views import errors
from tests.factories import make_article

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limited")]


def ask(path: str, address: str = "203.0.113.1", **more: Any) -> Any:
    return Client().get(path, REMOTE_ADDR=address, **more)


@pytest.mark.parametrize(
    ("kind", "path"), [("search", "/learn/search?q=photon"), ("suggest", "/learn/search/suggest?q=ph")]
)
def test_an_address_that_searches_too_often_is_told_when_to_come_again(
    kind: str, path: str, settings: Settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, kind: Rate(5, 60)}
    assert [ask(path).status_code for _ in range(7)] == [200] * 5 + [429] * 2
    answer = ask(path)
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["Cache-Control"] == "no-store"
    assert "a little fast" in answer.text
    assert not answer.cookies
    assert ask(path, "203.0.113.2").status_code == 200
    assert ask("/learn").status_code == 200  # reading has no limit


def test_limits_end_with_their_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LIMITS = {"search": Rate(1, 60)}
    import time  # noqa: PLC0415

    now, monotonic = time.time(), time.monotonic()
    assert [limits.use("search", "a").is_too_much for _ in range(2)] == [False, True]
    monkeypatch.setattr(time, "time", lambda: now + 61)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic + 61)
    assert not limits.use("search", "a").is_too_much


def test_a_scan_gets_misses_without_a_search_and_at_last_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIMITS = {"missing": Rate(5, 60)}
    searched = []
    real = errors.nearest_questions
    monkeypatch.setattr(errors, "nearest_questions", lambda *args: searched.append(1) or real(*args))
    missing.forget()
    answers = [ask(f"/learn/physics/questions/scan-{number}").status_code for number in range(60)]
    assert len(searched) == 5
    assert answers[:50] == [404] * 50
    assert answers[-5:] == [429] * 5
    assert MissingPage.objects.count() <= 5
    make_article(slug="live")
    assert ask("/learn/physics/questions/live").status_code == 200
    assert ask("/learn/physics/questions/live/").status_code == 301  # what moved is still found
    missing.forget()


def test_forms_of_strangers_are_counted_and_those_of_editors_not(settings: Settings) -> None:
    settings.LIMITS = {"forms": Rate(3, 60)}
    answers = [Client().post("/learn", REMOTE_ADDR="203.0.113.1").status_code for _ in range(5)]
    assert answers[:3] == [405] * 3
    assert answers[3:] == [429] * 2


def test_a_crawler_that_behaves_is_not_touched() -> None:
    """One page a second, as robots.txt asks of nobody, with a dead link now and then."""
    articles = [make_article(slug=f"page-{number}") for number in range(40)]
    for number, article in enumerate(articles):
        assert ask(article.get_absolute_url(), headers={"user-agent": "Crawler"}).status_code == 200
        if number % 4 == 0:
            assert ask(f"/learn/physics/questions/dead-{number}").status_code == 404


def test_the_limits_can_be_left_to_a_proxy(settings: Settings) -> None:
    settings.LIMITS = {"search": Rate(1, 60)}
    settings.RATE_LIMITS = False
    assert [ask("/learn/search?q=a").status_code for _ in range(3)] == [200] * 3
    settings.RATE_LIMITS = True
    settings.LIMITS = {"search": None}
    assert [ask("/learn/search?q=a").status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(
    ("text", "rate"), [("120/m", Rate(120, 60)), ("5/s", Rate(5, 1)), ("9/h", Rate(9, 3600)), ("off", None)]
)
def test_a_rate_is_read(text: str, rate: Rate | None) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "5", "0/m", "-1/m", "5/d", "5 /m", "99999999/m", "off/m"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 120/m"):
        parse_rate(text)


def test_memory_is_bounded() -> None:
    memory = Memory(room=1_000)
    for number in range(5_000):
        memory.add(f"address {number}", 60)
    assert len(memory._counts) <= 1_000
    assert memory.add("address 4999", 60) == 2  # the latest are the ones kept


def test_a_shared_cache_counts_for_all_and_may_be_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://x"}
    }
    settings.LIMITS = {"search": Rate(2, 60)}
    counts: dict[str, int] = {}
    monkeypatch.setattr(limits, "_paused_until", 0.0)

    class Shared:
        def add(self, key: str, value: int, timeout: int) -> None:
            counts.setdefault(key, value)

        def incr(self, key: str) -> int:
            counts[key] += 1
            return counts[key]

    class Away(Shared):
        def add(self, key: str, value: int, timeout: int) -> None:
            raise ConnectionError

    monkeypatch.setattr(limits, "cache", Shared())
    assert [limits.use("search", "203.0.113.7").is_too_much for _ in range(3)] == [False, False, True]
    assert all("203.0.113" not in key and key.startswith("limit:search:") for key in counts)

    monkeypatch.setattr(limits, "cache", Away())
    assert not limits.use("search", "b").is_too_much
    assert limits._paused_until > 0
    monkeypatch.setattr(limits, "_paused_until", 0.0)
