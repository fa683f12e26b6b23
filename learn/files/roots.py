"""Where a file belongs: which source it comes from, and its path below that source's content root.

The content root is the nearest folder above the file that holds subjects.yaml; failing that, the top of the git tree;
failing that, the folder from which the file's own url leads to it. So a file keeps its path whatever part of the
source is given: the whole, one subject's folder, one file, or an archive that wraps it all in a folder of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from . import peek_url

SUBJECTS_FILE = "subjects.yaml"
LEVELS = 4  # the folders looked at for subjects.yaml: content/learn/physics holds the file, and one more
SAMPLES = 5  # the files of a folder whose url is looked at
_ORIGIN = re.compile(r'\[remote "origin"\][^\[]*?^\s*url\s*=\s*(\S+)', re.MULTILINE | re.DOTALL)


class Root(NamedTuple):
    """A content root: the source's name and kind (FileSource.Kind), and the folder."""

    name: str
    kind: str
    folder: Path


class Roots:
    """Finds the content root of folders. `name` and `kind` are those of all, where the caller knows them.

    `ceiling`: no folder above it is looked at: an archive was unpacked there.
    """

    def __init__(
        self, given: Path, *, name: str = "", kind: str = "folder", ceiling: Path | None = None
    ) -> None:
        self.given, self.name, self.kind = given, name, kind
        self.ceiling = ceiling
        self._known: dict[Path, Root] = {}

    def of(self, folder: Path, samples: Iterable[Path]) -> Root:
        """The root of the files in `folder`, an absolute path; `samples` are some of them."""
        if folder not in self._known:
            self._known[folder] = self._find(folder, samples)
        return self._known[folder]

    def _find(self, folder: Path, samples: Iterable[Path]) -> Root:
        above = self._ancestors(folder)
        top = next((place for place in above if (place / ".git").exists()), None)
        # Within a source that was given as a whole, subjects.yaml may stand anywhere above; beyond it, nearby only.
        inside = sum(place.is_relative_to(self.given) for place in above)
        levels = max(LEVELS, inside)
        with_subjects = next((place for place in above[:levels] if (place / SUBJECTS_FILE).is_file()), None)
        if with_subjects and top and not with_subjects.is_relative_to(top):
            with_subjects = None
        root = with_subjects or top or _by_url(folder, samples) or self.given
        if self.name:
            return Root(self.name, self.kind, root)
        if top is None:
            return Root(str(os.path.realpath(root)), self.kind, root)
        below = "" if root == top else f"#{root.relative_to(top).as_posix()}"
        return Root(f"{repository_name(top)}{below}", "git", root)

    def _ancestors(self, folder: Path) -> list[Path]:
        above = [folder, *folder.parents]
        if self.ceiling is None:
            return above
        return [place for place in above if place.is_relative_to(self.ceiling)]


def _by_url(folder: Path, samples: Iterable[Path]) -> Path | None:
    """The folder that the urls of these files count from: above `learn/<subject>`, or above `<subject>`."""
    for _number, sample in zip(range(SAMPLES), samples, strict=False):
        try:
            url = peek_url(sample.read_bytes())
        except OSError:
            continue
        if url and url.split("/")[2] == folder.name:
            parent = folder.parent
            return parent.parent if parent.name == "learn" else parent
    return None


def repository_name(top: Path) -> str:
    """The name of the git repository whose tree is at `top`: where it came from, or else where it lies."""
    try:
        found = _ORIGIN.search((top / ".git" / "config").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = None
    return normalised(found[1]) if found else str(os.path.realpath(top))


def normalised(address: str) -> str:
    """The address of a repository without what may differ between two that lead to it, and without credentials."""
    address = re.sub(r"(?<=//)[^/@]+@", "", address.strip())
    return address.rstrip("/").removesuffix(".git").rstrip("/")


def place_below(root: Path, path: Path, url: str | None) -> str:
    """The path of a file below its content root; by its url, where it lies loose."""
    relative = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    if "/" in relative or not url:
        return relative
    _, _, subject, _, slug = url.split("/")
    return f"learn/{subject}/{slug}.md"
