"""Reads a file's bytes into an `ArticleDocument` and warnings, or reports everything that is wrong with the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .complaints import complain
from .document import ArticleDocument
from .fields import FIELD_KEYS, RELATED_KEY, RELATED_KEYS, SEO_KEYS, related_key
from .frontmatter import (
    START,
    FrontMatter,
    FrontMatterError,
    Inspection,
    front_matter_text,
    inspect_front_matter,
    inspect_yaml,
    position_of,
    read_front_matter,
)
from .layout import layout_of
from .limits import MAX_PROBLEMS
from .newlines import decode
from .problems import DocumentError, Problem, Severity
from .strict_yaml import Entry, Fault, Path, Position
from .warned import Fields, warnings_of


def read_document(data: bytes, path: str) -> tuple[ArticleDocument, list[Problem]]:
    """Read and validate a file; the second value holds warnings.

    `path` names the file in messages; a url that does not fit its end, `<subject>/<slug>.md`, is a warning.
    Raises DocumentError, with every problem of the file, when it is rejected.
    """
    try:
        front = read_front_matter(data)
        fields = _sort_out(front)
        document = ArticleDocument.model_validate(fields.values)
    except (FrontMatterError, ValidationError) as error:
        raise DocumentError(_find_problems(data, path)) from error
    layout = layout_of(front, document, fields.empty, _entries(data) if document.extra else {})
    if layout is not None:
        document = document.model_copy(update={"layout": layout})
    problems = [
        _problem(
            path, _position_of_key(front.text, data, warning.path), "warning", warning.code, warning.message
        )
        for warning in warnings_of(fields, front, path)
    ]
    return document, sorted(problems)


class InvalidValuesError(Exception):
    """Values that no article has; `faults` are (path of the key, code, message) of everything that is wrong."""

    def __init__(self, faults: list[tuple[Path, str, str]]) -> None:
        super().__init__(faults)
        self.faults = faults


def document_of_values(values: dict[str, Any], body: Any) -> ArticleDocument:
    """The document that says these values of front matter; its answer is taken as it stands.

    Raises InvalidValuesError.
    """
    fields = _sort_out(FrontMatter(values, body, {"answer"}))
    try:
        return ArticleDocument.model_validate(fields.values)
    except ValidationError as error:
        raise InvalidValuesError([fault[:3] for fault in _told(error, fields)]) from error


def key_position(data: bytes, *keys: str) -> tuple[int, int]:
    """Line and column, from 1, of a key of the front matter: `key_position(data, "related_article2", "url")`.

    Of a key that is not there, the position of the mapping that lacks it. Meant for files with something to report:
    the file is parsed again, unless the key is found by a glance.
    """
    return _position_of_key(front_matter_text(data), data, keys)


def read_mapping(data: bytes, path: str) -> tuple[dict[str, Any], Callable[..., tuple[int, int]]]:
    """Read a file that is one strict YAML mapping, such as `subjects.yaml`.

    The second value takes keys and returns the line and column of the last of them. Raises DocumentError.
    """
    inspection = inspect_yaml(data)
    if inspection.faults:
        raise DocumentError(
            sorted(
                _problem(path, fault.position, "error", fault.code, fault.message)
                for fault in inspection.faults
            )
        )
    return inspection.front.values, lambda *keys: _nearest(inspection.entries, keys)


# --- Front matter -> values -----------------------------------------------------------------------------------


def _sort_out(front: FrontMatter) -> Fields:
    values: dict[str, Any] = {"body": front.body}
    extra: dict[str, Any] = {}
    related: dict[int, Any] = {}
    empty: list[Path] = []
    for key, value in front.values.items():
        if key in FIELD_KEYS:
            if value is None:
                empty.append((key,))
            else:
                values[key] = _known(value, SEO_KEYS, key, extra, empty) if key == "seo" else value
        elif found := RELATED_KEY.fullmatch(key):
            if value is None:
                empty.append((key,))
            else:
                number = int(found[1])
                related[number] = _known(value, RELATED_KEYS, key, extra, empty)
                if isinstance(value, dict):
                    related[number]["number"] = number
        else:
            extra[key] = value
    numbers = sorted(related)
    values["related"] = tuple([related[number] for number in numbers])
    if extra:
        values["extra"] = extra
    answer = values.get("answer")
    if isinstance(answer, str) and "answer" not in front.literal_keys:
        values["answer"] = decode(answer)
    return Fields(values, numbers, empty)


def _known(value: Any, keys: tuple[str, ...], name: str, extra: dict[str, Any], empty: list[Path]) -> Any:
    """The known entries of a nested mapping; the unknown go to `extra`, the empty to `empty`."""
    if not isinstance(value, dict):
        return value
    known = {}
    for key, item in value.items():
        if key not in keys:
            extra.setdefault(name, {})[key] = item
        elif item is None:
            empty.append((name, key))
        else:
            known[key] = item
    return known


# --- Problems -------------------------------------------------------------------------------------------------


def _find_problems(data: bytes, path: str) -> list[Problem]:
    """Everything that is wrong with a file that is rejected, in the order of its lines."""
    inspection = inspect_front_matter(data)
    entries = inspection.entries
    fields = _sort_out(inspection.front)
    faults = [*inspection.faults, *_invalid_values(fields, inspection)]
    problems = [_problem(path, fault.position, "error", fault.code, fault.message) for fault in faults]
    if inspection.is_complete:
        problems += [
            _problem(path, _nearest(entries, warning.path), "warning", warning.code, warning.message)
            for warning in warnings_of(fields, inspection.front, path)
        ]
    problems.sort()
    if len(problems) > MAX_PROBLEMS:
        first = problems[MAX_PROBLEMS]
        message = f"{len(problems) - MAX_PROBLEMS:,} more problems begin here: mend those above first"
        problems[MAX_PROBLEMS:] = [Problem(path, first.line, first.column, "error", "more-problems", message)]
    return problems


def _invalid_values(fields: Fields, inspection: Inspection) -> Iterator[Fault]:
    """What the document's own rules find wrong, apart from values whose YAML is already known to be wrong."""
    known = [fault.path for fault in inspection.faults if fault.path]
    if not inspection.is_complete:
        known += list(inspection.entries)[-1:]  # reading stopped in the middle of it
    try:
        ArticleDocument.model_validate(fields.values)
    except ValidationError as invalid:
        for path, code, message, is_missing in _told(invalid, fields):
            if is_missing and not inspection.is_complete:
                continue
            if any(other[: len(path)] == path[: len(other)] for other in known):
                continue
            yield Fault(_position_of_value(inspection, path), code, message, path)


def _told(invalid: ValidationError, fields: Fields) -> Iterator[tuple[Path, str, str, bool]]:
    """Path, code and message of each error, and whether the key is missing."""
    for error in invalid.errors(include_url=False):
        if error["type"] != "default_factory_not_called":
            path = _path_of(error, fields)
            yield path, *complain(error, path, is_empty=path in fields.empty), error["type"] == "missing"


def _path_of(error: ErrorDetails, fields: Fields) -> Path:
    """Where in the front matter the value stands that pydantic complains of."""
    first, *rest = error["loc"]
    if first == "related":
        number = fields.numbers[int(rest[0])]
        return (related_key(number), *rest[1:])
    if first == "extra":
        return (error.get("ctx", {}).get("key") or next(iter(fields.values["extra"])),)
    return (first, *rest)


def _problem(path: str, position: tuple[int, int], severity: Severity, code: str, message: str) -> Problem:
    return Problem(path, *position, severity, code, message)


# --- Places ---------------------------------------------------------------------------------------------------


def _position_of_key(text: str, data: bytes, path: Path) -> Position:
    """A glance at the text where that is enough; else the file is parsed again."""
    if path == ("body",):
        return Position(text.count("\n") + 2, 1)  # below the second `---`
    mark = f"\n{path[0]}:"
    if len(path) == 1 and text.count(mark) == 1:
        return position_of(text, text.index(mark) + 1)
    return _nearest(_entries(data), path)


def _entries(data: bytes) -> dict[Path, Entry]:
    return inspect_front_matter(data).entries


def _nearest(entries: Mapping[Path, Entry], path: Path) -> Position:
    """Where the key at `path` stands, or else the nearest mapping that it belongs to."""
    while path and path not in entries:
        path = path[:-1]
    return entries[path].key if path else START


def _position_of_value(inspection: Inspection, path: Path) -> Position:
    """Where the value at `path` begins, if that is on the line of its key; else where the key stands."""
    if path == ("body",):
        return Position(inspection.front.text.count("\n") + 2, 1)  # below the second `---`
    entry = inspection.entries.get(path)
    if entry is None or entry.value.line != entry.key.line:
        return _nearest(inspection.entries, path)
    return entry.value
