"""What an author should know of a file that is accepted: slips, text that nobody will see, names that contradict."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from . import lifecycle
from .complaints import describe
from .document import URL_PATTERN
from .fields import FIELD_ORDER, RELATED_KEY, RELATED_KEYS, SEO_KEYS, related_key
from .frontmatter import FrontMatter
from .newlines import ESCAPE
from .strict_yaml import Path, YamlReader

_URL = re.compile(URL_PATTERN)
_KEY_LINE_WITH_COMMENT = re.compile(r"^ *[a-z_]+: [^\s'\">|][^\n]* #", re.MULTILINE)
# Texts that people write; in the others a comment does no harm.
_PROSE_KEYS = frozenset(
    {"title", "article_title", "question", "author", "subject", "post_on_text", *SEO_KEYS}
)
NAME_WARNINGS = ("url-folder", "url-file-name", "file-name")  # of a file's name and folder
_LIKENESS = 0.8  # how much an unknown key must look like a known one (difflib's ratio) to be taken for a slip


class Warned(NamedTuple):
    path: Path
    code: str
    message: str


class Fields(NamedTuple):
    """The values of the front matter, as `ArticleDocument` takes them.

    `numbers`: the N of the related articles, in the order of `values["related"]`. `empty`: paths of the known keys
    that stand there without a value.
    """

    values: dict[str, Any]
    numbers: list[int]
    empty: list[Path]


def warnings_of(fields: Fields, front: FrontMatter, path: str) -> Iterator[Warned]:
    """What an editor should know of a file that is (or but for its errors would be) accepted."""
    values = fields.values
    seo = values.get("seo", {})
    if isinstance(seo, dict) and not str(seo.get("page_description", "")).strip():
        yield Warned(
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
        yield Warned(
            ("answer",),
            "mixed-newlines",
            "`answer` has both real line breaks and `\\n`, which is then shown as it stands: write one or the other",
        )
    if " #" in front.text:
        yield from _warnings_of_comments(front)


def _warnings_of_names(values: Mapping[str, Any], path: str) -> Iterator[Warned]:
    folders, _, name = path.rpartition("/")
    folder = folders.rpartition("/")[2]
    url, file_name = values.get("url"), values.get("file_name")
    if isinstance(url, str) and _URL.match(url):
        _, _, subject, _, slug = url.split("/")
        if folder not in {"", ".", "..", subject}:
            yield Warned(
                ("url",),
                "url-folder",
                f"`url` says the subject {subject}, but the file lies in the folder {folder}: "
                "move the file, or correct the url",
            )
        if f"{slug}.md" != name:
            yield Warned(
                ("url",),
                "url-file-name",
                f"`url` ends in {slug[:60]}, but the file is called {name}: rename the file, or correct the url",
            )
    if isinstance(file_name, str) and file_name != name:
        yield Warned(
            ("file_name",),
            "file-name",
            f"`file_name` is {describe(file_name)}, but the file is called {name}: write `file_name: {name}`",
        )


def _warnings_of_related(fields: Fields) -> Iterator[Warned]:
    seen: dict[Any, int] = {}
    for number, link in zip(fields.numbers, fields.values["related"], strict=True):
        url = link.get("url") if isinstance(link, dict) else None
        if not isinstance(url, str):
            continue
        key = related_key(number)
        if url in seen:
            message = f"`{key}` repeats `{related_key(seen[url])}`: remove it, or relate another article"
            yield Warned((key,), "related-repeated", message)
        elif url == fields.values.get("url"):
            message = f"`{key}` is this article itself: remove it, or relate another article"
            yield Warned((key,), "related-self", message)
        seen.setdefault(url, number)


def _warnings_of_keys(extra: Mapping[str, Any]) -> Iterator[Warned]:
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
                yield Warned(path, "unknown-key", message)


def _warnings_of_life(values: Mapping[str, Any]) -> Iterator[Warned]:
    """What will be seen when, and what will never be seen."""
    extra = values.get("extra", {})
    for key, code, message in lifecycle.faults(extra):
        yield Warned((key,), code, message)
    for key in extra:
        if key != key.strip() or "\u00a0" in key:
            yield Warned(
                (key,),
                "no-break-space",
                f"`{key.strip()}` begins with no-break spaces, so that it stands at the left: indent it with spaces",
            )
    body = values.get("body", "")
    if body.replace("&nbsp;", "").strip():
        yield Warned(
            ("body",),
            "body",
            "the text below the front matter is kept but never shown: write it into `answer`",
        )
    if _is_in_the_future(values.get("date")) and "publish_at" not in extra:
        message = "`date` is in the future, but the page is live at once: write publish_at, or draft: true"
        yield Warned(("date",), "future-date", message)


def _is_in_the_future(day: object) -> bool:
    try:
        return isinstance(day, str) and dt.date.fromisoformat(day) > dt.datetime.now(dt.UTC).date()
    except ValueError:
        return False  # it is told as an error


def _warnings_of_comments(front: FrontMatter) -> Iterator[Warned]:
    """Unquoted texts that lose their end: ` #` begins a comment."""
    if not _KEY_LINE_WITH_COMMENT.search(front.text):
        return
    lines = front.text.split("\n")
    for path, entry in YamlReader(front.text, inspect=True).entries.items():
        line = lines[entry.value.line - 1][entry.value.column - 1 :]
        if entry.is_plain and path[-1] in _PROSE_KEYS and " #" in line:
            yield Warned(
                path,
                "comment",
                f"`{'.'.join(map(str, path))}` ends before ` #`, which begins a comment: put the text in quotes",
            )
