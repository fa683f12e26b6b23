"""What takes long to count is counted again only after a change: an editor sees true numbers and does not wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache

from learn import state

T = TypeVar("T")
SECONDS = 24 * 60 * 60


def kept(name: str, make: Callable[[], T]) -> T:
    """What `make` returns, kept while nothing that pages show changes. One query, and those of `make`."""
    known = state.read()  # before the rows: what a writer changes in between belongs to a later state
    if known is None:
        return make()
    key = f"desk:{name}:{known.key.replace(' ', '_')}"
    found: Any = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, SECONDS)
    return found  # type: ignore[no-any-return]
