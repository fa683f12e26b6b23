"""Article and file changed since they last agreed: both changes put together, field by field, then line by line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from learn import documents, files

from . import merge

# The columns that an editor chooses between; `layout` only says how the file was written.
CHOSEN = tuple(column for column in documents.FILE_COLUMNS if column != "layout")
# Those whose changes are put together line by line; of the others one side's value is taken whole.
TEXTS = (
    "question", "answer", "description", "keywords", "title", "article_title", "seo_title", "subject_label", "author",
    "date_format", "post_on_text", "file_name", "schema_name", "body",
)  # fmt: skip
_ABSENT = object()


@dataclass(frozen=True)
class Side:
    """What one side says: the columns of CHOSEN, the related links, the address."""

    values: Mapping[str, Any]
    related: Sequence[documents.Related]
    path: str


@dataclass
class Together:
    """What both sides say together; `clashes` names the fields that both changed in different ways."""

    values: dict[str, Any]
    related: list[documents.Related]
    path: str
    clashes: list[str] = field(default_factory=list)


def side_of_file(data: bytes, path: str) -> Side:
    """What a file says. Raises DocumentError where it cannot be imported (any more)."""
    document, _warnings = files.read_document(data, path)
    return Side(documents.row_values(document), documents.related_values(document), document.url)


def side_of(article: Any) -> Side:
    """What an article says now; reads its subject and `related_links`."""
    related = sorted(documents.related_of(link) for link in article.related_links.all())
    return Side({column: getattr(article, column) for column in CHOSEN}, related, article.get_absolute_url())


def put_together(base: Side, mine: Side, theirs: Side) -> Together:
    """Put the changes from `base` to `mine` and from `base` to `theirs` together."""
    clashes: list[str] = []

    def choose(name: str, before: Any, ours: Any, others: Any) -> Any:
        if ours in (before, others):
            return others
        if others == before:
            return ours
        if name in TEXTS:
            merged = merge.merge(str(before), str(ours), str(others))
            if not merged.conflicts:
                return merged.text
        clashes.append(name)
        return ours

    values = {
        name: choose(name, base.values[name], mine.values[name], theirs.values[name])
        for name in CHOSEN
        if name != "extra"
    }
    extra = {}
    sides = [side.values["extra"] or {} for side in (base, mine, theirs)]
    for key in _keys(sides):
        value = choose(f"extra.{key}", *(side.get(key, _ABSENT) for side in sides))
        if value is not _ABSENT:
            extra[key] = value
    values["extra"] = extra
    related = []
    links = [{link.position: link for link in side.related} for side in (base, mine, theirs)]
    for position in sorted(_keys(links)):
        link = choose(f"related_article{position}", *(side.get(position) for side in links))
        if link is not None:
            related.append(link)
    path = choose("url", base.path, mine.path, theirs.path)
    return Together(values, related, path, clashes)


def _keys(mappings: Iterable[Mapping[Any, Any]]) -> list[Any]:
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))


def differing(one: Side, other: Side) -> list[str]:
    """The names of the fields in which two sides differ."""
    names = [name for name in CHOSEN if one.values[name] != other.values[name]]
    names += ["related"] if sorted(one.related) != sorted(other.related) else []
    return names + (["url"] if one.path != other.path else [])
