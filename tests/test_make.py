"""`make run`, the second time: a port that is taken is told first, and a site that is ended leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT

RECIPES = ("Makefile", "scripts", "manage.py", "quicktakes", "learn", "templates", "static", "fixtures")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment is built already: the one that runs the tests."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed: `make run` was not tried")
    for name in RECIPES:
        (tmp_path / name).symlink_to(ROOT / name)
    # Python would follow a link back to the checkout of these tests, with its var/ and .env.
    for name in ("quicktakes", "manage.py"):
        (tmp_path / name).unlink()
    shutil.copytree(ROOT / "quicktakes", tmp_path / "quicktakes")
    shutil.copy(ROOT / "manage.py", tmp_path / "manage.py")
    (tmp_path / "requirements-dev.txt").touch()
    (tmp_path / "requirements.txt").touch()
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (binaries / "python").chmod(0o755)
    for stamp in ("installed", "serving"):
        (tmp_path / ".venv" / stamp).touch()
    return tmp_path


def environment(**variables: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHON": sys.executable,
        **variables,
    }


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_port_that_is_taken_is_told_before_anything_is_done(checkout: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            ["make", "run"],
            cwd=checkout, env=environment(PORT=str(port)), capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode != 0
    assert done.stdout == ""
    assert f"Port {port} is taken" in done.stderr.splitlines()[0]
    assert f"PORT={port + 1} make run" in done.stderr.splitlines()[0]
    assert not (checkout / "var").exists()


@pytest.mark.parametrize("port", ["0", "70000", "http", "-1"])
def test_a_port_that_is_none_is_told_so(port: str) -> None:
    done = subprocess.run(
        [sys.executable, "scripts/free_port.py", port], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"PORT={port} is no port")


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_site_that_is_ended_leaves_nothing_behind(checkout: Path, ending: signal.Signals) -> None:
    port = free_port()
    with (checkout / "log").open("w") as log:
        made = subprocess.Popen(
            ["make", "run"],
            cwd=checkout, env=environment(PORT=str(port)), stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", made, checkout / "log")
            assert f"http://127.0.0.1:{port}/admin/ as admin" in (checkout / "log").read_text()
            if ending == signal.SIGINT:
                os.killpg(made.pid, ending)  # as a terminal does
            else:
                os.kill(made.pid, ending)  # as whoever started it does
            made.wait(timeout=60)
        finally:
            made.kill()
    deadline = time.monotonic() + 30
    while left := processes_of(made.pid):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    socket.create_server(("127.0.0.1", port)).close()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=30):  # noqa: S310 our own server
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(log.read_text())


def processes_of(session: int) -> list[str]:
    """The processes of this session that still run."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(status.parent.name)
    return found
