"""A cache that is away or says rubbish, a disk that fills up under a picture, and processes that say how they are."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.test import Client

from learn.caching.pages import pages, shared_pages
from learn.db import availability, state
from learn.operations import metrics
from learn.seo import cards
from learn.views import readiness
from tests.factories import make_article

pytest.importorskip("redis")

SAID = {
    "stopped": None,
    "hangs": b"",
    "says rubbish": b"rubbish\r\n" * 3,
    "speaks HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@pytest.fixture(params=SAID)
def cache_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of something that is no Redis."""
    said = SAID[request.param]
    listening = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def answer() -> None:
        with suppress(OSError):
            while True:
                client, _address = listening.accept()
                held.append(client)
                if said:
                    client.sendall(said)

    if said is None:
        listening.close()
        yield "redis://127.0.0.1:1/0"
        return
    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for client in held:
        client.close()


@pytest.mark.django_db
def test_a_cache_that_is_away_or_says_rubbish_costs_nobody_a_page(
    cache_url: str, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAGE_CACHE_MB = 1
    settings.CACHES = {
        **settings.CACHES,
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": cache_url,
            "OPTIONS": {"socket_connect_timeout": 0.1, "socket_timeout": 0.1},
        },
    }
    monkeypatch.setattr(shared_pages, "_paused_until", 0.0)
    article = make_article()
    client = Client()
    client.force_login(User.objects.create_superuser("chief", password="a password for tests"))  # noqa: S106
    try:
        for path in (
            "/learn",
            article.get_absolute_url(),
            "/admin/",
            "/admin/learn/article/",
            "/healthz",
            "/readyz",
        ):
            assert client.get(path).status_code == 200, path
    finally:
        pages.clear()


@pytest.mark.django_db
def test_healthz_asks_nothing_even_with_a_shared_cache(
    settings: object, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: object
) -> None:
    monkeypatch.setattr(type(shared_pages), "is_on", True)
    with django_assert_num_queries(0):
        assert Client().get("/healthz").status_code == 200


def test_a_full_disk_leaves_no_fragment_of_a_picture(
    tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CARDS_DIR = tmp_path

    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    assert cards.make(cards.library_card()).startswith(b"\x89PNG")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_small_disk_that_is_full(tmp_path: Path, settings: object) -> None:
    """The same on a real disk, and /readyz says so."""
    if os.system(f"mount -t tmpfs -o size=64k tmpfs {tmp_path}") != 0:  # noqa: S605
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        settings.CARDS_DIR = tmp_path / "cards"
        (tmp_path / "filler").write_bytes(b"x" * 60_000)
        assert cards.make(cards.library_card()).startswith(b"\x89PNG")
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["filler"]
        assert any("MB left" in line for line in readiness._without_room())
        (free,) = [metric for metric in metrics.disks() if metric.name == "quicktakes_disk_free_bytes"]
        by_folder = {sample.labels["folder"]: sample.value for sample in free.samples}
        assert by_folder["cards"] < 64_000 < by_folder["uploads"]
    finally:
        os.system(f"umount {tmp_path}")  # noqa: S605


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("database disk image is malformed", "it is damaged"),
        ("database is locked", "it is locked"),
        ("database or disk is full", "its disk is full"),
        ("connection to server at 10.0.0.1 failed: Connection refused", "it is not running"),
    ],
)
def test_readyz_says_why_and_names_no_machine(error: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise DatabaseError(error)

    monkeypatch.setattr(state, "read", fail)
    monkeypatch.setattr(availability, "_trouble", [])
    response = Client().get("/readyz")
    assert (response.status_code, response.text) == (503, f"the database does not answer: {says}\n")


@pytest.mark.django_db
def test_readyz_says_that_the_index_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_text: str) -> None:
        raise DatabaseError("no such table: learn_search")

    monkeypatch.setattr(readiness.search, "suggest", fail)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert "relate_articles --reindex" in response.text
