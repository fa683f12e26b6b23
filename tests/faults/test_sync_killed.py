"""A synchronisation or an export that is killed at any moment: run again, it ends as one that nobody disturbed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.sync.conftest import Clone, Remote, git

from .conftest import environment, manage
from .test_killed import children, is_running, wait_until

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("FAULT_KILLS", "2"))  # 20 in `make faults`
ARTICLES = 60
# What editors do on the desk: changes of several people, a move, a deletion, a new article.
EDITS = """
from django.contrib.auth.models import User
from learn.editing import trash
from learn.models import Article, RevisionDetails
people = [User.objects.create_user(name) for name in ("eve", "ann")]
for number, article in enumerate(Article.objects.select_related("subject").order_by("pk")[:20]):
    for user in people[: 1 + number % 2]:
        article.author = f"{user.username} {number}"
        article.answer = article.answer.replace("First", f"First, says {user.username}")
        article.save(source=RevisionDetails.Source.ADMIN, user=user)
article = Article.objects.select_related("subject").order_by("pk")[30]
article.slug = "moved"
article.save(source=RevisionDetails.Source.ADMIN, user=people[0])
trash.delete(Article.objects.order_by("pk")[40], people[1])
Article.objects.create(subject=article.subject, slug="new", question="New?", answer="New.", date="2025-02-08")
"""


class Case:
    """A database and a repository at one place, which is set back to what it was before each trial."""

    def __init__(self, folder: Path) -> None:
        self.place, self.before = folder / "place", folder / "before"
        self.place.mkdir()
        self.url = f"sqlite:///{self.place / 'db.sqlite3'}"
        self.remote = Remote(self.place / "content.git")
        writer = Clone(self.remote.path, self.place / "ada", "Ada")
        urls = [f"/learn/physics/questions/why-{number}" for number in range(ARTICLES)]
        for number, url in enumerate(urls):
            writer.write(url, id=10_000 + number, answer="First.\\n\\nSecond.\\n\\nThird.")
        writer.push()
        self.run("migrate", "-v0")
        self.sync = ["sync_articles", str(self.remote.path), "--push-to-main", "--jobs=1", "-v0"]
        self.export = ["export_articles", str(self.place / "ada" / "content"), "-v0"]
        self.run(*self.sync)
        self.run("shell", "-v0", "-c", EDITS)
        for url in urls[10:25]:
            writer.edit(url, "Third.", "The third.")
        writer.file(urls[50]).unlink()
        writer.file(urls[51]).rename(writer.folder / "physics" / "renamed.md")
        shutil.copytree(self.place, self.before, symlinks=True)

    def set_back(self) -> None:
        shutil.rmtree(self.place)
        shutil.copytree(self.before, self.place, symlinks=True)

    def push(self) -> None:
        git(self.place / "ada", "add", "-A")
        git(self.place / "ada", "commit", "-q", "-m", "Write")
        git(self.place / "ada", "push", "-q", "origin", "main")

    def run(self, *arguments: str, code: int = 0) -> None:
        done = manage(self.url, *arguments, TEST_VAR=str(self.place / "var"))
        assert done.returncode == code, done.stderr

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "django", *arguments]
        return subprocess.Popen(
            command, cwd=ROOT, env=environment(self.url, TEST_VAR=str(self.place / "var")),
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def kill(self, after: float, *arguments: str) -> None:
        process = self.start(*arguments)
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        doomed = [process.pid]
        for pid in doomed:  # grows by the git that it waits for
            doomed += children(pid)
        for pid in doomed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(60)
        wait_until(lambda: not any(map(is_running, doomed)), 5)

    def articles(self) -> list[tuple[object, ...]]:
        query = (
            "SELECT slug, question, answer, author, status, source_hash, edited_at IS NULL FROM learn_article"
        )
        with closing(sqlite3.connect(self.place / "db.sqlite3")) as connection:
            return sorted(connection.execute(query))

    def branch(self) -> tuple[dict[str, str], list[str]]:
        log = git(self.remote.path, "log", "--format=%an %ae %at %s", "main").splitlines()
        return self.remote.files(), log

    def files(self) -> dict[str, bytes]:
        folder = self.place / "ada" / "content"
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("sync"))


def test_a_killed_synchronisation_is_completed_by_the_next(case: Case) -> None:
    case.set_back()
    case.push()
    started = time.monotonic()
    case.run(*case.sync)
    lasts = time.monotonic() - started
    expected = case.articles(), case.branch()
    assert len(expected[1][1]) > 20, "a commit per editor and change"
    chance = random.Random("sync")  # noqa: S311 which moment is chance, but the same each time
    for _kill in range(KILLS):
        case.set_back()
        case.push()
        case.kill(chance.uniform(0.2, 1.0) * lasts, *case.sync)
        case.run(*case.sync)
        assert case.articles() == expected[0]
        files, log = case.branch()
        assert files == expected[1][0]
        # The writer's own commit is made anew in each trial, at another second.
        assert [line for line in log if "example.com" not in line] == [
            line for line in expected[1][1] if "example.com" not in line
        ]


def test_a_killed_export_is_completed_by_the_next(case: Case) -> None:
    case.set_back()
    started = time.monotonic()
    case.run(*case.export, code=1)  # files that the writer changed, too, are left
    lasts = time.monotonic() - started
    expected = case.files()
    assert any(b"says ann" in data for data in expected.values())
    chance = random.Random("export")  # noqa: S311 which moment is chance, but the same each time
    for _kill in range(KILLS):
        case.set_back()
        case.kill(chance.uniform(0.3, 1.0) * lasts, *case.export)
        case.run(*case.export, code=1)
        assert case.files() == expected
