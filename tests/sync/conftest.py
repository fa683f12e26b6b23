"""A bare repository on disk, writers' clones of it, and editors."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from learn.models import Article, RevisionDetails
from learn.sync import SyncReport, sync_articles
from tests.factories import article_file

GIT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C",
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], env=GIT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout


class Clone:
    """A writer with a clone of the repository; `folder` is where the articles lie."""

    def __init__(self, remote: Path, path: Path, name: str) -> None:
        self.path, self.remote = path, remote
        subprocess.run(
            ["git", "clone", "-q", str(remote), str(path)], env=GIT, check=True, capture_output=True
        )
        git(path, "config", "user.name", name)
        git(path, "config", "user.email", f"{name}@example.com".lower())
        git(path, "checkout", "-q", "-B", "main")
        self.folder = path / "content" / "learn"

    def write(self, url: str, **fields: Any) -> Path:
        return article_file(self.folder, url, **fields)

    def file(self, url: str) -> Path:
        _, _, subject, _, slug = url.split("/")
        return self.folder / subject / f"{slug}.md"

    def edit(self, url: str, old: str, new: str) -> None:
        path = self.file(url)
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def commit(self, message: str = "Write") -> None:
        git(self.path, "add", "-A")
        if git(self.path, "status", "--porcelain"):
            git(self.path, "commit", "-q", "-m", message)

    def push(self, message: str = "Write") -> None:
        self.commit(message)
        git(self.path, "push", "-q", "origin", "main")

    def pull(self, branch: str = "main") -> None:
        git(self.path, "pull", "-q", "--no-rebase", "--no-edit", "origin", branch)


class Remote:
    def __init__(self, path: Path) -> None:
        self.path = path
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], env=GIT, check=True)

    def read(self, path: str, branch: str = "main") -> str:
        return git(self.path, "show", f"{branch}:{path}")

    def files(self, branch: str = "main") -> dict[str, str]:
        """Every path of a branch, and the name of its bytes."""
        lines = git(self.path, "ls-tree", "-r", branch).splitlines()
        return {line.split("\t")[1]: line.split()[2] for line in lines}

    def log(self, branch: str, *, since: str = "main") -> list[tuple[str, str]]:
        """Author and subject of each commit, oldest first, without merges."""
        found = git(self.path, "log", "--reverse", "--no-merges", "--format=%an%x09%s", f"{since}..{branch}")
        return [(line.split("\t")[0], line.split("\t")[1]) for line in found.splitlines()]

    def branches(self) -> list[str]:
        return git(self.path, "branch", "--format=%(refname:short)").split()


@pytest.fixture(autouse=True)
def own_copies(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.UPLOAD_DIR = tmp_path / "uploads"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path / "content.git")


@pytest.fixture
def writer(remote: Remote, tmp_path: Path) -> Clone:
    return Clone(remote.path, tmp_path / "ada", "Ada")


def sync(remote: Remote, **options: Any) -> SyncReport:
    return sync_articles(str(remote.path), jobs=1, **options)


def editor(name: str = "eve", **values: Any) -> User:
    return User.objects.get_or_create(username=name, defaults={"is_staff": True, **values})[0]


def edit(which: str, user: User | None = None, reason: str = "", /, **values: Any) -> Article:
    """Change an article as an editor does in the admin."""
    article = Article.objects.select_related("subject").get(slug=which)
    for name, value in values.items():
        setattr(article, name, value)
    article.save(source=RevisionDetails.Source.ADMIN, user=user or editor(), reason=reason)
    return article
