"""Who may write to the shared cache can make pages slow, and nothing else: no code runs, no page is forged."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCacheClient
from django.test import Client
from pytest_django.fixtures import Settings

from learn.caching import pages
from learn.caching.sealed import MAGIC, BytesSerializer, seal, unseal
from tests.factories import make_article

RAN: list[str] = []


class Bomb:
    """A pickle that runs code when it is read."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return RAN.append, ("code of somebody else",)


class Attacked:
    """A Redis's client in memory: `rows` is what anybody may write."""

    rows: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        return self.rows.get(key)

    def set(self, key: str, value: Any, ex: int | None = None) -> None:
        self.rows[key] = value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture
def rows(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What stands in the shared cache, as the settings make it of CACHE_URL=redis://…"""
    monkeypatch.setattr(Attacked, "rows", {})
    monkeypatch.setattr(RedisCacheClient, "get_client", lambda self, key=None, *, write=False: Attacked())
    settings.PAGE_CACHE_MB = 1
    options = {"serializer": "learn.caching.sealed.BytesSerializer"}
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {
        "default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1", "OPTIONS": options},
        "process": site.CACHES["process"],
    }
    _start_anew()
    yield Attacked.rows
    _start_anew()


def _start_anew() -> None:
    pages.pages.clear()
    pages.shared_pages = pages.SharedPages()


def test_settings_name_a_serialiser_without_pickle(tmp_path: Path) -> None:
    """Asked in a process of its own: the settings are made of the environment once."""
    import os  # noqa: PLC0415
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    program = "from quicktakes import settings; print(settings.CACHES['default']['OPTIONS']['serializer'])"
    names = {
        "SECRET_KEY": "signs nothing but what this test makes, and then ends",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
    }

    def ask(url: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **names, "CACHE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )

    assert ask("redis://127.0.0.1").stdout.strip() == "learn.caching.sealed.BytesSerializer"
    refused = ask("pymemcache://127.0.0.1:11211")
    assert refused.returncode
    assert "pickle" in refused.stderr


@pytest.mark.django_db
def test_whatever_is_written_there_no_code_runs_and_the_page_is_ours(
    rows: dict[str, Any], client: Client
) -> None:
    article = make_article(slug="why", question="Why?")
    first = client.get(article.get_absolute_url())
    (name,) = rows
    kept = rows[name]
    bomb = pickle.dumps(Bomb())
    forged = kept.replace(b"text/html", b"text/evil")
    for value in (bomb, MAGIC, MAGIC + bomb, b"", b"7", kept[:-1], kept + b"x", forged, b"\xff" * 100):
        rows[name] = value
        _start_anew()
        answer = client.get(article.get_absolute_url())
        assert (answer.status_code, answer.content) == (200, first.content), value[:30]
        assert answer["Content-Type"] == first["Content-Type"]
    assert RAN == []


@pytest.mark.django_db
def test_a_page_of_ours_is_not_shown_at_another_address(rows: dict[str, Any], client: Client) -> None:
    """Both seals are right; they are for another name."""
    one, two = make_article(slug="one", question="One?"), make_article(slug="two", question="Two?")
    client.get(one.get_absolute_url())
    (first,) = rows
    client.get(two.get_absolute_url())
    second = next(name for name in rows if name != first)
    rows[first], rows[second] = rows[second], rows[first]
    _start_anew()
    assert "<h1" in client.get(one.get_absolute_url()).text
    assert "Two?</h1>" not in client.get(one.get_absolute_url()).text


def test_the_serialiser_writes_and_reads_nothing_but_bytes_and_numbers() -> None:
    serializer = BytesSerializer()
    assert serializer.loads(str(serializer.dumps(12)).encode()) == 12
    assert serializer.loads(seal("a", {"b": 1})) is not None
    assert serializer.loads(pickle.dumps(Bomb())) is None
    with pytest.raises(TypeError):
        serializer.dumps({"rows": 1})  # type: ignore[arg-type]
    assert RAN == []


def test_another_secret_opens_nothing(settings: Settings) -> None:
    sealed = seal("name", ["a", {"b": 1}], b"body")
    assert unseal("name", sealed) == (["a", {"b": 1}], b"body")
    assert unseal("other", sealed) is None
    settings.SECRET_KEY = "of somebody else"  # noqa: S105
    assert unseal("name", sealed) is None


@pytest.mark.django_db
def test_the_desk_puts_nothing_into_the_shared_cache(rows: dict[str, Any], admin_client: Client) -> None:
    make_article()
    assert admin_client.get("/admin/").status_code == 200
    assert rows == {}
    caches["process"].clear()
