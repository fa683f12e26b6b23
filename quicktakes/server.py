"""The server: `python -m quicktakes.server`, or `make serve`. SIGTERM ends it, SIGHUP loads it anew; nothing is lost.

Granian (https://github.com/emmett-framework/granian) reads requests and writes answers outside of Python: a client that
sends half a header, or reads slowly, costs a few kilobytes, and no thread. docs/faults.md has what was measured beside
gunicorn. A process per core, because making a page is work for a core, and each keeps finished pages in memory: a few
processes with many hits beat many with few. `BIND` and `WEB_CONCURRENCY` come from the environment.

What is ours is who owns the sockets that the kernel puts new connections into. Each process has one to itself, so that
the kernel deals them out evenly, but this process opens them and keeps them open: what waits in a socket while its
process is replaced is served by the next one.
"""

from __future__ import annotations

import argparse
import ctypes
import logging
import multiprocessing
import os
import shutil
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.net import SocketHolder
from granian.server.mp import MPServer, WorkerProcess

from learn.jobs.workers import available_cores
from learn.metrics import folder as metrics_folder

from .settings import BIND, LOG_LEVEL, WEB_CONCURRENCY

UNIX = "unix:"
BACKLOG = 4096  # connections that wait for a process to take them
CONNECTIONS = 4096  # that a process holds open, most of them idle
# Threads, each for one request: quicktakes.wsgi lets few of them work at once, the others wait for a slow body.
THREADS = 512
HEADER_TIMEOUT = (
    10_000  # milliseconds for all of a request's headers; also how long a connection may stay idle
)
HEADERS_MAX = 64 << 10  # bytes
LIFETIME = 24 * 60 * 60  # seconds; a new process gives back what memory fragmented
STOP_TIMEOUT = 30  # seconds that requests may take to end after SIGTERM
LOAD_TIMEOUT = (
    120.0  # seconds for a new process to load the application; a full machine takes ten times the usual three
)
DRAIN = 5.0  # seconds to take what waits in the sockets
SYN_AGAIN = 1.0  # seconds until who could not connect tries again
READ_LAST = 0.5  # seconds more, in which what was taken last is read; on a full machine that takes its time
# A filter of the kernel (classic BPF) that drops what begins a connection, and nothing else: byte 13 of a TCP header
# holds its flags, of which SYN is set and ACK is not. The client sends it again after a second: then the next process
# listens, or nobody does. https://www.kernel.org/doc/html/latest/networking/filter.html
NO_NEW_CONNECTIONS = (
    (0x30, 0, 0, 13),  # load the byte
    (0x54, 0, 0, 0x12),  # and SYN | ACK
    (0x15, 0, 1, 0x02),  # SYN alone?
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # pass
)
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
log = logging.getLogger("granian")  # whose lines stand beside these


class Server(MPServer):  # type: ignore[misc] # mypy is told nothing of granian: its types are partly wrong
    """Granian's, with sockets that outlive the processes."""

    _sockets: list[socket.socket]
    _is_given: bool  # systemd opened the socket, and keeps it over a restart

    def _init_shared_socket(self) -> None:
        self._sockets, self._is_given = [], False
        if given := _given_socket():
            self._sockets, self._is_given = [given] * self.workers, True
            self._ssp = None
            return
        if self.bind_uds:
            super()._init_shared_socket()
            return
        for _worker in range(self.workers):
            self._sockets.append(_listening(self.bind_addr, self.bind_port, self.backlog))
        self._ssp = None

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> WorkerProcess:
        if self._sockets:
            self._sso = self._sockets[idx]
            uds = self._sso.family == socket.AF_UNIX
            self._shd = SocketHolder(self._sso.fileno(), uds, self.backlog)
        return super()._spawn_worker(idx, target, callback_loader)

    def _respawn_workers(
        self,
        workers: Iterable[int],
        spawn_target: Any,
        target_loader: Any,
        delay: float = 0,  # noqa: ARG002 Granian ends a process after it, whether or not the new one can serve
    ) -> None:
        """Put a new process in the place of each of these, which serves until the new one can.

        A process takes seconds to begin. One that ends before it can serve, because the code or the settings of a
        release are broken, replaces none.
        """
        for place in list(workers):
            self.respawned_wrks[place] = time.monotonic()
            told, tells = multiprocessing.Pipe(duplex=False)
            old, new = (
                self.wrks[place],
                self._spawn_worker(place, spawn_target, Loading(target_loader, tells)),
            )
            # Says to its watcher that an end is not to be answered with yet another one, which would end the server.
            new.interrupt_by_parent = is_served = old.is_alive()
            new.start()
            tells.close()
            is_loaded = _is_loaded(told, partial(self._is_awaited, new))
            if not is_loaded and is_served:
                new.kill()
                new.join()
                if self.interrupt_signal:  # the server is to end
                    return
                log.error(
                    "A new process ended before it could serve, or took too long: the one before it goes on."
                )
                continue
            self.wrks[place] = new
            new.interrupt_by_parent = False
            if is_served:
                own = self._sockets[place : place + 1]
                _let_take_all(own)
                old.terminate()
                old.join(SYN_AGAIN)
                for each in own:
                    _allow_new_connections(each)
                old.join(self.workers_kill_timeout)
                if old.is_alive():
                    old.kill()
                    old.join()
            self._metrics.incr_spawn(1)

    def _is_awaited(self, process: WorkerProcess) -> bool:
        return bool(process.is_alive()) and not self.interrupt_signal

    def _drop_shared_socket(self) -> None:
        """Let nobody connect any more, and the processes take who already has."""
        _let_take_all(self._sockets)
        if not self._is_given:
            super()._drop_shared_socket()

    def shutdown(self, exit_code: int = 0) -> None:
        try:
            super().shutdown(exit_code)
        finally:
            for own in self._sockets:
                if self._is_given and own.fileno() >= 0:
                    _allow_new_connections(own)  # for the next server
                own.close()


@dataclass(frozen=True)
class Loading:
    """Loads the application in a new process, and tells its parent once it is there."""

    load: Callable[[], Any]
    tells: Connection

    def __call__(self) -> Any:
        application = self.load()
        self.tells.send_bytes(b"1")
        self.tells.close()
        return application


def _is_loaded(told: Connection, is_awaited: Callable[[], bool]) -> bool:
    """Wait until a process tells that the application is there; False where it ends before, or takes LOAD_TIMEOUT.

    `is_awaited` says whether it is worth waiting for.
    """
    deadline = time.monotonic() + LOAD_TIMEOUT
    with told, suppress(EOFError):
        while is_awaited() and time.monotonic() < deadline:
            if told.poll(0.1):
                return bool(told.recv_bytes())
    return False


def _given_socket() -> socket.socket | None:
    """The socket that systemd hands over, where a .socket unit starts us: sd_listen_fds(3)."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or not int(os.environ.get("LISTEN_FDS", "0")):
        return None
    given = socket.socket(fileno=3)
    given.set_inheritable(True)
    given.settimeout(0)
    _allow_new_connections(given)  # where the server before this one was killed while it ended
    return _prompt(given)


def _listening(host: str, port: int, backlog: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    own = socket.create_server((host, port), family=family, backlog=backlog, reuse_port=True)
    own.set_inheritable(True)
    own.settimeout(0)
    return _prompt(own)


def _prompt(own: socket.socket) -> socket.socket:
    """Send the end of an answer at once; what is accepted inherits it.

    Otherwise the body waits until the client confirms the headers: 40 ms on a connection that is kept open.
    """
    if own.family != socket.AF_UNIX:
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return own


def _let_take_all(sockets: list[socket.socket]) -> None:
    """Let nobody connect any more, and wait until who already has is taken, and read.

    A connection that is taken, and not read yet, when its process is told to end would be closed unanswered.
    """
    for own in sockets:
        _refuse_new_connections(own)
    deadline = time.monotonic() + DRAIN
    while any(map(_waiting, sockets)) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(READ_LAST)


def _refuse_new_connections(own: socket.socket) -> None:
    if sys.platform != "linux" or own.family == socket.AF_UNIX:
        return
    program = b"".join(struct.pack("HBBI", *step) for step in NO_NEW_CONNECTIONS)
    steps = ctypes.create_string_buffer(program)
    value = struct.pack("HP", len(NO_NEW_CONNECTIONS), ctypes.addressof(steps))
    with suppress(PermissionError):  # a sandbox may forbid it: then the last connections are reset
        own.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, value)


def _allow_new_connections(own: socket.socket) -> None:
    if sys.platform == "linux":
        with suppress(FileNotFoundError):  # nothing was refused
            own.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


def _waiting(own: socket.socket) -> int:
    """How many connections nobody has accepted yet: of a listening socket, Linux tells that as "unacknowledged"."""
    if sys.platform != "linux" or own.family == socket.AF_UNIX:
        return 0
    info = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return int(struct.unpack_from("I", info, 24)[0])


def address_of(bind: str) -> tuple[str, int]:
    """Host and port of BIND, such as 127.0.0.1:8000 or [::1]:8000. Raises ValueError for anything else."""
    host, _colon, port = bind.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(
            f"BIND={bind} is neither an address with a port, such as 127.0.0.1:8000, nor unix:/path."
        )
    return host.strip("[]"), int(port)


def refuse_if_taken(bind: str, host: str, port: int) -> None:
    """End where another program listens: each would be dealt a part of the visitors."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        sys.exit(
            f"{bind}: {os.strerror(error.errno or 0)}. End what listens there, or set BIND to another address."
        )


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m quicktakes.server", description="Serve the site.")
    parser.add_argument("--bind", default=BIND, help="an address and a port, or unix:/path (default: BIND)")
    parser.add_argument(
        "application", nargs="?", default="quicktakes.wsgi:application", help="for benchmarks"
    )
    arguments = parser.parse_args()
    options: dict[str, Any] = {}
    if arguments.bind.startswith(UNIX):
        options["uds"] = Path(arguments.bind.removeprefix(UNIX))
    else:
        try:
            host, port = address_of(arguments.bind)
        except ValueError as error:
            sys.exit(str(error))
        if "LISTEN_FDS" not in os.environ:
            refuse_if_taken(arguments.bind, host, port)
        options.update(address=host, port=port)
    # A process that begins anew reads the code anew.
    multiprocessing.set_start_method("spawn")
    counted = metrics_folder.begin()
    try:
        serve(arguments.application, options)
    finally:
        shutil.rmtree(counted, ignore_errors=True)


def serve(application: str, options: dict[str, Any]) -> None:
    """Serve `application` at the address in `options`, until SIGTERM or Ctrl-C."""
    Server(
        application,
        interface=Interfaces.WSGI,
        workers=WEB_CONCURRENCY or available_cores(),
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT, max_buffer_size=HEADERS_MAX),
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        blocking_threads=THREADS,
        websockets=False,
        respawn_failed_workers=True,
        workers_lifetime=LIFETIME,
        workers_kill_timeout=STOP_TIMEOUT,
        log_level="warning" if LOG_LEVEL != "DEBUG" else "debug",
        **options,
    ).serve()


if __name__ == "__main__":
    main()
