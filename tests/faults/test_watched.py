"""What /metrics and /readyz of a running server say: its processes are one site; a killed worker is missed."""

from __future__ import annotations

import datetime as dt
import http.client
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from learn.metrics import folder
from learn.models.workers import DEAD_AFTER, SECONDS_BETWEEN_BEATS
from tests.conftest import ROOT
from tests.sites import Samples, free_address

from .conftest import environment
from .test_server import Server, begin, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="as in production")]

TOKEN = "a token of twenty characters or more"  # noqa: S105
HITS = re.compile(r'^quicktakes_request_seconds_count\{.*view="library".*\} (\S+)$', re.MULTILINE)


@pytest.fixture
def server(tmp_path: Path, sqlite_url: str, samples: Samples) -> Iterator[Server]:
    (tmp_path / "static").symlink_to(samples.static_root())
    bind = free_address()
    process = begin(tmp_path, sqlite_url, bind, variables={"METRICS_TOKEN": TOKEN})
    host, port = bind.split(":")
    started = Server(process, (host, int(port)), tmp_path / "log")
    wait_for(started)
    yield started
    process.terminate()
    process.wait(40)


def ask(server: Server, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(*server.address, timeout=20)
    with closing(connection):
        connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
        response = connection.getresponse()
        return response.status, response.read().decode()


def until(said: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def serving(server: Server) -> set[str]:
    """Its processes that answer, but not multiprocessing's own, which stays."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return {pid for pid in children if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()}


def served(server: Server) -> float:
    return sum(map(float, HITS.findall(ask(server, "/metrics")[1])))


def test_all_processes_are_one_site_and_a_reload_forgets_nothing(server: Server) -> None:
    before = served(server)
    for _ in range(40):
        assert ask(server, "/learn")[0] == 200
    assert {served(server) for _ in range(10)} == {before + 40}
    old = serving(server)
    server.process.send_signal(signal.SIGHUP)
    until(lambda: not old & serving(server))
    assert ask(server, "/learn")[0] == 200
    assert served(server) == before + 41
    (place,) = folder.MEMORY.glob(f"{folder.PREFIX}{server.process.pid}-*")
    server.process.terminate()
    server.process.wait(40)
    assert not place.exists()


def test_a_killed_worker_is_missed_and_a_stopped_one_is_not(server: Server, sqlite_url: str) -> None:
    database = sqlite_url.removeprefix("sqlite:///")

    def rows() -> list[str]:
        with closing(sqlite3.connect(database)) as connection:
            return [row[0] for row in connection.execute("SELECT seen_at FROM learn_worker")]

    def worker() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "django", "publish_due", "--every", "60", "-v0"]
        return subprocess.Popen(command, env=environment(sqlite_url), cwd=ROOT)

    assert dt.timedelta(seconds=3 * SECONDS_BETWEEN_BEATS) < DEAD_AFTER < dt.timedelta(seconds=60)
    running = worker()
    until(lambda: bool(rows()))
    assert 'quicktakes_worker_up{worker="publish_due"} 1.0' in ask(server, "/metrics")[1]
    running.kill()
    running.wait(20)
    assert len(rows()) == 1
    with closing(sqlite3.connect(database)) as connection, connection:  # as if the time had passed
        connection.execute("UPDATE learn_worker SET seen_at = datetime(seen_at, '-41 seconds')")
    assert 'quicktakes_worker_up{worker="publish_due"} 0.0' in ask(server, "/metrics")[1]
    status, text = ask(server, "/readyz")
    assert (status, text.partition(" has")[0]) == (503, "the worker publish_due")
    running = worker()
    until(lambda: ask(server, "/readyz")[0] == 200)
    running.terminate()
    assert running.wait(20) == 0
    assert rows() == []
    assert "quicktakes_worker_up{" not in ask(server, "/metrics")[1]
