"""The pictures that the files of a source bring: found beside an article or below media/, checked, and taken in.

A picture counts as its article's file does: one that is missing, or that cannot be taken, rejects the article, with the
line and column where it is named, and nothing of either is written. One whose file did not change since its last
import never takes the place of what an editor put there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from learn.files.problems import Problem
from learn.jobs.archives import PICTURE_SUFFIXES
from learn.media import library
from learn.media.checking import PictureError
from learn.media.store import StoreError
from learn.models import PictureName
from learn.models.pictures import NAME_MAX_LENGTH, derived_with_pictures
from learn.rendering.pictures import FOLDER, names_of

from .reader import Loaded
from .report import ImportReport
from .sources import SourceFile, Sources


@dataclass(slots=True)
class PictureFiles:
    """The pictures of one run; `dry_run` checks them and writes nothing."""

    found: Sources
    report: ImportReport
    dry_run: bool = False
    overwrite_edits: bool = False
    checked: dict[str, str] = field(default_factory=dict)  # digest -> what is wrong with it, or nothing
    seen: dict[Path, str] = field(default_factory=dict)  # file -> digest
    taken: int = 0

    # --- Those that articles name -----------------------------------------------------------------------------

    def check(self, source: SourceFile, loaded: Loaded) -> list[tuple[Path, str]]:
        """The files of the pictures that a file names, with their names; where one rejects it, that is said in it."""
        problems: list[Problem] = []
        chosen: list[tuple[Path, str]] = []
        for address in loaded.pictures if loaded.values is not None else ():
            if message := self._look_up(source, loaded, address, chosen):
                line, column = _place_of(source, address)
                problems.append(
                    Problem(source.path, line, column, "error", "picture", f"{address}: {message}")
                )
        if problems:
            loaded.problems, loaded.values = problems, None
        return chosen

    def settle(self, source: SourceFile, loaded: Loaded) -> None:
        """Take in the pictures that a file names, and render it with them; or reject it, where one of them does."""
        if not loaded.pictures:
            return
        chosen = self.check(source, loaded)
        if loaded.values is None or self.dry_run:
            return
        for file, name in chosen:
            self.put(file, name, source)
        row = (loaded.values["question"], loaded.values["answer"], loaded.subject_slug)
        ((loaded.derived, loaded.picture_names),) = derived_with_pictures([row])

    def _look_up(
        self, source: SourceFile, loaded: Loaded, address: str, chosen: list[tuple[Path, str]]
    ) -> str:
        """What is wrong with a picture that is named; nothing where it is there, or was already."""
        names = names_of(address, loaded.subject_slug)
        if not names or len(names[-1]) > NAME_MAX_LENGTH:
            return "the path leads out of the source. Put the file beside the article, or below media/."
        for file, name in _files_of(source, address, names):
            if file.is_file():
                if not _is_inside(file, source):
                    return "a link that leads out of the source. Put the file itself there."
                chosen.append((file, name))
                return self.fault_of(file)
        if PictureName.objects.filter(name__in=names).exists():
            return ""
        return "there is no such file. Put it beside the article, or below media/ at the root of the source."

    def fault_of(self, file: Path) -> str:
        """What keeps a file from being taken as a picture; each content is looked at once."""
        try:
            data = file.read_bytes()
        except OSError as error:
            return f"cannot be read: {error.strerror}."
        digest = self.seen[file] = library.digest(data)
        if digest not in self.checked:
            try:
                library.check(data)
                self.checked[digest] = ""
            except PictureError as error:
                self.checked[digest] = str(error)
        return self.checked[digest]

    def put(self, file: Path, name: str, source: SourceFile) -> None:
        """Let `name` mean the picture in `file`, unless an editor put another one there since the last import."""
        digest = self.seen[file]
        row = PictureName.objects.filter(name=name).first()
        if row is not None and row.imported_hash == digest:
            return
        path = os.path.relpath(file, root_of(source)).replace(os.sep, "/")
        is_edited = row is not None and row.picture_id not in (row.imported_hash, digest)
        if is_edited and not self.overwrite_edits:
            message = (
                "the picture changed, and so did the one on the site since its last import. The site's stays: replace "
                "it there, or import with --overwrite-edits."
            )
            self.report.problems.append(Problem(path, 1, 1, "warning", "picture-conflict", message))
            return
        try:
            picture = library.take(file.read_bytes())
        except (PictureError, StoreError, OSError) as error:  # it was there a moment ago
            self.report.problems.append(Problem(path, 1, 1, "error", "picture", str(error)))
            return
        library.put_in_place([name], picture)
        PictureName.objects.filter(name=name).update(source_path=path, imported_hash=digest)
        self.taken += 1

    # --- Those of articles that did not change ------------------------------------------------------------------

    def refresh(self) -> None:
        """Take in what changed of known pictures, and what is new below media/. One query where there is none."""
        # One file of each source tells its root: an import of nothing new looks at no path of the others.
        roots = {root_of(file): file for file in {file.source: file for file in self.found.files}.values()}
        roots.update((root, SourceFile("", root / "x", place="x")) for root in self.found.picture_roots)
        known = list(PictureName.objects.exclude(source_path="").values_list("name", "source_path"))
        for root, source in roots.items():
            files = {root / path: name for name, path in known}
            files.update((file, file.relative_to(root).as_posix()) for file in _below(root / FOLDER))
            for file, name in sorted(files.items()):
                if not file.is_file() or not _is_inside(file, source) or len(name) > NAME_MAX_LENGTH:
                    continue
                if fault := self.fault_of(file):
                    path = file.relative_to(root).as_posix()
                    self.report.problems.append(Problem(path, 1, 1, "warning", "picture", fault))
                elif not self.dry_run:
                    self.put(file, name, source)


def root_of(source: SourceFile) -> Path:
    """The content root of a file: the folder that its place counts from."""
    file = source.origin or source.file
    text = file.as_posix()
    if source.place and text.endswith(f"/{source.place}"):
        return Path(text[: -len(source.place)])
    return file.parent


def _files_of(source: SourceFile, address: str, names: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """Where the file of a picture may lie, with the name that it has then."""
    folder = (source.origin or source.file).parent
    root = root_of(source)
    yield folder / _plain(address), names[0]
    if names[-1].startswith(FOLDER):
        yield root / names[-1], names[-1]


def _plain(address: str) -> str:
    return unquote(address).lstrip("/")


def _is_inside(file: Path, source: SourceFile) -> bool:
    """Whether a file, all links followed, lies in the source."""
    real = Path(os.path.realpath(file))
    return real.is_relative_to(os.path.realpath(root_of(source))) or real.is_relative_to(
        os.path.realpath((source.origin or source.file).parent)
    )


def _below(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(PICTURE_SUFFIXES) and not name.startswith("."):
                yield Path(at) / name


def _place_of(source: SourceFile, address: str) -> tuple[int, int]:
    """Line and column, from 1, at which a file names a picture."""
    text = source.file.read_bytes().decode("utf-8", "replace")
    position = max(text.find(f"]({address}"), text.find(f"](<{address}"), 0)
    position = position + 2 if position else max(text.find(address), 0)
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
