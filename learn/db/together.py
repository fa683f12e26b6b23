"""What follows from many saves in one transaction, done once for all of them instead of after each.

follow(function, keys)   `function(keys)` now; within `together()` at its end, once, with the keys of all calls
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Function = Callable[[set[Any]], object]
_later: ContextVar[dict[Function, set[Any]] | None] = ContextVar("later", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Put off what is to `follow` until its end. After an error nothing follows: roll the transaction back.

    Within it, what follows from a save is not there yet: do not read it.
    """
    if _later.get() is not None:
        yield
        return
    later: dict[Function, set[Any]] = {}
    token = _later.set(later)
    try:
        yield
    finally:
        _later.reset(token)
    for function, keys in later.items():
        function(keys)


def follow(function: Function, keys: Iterable[Any] = ()) -> None:
    """Call `function`, which is one of a module, with these keys: now, or with those of others where they wait."""
    later = _later.get()
    if later is None:
        function(set(keys))
    else:
        later.setdefault(function, set()).update(keys)


def is_put_off() -> bool:
    """Whether what is to follow waits."""
    return _later.get() is not None
