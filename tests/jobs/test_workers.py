from __future__ import annotations

import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures.process import _ExecutorManagerThread
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from learn.jobs import workers as jobs
from learn.jobs.workers import Workers
from learn.models import Subject
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def double(number: int) -> int:
    return 2 * number


def die_at_seven(number: int) -> int:
    if number == 7:
        os._exit(1)
    return number


def fail(number: int) -> int:
    raise ValueError(number)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("count", [0, 5, 101, 750])
def test_results_come_in_order(jobs: int, count: int) -> None:
    with Workers(jobs, count) as workers:
        results = [result for batch in workers.map(double, range(count), double) for result in batch]
    assert results == [2 * number for number in range(count)]


def test_an_item_that_kills_its_process_costs_only_itself() -> None:
    with Workers(2, 500) as workers:
        results = [
            result
            for batch in workers.map(die_at_seven, range(500), lambda number: -number)
            for result in batch
        ]
    assert results == [-7 if number == 7 else number for number in range(500)]


def die_while_sending(once: Path, number: int) -> int:
    """Leave half a result, and the lock that who sends holds: what a kill may find."""
    if number == 7 and not once.exists():
        once.touch()
        process: Any = multiprocessing.current_process()
        _calls, results, *_others = process._args
        results._wlock.acquire()
        os.write(results._writer.fileno(), struct.pack("!i", 1_000_000) + b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_worker_that_is_killed_while_it_sends_costs_nothing(tmp_path: Path) -> None:
    with Workers(2, 500) as workers:
        work = partial(die_while_sending, tmp_path / "once")
        results = [result for batch in workers.map(work, range(500), double) for result in batch]
    assert results == list(range(500))


def test_a_pool_that_fails_while_it_breaks_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is submitted at the moment at which it breaks may be forgotten by it."""
    monkeypatch.setattr(jobs, "END_TIMEOUT", 1.0)
    monkeypatch.setattr(_ExecutorManagerThread, "terminate_broken", lambda *_arguments: None)
    with Workers(2, 1500) as workers:
        work = partial(die_once, tmp_path / "once")
        results = [result for batch in workers.map(work, range(1500), double) for result in batch]
    assert results == list(range(1500))


def die_once(once: Path, number: int) -> int:
    if number == 707 and not once.exists():
        once.touch()
        os._exit(1)
    return number


def stay(number: int) -> int:
    """Keep the process from ending."""
    threading.Thread(target=time.sleep, args=(600,)).start()
    return number


def test_a_worker_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "END_TIMEOUT", 1.0)
    with Workers(2, 500) as workers:
        results = [number for batch in workers.map(stay, range(500), double) for number in batch]
    assert results == list(range(500))


def count_subjects(number: int) -> int:
    die_at_seven(number)
    return Subject.objects.count()


@pytest.mark.django_db(transaction=True)
def test_workers_read_the_database_by_connections_of_their_own() -> None:
    Subject.objects.create(title="Physics", slug="physics")
    with Workers(2, batch=10) as workers:
        results = []
        for batch in workers.map(count_subjects, range(100), lambda number: -number):
            assert Subject.objects.count() == 1  # opens a connection here, which later workers must not use
            results += batch
    assert results == [-7 if number == 7 else 1 for number in range(100)]
    assert Subject.objects.count() == 1


def test_an_error_of_the_work_is_raised_here() -> None:
    with Workers(2, 500) as workers, pytest.raises(ValueError, match="0"):
        list(workers.map(fail, range(500), double))


def test_workers_end_with_the_parent_that_was_killed() -> None:
    script = (
        "import os, signal, django; django.setup()\n"
        "from learn.jobs.workers import Workers\n"
        "with Workers(2, 1000) as workers:\n"
        "    print(*[p.pid for p in workers._pool._processes.values()], flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2, done.stderr
    deadline = time.monotonic() + 30
    while any(is_running(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(is_running(pid) for pid in pids)


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
