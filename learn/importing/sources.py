"""Finds the Markdown files of a source: a folder, a file, or an archive (.zip, .tar.gz)."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from learn.files.limits import FILE_MAX_BYTES
from learn.files.problems import Problem
from learn.jobs import archives

SUBJECTS_FILE = "subjects.yaml"
ARCHIVE_SUFFIXES = (".zip", ".tar.gz", ".tgz")
FOLDER_PREFIX = "learn-import-"
ONE_DAY = 86_400  # seconds


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
            _sweep()
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX)))
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
    limits = archives.Limits(total_bytes=settings.ARCHIVE_MAX_MB * 1_000_000, file_bytes=FILE_MAX_BYTES)
    lock = Path(settings.UPLOAD_DIR).with_name("archive.lock")
    try:
        faults = archives.unpack(archive, folder, limits, wanted=SUBJECTS_FILE, lock=lock)
    except (archives.ArchiveError, OSError) as error:
        raise SourceError(f"{archive}: {error}") from error
    found.problems += [_problem(*fault) for fault in faults]


def _sweep() -> None:
    """Remove the folders that a killed import left: those of ours that are older than any import takes."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        try:
            status = folder.lstat()
        except OSError:
            continue
        if (
            status.st_uid == os.getuid()
            and stat.S_ISDIR(status.st_mode)
            and status.st_mtime < time.time() - ONE_DAY
        ):
            shutil.rmtree(folder, ignore_errors=True)
