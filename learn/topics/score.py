"""Which of its keywords an article is about, and how central its question is to each. Pure: one article decides.

That nothing but the article decides makes the order of a topic the same whichever way it came about.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .general import core, is_general
from .names import american, keywords_of, name_of, singular

ANSWER_LENGTH = 4_000  # characters of an answer that are read: nearly all of it
ENOUGH = 2  # times that an answer names a keyword which neither question nor description do
FULL = 7  # keywords; with fewer, an article takes in what it names once, so that hardly any is left without a topic
EARLY = 8  # of its keywords, those that may be such: what comes later is seldom what it is about
_WORDS = re.compile(r"[a-z0-9]+")
# Byte by byte, what is no part of a word as a space: ten times as fast as to look for words.
_SPACED = bytes(byte if chr(byte) in "abcdefghijklmnopqrstuvwxyz0123456789" else 32 for byte in range(256))


class Keyword(NamedTuple):
    """A keyword that an article is about. `score`: from 0, the higher, the more central."""

    name: str
    written: str
    score: int
    is_asked: bool


class _Article:
    """The texts of an article as sets of words, to look keywords up in."""

    def __init__(self, question: str, description: str, answer: str) -> None:
        self._asked = _words(question)
        self._described = self._asked | _words(description)
        ascii_only = answer[:ANSWER_LENGTH].lower().encode("ascii", "replace").translate(_SPACED)
        self._answer = f" {' '.join(ascii_only.decode().split())} "

    def about(self, name: str, written: str, place: int) -> tuple[Keyword, bool, bool]:
        """The keyword at `place`; whether the article is about it; whether it names it at all."""
        words = _words_of_name(name)
        is_asked, is_described = words <= self._asked, words <= self._described
        mentions = min(_mentions(self._answer, word) for word in words)
        if (as_written := _words_as_written(written)) != words:  # the answer may spell it in the British way
            mentions = max(mentions, min((_mentions(self._answer, word) for word in as_written), default=0))
        score = 10 * min(mentions, 9) + 10 * max(0, 10 - place) + 100 * is_described
        if is_asked:  # the more of the question it is, the more the question is about nothing else
            score += 400 + 400 * len(words) // max(len(words), len(self._asked))
        is_named = is_described or mentions > 0
        return Keyword(name, written[:120], score, is_asked), is_described or mentions >= ENOUGH, is_named


def keywords(question: str, description: str, answer: str, text: str) -> list[Keyword]:
    """The keywords among `text`, a list with commas, that question, description or answer are about; each name once.

    Where they are fewer than FULL, what keywords say besides general words joins them, then keywords that the answer
    names once.
    """
    article = _Article(question, description, answer)
    found: dict[str, Keyword] = {}
    named: dict[str, Keyword] = {}
    for place, written in enumerate(keywords_of(text)):
        name = name_of(written)
        if name and name not in found and name not in named and not is_general(name):
            keyword, is_about, is_named = article.about(name, written, place)
            if is_about:
                found[name] = keyword
            elif is_named and place < EARLY:
                named[name] = keyword
    for keyword in [*found.values(), *named.values()] if len(found) < FULL else ():
        name = name_of(core(keyword.name))
        if len(found) < FULL and name and name not in found and not is_general(name):
            thing, is_about, _is_named = article.about(name, name, 10)
            if is_about:
                found[name] = thing
    for keyword in named.values():
        if len(found) < FULL:
            found.setdefault(keyword.name, keyword)
    return list(found.values())


def _words(text: str) -> set[str]:
    text = text.lower().replace("’", "'").replace("'s", "").replace("-", " ")
    return {_stem(word) for word in _WORDS.findall(text)}


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return singular(american(word))


@lru_cache(maxsize=100_000)
def _words_of_name(name: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in name.split())


@lru_cache(maxsize=100_000)
def _words_as_written(written: str) -> frozenset[str]:
    return frozenset(singular(word) for word in _WORDS.findall(written.lower().replace("'s", "")))


def _mentions(read: str, word: str) -> int:
    """How often `read`, words between spaces, holds `word`, singular or plural."""
    if len(word) < 5:
        return read.count(f" {word} ") + read.count(f" {word}s ")
    return read.count(f" {word.removesuffix('y')}")
