"""Reads a file's bytes into an `ArticleDocument` and warnings, or reports everything that is wrong with the file."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from . import lifecycle
from .complaints import complain, describe
from .document import URL_PATTERN, ArticleDocument
from .fields import FIELD_KEYS, FIELD_ORDER, RELATED_KEY, RELATED_KEYS, SEO_KEYS, related_key
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
from .newlines import ESCAPE, decode
from .problems import DocumentError, Problem, Severity
from .strict_yaml import Entry, Fault, Path, Position, YamlReader

_URL = re.compile(URL_PATTERN)
_KEY_LINE_WITH_COMMENT = re.compile(r"^ *[a-z_]+: [^\s'\">|][^\n]* #", re.MULTILINE)
# Texts that people write; in the others a comment does no harm.
_PROSE_KEYS = frozenset(
    {"title", "article_title", "question", "author", "subject", "post_on_text", *SEO_KEYS}
)
_LIKENESS = 0.8  # how much an unknown key must look like a known one (difflib's ratio) to be taken for a slip


class _Warning(NamedTuple):
    path: Path
    code: str
    message: str


class _Fields(NamedTuple):
    """The values of the front matter, as `ArticleDocument` takes them.

    `numbers`: the N of the related articles, in the order of `values["related"]`. `empty`: paths of the known keys
    that stand there without a value.
    """

    values: dict[str, Any]
    numbers: list[int]
    empty: list[Path]


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
        for warning in _warnings(fields, front, path)
    ]
    return document, sorted(problems)


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


def _sort_out(front: FrontMatter) -> _Fields:
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
    return _Fields(values, numbers, empty)


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
            for warning in _warnings(fields, inspection.front, path)
        ]
    problems.sort()
    if len(problems) > MAX_PROBLEMS:
        first = problems[MAX_PROBLEMS]
        message = f"{len(problems) - MAX_PROBLEMS:,} more problems begin here: mend those above first"
        problems[MAX_PROBLEMS:] = [Problem(path, first.line, first.column, "error", "more-problems", message)]
    return problems


def _invalid_values(fields: _Fields, inspection: Inspection) -> Iterator[Fault]:
    """What the document's own rules find wrong, apart from values whose YAML is already known to be wrong."""
    known = [fault.path for fault in inspection.faults if fault.path]
    if not inspection.is_complete:
        known += list(inspection.entries)[-1:]  # reading stopped in the middle of it
    try:
        ArticleDocument.model_validate(fields.values)
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False):
            path = _path_of(error, fields)
            is_missing = error["type"] == "missing"
            if error["type"] == "default_factory_not_called" or (is_missing and not inspection.is_complete):
                continue
            if any(other[: len(path)] == path[: len(other)] for other in known):
                continue
            code, message = complain(error, path, is_empty=path in fields.empty)
            yield Fault(_position_of_value(inspection, path), code, message, path)


def _path_of(error: ErrorDetails, fields: _Fields) -> Path:
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


# --- Warnings -------------------------------------------------------------------------------------------------


def _warnings(fields: _Fields, front: FrontMatter, path: str) -> Iterator[_Warning]:
    """What an editor should know of a file that is (or but for its errors would be) accepted."""
    values = fields.values
    seo = values.get("seo", {})
    if isinstance(seo, dict) and not str(seo.get("page_description", "")).strip():
        yield _Warning(
            ("seo", "page_description"),
            "missing-description",
            "`seo.page_description` is missing: write one or two sentences for search results",
        )
    yield from _warnings_of_names(values, path)
    yield from _warnings_of_related(fields)
    yield from _warnings_of_keys(values.get("extra", {}))
    yield from _warnings_of_life(values)
    raw = front.values.get("answer")
    if isinstance(raw, str) and "\n" in raw and ESCAPE in raw and "answer" not in front.literal_keys:
        yield _Warning(
            ("answer",),
            "mixed-newlines",
            "`answer` has both real line breaks and `\\n`, which is then shown as it stands: write one or the other",
        )
    if " #" in front.text:
        yield from _warnings_of_comments(front)


def _warnings_of_names(values: Mapping[str, Any], path: str) -> Iterator[_Warning]:
    folders, _, name = path.rpartition("/")
    folder = folders.rpartition("/")[2]
    url, file_name = values.get("url"), values.get("file_name")
    if isinstance(url, str) and _URL.match(url):
        _, _, subject, _, slug = url.split("/")
        if folder not in {"", ".", "..", subject}:
            yield _Warning(
                ("url",),
                "url-folder",
                f"`url` says the subject {subject}, but the file lies in the folder {folder}: "
                "move the file, or correct the url",
            )
        if f"{slug}.md" != name:
            yield _Warning(
                ("url",),
                "url-file-name",
                f"`url` ends in {slug[:60]}, but the file is called {name}: rename the file, or correct the url",
            )
    if isinstance(file_name, str) and file_name != name:
        yield _Warning(
            ("file_name",),
            "file-name",
            f"`file_name` is {describe(file_name)}, but the file is called {name}: write `file_name: {name}`",
        )


def _warnings_of_related(fields: _Fields) -> Iterator[_Warning]:
    seen: dict[Any, int] = {}
    for number, link in zip(fields.numbers, fields.values["related"], strict=True):
        url = link.get("url") if isinstance(link, dict) else None
        if not isinstance(url, str):
            continue
        key = related_key(number)
        if url in seen:
            message = f"`{key}` repeats `{related_key(seen[url])}`: remove it, or relate another article"
            yield _Warning((key,), "related-repeated", message)
        elif url == fields.values.get("url"):
            message = f"`{key}` is this article itself: remove it, or relate another article"
            yield _Warning((key,), "related-self", message)
        seen.setdefault(url, number)


def _warnings_of_keys(extra: Mapping[str, Any]) -> Iterator[_Warning]:
    """Unknown keys that look like known ones misspelt; all unknown keys are kept."""
    for name, value in extra.items():
        paths: list[tuple[str, ...]] = [(name,)]
        known: tuple[str, ...] = (*FIELD_ORDER, related_key(1))
        if name == "seo" or RELATED_KEY.fullmatch(name):
            paths = [(name, key) for key in value]
            known = SEO_KEYS if name == "seo" else RELATED_KEYS
        for path in paths:
            for like in difflib.get_close_matches(path[-1].lower(), known, 1, _LIKENESS):
                message = (
                    f"`{path[-1]}` is kept but means nothing here: write `{like}`, if that is what it is"
                )
                yield _Warning(path, "unknown-key", message)


def _warnings_of_life(values: Mapping[str, Any]) -> Iterator[_Warning]:
    """What will be seen when, and what will never be seen."""
    extra = values.get("extra", {})
    for key, code, message in lifecycle.faults(extra):
        yield _Warning((key,), code, message)
    for key in extra:
        if key != key.strip() or "\u00a0" in key:
            yield _Warning(
                (key,),
                "no-break-space",
                f"`{key.strip()}` begins with no-break spaces, so that it stands at the left: indent it with spaces",
            )
    body = values.get("body", "")
    if body.replace("&nbsp;", "").strip():
        yield _Warning(
            ("body",),
            "body",
            "the text below the front matter is kept but never shown: write it into `answer`",
        )
    if _is_in_the_future(values.get("date")) and "publish_at" not in extra:
        message = "`date` is in the future, but the page is live at once: write publish_at, or draft: true"
        yield _Warning(("date",), "future-date", message)


def _is_in_the_future(day: object) -> bool:
    try:
        return isinstance(day, str) and dt.date.fromisoformat(day) > dt.datetime.now(dt.UTC).date()
    except ValueError:
        return False  # it is told as an error


def _warnings_of_comments(front: FrontMatter) -> Iterator[_Warning]:
    """Unquoted texts that lose their end: ` #` begins a comment."""
    if not _KEY_LINE_WITH_COMMENT.search(front.text):
        return
    lines = front.text.split("\n")
    for path, entry in YamlReader(front.text, inspect=True).entries.items():
        line = lines[entry.value.line - 1][entry.value.column - 1 :]
        if entry.is_plain and path[-1] in _PROSE_KEYS and " #" in line:
            yield _Warning(
                path,
                "comment",
                f"`{'.'.join(map(str, path))}` ends before ` #`, which begins a comment: put the text in quotes",
            )
