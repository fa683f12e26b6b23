"""Links of an answer: those without words or address, those whose words say nothing, and those that lead nowhere.

https://www.w3.org/WAI/WCAG22/Understanding/link-purpose-in-context: the words of a link say where it leads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from learn.rendering import Rendered
from learn.rendering.addresses import is_external
from learn.rendering.spans import code_and_formulas

from .findings import Finding, Repair, Word
from .reading import Sheet, lines_of

LIBRARY = re.compile(r"/learn(?=[/?#]|\Z)", re.IGNORECASE)
_HOST = re.compile(r"(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?=[/?#:]|\Z)", re.IGNORECASE)
# Files that stand beside a page, by their endings: no hosts.
_FILE = re.compile(
    r"\.(?:avif|css|csv|docx?|gif|html?|jpe?g|js|json|md|pdf|png|py|svg|txt|webp|xlsx?)\Z", re.IGNORECASE
)
_NO_ADDRESS = re.compile(r"(?:https?:/{0,2}|mailto:|#)?", re.IGNORECASE)
_VAGUE = re.compile(
    r"(?:(?:please )?(?:click|tap|press|go|look|see|check|follow|visit|read)(?: on)?(?: it)?(?: out)?)?"
    r"(?: ?(?:the|this|that|these))?(?: ?(?:following|above))?"
    r"(?: ?(?:here|links?|url|site|website|web ?page|page|article|post|source|video|document|resource))?"
    r"(?: ?(?:for|to (?:get|find|read|see|learn|know)) (?:more|further|details)(?: ?(?:info|information|details))?)?"
)
_MORE = re.compile(
    r"(?:(?:read|learn|see|find(?: out)?|know|get|view|show) )?(?:more|details|further|further reading)"
    r"(?: ?(?:info|information|details|here))?|info|information|download|continue|next|go"
)
_UNREAD = re.compile(r"\[[^\[\]\n]{1,200}\]\((?=https?:|www\.|/learn\b)[^)\n]*")
_WORDS = re.compile(r"[^\w\s]+")


class Link(NamedTuple):
    """A link of an answer: the line, from 1, its words and its address as written."""

    line: int
    words: str
    address: str


def links_of(sheet: Sheet) -> Iterator[Link]:
    """The links of an answer, in their order."""
    for block in sheet.blocks:
        opened: tuple[int, str] | None = None
        words: list[str] = []
        for line, child in lines_of(block):
            if child.type == "link_open":
                opened, words = (line, str(child.attrs.get("href", ""))), []
            elif child.type == "link_close" and opened is not None:
                yield Link(opened[0] + 1, " ".join("".join(words).split()), opened[1])
                opened = None
            elif child.type == "image":
                words.append(child.content or "picture")
            elif child.type in ("softbreak", "hardbreak"):
                words.append(" ")
            else:
                words.append(child.content)


def library_path(address: str) -> str:
    """The path that an address of this library names, without query and fragment; empty where it names none."""
    if is_external(address):
        return ""
    path = urlsplit(address).path if "//" in address else re.split(r"[?#]", address, maxsplit=1)[0]
    return path if LIBRARY.match(path) else ""


def with_addresses(answer: str, to: Mapping[str, str]) -> str:
    """The answer with every link to a path of `to` leading to that path's new one; query and fragment stay.

    Only what stands as the address of a link is changed: no code, no formula, no words.
    """
    spans = iter([*code_and_formulas(answer), (len(answer) + 1, len(answer) + 1)])
    start, end = next(spans)
    pieces, last = [], 0
    for match in _ADDRESS.finditer(answer):
        while end <= match.start():
            start, end = next(spans)
        if start <= match.start():
            continue
        group = "bare" if match["bare"] is not None else "address"
        old = library_path(match[group])
        if old in to:
            at = match[group].index(old) + match.start(group)
            pieces += [answer[last:at], to[old]]
            last = at + len(old)
    return "".join([*pieces, answer[last:]])


# The address of an inline link, of a reference, or in angle brackets.
_ADDRESS = re.compile(
    r"(?:\]\(\s{0,9}<?|^ {0,3}\[[^\]\n]{1,999}\]:[ \t]{0,9}<?)(?P<address>[^\s<>()]+)|<(?P<bare>https?://[^\s<>]+)>",
    re.MULTILINE,
)


def findings(sheet: Sheet, rendered: Rendered) -> Iterator[Finding]:
    """What is wrong with the links, as far as the text alone shows it."""
    anchors = {heading.id for heading in rendered.headings}
    for link in links_of(sheet):
        if finding := _empty(sheet, link) or _lost(sheet, link, anchors) or _vague(link):
            yield finding
    for block in sheet.blocks:
        for line, child in lines_of(block):
            if child.type == "text" and "](" in child.content and (match := _UNREAD.search(child.content)):
                shown = match[0][:60]
                yield Finding(
                    Word.EMPTY_LINK,
                    line + 1,
                    f"“{shown}” is not read as a link: an address has no spaces, and ends with “)”",
                )


def _empty(sheet: Sheet, link: Link) -> Finding | None:
    if _NO_ADDRESS.fullmatch(link.address):
        message = (
            f"the link “{link.words[:60]}” has no address"
            if link.words
            else "a link without words and address"
        )
        repair = _in_line(
            sheet, link.line, f"[{link.words}]", link.address, link.words, "Leave the words, without a link"
        )
        return Finding(Word.EMPTY_LINK, link.line, message, repair)
    if link.words:
        return None
    message = f"a link to {link.address[:80]} that nobody sees: it has no words"
    is_whole = link.address.lower().startswith(("http://", "https://"))
    repair = (
        _in_line(sheet, link.line, "[]", link.address, f"<{link.address}>", "Show the address")
        if is_whole
        else None
    )
    return Finding(Word.EMPTY_LINK, link.line, message, repair)


def _lost(sheet: Sheet, link: Link, anchors: set[str]) -> Finding | None:
    address = link.address
    if address.startswith("#"):
        name = address[1:]
        if name in anchors or name.startswith("note-"):
            return None
        return Finding(Word.LOST_LINK, link.line, f"{address[:80]} is no heading of this answer")
    if re.match(r"[a-z][a-z0-9+.-]*:|/", address, re.IGNORECASE):
        return None
    message = (
        f"{address[:80]} leads nowhere: an address begins with https:// or, in this library, with /learn/"
    )
    repair = None
    if _HOST.match(address) and not _FILE.search(address.split("/", 1)[0]):
        repair = _in_line(
            sheet,
            link.line,
            f"[{link.words}]",
            address,
            f"[{link.words}](https://{address})",
            "Put https:// before it",
        )
    return Finding(Word.LOST_LINK, link.line, message, repair)


def _vague(link: Link) -> Finding | None:
    words = " ".join(_WORDS.sub(" ", link.words.lower()).split())
    if words and (_VAGUE.fullmatch(words) or _MORE.fullmatch(words)):
        return Finding(Word.VAGUE_LINK, link.line, f"“{link.words}” does not say where the link leads")
    return None


def _in_line(sheet: Sheet, line: int, words: str, address: str, text: str, label: str) -> Repair | None:
    """A repair of the one place in a line where a link is written so; None where it is written otherwise."""
    start, end = sheet.span(line - 1)
    written = f"{words}({address})"
    if sheet.answer.count(written, start, end) != 1:
        return None
    at = sheet.answer.index(written, start, end)
    return Repair(at, at + len(written), text, label)
