"""A page as a browser reads it, for tests: `Page(html).texts("h1")`."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

import html5lib

SIMPLE = re.compile(
    r"(?P<tag>[a-z][a-z0-9]*)|#(?P<id>[\w-]+)|\.(?P<class>[\w-]+)|\[(?P<attribute>[\w-]+)(?:=(?P<value>[^\]]+))?\]"
)


class Page:
    """Parses strictly: a fault in the HTML is an error, not a guess.

    Selectors are a part of CSS's: tag, #id, .class, [attribute], [attribute=value], descendants, commas.
    """

    def __init__(self, html: str) -> None:
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        self.root: Element = parser.parse(html)
        self.parents = {child: parent for parent in self.root.iter() for child in parent}

    def select(self, selector: str) -> list[Element]:
        chains = [one.split() for one in selector.split(",")]
        return [element for element in self.root.iter() if any(self._matches(element, c) for c in chains)]

    def texts(self, selector: str) -> list[str]:
        return [" ".join("".join(element.itertext()).split()) for element in self.select(selector)]

    def text(self, selector: str) -> str:
        (text,) = self.texts(selector)
        return text

    def links(self, selector: str) -> list[str]:
        return [element.get("href", "") for element in self.select(selector)]

    def attribute(self, selector: str, name: str) -> str:
        (element,) = self.select(selector)
        return element.get(name, "")

    def _matches(self, element: Element, chain: list[str]) -> bool:
        *outer, last = chain
        if not isinstance(element.tag, str) or not all(
            _fits(element, part) for part in SIMPLE.finditer(last)
        ):
            return False
        while outer and (parent := self.parents.get(element)) is not None:
            element = parent
            if all(_fits(element, part) for part in SIMPLE.finditer(outer[-1])):
                outer = outer[:-1]
        return not outer


def _fits(element: Element, part: re.Match[str]) -> bool:
    if part["tag"]:
        return element.tag.rpartition("}")[2] == part["tag"]
    if part["id"]:
        return element.get("id") == part["id"]
    if part["class"]:
        return part["class"] in element.get("class", "").split()
    if part["value"] is not None and part["attribute"] == "rel":
        return part["value"] in element.get("rel", "").split()
    if part["value"] is not None:
        return element.get(part["attribute"]) == part["value"]
    return element.get(part["attribute"]) is not None
