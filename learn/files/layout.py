"""The order in which the keys of a file stand, and what else is needed to write a file back as it was.

Nearly every file has the standard layout, for which nothing is stored. `layout_of` notes what differs, as JSON
(lists of pairs rather than objects: PostgreSQL does not keep the order of an object's keys):

    order           [[path, keys], ...]: the keys of the mapping at `path`, as they stood
    empty           [path, ...]: known keys that stood there without a value
    plain           [path, ...]: texts under unknown keys that look like a number or a date, yet had no quotes
    answer          "literal": the answer was not escaped, though its escaped form would do
    titles          "inline" or "folded": how `title` and `article_title` were written, where we would not
    related_titles  the same for the titles of related articles
    newline         "\\r\\n"
    bom             true: the file began with a byte order mark
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .fields import (
    DEFAULTS,
    FIELD_KEYS,
    FIELD_ORDER,
    RELATED_KEY,
    RELATED_KEYS,
    SEO_KEYS,
    related_key,
    subject_label,
)
from .newlines import is_escapable
from .scalars import is_foldable, is_plain, reads_as_text
from .strict_yaml import Entry, Path

if TYPE_CHECKING:
    from .document import ArticleDocument, RelatedArticle
    from .frontmatter import FrontMatter


def standard_order(path: Path, present: Collection[str], document: ArticleDocument) -> list[str]:
    """The keys of the mapping at `path` in the order of the real files, then the unknown among `present`, sorted.

    Keys that say nothing are left out: `no_index` without effect, no score, a related article's missing id.
    """
    if not path:
        standard = _standard_keys_of(document)
        unknown = [key for key in present if key not in FIELD_KEYS and not RELATED_KEY.fullmatch(key)]
    elif path == ("seo",):
        standard, unknown = SEO_KEYS, [key for key in present if key not in SEO_KEYS]
    elif len(path) == 1 and (link := _related(path[0], document)):
        standard = RELATED_KEYS if link.id is not None else RELATED_KEYS[1:]
        unknown = [key for key in present if key not in RELATED_KEYS]
    else:
        standard, unknown = (), list(present)
    return [*standard, *sorted(unknown)]


def _standard_keys_of(document: ArticleDocument) -> tuple[str, ...]:
    numbers = tuple([link.number for link in document.related])
    return _standard_keys(numbers, document.no_index, document.score is not None)


@lru_cache(maxsize=256)
def _standard_keys(numbers: tuple[int, ...], no_index: bool, score: bool) -> tuple[str, ...]:  # noqa: FBT001 a cache's key
    says = {"no_index": no_index, "score": score}
    return (*(key for key in FIELD_ORDER if says.get(key, True)), *map(related_key, numbers))


def _related(key: object, document: ArticleDocument) -> RelatedArticle | None:
    return next((link for link in document.related if related_key(link.number) == key), None)


# --- File -> layout -----------------------------------------------------------------------------------------


def layout_of(
    front: FrontMatter, document: ArticleDocument, empty: list[Path], entries: Mapping[Path, Entry]
) -> dict[str, Any] | None:
    """What `write_document` must know beyond `document` to write its file again; None for the standard layout.

    `empty`: the paths of known keys without a value. `entries`: where every key stands; needed only where the
    document has unknown keys.
    """
    answer = front.values["answer"]
    is_literal = "answer" in front.literal_keys or "\n" in answer
    layout = {
        "order": [] if _is_standard(front.values, document) else _unusual_orders(front.values, document),
        "empty": [list(path) for path in empty],
        "plain": [
            list(path)
            for path, text in _texts((), document.extra)
            if not reads_as_text(text) and path in entries and entries[path].is_plain
        ],
        "answer": "literal" if is_literal and is_escapable(document.answer) else None,
        "titles": _style_of_titles(front.text, document),
        "related_titles": _style_of_related_titles(front.text, document),
        "newline": "\r\n" if front.has_crlf else None,
        "bom": front.has_bom,
    }
    return {key: value for key, value in layout.items() if value} or None


def _is_standard(values: Mapping[str, Any], document: ArticleDocument) -> bool:
    """The quick answer for nearly every file; False means: look closely."""
    return (
        tuple(values) == _standard_keys_of(document)
        and all(link.id is not None for link in document.related)
        and all(
            tuple(value) == (SEO_KEYS if key == "seo" else RELATED_KEYS)
            for key, value in values.items()
            if type(value) is dict
        )
    )


def _unusual_orders(values: dict[str, Any], document: ArticleDocument) -> list[list[Any]]:
    return [
        [list(path), list(mapping)]
        for path, mapping in _mappings((), values)
        if list(mapping) != standard_order(path, mapping, document)
    ]


def _mappings(path: Path, value: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    if type(value) is dict:
        yield path, value
        for key, inner in value.items():
            if type(inner) in _CONTAINERS:
                yield from _mappings((*path, key), inner)
    elif type(value) is list:
        for index, inner in enumerate(value):
            yield from _mappings((*path, index), inner)


_CONTAINERS = (dict, list)


def _texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts((*path, key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts((*path, index), inner)


def default_title_style(document: ArticleDocument) -> str:
    """How the real files write `title` and `article_title`: on the line of the key where they have no score."""
    return "inline" if document.score is None else "folded"


def _style_of_titles(text: str, document: ArticleDocument) -> str | None:
    styles = {"folded" if f"\n{key}: >-" in text else "inline" for key in ("title", "article_title")}
    return _unusual_style(styles, default_title_style(document), (document.title, document.article_title))


def _style_of_related_titles(text: str, document: ArticleDocument) -> str | None:
    count = text.count("\n    title: >-")
    total = len(document.related)
    if count == total:
        return None
    styles = {"inline"} if count == 0 else {"inline", "folded"}
    return _unusual_style(styles, "folded", [link.title for link in document.related])


def _unusual_style(styles: set[str], default: str, titles: Collection[str]) -> str | None:
    """The one style of all titles, where it is not the default and all of them could be written either way."""
    if styles == {default} or len(styles) > 1:
        return None
    return styles.pop() if all(is_plain(title) and is_foldable(title) for title in titles) else None


# --- Layout -> front matter ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shape:
    """A document's layout, ready to look things up, and what the absence of each known key means."""

    document: ArticleDocument
    order: dict[Path, list[str]]
    empty: set[Path]
    assumed: dict[Path, dict[str, Any]]


def front_matter(document: ArticleDocument) -> dict[str, Any]:
    """The front matter of the document's file, key for key, in order; None for a key without a value.

    A key that the file did not have stays away as long as it would say no more than its absence does. What an
    editor added stands where the standard order puts it.
    """
    layout = document.layout or {}
    assumed: dict[Path, dict[str, Any]] = {
        (): _assumed_values(document),
        ("seo",): dict.fromkeys(SEO_KEYS, ""),
    }
    for link in document.related:
        assumed[related_key(link.number),] = {"id": None, "title": "", "subject": ""}
    shape = _Shape(
        document,
        {tuple(path): keys for path, keys in layout.get("order", ())},
        {tuple(path) for path in layout.get("empty", ())},
        assumed,
    )
    arranged: dict[str, Any] = _arranged((), _values(document), shape)
    return arranged


def _arranged(path: Path, value: Any, shape: _Shape) -> Any:
    if isinstance(value, list):
        return [_arranged((*path, index), item, shape) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    assumed = shape.assumed.get(path, {})
    result: dict[str, Any] = {}
    for key in _keys(path, value, shape):
        says_nothing = key not in value or (key in assumed and value[key] == assumed[key])
        if says_nothing and (*path, key) in shape.empty:
            result[key] = None
        # Left out: a related article or a score that stood in the file until an editor removed it.
        elif key in value and not (key in assumed and value[key] is None):
            result[key] = _arranged((*path, key), value[key], shape)
    return result


def _keys(path: Path, value: dict[str, Any], shape: _Shape) -> list[str]:
    standard = standard_order(path, value, shape.document)
    order = shape.order.get(path)
    if order is None:
        return standard
    keys = list(order)
    assumed = shape.assumed.get(path, {})
    position = 0
    for key in standard:
        if key in keys:
            position = keys.index(key) + 1
        elif key not in assumed or value[key] != assumed[key]:
            keys.insert(position, key)
            position += 1
    return keys


def _assumed_values(document: ArticleDocument) -> dict[str, Any]:
    return {
        **DEFAULTS,
        "title": document.question,
        "article_title": document.title,
        "seo": dict.fromkeys(SEO_KEYS, ""),
        "subject": subject_label(document.subject_slug),
        "file_name": f"{document.slug}.md",
        "no_index": False,
        "score": None,
    }


def _values(document: ArticleDocument) -> dict[str, Any]:
    """Everything that the front matter of the document can say; unknown keys stand among the known."""
    seo = document.seo
    extra = dict(document.extra)
    values = {
        "_schema": document.schema_name,
        "id": document.id,
        "date": document.date,
        "title": document.title,
        "article_title": document.article_title,
        "date_format": document.date_format,
        "post_on_text": document.post_on_text,
        "seo": {
            "title": seo.title,
            "page_description": seo.page_description,
            "page_keywords": seo.page_keywords,
            **extra.pop("seo", {}),
        },
        "author": document.author,
        "question": document.question,
        "no_index": document.no_index,
        "answer": document.answer,
        "subject": document.subject,
        "file_name": document.file_name,
        "url": document.url,
        "score": document.score,
    }
    for link in document.related:
        key = related_key(link.number)
        values[key] = {
            "id": link.id, "title": link.title, "subject": link.subject, "url": link.url, **extra.pop(key, {}),
        }  # fmt: skip
    # What is left over under a related article's key belonged to one that an editor removed.
    return values | {key: value for key, value in extra.items() if not RELATED_KEY.fullmatch(key)}
