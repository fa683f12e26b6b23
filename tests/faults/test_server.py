"""The server as `make serve` starts it: slow clients cost nothing, stopping and reloading drop nothing."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from tests.conftest import ROOT
from tests.sites import Samples, free_address

from .conftest import environment

SLOW = 500  # connections
RELOADS = int(os.environ.get("FAULT_RELOADS", "2"))  # 100 in `make faults`
POST = "POST /admin/login/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n\r\n"
SENT = {
    "silent": "",
    "half a header": "GET /learn HTTP/1.1\r\nHost: {host}\r\nX-A",
    "a body that never comes": POST,
    "a body of one byte": POST + "a",
}


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    address: tuple[str, int]
    log: Path

    @property
    def host(self) -> str:
        return f"{self.address[0]}:{self.address[1]}"

    def get(self, path: str = "/learn", timeout: float = 20) -> int:
        connection = http.client.HTTPConnection(*self.address, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()


def begin(folder: Path, url: str, bind: str, **options: object) -> subprocess.Popen[bytes]:
    variables = {
        "DJANGO_SETTINGS_MODULE": "tests.browser.production", "STATIC_ROOT": str(folder / "static"),
        "SITE_URL": f"http://{bind}", "BIND": bind, "WEB_CONCURRENCY": "2",
        **options.pop("variables", {}),
    }  # fmt: skip
    with (folder / "log").open("a") as log:
        command = [sys.executable, "-m", "quicktakes.server"]
        return subprocess.Popen(
            command, cwd=ROOT, env=environment(url, **variables), stdout=log, stderr=log, **options
        )


@pytest.fixture
def server(tmp_path: Path, sqlite_url: str, samples: Samples) -> Iterator[Server]:
    bind = free_address()
    (tmp_path / "static").symlink_to(samples.static_root())
    process = begin(tmp_path, sqlite_url, bind)
    host, port = bind.split(":")
    started = Server(process, (host, int(port)), tmp_path / "log")
    wait_for(started)
    yield started
    process.terminate()
    try:
        process.wait(40)
    finally:
        process.kill()


def wait_for(server: Server) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert server.process.poll() is None, server.log.read_text()
        try:
            if server.get() == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(server.log.read_text())


@pytest.mark.parametrize("kind", SENT)
def test_500_slow_clients_cost_no_reader_anything(server: Server, kind: str) -> None:
    with ExitStack() as stack:
        slow = []
        for _number in range(SLOW):
            client = stack.enter_context(socket.create_connection(server.address))
            client.sendall(SENT[kind].format(host=server.host).encode())
            slow.append(client)
        waits = []
        for _request in range(200):
            began = time.monotonic()
            assert server.get() == 200
            waits.append(time.monotonic() - began)
    print(f"\n{kind}: p99 {sorted(waits)[197] * 1000:.1f} ms")


@dataclass
class Load:
    """Readers who ask all the time, each request on a connection of its own; counts what they got."""

    server: Server
    outcomes: Counter[str] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.threads = [threading.Thread(target=self.read) for _reader in range(8)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def read(self) -> None:
        while not self.ended.is_set():
            try:
                outcome = str(self.server.get())
            except ConnectionRefusedError:
                outcome = "refused"  # nothing listens: nobody's request was taken and lost
                time.sleep(0.05)
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
            self.outcomes[outcome] += 1


def workers(server: Server) -> set[int]:
    found = set()
    for thread in Path(f"/proc/{server.process.pid}/task").iterdir():
        with suppress(OSError):  # a thread, or a process, that has just ended
            for pid in (thread / "children").read_text().split():
                if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.add(int(pid))
    return found


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@linux
def test_a_reload_loses_no_request(server: Server) -> None:
    with Load(server) as load:
        for _reload in range(RELOADS):
            before = workers(server)
            server.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 60
            while (now := workers(server)) & before or len(now) < 2:
                assert time.monotonic() < deadline, server.log.read_text()
                time.sleep(0.05)
    print(f"\n{RELOADS} reloads: {dict(load.outcomes)}")
    assert set(load.outcomes) == {"200"}


@linux
def test_stopping_loses_no_request(server: Server) -> None:
    with Load(server) as load:
        time.sleep(1)
        server.process.terminate()
        assert server.process.wait(40) == 0
        time.sleep(0.5)
    print(f"\nstop: {dict(load.outcomes)}")
    assert set(load.outcomes) <= {"200", "refused"}
    assert load.outcomes["200"] > 0


@linux
def test_a_restart_with_the_socket_of_systemd_loses_no_request(
    tmp_path: Path, sqlite_url: str, samples: Samples
) -> None:
    (tmp_path / "static").symlink_to(samples.static_root())
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        address = listening.getsockname()
        bind = f"127.0.0.1:{address[1]}"
        given = listening.fileno()

        # The shell says what only the new process knows: its own number.
        command = [
            "bash", "-c", f'exec 3<&{given}; LISTEN_PID=$$ LISTEN_FDS=1 exec "{sys.executable}" -m quicktakes.server',
        ]  # fmt: skip
        options = environment(
            sqlite_url, SITE_URL=f"http://{bind}", BIND=bind, WEB_CONCURRENCY="2",
            DJANGO_SETTINGS_MODULE="tests.browser.production", STATIC_ROOT=str(tmp_path / "static"),
        )  # fmt: skip

        def start() -> subprocess.Popen[bytes]:
            with (tmp_path / "log").open("a") as log:
                return subprocess.Popen(
                    command, cwd=ROOT, env=options, pass_fds=[given], stdout=log, stderr=log
                )

        process = start()
        server = Server(process, address, tmp_path / "log")
        try:
            wait_for(server)
            with Load(server) as load:
                for _restart in range(max(1, RELOADS // 2)):
                    time.sleep(0.3)
                    process.terminate()
                    assert process.wait(40) == 0
                    process = start()
                    assert server.get(timeout=60) == 200
        finally:
            process.terminate()
            process.wait(40)
    print(f"\nrestarts: {dict(load.outcomes)}")
    assert set(load.outcomes) == {"200"}


APPLICATION = """
import os, time
from pathlib import Path
state = Path(__file__).with_name("state").read_text()
if state == "broken":
    raise ImportError("a release that does not work")
if state == "slow":
    time.sleep(4)
def application(environ, start_response):
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@linux
def test_a_process_serves_until_its_successor_can(tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "release.py").write_text(APPLICATION)
    state = tmp_path / "state"
    state.write_text("fine")
    bind = free_address()
    with (tmp_path / "log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "quicktakes.server", "--bind", bind, "release:application"],
            cwd=ROOT, env=environment(sqlite_url, BIND=bind, WEB_CONCURRENCY="1", PYTHONPATH=f"{tmp_path}:{ROOT}"),
            stdout=log, stderr=log,
        )  # fmt: skip
    host, port = bind.split(":")
    server = Server(process, (host, int(port)), tmp_path / "log")
    try:
        wait_for(server)
        (first,) = workers(server)
        state.write_text("broken")
        process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while "goes on" not in server.log.read_text():
            assert time.monotonic() < deadline, server.log.read_text()
            assert server.get() == 200
            time.sleep(0.05)
        assert workers(server) == {first}
        state.write_text("slow")
        process.send_signal(signal.SIGHUP)
        longest = 0.0
        while first in workers(server):
            assert time.monotonic() < deadline, server.log.read_text()
            began = time.monotonic()
            assert server.get() == 200
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.05)
        assert len(workers(server)) == 1
        assert longest < 4, "who asks need not wait until the new one is there"
    finally:
        process.terminate()
        process.wait(40)
