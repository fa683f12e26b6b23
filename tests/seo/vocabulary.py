"""The part of schema.org's vocabulary that our pages use, and a checker that knows no more than that part.

For each type: the properties that it (or a type above it) has, each with the kinds of value that it takes; and what
Google requires or recommends. A property that is not here is a mistake or belongs here: https://schema.org/docs/full.html
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

Node = dict[str, Any]

THING = {"name": "Text", "description": "Text", "url": "URL", "image": "ImageObject", "mainEntityOfPage": "WebPage",
         "sameAs": "URL"}  # fmt: skip
CREATIVE_WORK = {
    **THING,
    "about": "Thing", "acceptedAnswer": "Answer", "author": "Organization Person", "datePublished": "DateTime",
    "dateModified": "DateTime", "digitalSourceType": "URL", "encoding": "MediaObject", "headline": "Text",
    "inLanguage": "Text", "isAccessibleForFree": "Boolean", "isPartOf": "WebSite CollectionPage", "keywords": "Text",
    "learningResourceType": "Text", "license": "URL", "mainEntity": "Article Question ItemList",
    "publisher": "Organization", "text": "Text", "timeRequired": "Duration",
}  # fmt: skip
del CREATIVE_WORK["acceptedAnswer"]
WEB_PAGE = {**CREATIVE_WORK, "breadcrumb": "BreadcrumbList", "primaryImageOfPage": "ImageObject"}
MEDIA_OBJECT = {
    **CREATIVE_WORK,
    "contentUrl": "URL",
    "encodingFormat": "Text",
    "width": "Integer",
    "height": "Integer",
}
ITEM_LIST = {**THING, "itemListElement": "ListItem", "numberOfItems": "Integer"}

PROPERTIES = {
    "Thing": THING,
    "Organization": {**THING, "logo": "ImageObject"},
    "Person": THING,
    "WebSite": CREATIVE_WORK,
    "WebPage": WEB_PAGE,
    "CollectionPage": WEB_PAGE,
    "QAPage": WEB_PAGE,
    "Article": {**CREATIVE_WORK, "articleSection": "Text", "wordCount": "Integer"},
    "LearningResource": CREATIVE_WORK,
    "Question": {**CREATIVE_WORK, "answerCount": "Integer", "acceptedAnswer": "Answer"},
    "Answer": CREATIVE_WORK,
    "ImageObject": {**MEDIA_OBJECT, "caption": "Text"},
    "MediaObject": MEDIA_OBJECT,
    "BreadcrumbList": ITEM_LIST,
    "ItemList": ITEM_LIST,
    "ListItem": {**THING, "position": "Integer", "item": "URL"},
}  # fmt: skip
# Where the page says it: required and recommended in Google's documentation of the type, or needed to be of use.
EXPECTED = {
    "Article": ["headline", "image", "datePublished", "dateModified", "author", "publisher", "mainEntity"],
    "Question": ["name", "text", "answerCount", "acceptedAnswer", "author", "datePublished", "dateModified"],
    "Answer": ["text", "author", "datePublished", "url"],
    "BreadcrumbList": ["itemListElement"],
    "ListItem": ["position", "name"],
    "ItemList": ["numberOfItems", "itemListElement"],
    "Organization": ["name", "url"],
    "Person": ["name"],
    "WebSite": ["name", "url"],
    "CollectionPage": ["name"],
    "ImageObject": ["url"],
}

KINDS = {
    "Text": lambda value: isinstance(value, str) and bool(value.strip()),
    "URL": lambda value: (
        isinstance(value, str) and urlsplit(value).scheme in ("http", "https") and " " not in value
    ),
    "Integer": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "Boolean": lambda value: isinstance(value, bool),
    "Duration": lambda value: isinstance(value, str) and re.fullmatch(r"PT\d+M", value) is not None,
    "DateTime": lambda value: dt.datetime.fromisoformat(value).tzinfo is not None,
}


def graph_of(html: str) -> list[Node]:
    """The nodes of the one JSON-LD element of a page, read as a browser does: up to the first `</script`."""
    scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script', html, re.DOTALL)
    assert len(scripts) == 1
    data = json.loads(scripts[0])
    assert data["@context"] == "https://schema.org"
    return data["@graph"]


def of_type(nodes: list[Node], kind: str) -> Node:
    """The only node of this type in the graph."""
    found = [node for node in nodes if kind in types_of(node)]
    assert len(found) == 1, kind
    return found[0]


def types_of(node: Node) -> list[str]:
    kinds = node.get("@type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def problems(nodes: list[Node]) -> Iterator[str]:
    """What is wrong with a graph: a line each."""
    known = {node["@id"]: node for node in nodes if "@id" in node}
    if len(known) != len(nodes):
        yield "a node without @id, or two with one"
    for node in nodes:
        yield from _problems_of(node, known, node.get("@id", "?"))
    pages = {"WebPage", "CollectionPage", "QAPage"}
    reached, waiting = set(), [node["@id"] for node in nodes if pages & set(types_of(node))]
    if len(waiting) != 1:
        yield f"{len(waiting)} pages"
    while waiting:
        identity = waiting.pop()
        if identity not in reached:
            reached.add(identity)
            waiting += [name for name in _references(known[identity]) if name in known]
    if unreached := set(known) - reached:
        yield f"not connected with the page: {unreached}"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "@id" in value:
            yield value["@id"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _problems_of(node: Node, known: dict[str, Node], where: str) -> Iterator[str]:
    kinds = types_of(node)
    if not kinds or set(kinds) - set(PROPERTIES):
        yield f"{where}: type {kinds}"
        return
    properties = {name: kind for each in kinds for name, kind in PROPERTIES[each].items()}
    for name in {name for each in kinds for name in EXPECTED.get(each, [])} - set(node):
        if set(node) - {"@id", "@type", "name", "url"}:  # a mere mention of another page's node needs no more
            yield f"{where}: {kinds} lacks {name}"
    for name, value in node.items():
        if name.startswith("@"):
            continue
        if name not in properties:
            yield f"{where}: {kinds} has no {name}"
            continue
        for each in value if isinstance(value, list) else [value]:
            yield from _problems_of_value(each, properties[name].split(), known, f"{where} {name}")


def _problems_of_value(value: Any, kinds: list[str], known: dict[str, Node], where: str) -> Iterator[str]:
    if isinstance(value, dict):
        target = known.get(value["@id"]) if set(value) == {"@id"} else value
        if target is None:
            yield f"{where}: leads to {value['@id']}, which is not in the graph"
        elif "Thing" not in kinds and not set(types_of(target)) & set(kinds):
            yield f"{where}: {types_of(target)} instead of {kinds}"
        elif target is value:
            yield from _problems_of(value, known, where)
    elif not any(kind in KINDS and KINDS[kind](value) for kind in kinds):
        yield f"{where}: {value!r} is no {kinds}"
