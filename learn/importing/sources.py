"""Finds the Markdown files of a source: a folder, a file, or an archive (.zip, .tar.gz)."""

from __future__ import annotations

import os
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from learn.files.limits import FILE_MAX_BYTES
from learn.files.problems import Problem

SUBJECTS_FILE = "subjects.yaml"
ARCHIVE_SUFFIXES = (".zip", ".tar.gz", ".tgz")
MAX_ARCHIVE_BYTES = 4 << 30  # unpacked; some fifty times today's library
MAX_ARCHIVE_MEMBERS = 2_000_000


class SourceError(Exception):
    """A source cannot be read at all; the message says why and what to give instead."""


class SourceFile(NamedTuple):
    """`path` names the file in reports: relative to its source, with slashes.

    `in_subject_folder`: it stands directly in a source folder, so that the source speaks for its subject only.
    """

    path: str
    file: Path
    in_subject_folder: bool = False


@dataclass(slots=True)
class Sources:
    """Everything found: files sorted by path, subject files, and what could not be taken.

    `is_whole_library`: an article that is not among the files is missing. So it is with a folder of folders or an
    archive. A folder that holds article files itself speaks for their subjects only, a single file for nothing.
    `is_partial`: the files say nothing of any other article, so that none is missing and none has moved.
    """

    files: list[SourceFile] = field(default_factory=list)
    subject_files: list[SourceFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_whole_library: bool = False
    is_partial: bool = False

    @property
    def can_show_missing(self) -> bool:
        """Whether articles that are not among the files can be missing."""
        return not self.is_partial and (
            self.is_whole_library or any(file.in_subject_folder for file in self.files)
        )


def find(sources: list[str], stack: ExitStack) -> Sources:
    """List the files of `sources`; archives are unpacked into folders that live as long as `stack`.

    Raises SourceError where a source does not exist, cannot be read or is of no kind that can be imported.
    """
    found = Sources()
    for source in sources:
        path = Path(source)
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SourceError(
                f"{source}: {reason}. Give a folder, a .md file, or a .zip or .tar.gz."
            ) from error
        if stat.S_ISDIR(mode):
            _find_in_folder(path, found)
        elif path.name.endswith(ARCHIVE_SUFFIXES):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="learn-import-")))
            _unpack(path, folder, found)
            _find_in_folder(folder, found)
        elif path.suffix == ".md":
            found.files.append(SourceFile(source, path))
        else:
            raise SourceError(f"{source}: not a folder, a .md file, a .zip or a .tar.gz.")
    found.files.sort()
    return found


def _find_in_folder(root: Path, found: Sources) -> None:
    """Add the Markdown files below `root`; a symbolic link that leads back up is a problem, not an endless walk."""
    files: list[SourceFile] = []

    def walk(folder: Path, prefix: str, ancestors: frozenset[str]) -> None:
        try:
            with os.scandir(folder) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if folder == root:
                raise SourceError(f"{root}: {error.strerror}.") from error
            found.problems.append(
                _problem(prefix.rstrip("/"), "unreadable", f"cannot read the folder: {error.strerror}.")
            )
            return
        for entry in ordered:
            name = prefix + entry.name
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                if real in ancestors:
                    message = "a symbolic link back to a folder above it. Remove the link."
                    found.problems.append(_problem(name, "symlink-loop", message))
                else:
                    walk(Path(entry.path), f"{name}/", ancestors | {os.path.realpath(entry.path)})
            elif entry.name.endswith(".md") and entry.name != "README.md":
                files.append(SourceFile(name, Path(entry.path), in_subject_folder=folder == root))
            elif entry.name == SUBJECTS_FILE and folder == root:
                found.subject_files.append(SourceFile(name, Path(entry.path)))

    walk(root, "", frozenset({os.path.realpath(root)}))
    found.is_whole_library = found.is_whole_library or not any(file.in_subject_folder for file in files)
    found.files += files


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a symbolic link to itself: reading it as a file will say so
        return False


def _problem(path: str, code: str, message: str) -> Problem:
    return Problem(path=path, line=1, column=1, severity="error", code=code, message=message)


# --- Archives -----------------------------------------------------------------------------------------------


def _unpack(archive: Path, folder: Path, found: Sources) -> None:
    """Write the archive's Markdown and subjects files below `folder`; note every member that cannot be taken."""
    members = _zip_members if archive.suffix == ".zip" else _tar_members
    total = 0
    try:
        for number, (name, size, kind, read) in enumerate(members(archive), 1):
            if number > MAX_ARCHIVE_MEMBERS:
                raise SourceError(f"{archive}: more than {MAX_ARCHIVE_MEMBERS:,} members.")
            if kind == "folder":
                continue
            if reason := _refusal(name, size, kind):
                found.problems.append(_problem(name, *reason))
                continue
            path = PurePosixPath(name)
            if path.suffix != ".md" and path.name != SUBJECTS_FILE:
                continue
            target = folder / path
            try:
                data = read(FILE_MAX_BYTES + 1)  # a header may lie about the size
                total += len(data)
                if total > MAX_ARCHIVE_BYTES:
                    raise SourceError(f"{archive}: unpacks to more than {MAX_ARCHIVE_BYTES >> 30} GiB.")
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    file.write(data)
            except FileExistsError:
                message = "stands twice in the archive. Keep one."
                found.problems.append(_problem(name, "repeated-member", message))
            except (zipfile.BadZipFile, RuntimeError, OSError, EOFError) as error:
                found.problems.append(_problem(name, "unreadable", f"cannot unpack: {error}."))
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, NotImplementedError) as error:
        raise SourceError(f"{archive}: not a readable archive: {error}.") from error


def _refusal(name: str, size: int, kind: str) -> tuple[str, str] | None:
    """Code and message of the reason for not unpacking a member, or None."""
    path = PurePosixPath(name)
    if (
        path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or "\0" in name
        or ":" in name.split("/", 1)[0]
    ):
        return "unsafe-path", "its path leads out of the archive. Pack the files with plain relative paths."
    if kind != "file":
        return "not-a-file", "neither a file nor a folder. Pack the file itself instead of a link to it."
    if path.suffix == ".md" and size > FILE_MAX_BYTES:
        return "file-too-large", f"{size:,} bytes; an article file may have {FILE_MAX_BYTES:,}."
    return None


class Member(NamedTuple):
    name: str
    size: int  # bytes, as the archive says
    kind: str  # "file", "folder" or "other"
    read: Callable[[int], bytes]  # at most so many bytes of it


def _zip_members(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:

        def read(info: zipfile.ZipInfo, limit: int) -> bytes:
            with archive.open(info) as file:
                return file.read(limit)

        for info in archive.infolist():
            is_link = stat.S_ISLNK(info.external_attr >> 16)
            kind = "folder" if info.is_dir() else "other" if is_link else "file"
            yield Member(info.filename, info.file_size, kind, partial(read, info))


def _tar_members(path: Path) -> Iterator[Member]:
    with tarfile.open(path, "r:gz") as archive:

        def read(info: tarfile.TarInfo, limit: int) -> bytes:
            file = archive.extractfile(info)
            return file.read(limit) if file else b""

        for info in archive:
            kind = "folder" if info.isdir() else "file" if info.isreg() else "other"
            yield Member(info.name, info.size, kind, partial(read, info))
