"""Unpacks an archive that nobody trusts, in a process of its own with limits of memory, time and output.

This file is also the program that this process runs (`python -I archives.py`): it imports nothing but Python, so that
a fault in a decompressor meets neither settings nor database. The limits are the kernel's (setrlimit(2)).
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import json
import os
import resource
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

MEBIBYTE = 1 << 20
ARTICLE_SUFFIXES = (".md", ".markdown")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg")
SUFFIXES = (".zip", ".tar.gz", ".tgz")
NESTED = "nested-archive"
HEADER_MAX_BYTES = MEBIBYTE  # one long name, or the extended header of one member
PROBLEMS_MAX = 5_000
NAME_SHOWN = 1_000  # characters of a member's name in a problem


def is_archive(name: str) -> bool:
    """Whether a file of this name is an archive that can be unpacked."""
    return name.lower().endswith(SUFFIXES)


@dataclass(frozen=True)
class Limits:
    """What one archive may take; everything that is read counts, skipped members and headers, too."""

    total_bytes: int
    file_bytes: int
    picture_bytes: int = 0  # a larger one is cut there, which whoever reads it finds too large
    members: int = 2_000_000
    memory_bytes: int = 1024 * MEBIBYTE  # of address space: Python takes 100 MiB of it, a million members 600
    cpu_seconds: int = 120
    wall_seconds: int = 300


class ArchiveError(Exception):
    """The archive cannot be taken; the message says why."""


class Fault(NamedTuple):
    """A member that cannot be taken."""

    name: str
    code: str
    message: str


# --- In the process that asks -----------------------------------------------------------------------------------


def unpack(archive: Path, folder: Path, limits: Limits, *, wanted: str, lock: Path) -> list[Fault]:
    """Write the archive's articles, pictures and files named `wanted` below `folder`; return what could not be taken.

    One archive at a time: others wait at the file `lock`. Raises ArchiveError.
    """
    order = {
        "archive": str(archive.absolute()),
        "folder": str(folder),
        "wanted": wanted,
        "limits": asdict(limits),
    }
    with _turn(lock):
        child = subprocess.Popen(  # noqa: S603 our own program; what it reads is in its input
            [sys.executable, "-I", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd=folder,
        )
        try:
            output, _ = child.communicate(json.dumps(order).encode(), timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired as error:
            raise ArchiveError(f"takes more than {limits.wall_seconds} seconds to read.") from error
        finally:
            if child.poll() is None:
                child.kill()
                child.communicate()
    try:
        answer = json.loads(output)
    except ValueError as error:
        raise ArchiveError("takes more memory or time than an archive of articles needs.") from error
    if answer["error"]:
        raise ArchiveError(answer["error"])
    return [Fault(*fault) for fault in answer["faults"]]


@contextlib.contextmanager
def _turn(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


# --- In the process of its own ----------------------------------------------------------------------------------


class Member(NamedTuple):
    name: str
    size: int  # bytes, as the archive says
    kind: str  # "file", "folder" or "other"
    read: Callable[[int], bytes]  # at most so many bytes of it


class _Counted:
    """A file that is read once, from its beginning, up to a limit."""

    def __init__(self, file: Any, limit: int) -> None:
        self._file, self._left, self._limit = file, limit, limit

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(size if 0 <= size <= self._left else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise ArchiveError(too_large(self._limit))
        return data


def too_large(limit: int) -> str:
    return f"unpacks to more than {limit // 1_000_000:,} MB. Pack the articles alone, or in several archives."


class _TarInfo(tarfile.TarInfo):
    """A header that says how much of it is still to be read: too much is refused before it is."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        is_file = self.isreg() or self.isdir() or self.issym() or self.islnk() or self.isdev()
        if not is_file and self.size > HEADER_MAX_BYTES:
            raise ArchiveError(f"has a header of {self.size:,} bytes.")
        return super()._proc_member(archive)  # type: ignore[misc]


def _zip_members(path: Path, limits: Limits) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        total = 0

        def read(info: zipfile.ZipInfo, limit: int) -> bytes:
            nonlocal total
            with archive.open(info) as file:
                data = file.read(limit)
            total += len(data)
            if total > limits.total_bytes:
                raise ArchiveError(too_large(limits.total_bytes))
            return data

        for info in archive.infolist():
            is_link = stat.S_ISLNK(info.external_attr >> 16)
            kind = "folder" if info.is_dir() else "other" if is_link else "file"
            # Some programs for Windows write backslashes; the format knows slashes alone.
            name = info.filename.replace("\\", "/")
            kind = "folder" if name.endswith("/") else kind
            yield Member(name, info.file_size, kind, partial(read, info))


def _tar_members(path: Path, limits: Limits) -> Iterator[Member]:
    with gzip.open(path) as plain:
        counted: Any = _Counted(plain, limits.total_bytes)
        with tarfile.open(fileobj=counted, mode="r|", tarinfo=_TarInfo) as archive:

            def read(info: tarfile.TarInfo, limit: int) -> bytes:
                file = archive.extractfile(info)
                return file.read(limit) if file else b""

            for info in archive:
                archive.members = []  # type: ignore[attr-defined]  # it would remember all of them
                kind = "folder" if info.isdir() else "file" if info.isreg() else "other"
                yield Member(info.name, info.size, kind, partial(read, info))


def _refusal(name: str, size: int, kind: str, limits: Limits) -> tuple[str, str] | None:
    """Code and message of the reason for not unpacking a member, or None."""
    path = PurePosixPath(name)
    first = name.split("/", 1)[0]
    if path.is_absolute() or ".." in path.parts or "\0" in name or ":" in first:
        return "unsafe-path", "its path leads out of the archive. Pack the files with plain relative paths."
    if is_archive(name) and not name.startswith("__MACOSX/"):
        return NESTED, "an archive within the archive is not looked into. Unpack it, or import it by itself."
    if kind != "file":
        return "not-a-file", "neither a file nor a folder. Pack the file itself instead of a link to it."
    if path.suffix.lower() in ARTICLE_SUFFIXES and size > limits.file_bytes:
        return "file-too-large", f"{size:,} bytes; an article file may have {limits.file_bytes:,}."
    return None


def _unpack(archive: Path, folder: Path, wanted: str, limits: Limits) -> list[Fault]:  # noqa: C901 one refusal after another
    faults: list[Fault] = []

    def refuse(name: str, code: str, message: str) -> None:
        if len(faults) >= PROBLEMS_MAX:
            raise ArchiveError(
                f"more than {PROBLEMS_MAX:,} members cannot be taken, such as {faults[0].name!r}."
            )
        faults.append(Fault(name[:NAME_SHOWN], code, message))

    members = _zip_members if archive.suffix.lower() == ".zip" else _tar_members
    for number, (name, size, kind, read) in enumerate(members(archive, limits), 1):
        if number > limits.members:
            raise ArchiveError(f"more than {limits.members:,} members.")
        path = PurePosixPath(name)
        if kind == "folder":
            continue
        if reason := _refusal(name, size, kind, limits):
            refuse(name, *reason)
            continue
        is_picture = path.suffix.lower() in PICTURE_SUFFIXES and limits.picture_bytes > 0
        if path.suffix.lower() not in ARTICLE_SUFFIXES and path.name != wanted and not is_picture:
            continue
        most = limits.picture_bytes if is_picture else limits.file_bytes
        try:
            _write(folder / path, read(most + 1))  # a header may lie about the size
        except FileExistsError:
            refuse(name, "repeated-member", "stands twice in the archive. Keep one.")
        except (ArchiveError, MemoryError, tarfile.TarError, gzip.BadGzipFile, EOFError):
            raise  # of the archive: what follows cannot be read either
        except Exception as error:  # noqa: BLE001 corrupt, encrypted, of an unknown method, of a name no disk takes
            refuse(name, "unreadable", f"cannot unpack: {error}.")
    return faults


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        file.write(data)


def _limit(limits: Limits) -> None:
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, max(4 * limits.file_bytes, limits.picture_bytes + 1)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        hard = resource.getrlimit(what)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (value, value))


def main() -> None:
    """Read the order from standard input, write the answer to standard output, both as JSON."""
    order = json.loads(sys.stdin.buffer.read())
    limits = Limits(**order["limits"])
    _limit(limits)
    faults: list[Fault] = []
    error = ""
    try:
        faults = _unpack(Path(order["archive"]), Path(order["folder"]), order["wanted"], limits)
    except ArchiveError as fault:
        error = str(fault)
    except (MemoryError, RecursionError):
        error = "takes more memory than an archive of articles needs."
    except Exception as fault:  # noqa: BLE001 whatever a decompressor raises of bytes that somebody made
        error = f"not a readable archive: {fault}."
    sys.stdout.write(json.dumps({"error": error, "faults": faults}))


if __name__ == "__main__":
    main()
