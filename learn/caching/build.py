"""The version of everything but the database that a page depends on: code, templates, assets, settings.

Part of every ETag, so that a deployment is seen at once and a restart of the same version is not.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import django
from django.conf import settings
from django.core.signals import setting_changed

# Differ between machines or must not leave this one, and change no page.
NOT_SHOWN = {
    "BIND", "CACHE_URL", "CACHES", "CONTENT_SECURITY_POLICY", "DATABASE_REPLICA_URL", "DATABASE_URL", "DATABASES",
    "ACCESS_LOG", "DATABASE_LOCK_TIMEOUT", "DATABASE_POOL_SIZE", "DATABASE_STATEMENT_TIMEOUT", "LIMITS", "LOGGING",
    "LOGIN_ATTEMPTS_PER_HOUR", "LOG_FORMAT", "LOG_LEVEL", "PORT", "RATE_LIMITS", "SECRET_KEY", "SECRET_KEY_FALLBACKS",
    "SESSION_IDLE_MINUTES", "SLOW_REQUEST_MS", "TRUSTED_PROXIES", "TRUSTED_PROXY_COUNT", "WEB_CONCURRENCY",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Build:
    key: str
    made_at: dt.datetime  # when the newest of its files was last written


def build() -> Build:
    """The build of this process; under DEBUG, where files change below it, looked up for every request."""
    return _of_files(tuple(_stamps())) if settings.DEBUG else _of_process()


@lru_cache(maxsize=1)
def _of_process() -> Build:
    return _of_files(tuple(_stamps()))


@lru_cache(maxsize=1)
def _of_files(stamps: tuple[tuple[Path, int, int], ...]) -> Build:
    """Read every file (about 5 ms); `stamps` hold each one's path, time of change in nanoseconds and size."""
    shown = json.dumps(_shown_settings(), default=_described, skipkeys=True, sort_keys=True)
    key = hashlib.blake2b(shown.encode(), digest_size=8)
    for path, _changed, _size in stamps:
        key.update(path.read_bytes())
    newest = max((changed for _path, changed, _size in stamps), default=0)
    return Build(key.hexdigest(), dt.datetime.fromtimestamp(newest / 1e9, dt.UTC))


def _stamps() -> Iterator[tuple[Path, int, int]]:
    package = Path(__file__).parents[1]  # all of learn
    paths = sorted(package.rglob("*.py"))
    for folder in cast("list[Path]", settings.TEMPLATES[0]["DIRS"]):
        paths += sorted(folder.rglob("*.*"))
    # The manifest names every asset by its content; without one the assets keep their names and do not matter.
    paths += Path(settings.STATIC_ROOT).glob("staticfiles.json")
    for path in paths:
        status = path.stat()
        yield path, status.st_mtime_ns, status.st_size


def _shown_settings() -> list[tuple[str, Any]]:
    names = (name for name in dir(settings) if name.isupper() and name not in NOT_SHOWN)
    return [("django", django.VERSION), *((name, getattr(settings, name)) for name in names)]


def _described(value: object) -> object:
    """What is not JSON itself, so that all processes write it alike: no address in memory, no order of a set."""
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, Path | dt.timedelta):
        return str(value)
    return type(value).__qualname__


def _forget(**_kwargs: Any) -> None:
    """Receiver of setting_changed, which only tests send."""
    _of_process.cache_clear()
    _of_files.cache_clear()


setting_changed.connect(_forget)
