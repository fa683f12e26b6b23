from __future__ import annotations

import logging
import os
import threading
import time

import pytest
from django.db import OperationalError

from learn.jobs.heartbeat import beating


def test_no_process_is_forked_within_a_beat() -> None:
    """It would find locks of the database's library held by a thread that it does not have."""
    is_within = threading.Event()

    def beat() -> None:
        is_within.set()
        time.sleep(0.3)
        is_within.clear()

    with beating("work", beat, 0.001):
        assert is_within.wait(30)
        child = os.fork()
        if child == 0:
            os._exit(is_within.is_set())
        assert os.waitpid(child, 0)[1] == 0


def test_a_database_that_is_away_ends_neither_the_work_nor_the_beats(
    caplog: pytest.LogCaptureFixture,
) -> None:
    beats = []

    def beat() -> None:
        beats.append(1)
        raise OperationalError("away")

    with caplog.at_level(logging.WARNING), beating("work", beat, 0.001):
        deadline = time.monotonic() + 30
        while len(beats) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(beats) >= 2
    assert "work: no sign of life could be written" in caplog.text
