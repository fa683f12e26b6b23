"""What an article is compared by, as numbers, and how alike each is to all others: cosines of TF-IDF, whole library.

Pure but for numpy: texts and arrays in, arrays out. An article is the words of its question, its keywords, its
description and the beginning of its answer. Words are hashed into BUCKETS, so that no list of words has to be kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from learn.search.words import ASKING_WORDS, COMMON_WORDS, stem, tokens

BUCKETS = 1 << 20  # 100,000 different stems collide in one of ten thousand pairs
QUESTION, KEYWORDS, DESCRIPTION, ANSWER = 4, 2, 2, 1  # what a word counts where it stands, added up
ANSWER_LENGTH = 600  # characters of an answer: what it is about stands at its beginning
# A word that more of the library uses says nothing of what an article is about, and would cost most of the time.
MOST_USED = 0.04
UNTIL_SMALL = 50  # articles, in a library that is so small that the share above is none
_FEATURE = np.dtype([("bucket", "<u4"), ("weight", "u1"), ("asked", "u1")])

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def encode(question: str, keywords: str, description: str, answer_text: str) -> bytes:
    """The features of an article: buckets in their order, how much each counts, and whether the question holds it."""
    weights: dict[int, int] = {}
    asked: set[int] = set()
    parts = (
        (question, QUESTION),
        (keywords, KEYWORDS),
        (description, DESCRIPTION),
        (answer_text[:ANSWER_LENGTH], ANSWER),
    )
    for text, weight in parts:
        found = {_bucket(word) for word in tokens(text)}
        found.discard(-1)
        for bucket in found:
            weights[bucket] = weights.get(bucket, 0) + weight
        if weight == QUESTION:
            asked = found
    rows = [(bucket, weights[bucket], bucket in asked) for bucket in sorted(weights)]
    return np.array(rows, dtype=_FEATURE).tobytes()


@lru_cache(maxsize=100_000)
def _bucket(word: str) -> int:
    if word in COMMON_WORDS or word in ASKING_WORDS:
        return -1
    return crc32(stem(word).encode()) % BUCKETS


def count(encoded: Iterable[bytes]) -> npt.NDArray[np.int32]:
    """How many of the articles use each bucket."""
    features = np.frombuffer(b"".join(encoded), dtype=_FEATURE)
    return np.bincount(features["bucket"], minlength=BUCKETS).astype(np.int32)


class Nearest(NamedTuple):
    """The positions of the articles most like one, and their cosines."""

    positions: Integers
    scores: Floats


class Library:
    """All articles, by position, with who uses which word."""

    def __init__(self, encoded: Sequence[bytes], users: npt.NDArray[np.int32], size: int) -> None:
        """`users` and `size` say how rare words are: `count` of a library, this one or an earlier state of it."""
        self.length = len(encoded)
        lengths = (
            np.fromiter((len(one) for one in encoded), dtype=np.int64, count=self.length) // _FEATURE.itemsize
        )
        features = np.frombuffer(b"".join(encoded), dtype=_FEATURE)
        rows = np.repeat(np.arange(self.length), lengths)
        rarity = np.log(1 + size / np.maximum(users, 1))
        is_asked = features["asked"] == 1
        # Of the questions, common words as well: two that differ in one of them ask for different things.
        self._asked_buckets, asked_rows = features["bucket"][is_asked].astype(np.int64), rows[is_asked]
        asked = rarity[self._asked_buckets]
        self._asked = asked / _norms(asked, asked_rows, self.length)[asked_rows]
        self._asked_starts = np.searchsorted(asked_rows, np.arange(self.length + 1))
        rarity[users > max(MOST_USED * size, UNTIL_SMALL)] = 0
        value = rarity[features["bucket"]]
        used = value > 0
        buckets, self._rows = features["bucket"][used].astype(np.int64), rows[used]
        values = value[used] * features["weight"][used]
        self._values = values / _norms(values, self._rows, self.length)[self._rows]
        self._starts = np.searchsorted(self._rows, np.arange(self.length + 1))
        self._buckets = buckets
        order = np.argsort(buckets, kind="stable")
        self._users = self._rows[order]
        self._users_values = self._values[order]
        self._places = np.searchsorted(buckets[order], np.arange(BUCKETS + 1))

    def likeness(self, position: int) -> Floats:
        """The cosine of the article at `position` with each, from 0 to 1; with itself -1. Some 0.3 ms for 36,000.

        The same two articles give the same number, whichever is asked: what they share is added up in one order.
        """
        start, end = self._starts[position], self._starts[position + 1]
        users: list[Integers] = []
        values: list[Floats] = []
        for bucket, value in zip(self._buckets[start:end], self._values[start:end], strict=True):
            first, last = self._places[bucket], self._places[bucket + 1]
            users.append(self._users[first:last])
            values.append(self._users_values[first:last] * value)
        if not users:
            return np.zeros(self.length)
        scores: Floats = np.bincount(
            np.concatenate(users), np.concatenate(values), minlength=self.length
        ).astype(np.float64)
        scores[position] = -1
        return np.round(scores, 6)

    def asked_likeness(self, position: int, other: int) -> float:
        """The cosine of the words of two questions, from 0 to 1."""
        here, there = (self._asked_words(place) for place in (position, other))
        return math.fsum(value * there[bucket] for bucket, value in here.items() if bucket in there)

    def _asked_words(self, position: int) -> dict[int, float]:
        part = slice(self._asked_starts[position], self._asked_starts[position + 1])
        return dict(zip(self._asked_buckets[part].tolist(), self._asked[part].tolist(), strict=True))


def _norms(values: Floats, rows: Integers, length: int) -> Floats:
    """The lengths of the vectors: 1 where one has no words."""
    norms: Floats = np.sqrt(np.bincount(rows, values * values, minlength=length))
    norms[norms == 0] = 1
    return norms


def best(scores: Floats, candidates: npt.NDArray[np.bool_], keys: Integers, amount: int) -> Nearest:
    """The `amount` best of `candidates`, the best first; equals in the order of their keys; none that share no word."""
    allowed = np.flatnonzero(candidates & (scores > 0))
    if len(allowed) > amount:
        least = np.partition(scores[allowed], len(allowed) - amount)[len(allowed) - amount]
        allowed = allowed[scores[allowed] >= least]
    order = np.lexsort((keys[allowed], -scores[allowed]))[:amount]
    chosen = allowed[order]
    return Nearest(chosen, scores[chosen])
