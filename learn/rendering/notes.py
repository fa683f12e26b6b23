"""Footnotes and task lists, as GitHub's Markdown has them.

``[^1]`` in a sentence refers to a paragraph ``[^1]: ...`` that stands anywhere; what is indented below it belongs to
it. The notes come at the end in the order in which they are referred to. ``- [ ]`` and ``- [x]`` begin an open and a
done task. https://docs.github.com/get-started/writing-on-github
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_DEFINITION = re.compile(r"\[\^(?P<label>[^\]\s^]{1,60})\]:[ \t]*(?P<text>.*)")
_REFERENCE = re.compile(r"\[\^([^\]\s^]{1,60})\]")
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
# What a continued line of a note may not begin with: another block.
_NEW_BLOCK = re.compile(r"(?:[-*+]|\d{1,9}[.)]|#{1,6}|>|`{3}|~{3}|\|)(?:\s|\Z)|\[\^")
_DEEP = 4  # columns that make a paragraph behind an empty line part of the note
_MAX_NOTES = 500


@dataclass(slots=True)
class Note:
    label: str
    paragraphs: list[str]
    number: int = 0
    references: int = 0


@dataclass(slots=True)
class Notes:
    """The notes of an answer by label, and those that were referred to, in order."""

    by_label: dict[str, Note] = field(default_factory=dict)
    used: list[Note] = field(default_factory=list)


def install(parser: MarkdownIt) -> None:
    """Makes a parser read footnotes; task lists need no rule (``read_task``)."""
    parser.block.ruler.before("reference", "note", _define, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.before("link", "note_reference", _refer)
    parser.core.ruler.after("inline", "notes", _append)


def _notes(env: Any) -> Notes:
    notes: Notes = env.setdefault("notes", Notes())
    return notes


def _define(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001 -- the parser's signature
    start = state.bMarks[start_line] + state.tShift[start_line]
    if state.src[start : start + 2] != "[^" or state.is_code_block(start_line):
        return False
    match = _DEFINITION.match(state.src, start, state.eMarks[start_line])
    notes = _notes(state.env)
    if match is None or len(notes.by_label) >= _MAX_NOTES:
        return False
    if silent:
        return True
    paragraphs = [[match["text"]]]
    line = start_line + 1
    while line < end_line:
        if state.isEmpty(line):
            following = line + 1
            if (
                following >= end_line
                or state.isEmpty(following)
                or state.sCount[following] - state.blkIndent < _DEEP
            ):
                break
            paragraphs.append([])
        else:
            text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
            is_outside = state.sCount[line] - state.blkIndent < 2
            if is_outside and (_NEW_BLOCK.match(text) or not paragraphs[-1]):
                break
            paragraphs[-1].append(text)
        line += 1
    written = [text for lines in paragraphs if (text := "\n".join(lines).strip())]
    notes.by_label.setdefault(match["label"].lower(), Note(match["label"], written))
    state.line = line
    return True


def _refer(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 -- the parser's signature
    match = _REFERENCE.match(state.src, state.pos)
    if match is None or "notes" not in state.env:
        return False
    notes = _notes(state.env)
    note = notes.by_label.get(match[1].lower())
    if note is None:
        return False
    if not silent:
        if not note.number:
            notes.used.append(note)
            note.number = len(notes.used)
        note.references += 1
        token = state.push("note_reference", "", 0)
        token.meta = {"number": note.number, "reference": note.references}
    state.pos = match.end()
    return True


def _append(state: StateCore) -> None:
    if "notes" not in state.env:
        return
    notes = _notes(state.env)
    tokens: list[Token] = []
    done = 0
    # What no sentence refers to is shown as well, or it would be lost.
    while done < len(notes.by_label):
        if done == len(notes.used):
            unused = next(note for note in notes.by_label.values() if not note.number)
            notes.used.append(unused)
            unused.number = len(notes.used)
            state.env["problems"].add(
                "note-unused", "No sentence refers to this footnote.", f"[^{unused.label}]"
            )
        tokens += _written(state, notes.used[done])
        done += 1
    if tokens:
        state.tokens += [Token("notes_open", "", 1), *tokens, Token("notes_close", "", -1)]


def _written(state: StateCore, note: Note) -> list[Token]:
    opening = Token("note_open", "", 1, meta={"number": note.number})
    tokens = [opening]
    for index, paragraph in enumerate(note.paragraphs or [""]):
        children: list[Token] = []
        state.md.inline.parse(paragraph, state.md, state.env, children)
        if index == len(note.paragraphs or [""]) - 1 and note.references:
            children.append(Token("note_back", "", 0, meta={"number": note.number, "count": note.references}))
        inline = Token("inline", "", 0, content=paragraph, children=children)
        tokens += [Token("paragraph_open", "p", 1), inline, Token("paragraph_close", "p", -1)]
    tokens.append(Token("note_close", "", -1))
    return tokens


def read_task(tokens: list[Token], index: int) -> Token | None:
    """The box of a task that the inline token at ``index`` begins with, which is taken out of it; None without one."""
    token = tokens[index]
    if index < 2 or token.content[:1] != "[" or tokens[index - 2].type != "list_item_open":
        return None
    match = _TASK.match(token.content)
    if match is None:
        return None
    token.content = token.content[match.end() :]
    return Token("task", "", 0, meta={"is_done": match[1] != " "})
