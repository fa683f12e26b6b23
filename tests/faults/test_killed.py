"""Commands that are killed, with or without their workers: the next run completes them, and nobody is left behind."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.factories import article_file

from .conftest import database_with, environment, manage

KILLS = int(os.environ.get("FAULT_KILLS", "1"))  # of each kind; 20 in `make faults`
ARTICLES = 220
PATIENCE = 180.0  # seconds; far above what a healthy run needs
VICTIMS = ("parent", "worker", "both")
COMMANDS = ("import_articles", "run_upload", "render_articles", "publish_site")
CASES = [(name, victim) for name in COMMANDS for victim in VICTIMS]
if "FAULT_KILLS" not in os.environ:  # once: all share the way in which they start and lose their workers
    CASES = [*CASES[:4], ("render_articles", "worker"), ("publish_site", "both")]
CONFIRMED_UPLOAD = """
    INSERT INTO learn_upload (id, name, size, path, state, done, total, report, message, created_at, updated_at)
    VALUES (1, 'library.zip', 1, ?, 'importing', 0, 0, '{}', '', '2026-01-01 00:00:00', '2026-01-01 00:00:00')
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    for number in range(ARTICLES):
        answer = f"About $x_{{{number}}}$ and **{number}**. " * 20
        url = f"/learn/{('physics', 'optics')[number % 2]}/questions/question-{number}"
        article_file(folder, url, id=number, question=f"What about {number}?", answer=answer)
    return folder


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, library: Path) -> dict[bool, Path]:
    """A database without articles and one with the library, by whether it has them."""
    return {
        full: database_with(tmp_path_factory.mktemp("begun"), library if full else None)
        for full in (False, True)
    }


def children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return []


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Case:
    """A command on a database of its own; `content` is all that a run must bring about, whatever happened before."""

    def __init__(self, folder: Path, name: str, library: Path, begun: dict[bool, Path]) -> None:
        self.folder = folder / "case"
        self.database = self.folder / "db.sqlite3"
        self.url = f"sqlite:///{self.database}"
        self.site = self.folder / "site"
        self.file = self.folder / "uploads" / "one" / "library.zip"
        self.arguments = {
            "import_articles": ["import_articles", str(library), "--jobs=2", "-v0"],
            "render_articles": ["render_articles", "--all", "--jobs=2", "-v0"],
            "publish_site": ["publish_site", str(self.site), "--jobs=2", "-v0"],
            "run_upload": ["run_upload", "1"],
        }[name]
        self.said = self.folder / "said"
        self.name = name
        self.library = library
        self.begun = begun[name not in ("import_articles", "run_upload")]

    def begin(self) -> None:
        """Put everything back to where it was before the first run."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        shutil.copy(self.begun, self.database)
        if self.name == "run_upload":
            shutil.make_archive(str(self.file.with_suffix("")), "zip", self.library)
            self.write(CONFIRMED_UPLOAD, str(self.file))

    def complete(self) -> None:
        """Run the command again; an upload, as the button of one that failed or whose process is gone does."""
        if self.name == "run_upload":
            self.write("UPDATE learn_upload SET state = 'importing' WHERE state = 'failed'")
            if not self.read("SELECT id FROM learn_upload WHERE state = 'importing'"):
                return  # a worker was killed, and the process came to its end
        done = manage(self.url, *self.arguments, **self.variables)
        assert done.returncode == 0, done.stderr

    @property
    def variables(self) -> dict[str, str]:
        return {"TEST_VAR": str(self.folder)}

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "django", *self.arguments]
        variables = environment(self.url, **self.variables, PYTHONFAULTHANDLER="1")
        with self.said.open("w") as said:
            return subprocess.Popen(command, cwd=ROOT, env=variables, stderr=said)

    def end(self, process: subprocess.Popen[bytes]) -> int:
        """Wait until it has ended, and return its exit code. Fails with where each thread stands, if it does not."""
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # faulthandler writes it down
            process.wait()
            pytest.fail(f"{self.name} did not end:\n{self.said.read_text()}")

    def read(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchall()

    def write(self, query: str, *values: object) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(query, values)

    def content(self) -> object:
        if self.name == "publish_site":
            paths = (path for path in self.site.rglob("*") if path.is_file() and ".publish" not in path.parts)
            return {path.relative_to(self.site): path.read_bytes() for path in paths}
        query = "SELECT slug, question, answer_html, render_version, is_indexable FROM learn_article ORDER BY slug"
        uploads = self.read("SELECT state, message, path FROM learn_upload")
        return self.read(query), uploads, self.file.exists()


def kill_one(case: Case, victim: str, after: float) -> None:
    """Start the command and kill it, a worker of it, or all of them, so many seconds after it has its workers."""
    process = case.start()
    assert wait_until(lambda: len(children(process.pid)) >= 2 or process.poll() is not None)
    time.sleep(after)
    workers = children(process.pid)
    doomed = {"parent": [process.pid], "worker": workers[:1], "both": [*workers, process.pid]}[victim]
    for pid in doomed:
        with suppress(ProcessLookupError):  # it was done already
            os.kill(pid, signal.SIGKILL)
    code = case.end(process)
    if victim == "worker":
        assert code == 0, "a worker that dies is replaced"
    assert wait_until(lambda: not any(map(is_running, workers)), 5), "nobody is left after five seconds"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(("name", "victim"), CASES)
def test_the_next_run_completes_what_was_killed(
    name: str, victim: str, tmp_path: Path, library: Path, begun: dict[bool, Path]
) -> None:
    case = Case(tmp_path, name, library, begun)
    case.begin()
    case.complete()
    undisturbed = case.content()
    assert undisturbed
    chance = random.Random(victim)  # noqa: S311 which moment is chance, but the same each time
    for _kill in range(KILLS):
        case.begin()
        kill_one(case, victim, chance.random() * 1.5)
        case.complete()
        assert case.content() == undisturbed
