"""Files of other tools and rows of tables become files of our format, before anything else is done with them.

So there is one way from a file to an article: bases, plan, merges and conflicts know nothing of other shapes. What is
converted lies in a folder that lives as long as the import; problems are told with the places of the original.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from learn.files import mapping as mappings
from learn.files import tables
from learn.files.document import URL_PATTERN
from learn.files.foreign import BODY, MatterError, read_matter
from learn.files.limits import MAX_PROBLEMS
from learn.files.mapping import KeyMapping, Mapped
from learn.files.problems import Problem
from learn.files.reading import InvalidValuesError
from learn.files.records import text_of
from learn.files.strict_yaml import Fault, Position
from learn.files.strict_yaml import Path as KeyPath

from .reader import unreadable
from .report import ImportReport
from .sources import FOLDER_PREFIX, SourceError, SourceFile, Sources, Table

_KEY = re.compile(r"( *)([^\s:][^:]*):")
_URL = re.compile(URL_PATTERN)
_EXAMPLE = re.compile(r"such as `(\w+): ([^`]*)`")


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a converted file came from: its path in reports, and where its keys stood there."""

    path: str
    file: Path
    locate: Callable[[KeyPath], Position]


@dataclass
class Conversion:
    """What was told of the originals, and how to tell of the converted files in their places."""

    problems: list[Problem] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)
    origins: dict[str, _Origin] = field(default_factory=dict)
    _translated: int = 0

    def tell(self, report: ImportReport) -> None:
        """Put what was found while converting into the report; call it once, before any of these files is loaded."""
        report.problems += self.problems
        report.rejected_paths |= self.rejected
        self._translated = len(report.problems)

    def translate(self, report: ImportReport) -> None:
        """Give what was reported since then the places of the originals."""
        problems = report.problems
        for number in range(self._translated, len(problems)):
            if origin := self.origins.get(problems[number].path):
                problems[number] = _in_original(problems[number], origin)
        self._translated = len(problems)


def convert(found: Sources, mapping: KeyMapping | None, stack: ExitStack) -> Conversion:
    """Replace the files of `found` by what `mapping` makes of them, and its tables by a file for each row.

    Without a mapping files stay as they are, and rows count as records of our own (learn.files.records). Raises
    SourceError for a table of which nothing can be read.
    """
    done = Conversion()
    if mapping is None and not found.tables:
        return done
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX)))
    work = _Work(found, mapping, folder, done)
    if mapping is not None:
        found.files = [new for file in found.files if (new := work.file(file, mapping))]
    for table in found.tables:
        found.files += work.table(table)
    found.files.sort()
    return done


class _Work:
    def __init__(self, found: Sources, mapping: KeyMapping | None, folder: Path, done: Conversion) -> None:
        self.found, self.mapping, self.folder, self.done = found, mapping, folder, done
        self.count = 0

    def file(self, source: SourceFile, mapping: KeyMapping) -> SourceFile | None:
        """The file in our format; None where it is none, or is rejected."""
        if source.file.name in mapping.skip:
            return None
        try:
            matter = read_matter(source.file.read_bytes())
        except OSError as error:
            self.reject(source.path, [unreadable(source, error)], source.place)
            return None
        except MatterError as error:
            self.reject(source.path, [_problem(source.path, fault) for fault in error.faults], source.place)
            return None
        mapped = mappings.apply(mapping, matter.values, matter.body, source.place)
        text = self.text(
            mapped, source.path, matter.locate, source.path, source.place, is_toml=matter.is_toml
        )
        if text is None:
            return None
        return self.written(source, text, source.path, _through(mapped, matter.locate))

    def table(self, table: Table) -> list[SourceFile]:
        """A file for each row that can be read; the others are told."""
        name = table.file.name
        read = tables.read_csv if name.lower().endswith(".csv") else tables.read_jsonl
        try:
            with table.file.open("rb") as lines:
                rows = (self.row(table, row, name) for row in read(lines))
                files = [file for file in rows if file]
        except OSError as error:
            raise SourceError(f"{table.file}: {error.strerror}.") from error
        except tables.TableError as error:
            raise SourceError(f"{table.file}:{error.line}: {error}.") from error
        if not files and self.count == 0 and not self.done.rejected:
            raise SourceError(f"{table.file}: there are no rows in it.")
        return files

    def row(self, table: Table, row: tables.Row, name: str) -> SourceFile | None:
        path = f"{name}:{row.line}"
        if row.faults:
            self.reject(path, [_problem(name, fault) for fault in row.faults])
            self.found.is_partial = True  # whose row this is, is not known: none may count as missing
            return None
        if self.mapping is None:
            mapped = Mapped(row.values, {}, [], [])
        else:
            mapped = mappings.apply(self.mapping, row.values, "", "")
        text = self.text(mapped, path, row.locate, name, "")
        if text is None:
            return None
        url = str(mapped.values["url"])
        _, _, subject, _, slug = url.split("/")
        place = f"learn/{subject}/{slug}.md"
        source = SourceFile(path, table.file, source=table.source, place=place)
        return self.written(source, text, name, _through(mapped, row.locate))

    def text(
        self,
        mapped: Mapped,
        path: str,
        locate: Callable[[KeyPath], Position],
        shown: str,
        place: str,
        *,
        is_toml: bool = False,
    ) -> str | None:
        """The text of the file; None where it is rejected."""
        problems = [Problem(shown, *locate(theirs), "error", *told) for theirs, *told in mapped.faults]
        problems += [Problem(shown, *locate(theirs), "warning", *told) for theirs, *told in mapped.warnings]
        text = None
        faulty = {
            ours[0]
            for ours, theirs in mapped.origins.items()
            for fault in mapped.faults
            if fault[0] == theirs
        }
        try:
            text = text_of(mapped.values)
        except InvalidValuesError as error:
            for ours, code, message in error.faults:
                theirs = _original(mapped, self.mapping, ours)
                if mapped.faults and (ours in (("url",), ("id",)) or ours[0] in faulty):
                    continue  # it is missing because what it is made of is wrong
                said = _in_their_words(message, ours, theirs)
                said = _EXAMPLE.sub(r"such as `\1 = '\2'`", said) if is_toml else said
                problems.append(Problem(shown, *locate(theirs), "error", code, said))
        if any(problem.severity == "error" for problem in problems):
            url = str(mapped.values.get("url"))
            if not place and not _URL.match(url):
                self.found.is_partial = True
            self.reject(path, problems, place or url.replace("/questions/", "/").lstrip("/") + ".md")
            return None
        self.done.problems += problems
        return text

    def reject(self, path: str, problems: list[Problem], place: str = "") -> None:
        self.done.problems += sorted(problems)[:MAX_PROBLEMS]
        self.done.rejected.add(path)
        self.found.unread |= {place} if place else set()

    def written(
        self, source: SourceFile, text: str, shown: str, locate: Callable[[KeyPath], Position]
    ) -> SourceFile:
        folder = self.folder / f"{self.count // 1000:05}"
        if self.count % 1000 == 0:
            folder.mkdir()
        file = folder / f"{self.count:08}.md"
        self.count += 1
        file.write_text(text, encoding="utf-8", newline="")
        self.done.origins[source.path] = _Origin(shown, file, locate)
        return source._replace(file=file, is_converted=True, origin=source.file)


def _problem(path: str, fault: Fault) -> Problem:
    return Problem(path, *fault.position, "error", fault.code, fault.message)


def _through(mapped: Mapped, locate: Callable[[KeyPath], Position]) -> Callable[[KeyPath], Position]:
    """Where a key of ours stands in the original."""

    def found(ours: KeyPath) -> Position:
        path = ours
        while path:
            if path in mapped.origins:
                return locate(mapped.origins[path])
            path = path[:-1]
        return locate(ours)

    return found


def _original(mapped: Mapped, mapping: KeyMapping | None, ours: KeyPath) -> KeyPath:
    """The key that one of ours was, or would be, taken from."""
    for length in range(len(ours), 0, -1):
        if ours[:length] in mapped.origins:
            return (*mapped.origins[ours[:length]], *ours[length:])
    names = mapping.keys.get(".".join(map(str, ours)), ()) if mapping else ()
    return next(
        (tuple(name.split(".")) for name in reversed(names) if name[0] not in "$!"), BODY if names else ours
    )


def _in_their_words(message: str, ours: KeyPath, theirs: KeyPath) -> str:
    if ours == theirs:
        return message
    if theirs == BODY:
        return (
            "the text below the front matter is empty: it becomes the answer" if "is" in message else message
        )
    own, other = (".".join(map(str, path)) for path in (ours, theirs))
    return message.replace(f"`{own}`", f"`{other}`", 1).replace(f"`{own}:", f"`{other}:")


def _in_original(problem: Problem, origin: _Origin) -> Problem:
    """The problem of a converted file at the place of the original: that of the key on whose line it is."""
    lines = origin.file.read_text(encoding="utf-8").split("\n")[: problem.line]
    path: list[str] = []
    for number in range(len(lines) - 1, 0, -1):
        found = _KEY.match(lines[number])
        if found and not found[1]:
            path.insert(0, found[2].strip("'\""))
            break
        if found and number == problem.line - 1:
            path.insert(0, found[2].strip("'\""))
    line, column = origin.locate(tuple(path))
    return Problem(origin.path, line, column, problem.severity, problem.code, problem.message)
