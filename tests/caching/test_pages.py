"""Pages that machines share through a Redis, as far as one machine can tell: what one process cached, another finds."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn.caching import pages
from learn.models import Article
from tests.factories import make_article

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
REDIS = "django.core.cache.backends.redis.RedisCache"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Redis of its own that keeps nothing, on a socket in a folder of its own."""
    if not shutil.which("redis-server"):
        message = "no redis-server: Debian's package redis-server has it"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message)
        pytest.skip(message)
    socket = tmp_path / "redis"
    command = [
        "redis-server",
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 30
        while not socket.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield server
        server.terminate()


@pytest.fixture
def shared(redis: subprocess.Popen[bytes], tmp_path: Path, settings: Settings) -> Iterator[None]:
    settings.PAGE_CACHE_MB = 1
    settings.CACHES = {"default": {"BACKEND": REDIS, "LOCATION": f"unix://{tmp_path / 'redis'}"}}
    start_anew()
    yield
    cache.close()
    start_anew()


def start_anew() -> None:
    """What another process, or this one after a deployment, has in its memory."""
    pages.pages.clear()
    pages.shared_pages = pages.SharedPages()


@pytest.fixture
def article() -> Article:
    return make_article(slug="why", question="Why?")


@pytest.mark.usefixtures("shared")
def test_a_page_that_one_process_cached_is_found_by_another(
    article: Article, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = client.get(article.get_absolute_url())
    start_anew()
    with django_assert_num_queries(1):  # the state of the library
        second = client.get(article.get_absolute_url())
    assert second.content == first.content
    assert dict(second.items()) == dict(first.items())
    start_anew()
    with django_assert_num_queries(1):
        assert (
            client.get(article.get_absolute_url(), headers={"if-none-match": first["ETag"]}).status_code
            == 304
        )
    with django_assert_num_queries(1):  # from now on out of its own memory
        pages.shared_pages._paused_until = time.monotonic() + 60
        assert client.get(article.get_absolute_url()).content == first.content


@pytest.mark.usefixtures("shared")
def test_an_edit_is_seen_at_once_by_all(article: Article, client: Client) -> None:
    client.get(article.get_absolute_url())
    Article.objects.filter(pk=article.pk).update(question="Why on earth?")
    for _process in range(2):
        assert "Why on earth?" in client.get(article.get_absolute_url()).text
        start_anew()


@pytest.mark.usefixtures("shared")
def test_a_cache_that_does_not_answer_costs_no_page(
    article: Article,
    client: Client,
    redis: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    redis.terminate()
    redis.wait()
    cache.close()
    assert client.get(article.get_absolute_url()).status_code == 200
    assert client.get("/learn").status_code == 200
    assert len(caplog.records) == 1  # the second page did not ask again
    assert "does not answer" in caplog.text
    assert not pages.shared_pages.is_on
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + pages.SharedPages.PAUSE)
    assert pages.shared_pages.is_on


def test_a_cache_of_one_process_is_not_asked(settings: Settings) -> None:
    settings.PAGE_CACHE_MB = 1
    assert not pages.SharedPages().is_on
    settings.CACHES = {"default": {"BACKEND": REDIS, "LOCATION": "redis://127.0.0.1"}}
    assert pages.SharedPages().is_on
    settings.PAGE_CACHE_MB = 0
    assert not pages.SharedPages().is_on
