"""From a commit to the import: which files changed since the last one, and where they belong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from learn.files.problems import Problem
from learn.files.roots import SUBJECTS_FILE, Root, Roots
from learn.importing.sources import SourceFile, Sources, all_placed, is_article_name
from learn.jobs.archives import PICTURE_SUFFIXES
from learn.models import ImportedFile

from .repository import Entry, Repository

USUAL_PREFIX = "content/learn"  # where it is, it is meant unless another is named
SYMBOLIC_LINK, SUBMODULE = "120000", "160000"


@dataclass
class Tree:
    """The files of a commit below a prefix. `folder`: where those to import are laid out, as in a checkout."""

    repository: Repository
    commit: str
    prefix: str
    entries: dict[str, Entry]
    folder: Path

    @classmethod
    def of(cls, repository: Repository, commit: str, prefix: str, folder: Path) -> Tree:
        tree = cls(repository, commit, prefix, repository.tree(commit), folder)
        # With the address of the repository, as a clone has it: so a checkout and the synchronisation are one source.
        config = folder / ".git" / "config"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f'[remote "origin"]\n\turl = {repository.name}\n', encoding="utf-8")
        tree.lay_out(path for path in tree.entries if path.rpartition("/")[2] == SUBJECTS_FILE)
        return tree

    @property
    def start(self) -> Path:
        return self.folder / self.prefix

    @cached_property
    def root(self) -> Root:
        """The content root of the files below the prefix."""
        return Roots(self.start).of(self.start, ())

    def is_article(self, path: str) -> bool:
        """Whether a path is that of an article's file, as in a folder that is imported."""
        parts = path.split("/")
        below = path.startswith(f"{self.prefix}/") if self.prefix else True
        return below and is_article_name(parts[-1]) and not any(part.startswith(".") for part in parts)

    def articles(self) -> list[str]:
        return [path for path in self.entries if self.is_article(path)]

    def lay_out_pictures(self, found: Sources, changed: Iterable[str] | None = None) -> None:
        """Write the pictures into the folder that an import looks at: `changed` ones, and all where an article has any.

        None: all of them.
        """
        pictures = [path for path in self.entries if path.lower().endswith(PICTURE_SUFFIXES)]
        if changed is not None and not any(b"![" in file.file.read_bytes() for file in found.files):
            wanted = set(changed)
            pictures = [path for path in pictures if path in wanted]
        if pictures:
            self.lay_out(pictures)
            found.picture_roots = [self.root.folder]

    def lay_out(self, paths: Iterable[str]) -> None:
        """Write these files into the folder."""
        wanted = defaultdict(list)
        for path in paths:
            entry = self.entries[path]
            if entry.mode not in (SYMBOLIC_LINK, SUBMODULE):
                wanted[entry.blob].append(path)
        for blob, data in self.repository.blobs(wanted):
            for path in wanted[blob]:
                file = self.folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)


def everything(tree: Tree) -> Sources:
    """All files of the tree, and those that are known from this source and are not in it any more."""
    found = _sources(tree, tree.articles())
    found.is_whole_library = True
    found.subject_files = _subjects(tree, tree.entries)
    tree.lay_out_pictures(found)
    for name in {tree.root.name, *found.kinds}:
        below = below_top(tree, name)
        known = ImportedFile.objects.filter(source__name=name).values_list("path", flat=True)
        found.deleted += [
            SourceFile(f"{below}{path}", tree.folder / f"{below}{path}", source=name, place=path)
            for path in known.iterator(2000)
            if f"{below}{path}" not in tree.entries and tree.is_article(f"{below}{path}")
        ]
    return found


def changes(tree: Tree, before: str, again: Iterable[str]) -> Sources:
    """The files that changed since the commit `before`; `again`: paths that were rejected then."""
    different = tree.repository.difference(before, tree.commit)
    present = {*different.present, *(path for path in again if path in tree.entries)}
    found = _sources(tree, sorted(path for path in present if tree.is_article(path)))
    gone = _placed(tree, [path for path in different.gone if tree.is_article(path)], found)
    found.deleted = [file for file in gone if file.path not in tree.entries]
    places = {file.path: file.place for file in (*found.files, *gone)}
    found.renamed = {
        places[now]: places[former]
        for now, former in different.renamed.items()
        if now in places and former in places
    }
    found.subject_files = _subjects(tree, different.present)
    tree.lay_out_pictures(found, different.present)
    return found


def _subjects(tree: Tree, paths: Iterable[str]) -> list[SourceFile]:
    """The file of the subjects, where it is among these paths."""
    root = tree.root
    path = in_tree(tree, root.name, SUBJECTS_FILE)
    return [SourceFile(path, tree.folder / path)] if path in set(paths) and path in tree.entries else []


def _sources(tree: Tree, paths: list[str]) -> Sources:
    """These files, laid out and placed, and what cannot be taken of them."""
    found = Sources(is_diff=True)
    taken = []
    for path in paths:
        if tree.entries[path].mode == SYMBOLIC_LINK:
            message = "a symbolic link, which is not followed. Put the file itself here."
            found.problems.append(Problem(path, 1, 1, "error", "symlink", message))
        elif tree.entries[path].mode != SUBMODULE:
            taken.append(path)
    tree.lay_out(taken)
    found.files = sorted(_placed(tree, taken, found))
    return found


def _placed(tree: Tree, paths: list[str], found: Sources) -> list[SourceFile]:
    """The files at these paths with the source they belong to and their places there."""
    roots = Roots(tree.start)
    by_folder: dict[Path, list[SourceFile]] = defaultdict(list)
    for path in paths:
        try:
            path.encode()
        except UnicodeEncodeError:
            shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            message = "its name is not UTF-8. Rename it."
            found.problems.append(Problem(shown, 1, 1, "error", "file-name", message))
            continue
        file = tree.folder / path
        by_folder[file.parent].append(SourceFile(path, file))
    return [file for folder, here in by_folder.items() for file in all_placed(here, folder, roots, found)]


def below_top(tree: Tree, name: str) -> str:
    """The path in the tree of the content root of a source, with a slash at its end; empty where it is the top."""
    below = name.removeprefix(tree.repository.name)
    return f"{below[1:]}/" if below.startswith("#") else ""


def in_tree(tree: Tree, name: str, path: str) -> str:
    """A path below the content root of a source as one in the tree."""
    return below_top(tree, name) + path
