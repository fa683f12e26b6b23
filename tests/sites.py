"""Sites that run in processes of their own, as in production, for tests that ask them from outside."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
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

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
PATIENCE = 60  # seconds that a site may take to start


@dataclass(frozen=True)
class Site:
    """A site at `url`; `manage` runs a command of manage.py on it, `beside` another server with these variables."""

    url: str
    manage: Callable[..., None]
    beside: Callable[..., AbstractContextManager[str]]


class Samples:
    """What sites of tests begin with, made by whichever process of a run asks first; nobody writes in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def static_root(self) -> Path:
        """The static files, as production gathers them."""
        return self._made_once("static", lambda folder: _command(folder, "collectstatic", "--no-input"))

    def database(self) -> Path:
        """A SQLite database with fixtures/articles, to be copied."""

        def make(folder: Path) -> None:
            _command(folder, "migrate")
            _command(folder, "import_articles", str(FIXTURES / "articles"))

        return self._made_once("database", make) / "db.sqlite3"

    def _made_once(self, name: str, make: Callable[[Path], None]) -> Path:
        folder = self.folder / name
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                unfinished = self.folder / f"{name}.unfinished"
                unfinished.mkdir()
                make(unfinished)
                unfinished.rename(folder)
        return folder


def _command(folder: Path, *arguments: str) -> None:
    """Run a command of a site in production all of whose files are in `folder`. Raises AssertionError."""
    _run(environment_of(folder, "http://127.0.0.1"), *arguments, "--verbosity=0")


def environment_of(folder: Path, url: str, **variables: str) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "tests.browser.production",
        "PYTHONPATH": str(ROOT),
        "SECRET_KEY": secrets.token_hex(32),
        "SITE_URL": url,
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "STATIC_ROOT": str(folder),
        "CARDS_DIR": str(folder / "cards"),
        "MEDIA_ROOT": str(folder / "media"),
        "RATE_LIMITS": "false",  # all visitors of a test come from one address
        **variables,
    }


def _run(environment: Mapping[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "django", *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def running_site(
    folder: Path, samples: Samples, settings: str = "tests.browser.production", **variables: str
) -> Iterator[Site]:
    """The site as production runs it, holding fixtures/articles, with all that it writes in `folder`."""
    address = free_address()
    environment = environment_of(
        folder, f"http://{address}", **{
            "DJANGO_SETTINGS_MODULE": settings, "STATIC_ROOT": str(samples.static_root()), **variables
        },
    )  # fmt: skip

    def manage(*arguments: str) -> None:
        _run(environment, *arguments)

    if "DATABASE_URL" in variables:
        manage("migrate", "--verbosity=0")
        manage("import_articles", str(FIXTURES / "articles"), "--verbosity=0")
    else:
        shutil.copy(samples.database(), folder / "db.sqlite3")
    with _served(address, environment, folder) as url:
        yield Site(url, manage, lambda **more: _served(free_address(), {**environment, **more}, folder))


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
