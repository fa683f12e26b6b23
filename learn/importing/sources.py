"""Finds the Markdown files of a source: a folder, a file, or an archive (learn.jobs.archives)."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from learn import files
from learn.files import tables
from learn.files.limits import FILE_MAX_BYTES
from learn.files.problems import Problem, Severity
from learn.files.roots import SUBJECTS_FILE, Roots, place_below
from learn.jobs import archives
from learn.jobs.archives import ARTICLE_SUFFIXES

__all__ = ["SourceError", "SourceFile", "Sources", "all_placed", "find", "is_article_name"]

FOLDER_PREFIX = "learn-import-"
ONE_DAY = 86_400  # seconds

NEARLY_ARTICLES = (".mdown", ".mkdn", ".mkd", ".mdwn", ".mdtxt", ".md.txt", ".mdx")


class SourceError(Exception):
    """A source cannot be read at all; the message says why and what to give instead."""


class SourceFile(NamedTuple):
    """`path` names the file in reports: relative to its source, with slashes.

    `in_subject_folder`: it stands directly in a source folder, so that the source speaks for its subject only.
    `source` is the name of the source that it belongs to, `place` its path below the content root. `is_converted`:
    `file` holds what was made of it (learn.importing.conversion), so that its name tells nothing; `origin` is the file
    or table itself.
    """

    path: str
    file: Path
    in_subject_folder: bool = False
    source: str = ""
    place: str = ""
    is_converted: bool = False
    origin: Path | None = None


class Table(NamedTuple):
    """A table of records; `source` is the name by which it is remembered."""

    file: Path
    source: str


@dataclass(slots=True)
class Sources:
    """Everything found: files sorted by path, subject files, and what could not be taken.

    `is_whole_library`: an article that is not among the files is missing. So it is with a folder of folders or an
    archive. A folder that holds article files itself speaks for their subjects only, a single file for nothing.
    `is_partial`: the files say nothing of any other article, so that none is missing and none has moved.
    `kinds`: of each source, by its name (FileSource.Kind). `deleted`: files that were named and are not there.
    `renamed`: where a file stood before, by its place now, where that is known. `is_diff`: they come from a list of
    changes, so that a file that is gone and that nobody knows is no mistake. `tables`: those whose rows are to become
    files (learn.importing.conversion). `unread`: paths of files that are there and could not be converted.
    `picture_roots`: folders whose pictures are looked at although no article of theirs is among the files.
    """

    files: list[SourceFile] = field(default_factory=list)
    subject_files: list[SourceFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_whole_library: bool = False
    is_partial: bool = False
    kinds: dict[str, str] = field(default_factory=dict)
    deleted: list[SourceFile] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    is_diff: bool = False
    tables: list[Table] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    picture_roots: list[Path] = field(default_factory=list)

    @property
    def can_show_missing(self) -> bool:
        """Whether articles that are not among the files can be missing."""
        return not self.is_partial and (
            self.is_whole_library or any(file.in_subject_folder for file in self.files)
        )


def find(sources: list[str], stack: ExitStack, *, name: str = "", kind: str = "") -> Sources:
    """List the files of `sources`; archives are unpacked into folders that live as long as `stack`.

    `name` and `kind` of the source are found (learn.files.roots) where they are not given. A file that was named
    and is not there counts as deleted, where another source is. Raises SourceError where a source does not exist,
    cannot be read or is of no kind that can be imported, and ValueError for an empty one.
    """
    found = Sources()
    seen: set[str] = set()
    for source in sources:
        if not source.strip():
            raise ValueError(
                "SOURCE is empty: is a variable not set? Name a folder, a .md file or an archive."
            )
        path = Path(source)
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError) and is_article_name(path.name) and len(sources) > 1:
                found.deleted.append(SourceFile(source, path))
                continue
            reason = getattr(error, "strerror", None) or str(error)
            raise SourceError(
                f"{source}: {reason}. Give a folder, a .md file, a .zip or .tar.gz, a .jsonl or .csv."
            ) from error
        if (real := os.path.realpath(path)) not in seen:  # the same one twice is one
            seen.add(real)
            _add(source, path, mode, found, stack, name=name, kind=kind)
    for number, gone in enumerate(found.deleted):
        absolute = _absolute(gone.file)
        roots = Roots(absolute.parent, name=name, kind=kind or "folder")
        found.deleted[number] = _placed(gone, absolute, _samples(absolute.parent), roots, found)
    if len(seen) > 1:  # a folder, and a file in it
        found.files = list({os.path.realpath(file.file): file for file in reversed(found.files)}.values())
    found.files.sort()
    if found.tables and not found.files:  # beside folders these say what is missing
        found.is_whole_library = True
    return found


def _add(
    source: str, path: Path, mode: int, found: Sources, stack: ExitStack, *, name: str, kind: str
) -> None:
    """Add the files of one source, which is there."""
    absolute = _absolute(path)
    if stat.S_ISDIR(mode):
        # What an editor uploaded lies in a folder of ours: nothing above it says anything of it.
        ceiling = absolute if kind == "upload" else None
        _find_in_folder(absolute, Roots(absolute, name=name, kind=kind or "folder", ceiling=ceiling), found)
    elif stat.S_ISREG(mode) and archives.is_archive(path.name):
        _sweep()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX)))
        _unpack(path, folder, found)
        roots = Roots(folder, name=name or path.name, kind=kind or "archive", ceiling=folder)
        _find_in_folder(folder, roots, found)
    elif stat.S_ISREG(mode) and is_article_name(path.name):
        roots = Roots(absolute.parent, name=name, kind=kind or "folder")
        found.files.append(_placed(SourceFile(source, path), absolute, [path], roots, found, is_alone=True))
    elif stat.S_ISREG(mode) and path.name.lower().endswith(tables.SUFFIXES):
        # Of other articles a table says nothing: like a source with a name.
        table = Table(absolute, name or path.name)
        found.tables.append(table)
        found.kinds[table.source] = kind or "named"
        if (subjects := absolute.parent / SUBJECTS_FILE).is_file() and kind != "upload":
            _add_subjects(found, SUBJECTS_FILE, subjects)
    else:
        raise SourceError(f"{source}: not a folder, a .md file, a .zip, a .tar.gz, a .jsonl or a .csv.")


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 resolve() would follow links, whose names count


def _samples(folder: Path) -> list[Path]:
    try:
        return [path for path in sorted(folder.iterdir()) if is_article_name(path.name)][:5]
    except OSError:
        return []


def is_article_name(name: str) -> bool:
    return name.lower().endswith(ARTICLE_SUFFIXES) and name.lower() != "readme.md"


def _placed(
    file: SourceFile,
    absolute: Path,
    samples: list[Path],
    roots: Roots,
    found: Sources,
    *,
    is_alone: bool = False,
) -> SourceFile:
    """`file` with the source it belongs to and its place there; notes the subjects.yaml above it."""
    root = roots.of(absolute.parent, samples)
    found.kinds[root.name] = root.kind
    subjects = root.folder / SUBJECTS_FILE
    if subjects.is_file():
        _add_subjects(found, os.path.relpath(subjects, roots.given).replace(os.sep, "/"), subjects)
    url = None
    if is_alone and (absolute.parent == root.folder or not absolute.is_relative_to(root.folder)):
        with suppress(OSError):
            url = files.peek_url(absolute.read_bytes())
    return file._replace(source=root.name, place=place_below(root.folder, absolute, url))


def _add_subjects(found: Sources, name: str, path: Path) -> None:
    if all(known.file != path for known in found.subject_files):
        found.subject_files.append(SourceFile(name, path))


def _find_in_folder(root: Path, roots: Roots, found: Sources) -> None:
    """Add the Markdown files below `root`; a symbolic link that leads back up is a problem, not an endless walk."""
    walk = _Walk(root, roots, found)
    walk.through(root, "", frozenset({os.path.realpath(root)}))
    if not walk.files:
        for path in sorted(root.iterdir()):
            if path.name.lower().endswith(tables.SUFFIXES) and path.is_file():
                message = "a table in a folder is not read. Name the table itself."
                found.problems.append(_problem(path.name, "table", message))
    found.is_whole_library = found.is_whole_library or not any(file.in_subject_folder for file in walk.files)
    found.files += walk.files


@dataclass
class _Walk:
    """One walk through the folders below `root`; `files` are those it found."""

    root: Path
    roots: Roots
    found: Sources
    files: list[SourceFile] = field(default_factory=list)

    def through(self, folder: Path, prefix: str, ancestors: frozenset[str]) -> None:
        try:
            with os.scandir(folder) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if folder == self.root:
                raise SourceError(f"{self.root}: {error.strerror}.") from error
            message = f"cannot read the folder: {error.strerror}."
            self.found.problems.append(_problem(prefix.rstrip("/"), "unreadable", message))
            return
        here: list[SourceFile] = []
        for entry in ordered:
            name = prefix + entry.name
            if entry.name.startswith("."):
                continue
            if reason := _not_taken(entry):
                shown = name.encode("utf-8", "backslashreplace").decode()
                self.found.problems.append(_problem(shown, *reason))
            elif _is_folder(entry):
                self.into(entry, name, ancestors)
            elif is_article_name(entry.name):
                here.append(SourceFile(name, Path(entry.path), in_subject_folder=folder == self.root))
            elif entry.name == SUBJECTS_FILE and folder == self.root:
                _add_subjects(self.found, name, Path(entry.path))
        if here:
            self.files += all_placed(here, folder, self.roots, self.found)

    def into(self, entry: os.DirEntry[str], name: str, ancestors: frozenset[str]) -> None:
        real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
        if real in ancestors:
            message = "a symbolic link back to a folder above it. Remove the link."
            self.found.problems.append(_problem(name, "symlink-loop", message))
        else:
            self.through(Path(entry.path), f"{name}/", ancestors | {os.path.realpath(entry.path)})


def all_placed(here: list[SourceFile], folder: Path, roots: Roots, found: Sources) -> list[SourceFile]:
    """The files of one folder with their places: the first tells where all of them belong."""
    samples = [file.file for file in here]
    alone = len(here) == 1
    first = _placed(here[0], here[0].file, samples, roots, found, is_alone=True)
    root = roots.of(folder, samples)
    if folder == root.folder and not alone:
        return [_placed(file, file.file, samples, roots, found, is_alone=True) for file in here]
    prefix = first.place.rpartition("/")[0]
    prefix = f"{prefix}/" if prefix else ""
    return [first, *(file._replace(source=first.source, place=prefix + file.file.name) for file in here[1:])]


def _not_taken(entry: os.DirEntry[str]) -> tuple[str, str] | None:
    """Code and message of the reason why nothing can be made of this entry of a folder; None where it can be read."""
    is_article = is_article_name(entry.name)
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        if not is_article and not _is_folder(entry):
            return None
        return "file-name", "its name is not UTF-8. Rename it."
    if is_article:
        try:
            mode = entry.stat().st_mode
        except OSError:  # a link to nowhere: reading it will say so
            return None
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            return "not-a-file", "neither a file nor a folder, but a pipe or a device. Remove it."
    elif entry.name.lower().endswith(NEARLY_ARTICLES):
        return "file-name", "looks like an article, but its name does not end in .md or .markdown. Rename it."
    return None


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
    limits = archives.Limits(
        total_bytes=settings.ARCHIVE_MAX_MB * 1_000_000,
        file_bytes=FILE_MAX_BYTES,
        picture_bytes=settings.PICTURE_MAX_MB * 1_000_000,
    )
    lock = Path(settings.UPLOAD_DIR).with_name("archive.lock")
    try:
        faults = archives.unpack(archive, folder, limits, wanted=SUBJECTS_FILE, lock=lock)
    except (archives.ArchiveError, OSError) as error:
        raise SourceError(f"{archive}: {error}") from error
    for fault in faults:
        severity: Severity = "warning" if fault.code == archives.NESTED else "error"
        found.problems.append(Problem(fault.name, 1, 1, severity, fault.code, fault.message))


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
