"""Sites that run in processes of their own, as in production, for tests that ask them from outside."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import FIXTURES, ROOT

PATIENCE = 60  # seconds that a site may take to start


@dataclass(frozen=True)
class Site:
    """A site at `url`; `manage` runs a command of manage.py on it, `beside` another server of it."""

    url: str
    manage: Callable[..., None]
    beside: Callable[[], AbstractContextManager[str]]


@contextmanager
def running_site(
    folder: Path, settings: str = "tests.browser.production", **variables: str
) -> Iterator[Site]:
    """The site as production runs it, holding fixtures/articles, with all that it writes in `folder`."""
    address = free_address()
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": settings,
        "PYTHONPATH": str(ROOT),
        "SECRET_KEY": secrets.token_hex(32),
        "SITE_URL": f"http://{address}",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "CARDS_DIR": str(folder / "cards"),
        "RATE_LIMITS": "false",  # all visitors of a test come from one address
        **variables,
    }

    def manage(*arguments: str) -> None:
        command = [sys.executable, "-m", "django", *arguments]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    manage("collectstatic", "--no-input", "--verbosity=0")
    manage("migrate", "--verbosity=0")
    manage("import_articles", str(FIXTURES / "articles"), "--verbosity=0")
    with _served(address, environment, folder) as url:
        yield Site(url, manage, lambda: _served(free_address(), environment, folder))


@contextmanager
def _served(address: str, environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    path = folder / f"{address}.log"
    command = [sys.executable, "-m", "quicktakes.server", "--bind", address]
    with path.open("w") as log:
        server = subprocess.Popen(
            command, env={"WEB_CONCURRENCY": "1", **environment}, cwd=ROOT, stdout=log, stderr=log
        )
        try:
            _wait_for(address, server, path)
            yield f"http://{address}"
        finally:
            server.terminate()
            server.wait()


def free_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"http://{address}/learn", timeout=30):
                return
        except OSError:  # not there yet, or slow to answer for the first time
            time.sleep(0.1)
    pytest.fail(f"the site did not start: {log.read_text()}")
