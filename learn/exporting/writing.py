"""Puts files in place in one step, never through a link, and keeps in mind what was written."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from learn.files.problems import Problem
from learn.models import ExportedFile

from .placing import Folder

FRAGMENT = (
    ".export-"  # how the names of files begin that are not in place yet; tempfile adds eight characters
)
NO_ARTICLE = 0  # the key of the article that the file of a picture, or subjects.yaml, belongs to


def remove_fragments(folder: Path) -> None:
    """Remove what an export that was killed left beside the files: what it was about to put in place."""
    for path in folder.rglob(f"{FRAGMENT}{'?' * 8}"):
        path.unlink(missing_ok=True)


class NotOursError(Exception):
    """The file at the path is not ours to replace; the message says why."""


def unwritable(path: str, error: NotOursError | OSError) -> Problem:
    """What a report says of a file that could not be put in place."""
    if isinstance(error, NotOursError):
        code = "unwritable" if "link" in str(error) else "changed"
        return Problem(path, 1, 1, "error", code, f"cannot be written: {error}.")
    return Problem(path, 1, 1, "error", "unwritable", f"cannot be written: {error.strerror or error}.")


class Target:
    """The file at `path` below a folder that is exported to."""

    def __init__(self, folder: Folder, path: str) -> None:
        self.folder, self.path = folder, path
        self.file: Path = folder.root / path

    @property
    def is_outside(self) -> bool:
        """Whether its folder is a link that leads out of the folder that is exported to."""
        return not self.file.parent.resolve().is_relative_to(self.folder.root)

    def prepare(self) -> None:
        """Make the folders that lead here. Raises NotOursError where one is a link that leads out."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if self.is_outside:
            raise NotOursError("its folder is a link that leads out of the export folder")

    def read(self) -> bytes | None:
        """The bytes that are here; None where nothing is, or a link: that is replaced, never what it leads to."""
        if self.file.is_symlink() or not self.file.is_file():
            return None
        return self.file.read_bytes()

    def is_ours(self, present: bytes, known: set[str]) -> bool:
        """Whether nobody changed the file since it was imported (`known` hashes) or exported."""
        row = self.folder.written.get(self.path)
        hashes = known | ({row.hash, row.next_hash} if row else set())
        return hashlib.sha256(present).hexdigest() in hashes

    def write(self, data: bytes, article_key: int, *, is_known: bool) -> None:
        """Put `data` here. `is_known`: these bytes were imported, so that nothing has to be kept in mind."""
        row = self.folder.written.get(self.path)
        if is_known and row is None:
            self.replace(data)
            return
        digest = hashlib.sha256(data).hexdigest()
        if row is None:
            row = ExportedFile(folder=self.folder.name, path=self.path)
        row.next_hash, row.article_key = digest, article_key
        row.save()
        self.folder.written[self.path] = row
        self.replace(data)
        row.hash = digest
        row.save(update_fields=["hash"])

    def replace(self, data: bytes) -> None:
        mode = 0o644
        if not self.file.is_symlink() and self.file.is_file():
            mode = stat.S_IMODE(self.file.stat().st_mode)
        # Beside the target, so that the replacement is atomic; gone again if the power goes before it.
        with tempfile.NamedTemporaryFile(dir=self.file.parent, prefix=FRAGMENT, delete=False) as file:
            file.write(data)
        Path(file.name).chmod(mode)
        os.replace(file.name, self.file)  # noqa: PTH105 replaces a link itself, never what it leads to

    def remove(self) -> None:
        self.file.unlink()
        if row := self.folder.written.pop(self.path, None):
            row.delete()
