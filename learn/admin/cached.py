"""Caches counts that take long until the library changes, so that editors see true numbers without waiting.

Each process counts for itself: rows are no bytes, and a cache that others may write to is no place for anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import caches

from learn.db import state

T = TypeVar("T")
SECONDS = 24 * 60 * 60


def cached_until_change(name: str, make: Callable[[], T]) -> T:
    """What `make` returns, from the cache while nothing that pages show changes. One query, and those of `make`."""
    present = state.read()  # before the rows: what a writer changes in between belongs to a later state
    if present is None:
        return make()
    made: Any = caches["process"].get_or_set(f"admin:{name}:{present.key.replace(' ', '_')}", make, SECONDS)
    return made  # type: ignore[no-any-return]
