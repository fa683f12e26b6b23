"""Saved searches for what is known to be wrong in the answers, offered where the health page finds it."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import OUTSIDE, Search


@dataclass(frozen=True)
class Repair:
    """A search with its replacement; `health`: the kind of learn.editing.content_health that it mends."""

    key: str
    title: str
    health: str
    search: Search


def _repair(key: str, title: str, health: str, find: str, replace: str) -> Repair:
    search = Search(find, replace, is_pattern=True, match_case=False, where=OUTSIDE, fields=("answer",))
    return Repair(key, title, health, search)


REPAIRS: dict[str, Repair] = {
    repair.key: repair
    for repair in (
        _repair(
            "gathered", "Openings such as “In the provided context,”", "leaks",
            r"\b(?:based on|according to|from|in|on) the (?:gathered|provided|retrieved|supplied) "
            r"(?:context|data|documents?|information|materials?|sources?|text),\s+(\w)",
            r"\u1",
        ),
        _repair(
            "as-an-ai", "“As an AI language model,”", "leaks",
            r"\bas an ai(?: language)?(?: model| assistant)?,\s+(\w)", r"\u1",
        ),
        _repair(
            "feel-free", "Closing lines such as “Feel free to ask”", "leaks",
            r"\n+[^\n]*\b(?:feel free to ask|let me know if you)\b[^\n]*\s*\z", "",
        ),
        _repair("spaces", "Double spaces between words", "markup", r"([^\s|>]) {2,}([^\s|])", r"\1 \2"),
        _repair(
            "bold", "Bold with a space behind its first marks", "markup",
            r"^([ \t]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?)\*\*[ \t]+([^*\n]*[^*\s])[ \t]*\*\*", r"\1**\2**",
        ),
    )
}  # fmt: skip


def of_health(kind: str) -> list[Repair]:
    """The repairs for one kind of the health page."""
    return [repair for repair in REPAIRS.values() if repair.health == kind]
