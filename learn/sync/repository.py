"""A git repository as the synchronisation sees it: its branches, and a bare copy of them in var/sync."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from learn.db.rows import batched
from learn.files.roots import normalised, repository_name

from .git import GitError, git, lines_of, names, without_credentials

_HELPER = re.compile(r"\w+::")  # git would start a program of that name
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://|[^/:]+:[^\\]")  # a URL, or host:path
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
RENAME_LIMIT = (
    5_000  # files among which git looks for those that were renamed and changed; its default is 1,000
)
VERSIONS = 100  # of one file that are looked through for what the site pushed
NEXT = "refs/sync/next"


class Entry(NamedTuple):
    """A file of a tree: its mode as git writes it, and the name of its blob."""

    mode: str
    blob: str


class Different(NamedTuple):
    """What differs between two commits: paths that are there now, paths that are gone, and new path -> former path."""

    present: list[str]
    gone: list[str]
    renamed: dict[str, str]


class MovedError(GitError):
    """The branch that was pushed to has commits that were not fetched yet."""


class RefusedError(GitError):
    """The repository did not take what was pushed."""


@dataclass
class Repository:
    """`address` is what git is given, `name` the same without credentials: what the source is remembered by."""

    address: str
    name: str
    folder: Path
    heads: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, address: str) -> Repository:
        """The repository at a path or URL. Raises ValueError for what is neither."""
        address = address.strip()
        if not address:
            raise ValueError("REPO is empty: is a variable not set? Name a path or the URL of a repository.")
        if address.startswith("-") or _HELPER.match(address) or not address.isprintable():
            raise ValueError(f"{without_credentials(address)}: not the address of a repository.")
        path = Path(address)
        if path.exists():
            real = path.resolve()
            name = repository_name(real) if (real / ".git").exists() else normalised(str(real))
            address = str(real)
        elif _REMOTE.match(address):
            name = normalised(address)
        else:
            raise ValueError(f"{address}: there is no such folder, and it is no URL. Name a repository.")
        digest = hashlib.sha256(name.encode()).hexdigest()[:24]
        return cls(address, name, Path(settings.UPLOAD_DIR).with_name("sync") / f"{digest}.git")

    def look(self) -> None:
        """Ask which branches there are, now. Raises GitError where the repository cannot be reached."""
        if Path(self.address).exists():
            shallow = git(None, "-C", self.address, "rev-parse", "--is-shallow-repository")
            if shallow.strip() == b"true":
                raise GitError(
                    f"{self.name} is a shallow clone: its history is cut off. Name the repository itself, or run "
                    "`git fetch --unshallow` in it."
                )
        said = git(None, "ls-remote", "--heads", "--", self.address).decode("utf-8", "replace")
        pairs = (line.split("\t") for line in said.splitlines())
        self.heads = {ref.removeprefix("refs/heads/"): commit for commit, ref in pairs}

    def fetch(self, branches: Sequence[str]) -> None:
        """Bring these branches, and forget those that are gone. Call `look` first."""
        self._prepare()
        there = [name for name in branches if name in self.heads]
        if any((commit := self.commit_of(name)) and not self.has(commit) for name in there):
            shutil.rmtree(self.folder)  # it lost what it had
            self._prepare()
        if all(self.commit_of(name) == self.heads[name] for name in there):
            return
        wanted = [f"+refs/heads/{name}:refs/heads/{name}" for name in there]
        arguments = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", self.address, *wanted)
        shallow = f"{self.name} is a shallow clone: its history is cut off. Name the repository itself."
        try:
            git(self.folder, *arguments)
        except GitError as error:
            raise GitError(shallow if "shallow" in str(error) else str(error)) from error
        for name in there:
            self.heads[name] = self.commit_of(name)
            if not self.has(self.heads[name]):
                raise GitError(shallow)  # git says so in a warning only

    def _prepare(self) -> None:
        """Make the copy, or mend what a killed run left of it; nobody else uses it now (learn.jobs.lock)."""
        self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for lock in self.folder.rglob("*.lock"):
            lock.unlink()
        git(None, "init", "--quiet", "--bare", "--template=", "--", str(self.folder))

    def commit_of(self, branch: str) -> str:
        """The commit at the head of a branch of the copy; empty where there is none."""
        try:
            return (
                git(self.folder, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}").decode().strip()
            )
        except GitError:
            return ""

    def has(self, commit: str) -> bool:
        if not _COMMIT.fullmatch(commit):
            return False
        try:
            git(self.folder, "cat-file", "-e", f"{commit}^{{commit}}")
        except GitError:
            return False
        return True

    def contains(self, commit: str, ancestor: str) -> bool:
        """Whether `ancestor` is in the history of `commit`."""
        if not (self.has(commit) and self.has(ancestor)):
            return False
        return self.merge_base(commit, ancestor) == ancestor

    def merge_base(self, one: str, other: str) -> str:
        try:
            return git(self.folder, "merge-base", one, other).decode().strip()
        except GitError:
            return ""

    def tree(self, commit: str) -> dict[str, Entry]:
        """Every file of a commit, by its path."""
        found = {}
        for line in names(git(self.folder, "ls-tree", "-r", "-z", "--full-tree", commit)):
            details, path = line.split("\t", 1)
            mode, _kind, blob = details.split(" ")
            found[path] = Entry(mode, blob)
        return found

    def blobs(self, wanted: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The bytes of these blobs, each with its name."""
        for batch in batched(dict.fromkeys(wanted), 2_000):
            said = git(self.folder, "cat-file", "--batch", data=lines_of(batch))
            position = 0
            for blob in batch:
                newline = said.index(b"\n", position)
                size = int(said[position:newline].split(b" ")[2])
                yield blob, said[newline + 1 : newline + 1 + size]
                position = newline + size + 2

    def read(self, entry: Entry | None) -> bytes | None:
        """The bytes of one file; None for none."""
        return None if entry is None else next(data for _blob, data in self.blobs([entry.blob]))

    def version(self, commit: str, path: str, digest: str) -> bytes | None:
        """The bytes with this SHA-256 that a file had in the history of a commit; None where it never had."""
        arguments = ("log", "-z", f"-{VERSIONS}", "--format=", "--raw", "--no-abbrev", "--no-renames", "-m")
        for change in names(git(self.folder, *arguments, commit, "--", f":(literal){path}")):
            blob = change.split(" ")[3] if change.startswith(":") else ""
            if blob.strip("0"):
                data = self.read(Entry("", blob)) or b""
                if hashlib.sha256(data).hexdigest() == digest:
                    return data
        return None

    def difference(self, before: str, after: str) -> Different:
        """What changed from one commit to another."""
        arguments = ("diff-tree", "-r", "-z", "--no-ext-diff", "-M", f"-l{RENAME_LIMIT}", "--name-status")
        words = iter(names(git(self.folder, *arguments, before, after)))
        found = Different([], [], {})
        for status in words:
            path = next(words)
            if status.startswith("D"):
                found.gone.append(path)
            elif status.startswith("R"):
                now = next(words)
                found.gone.append(path)
                found.present.append(now)
                found.renamed[now] = path
            else:
                found.present.append(path)
        return found

    def blob_of(self, data: bytes) -> str:
        """The name that these bytes have as a blob; it is made where there is none."""
        return git(self.folder, "hash-object", "-w", "--stdin", data=data).decode().strip()

    def write(self, stream: bytes) -> str:
        """Make the commits of a stream for `git fast-import`, the last of them at NEXT; return its name."""
        git(self.folder, "update-ref", "-d", NEXT)
        git(self.folder, "fast-import", "--quiet", "--done", "--force", data=stream)
        return git(self.folder, "rev-parse", "--verify", NEXT).decode().strip()

    def push(self, commit: str, branch: str) -> None:
        """Add a commit to a branch there, never by force.

        Raises MovedError where the branch has other commits by now, RefusedError where it is not taken.
        """
        try:
            git(
                self.folder, "push", "--quiet", "--no-verify", "--", self.address, f"{commit}:refs/heads/{branch}"
            )  # fmt: skip
        except GitError as error:
            told = str(error)
            if any(
                word in told for word in ("fetch first", "non-fast-forward", "cannot lock ref", "stale info")
            ):
                raise MovedError(told) from error
            raise RefusedError(f"{branch}: {told}") from error
