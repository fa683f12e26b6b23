"""The signs of life of a worker: a killed one is missed within a minute (/readyz, /metrics)."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from django.db import DatabaseError, InterfaceError, connection

from learn.models import Worker
from learn.models.workers import SECONDS_BETWEEN_BEATS

logger = logging.getLogger(__name__)


@contextmanager
def heartbeat(name: str) -> Iterator[None]:
    """Give a sign of life every few seconds, while what is within it runs or waits.

    Who ends it orderly, by SIGTERM too, is not missed. A database that is away ends nothing here.
    """
    ended = threading.Event()

    def beat() -> None:
        while True:
            try:
                Worker.objects.beat(name)
            except (DatabaseError, InterfaceError):
                logger.warning("%s: no sign of life could be written", name)
            connection.close()
            if ended.wait(SECONDS_BETWEEN_BEATS):
                return

    former = signal.signal(signal.SIGTERM, _stop)
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        _end(ended, thread, name)
        raise
    finally:
        ended.set()
        thread.join()
        signal.signal(signal.SIGTERM, former)


def _end(ended: threading.Event, thread: threading.Thread, name: str) -> None:
    ended.set()
    thread.join()
    with suppress(DatabaseError, InterfaceError):
        Worker.objects.filter(name=name).delete()


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
