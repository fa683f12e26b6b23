"""The signs of life of a worker: a killed one is missed within a minute (/readyz, /metrics)."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import NoReturn

from django.db import DatabaseError, InterfaceError

from learn.jobs.heartbeat import beating
from learn.models import Worker
from learn.models.workers import SECONDS_BETWEEN_BEATS


@contextmanager
def heartbeat(name: str) -> Iterator[None]:
    """Give a sign of life every few seconds, while what is within it runs or waits.

    Who ends it orderly, by SIGTERM too, is not missed. A database that is away ends nothing here.
    """
    former = signal.signal(signal.SIGTERM, _stop)
    try:
        with beating(name, partial(Worker.objects.beat, name), SECONDS_BETWEEN_BEATS):
            yield
    except (KeyboardInterrupt, SystemExit):
        with suppress(DatabaseError, InterfaceError):
            Worker.objects.filter(name=name).delete()
        raise
    finally:
        signal.signal(signal.SIGTERM, former)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
