"""Declared mappings: how the keys that another tool knows become ours.

A mapping is a YAML file; those of Hugo, Jekyll, Astro and Decap are shipped (learn/files/mappings), and another one
may begin with one of them:

    extends   the name of a shipped mapping
    keys      our key -> the keys it is taken from; the first that is there and not blank counts
    defaults  our key -> its value where none of these is there
    keep      keys that are kept without a warning, as all unknown keys are
    ignore    keys that are left out
    skip      names of files that are no articles

Our keys are those of the format, `seo.title` and its like with a dot, and `slug`: the last part of the address. Beside
keys (nested ones with dots, `!key` for the opposite of one), a value may be taken from `$body`, the text below the
front matter; `$name` and `$date`, from the name of the file; `$folder`, the last folder above it; `$is_draft`, whether
it lies among Jekyll's drafts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from . import conversions
from .conversions import UnfitError
from .fields import FIELD_KEYS, RELATED_KEY
from .foreign import BODY
from .lifecycle import KEYS as LIFECYCLE_KEYS
from .problems import DocumentError, Problem
from .reading import read_mapping
from .strict_yaml import Path

FOLDER = FilePath(__file__).with_name("mappings")
SHIPPED = ("hugo", "jekyll", "astro", "decap")
OWN_KEYS = FIELD_KEYS | frozenset(LIFECYCLE_KEYS)
SPECIAL = ("$body", "$name", "$date", "$folder", "$is_draft")

_TEXTS = (
    "_schema", "title", "article_title", "date_format", "post_on_text", "author", "question", "file_name", "seo.title",
    "seo.page_description", "seo.page_keywords",
)  # fmt: skip
_CONVERT: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_TEXTS, conversions.line),
    "id": conversions.whole_number,
    "date": conversions.day,
    "answer": conversions.block,
    "no_index": conversions.is_hidden,
    "draft": conversions.is_draft,
    "published": conversions.is_published,
    "is_preferred": conversions.truth,
    "publish_at": conversions.moment,
    "expires": conversions.moment,
    "lastmod": conversions.moment,
    "score": conversions.number,
    "subject": conversions.first,
    "slug": conversions.line,
    "url": conversions.address,
}
TARGETS = (*_CONVERT, "aliases")
_ADDRESS = ("url", "slug", "subject", "aliases")  # what is put together from several


@dataclass(frozen=True)
class KeyMapping:
    """A mapping as it counts, with those that it extends."""

    name: str
    keys: Mapping[str, tuple[str, ...]]
    defaults: Mapping[str, Any]
    keep: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Mapped:
    """A file in our keys. `origins`: from which of its own keys each was made; `faults` and `warnings` name those."""

    values: dict[str, Any]
    origins: dict[Path, Path]
    faults: list[tuple[Path, str, str]]
    warnings: list[tuple[Path, str, str]]


def load(name: str) -> KeyMapping:
    """A shipped mapping by its name, or the mapping in a file.

    Raises DocumentError, with places, for a file that is no mapping or cannot be read.
    """
    path = FOLDER / f"{name}.yaml" if name in SHIPPED else FilePath(name)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"cannot read the mapping: {reason}. Name a file, or one of {', '.join(SHIPPED)}"
        raise DocumentError([Problem(name, 1, 1, "error", "mapping", message)]) from error
    values, locate = read_mapping(data, name)
    problems = [
        Problem(name, *locate(*keys), "error", "mapping", message) for keys, message in _faults(values)
    ]
    if problems:
        raise DocumentError(problems)
    base = load(values["extends"]) if "extends" in values else KeyMapping("", {}, {})
    keys = {target: tuple(_listed(sources)) for target, sources in values.get("keys", {}).items()}
    return KeyMapping(
        name,
        {**base.keys, **keys},
        {**base.defaults, **values.get("defaults", {})},
        base.keep | frozenset(values.get("keep", ())),
        base.ignore | frozenset(values.get("ignore", ())),
        base.skip | frozenset(values.get("skip", ())),
    )


def apply(mapping: KeyMapping, values: Mapping[str, Any], body: str, place: str) -> Mapped:
    """What a file with these values and this text says in our keys; `place` is its path below the content root.

    Nothing is lost: a key of ours that no rule takes counts as it is, and an unknown one is kept, with a warning.
    """
    return _Application(mapping, values, body, place).result()


class _Application:
    def __init__(self, mapping: KeyMapping, values: Mapping[str, Any], body: str, place: str) -> None:
        self.mapping, self.values, self.place = mapping, values, place
        self.special = {**conversions.of_place(place), "$body": body}
        self.taken: set[Path] = set()
        self.made: dict[str, Any] = {}  # our key, seo's with a dot -> its value
        self.mapped = Mapped({}, {}, [], [])

    def result(self) -> Mapped:
        for target in self.mapping.keys:
            if target == "aliases":
                self.take_aliases()
            else:
                self.take(target)
        if BODY not in self.taken and str(self.special["$body"]).strip():
            self.made["_body"] = self.special["$body"]
        self.keep_the_rest()
        self.make_address()
        self.put_in_order()
        self.warn_of_code()
        return self.mapped

    def take(self, target: str) -> None:
        for name in self.mapping.keys[target]:
            value = self.value_of(name)
            if value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip()):
                continue
            path = _path_of(name)
            self.taken.add(path)
            try:
                made = _CONVERT[target](value)
            except UnfitError as error:
                self.refuse(target, name, error)
                return
            if made is not None:
                self.made[target] = made
                self.mapped.origins[_own_path(target)] = path
            return
        if target in self.mapping.defaults:
            self.made[target] = self.mapping.defaults[target]

    def refuse(self, target: str, name: str, error: UnfitError) -> None:
        fault = (_path_of(name), error.code, f"`{name}` is {error}")
        self.mapped.origins[_own_path(target)] = fault[0]
        if fault not in self.mapped.faults:
            self.mapped.faults.append(fault)

    def take_aliases(self) -> None:
        found: list[str] = []
        for name in self.mapping.keys["aliases"]:
            value = self.value_of(name)
            if value is None:
                continue
            self.taken.add(_path_of(name))
            self.mapped.origins.setdefault(("aliases",), _path_of(name))
            try:
                found += conversions.paths(value, self.place)
            except UnfitError as error:
                self.refuse("aliases", name, error)
        if found:
            self.made["aliases"] = list(dict.fromkeys(found))

    def value_of(self, name: str) -> Any:
        if name.startswith("$"):
            return self.special[name]
        if name.startswith("!"):
            value = self.value_of(name[1:])
            return not value if isinstance(value, bool) else None
        found: Any = self.values
        for key in _path_of(name):
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def keep_the_rest(self) -> None:
        """Keys that no rule took: our own count as they are, the others are kept."""
        listed = {_top(name) for names in self.mapping.keys.values() for name in names}
        for key, value in self.values.items():
            if (key,) in self.taken or key in self.mapping.ignore or value is None:
                continue
            if isinstance(value, dict):
                left = {name: item for name, item in value.items() if (key, name) not in self.taken}
                if value and not left:
                    continue
                value = left  # noqa: PLW2901 what is left of it
            is_own = key in OWN_KEYS or RELATED_KEY.fullmatch(key)
            if key == "seo" and isinstance(value, dict):
                for name, item in value.items():
                    self.made.setdefault(f"seo.{name}", item)
            elif key not in self.made:
                self.made[key] = value
                self.mapped.origins.setdefault((key,), (key,))
            if not (is_own or key in self.mapping.keep or key in listed):
                message = (
                    f"`{key}` is kept but means nothing here: map it, or name it below `keep` or `ignore`"
                )
                self.mapped.warnings.append(((key,), "unknown-key", message))

    def make_address(self) -> None:
        """The url, of what the file says of its address, its name, its subject; former addresses become aliases."""
        made = self.made
        said = str(made.pop("url", "") or "")
        slug, subject = str(made.pop("slug", "") or ""), str(made.get("subject", "") or "")
        url = conversions.own_url(said)
        if said and url is None and ":" not in said.partition("://")[2] + said[:1] and "/:" not in said:
            made["aliases"] = [*made.get("aliases", []), *conversions.paths([said], self.place)]
            if self.mapped.origins.get(("slug",), BODY)[0] in SPECIAL:  # nobody named it
                slug = conversions.last_part(said) or slug
        if url is None:
            url = self.put_together(conversions.slug_of(slug), conversions.slug_of(subject))
        if url is None:
            return
        made["url"] = url
        if subject and conversions.slug_of(subject) == subject:
            made.pop("subject")  # a slug is no label: the format makes one of it
        made.setdefault("id", conversions.number_of(self.place or url))

    def put_together(self, slug: str, subject: str) -> str | None:
        parts = (("slug", slug), ("subject", subject))
        lacking = [(name, self.mapping.keys.get(name, (name,))) for name, part in parts if not part]
        for name, sources in lacking:
            keys = [source for source in sources if not source.startswith("$")] or [name]
            message = f"no {name} can be made of it: write `{keys[0]}`, or give the mapping a default"
            self.mapped.faults.append(((keys[0],), "missing-field", message))
        return None if lacking else f"/learn/{subject}/questions/{slug}"

    def put_in_order(self) -> None:
        values = self.mapped.values
        for key, value in self.made.items():
            outer, dot, inner = key.partition(".")
            if dot and outer == "seo":
                values.setdefault("seo", {})[inner] = value
            else:
                values[key] = value
        if aliases := values.get("aliases"):
            values["aliases"] = list(dict.fromkeys(aliases))

    def warn_of_code(self) -> None:
        if found := conversions.TEMPLATE_CODE.search(str(self.made.get("answer", ""))):
            message = f"`{found[0]}` is code of the other tool, and will be shown as it stands: write Markdown instead"
            self.mapped.warnings.append((BODY, "template-code", message))


def _top(name: str) -> str:
    return name.lstrip("!").partition(".")[0]


def _path_of(name: str) -> Path:
    return tuple(name.lstrip("!").split("."))


def _own_path(target: str) -> Path:
    return tuple(target.split("."))


def _listed(sources: Any) -> list[str]:
    return [sources] if isinstance(sources, str) else list(sources)


def _faults(values: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with a mapping: the keys that lead there, and a message."""
    known = ("extends", "keys", "defaults", "keep", "ignore", "skip")
    for key, value in values.items():
        if key not in known:
            yield (key,), f"`{key}` is no part of a mapping: write one of {', '.join(known)}"
        elif key == "extends":
            if value not in SHIPPED:
                yield (key,), f"`extends` names no shipped mapping: write one of {', '.join(SHIPPED)}"
        elif key not in ("keys", "defaults"):
            if not _is_list_of_texts(value):
                yield (key,), f"`{key}` is no list of texts: write it in brackets, such as [layout, weight]"
        elif not isinstance(value, dict):
            yield (key,), f"`{key}` is no mapping: write `our key: their key` on the lines below it"
        else:
            yield from _faults_of_rules(key, value)


def _faults_of_rules(part: str, rules: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for target, sources in rules.items():
        here = (part, target)
        names = [sources] if isinstance(sources, str) else sources
        if target not in TARGETS:
            yield here, f"`{target}` is no key of ours: write one of {', '.join(sorted(TARGETS))}"
        elif part == "keys" and not _is_list_of_texts(names):
            yield here, f"`{target}` is taken from nothing: write a key, or a list of keys"
        elif part == "keys":
            for name in names:
                if name.startswith("$") and name not in SPECIAL:
                    yield here, f"`{name}` is not known: write a key, or one of {', '.join(SPECIAL)}"


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
