"""Starts servers, loads them with wrk, and reports what they answered."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path

from .cost import memory_of

HERE = Path(__file__).parent
START = 60  # seconds that a server may take to answer


@dataclass(frozen=True)
class Load:
    """What wrk measured: requests a second, milliseconds, bytes a second."""

    rate: float
    p50: float
    p99: float
    bandwidth: float
    failed: int


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def memory(self) -> float:
        """Of all its processes, in MB."""
        return memory_of(self.pid)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, Message, bytes]:
        """Status, headers (found in whatever case the server writes them) and body of an answer."""
        request = urllib.request.Request(f"{self.address}{path}", headers=dict(headers or {}))  # noqa: S310 our own
        try:
            with urllib.request.urlopen(request, timeout=START) as answer:  # noqa: S310
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def load(
        self,
        urls: Sequence[str],
        folder: Path,
        *,
        seconds: int = 4,
        connections: int = 16,
        pause: float = 0,
        encoding: str = "",
        cookie: str = "",
        seed: int = 1,
    ) -> Load:
        """Ask for `urls` (a path, or a path, a tab and an ETag) at random for so many `seconds`.

        `pause` is how many milliseconds a connection waits between its requests.
        """
        listed = folder / "urls.txt"
        listed.write_text("".join(f"{url}\n" for url in urls))
        environment = {
            **os.environ,
            "BENCH_URLS": str(listed),
            "BENCH_PAUSE": str(pause),
            "BENCH_CONNECTIONS": str(connections),
            "BENCH_SEED": str(seed),
            **({"BENCH_ENCODING": encoding} if encoding else {}),
            **({"BENCH_COOKIE": cookie} if cookie else {}),
        }
        done = subprocess.run(
            ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout",
             "30s", "--script", str(HERE / "urls.lua"), self.address],
            env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        measured = json.loads(done.stdout.splitlines()[-1])
        return Load(
            rate=measured["requests"] / measured["seconds"],
            p50=measured["p50"],
            p99=measured["p99"],
            bandwidth=measured["bytes"] / measured["seconds"],
            failed=measured["failed"],
        )


@contextmanager
def serving(
    command: Sequence[str], path: str, environment: Mapping[str, str] | None = None, *, port: int = 0
) -> Iterator[Server]:
    """The server that `command` starts, from when it answers `path`.

    `{port}` in the command is its `port` (0: a free one).

    Raises RuntimeError where it does not answer within a minute.
    """
    port = port or free_port()
    process = subprocess.Popen(
        [part.replace("{port}", str(port)) for part in command],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START
        while not _answers(port, path):
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"the server did not start: {' '.join(command)}")
            time.sleep(0.1)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=START)
    try:
        connection.request("HEAD", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()
