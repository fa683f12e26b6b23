"""A run that waits its turn: of many that are asked for while one is under way, one more is enough."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from learn.jobs.lock import AlreadyRunningError, only_process

from .report import SyncReport
from .repository import Repository
from .run import lock_of, sync_articles

PATIENCE = 3_600.0  # seconds
BETWEEN_LOOKS = 0.5


def sync_when_free(address: str, **options: Any) -> SyncReport | None:
    """`sync_articles`, as soon as no other run nor import is under way; None where another one waits already.

    That one begins after everything that is there now, so that nothing is missed. Raises AlreadyRunningError after an
    hour.
    """
    place = lock_of(Repository.at(address)).with_suffix(".waiting")
    deadline = time.monotonic() + PATIENCE
    with ExitStack() as turn:
        try:
            turn.enter_context(only_process(place))
        except AlreadyRunningError:
            return None
        while True:
            try:
                return sync_articles(address, begun=turn.close, **options)
            except AlreadyRunningError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(BETWEEN_LOOKS)
