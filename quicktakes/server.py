"""How gunicorn serves the site: `gunicorn --config python:quicktakes.server quicktakes.wsgi`, or `make serve`.

A process per core, because making a page is work for a core, and each process keeps finished pages in memory: a few
processes with many hits beat many with few. docs/scaling.md has what was measured. Everything here is gunicorn's
(https://gunicorn.org/reference/settings/); `BIND` and `WEB_CONCURRENCY` come from the environment.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

from learn.jobs.workers import available_cores

from .settings import BIND, WEB_CONCURRENCY

bind = BIND
workers = WEB_CONCURRENCY or available_cores()
worker_class = "gthread"
# One may wait for the database, or for up to five seconds for the first word of a connection: the others answer.
threads = 4
# Each process listens for itself, and the kernel deals connections out evenly. With one socket for all, the process
# that wakes first may take every connection that a proxy opens and keeps, and the other cores rest.
reuse_port = not bind.startswith(("unix:", "fd:"))
# Longer than a proxy in front keeps a connection idle, so that it is never the one to find it closed.
keepalive = 75  # seconds
# One process after another restarts, which gives back what memory fragmented; with it go the pages it keeps.
max_requests = 200_000
max_requests_jitter = 50_000
# A worker tells that it lives by touching a file: in memory, or a slow disk would look like a worker that hangs.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 gunicorn makes a file with a random name
control_socket_disable = True  # nothing here speaks to it
accesslog = None  # the proxy in front writes one


def on_starting(server: Any) -> None:
    """Refuse an address where another program listens: each would be dealt a part of the visitors."""
    for address in server.cfg.address if reuse_port else ():
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        try:
            socket.create_server(address, family=family).close()
        except OSError as error:
            sys.exit(
                f"{bind}: {os.strerror(error.errno or 0)}. End what listens there, or set BIND to another address."
            )
