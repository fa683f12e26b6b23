"""The similarity of questions of one subject. Pure: texts in, lists of keys out.

The similarity of two articles is the cosine of their words: each word of the question counts once, each of the keywords
half, by the square of how rare it is in the library. Measured on real articles, the keywords add a third to how often
the links that editors had chosen themselves are found; the description adds nothing to that.

No library: an index of one subject's words is a page of Python; SciPy would be the largest dependency of all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from learn.search.words import COMMON_WORDS, stem, tokens

KEYWORD = 0.5  # of what a word of the question counts
# Articles that an article is compared with, about: those that share its rarest words. Twice as many find 3 % more.
COMPARED = 300
SCORED = 2  # for each one that is wanted


class Text(NamedTuple):
    """What an article is compared by.

    `group` is equal for copies of one question; `is_target` says that other articles may lead to it.
    """

    pk: int
    group: int
    is_target: bool
    asked: str
    question: frozenset[str]
    keywords: frozenset[str]


def text(pk: int, group: int, question: str, keywords: str, is_target: bool = True) -> Text:  # noqa: FBT001, FBT002 a field
    words = tokens(question)
    in_question = frozenset(map(stem, set(words) - COMMON_WORDS))
    in_keywords = frozenset(map(stem, set(tokens(keywords)) - COMMON_WORDS))
    return Text(pk, group, is_target, " ".join(words), in_question, in_keywords - in_question)


def most_similar(
    texts: list[Text], weight: Callable[[str], float], count: int
) -> Iterable[tuple[Text, list[int]]]:
    """Yield for each of `texts` the keys of at most `count` others that are most like it, the most alike first.

    `weight` gives the weight of a stem. Never among them: the article itself or a copy of it, what asks the same
    question, two that ask the same, and what shares no word. Some 0.1 ms each, whatever their number.
    """
    index = _Index(texts, weight)
    for one in texts:
        yield one, index.most_similar(one, count)


def cosine(one: Text, other: Text, weight: Callable[[str], float]) -> float:
    """The cosine itself, from 0 (no word in common) to 1."""
    total = 0.0
    for words, factor in ((one.question, 1.0), (one.keywords, KEYWORD)):
        total += factor * sum(map(weight, words & other.question))
        total += factor * KEYWORD * sum(map(weight, words & other.keywords))
    return total / (_length(one, weight) * _length(other, weight)) if total else 0.0


def _length(one: Text, weight: Callable[[str], float]) -> float:
    return (
        math.sqrt(sum(map(weight, one.question)) + KEYWORD * KEYWORD * sum(map(weight, one.keywords))) or 1.0
    )


class _Index:
    """Which of `texts` use a word, rarest words first."""

    def __init__(self, texts: list[Text], weight: Callable[[str], float]) -> None:
        self._texts = texts
        self._lengths = [_length(one, weight) for one in texts]
        asking: dict[str, list[int]] = {}
        tagged: dict[str, list[int]] = {}
        for position, one in enumerate(texts):
            if one.is_target:
                for word in one.question:
                    asking.setdefault(word, []).append(position)
                for word in one.keywords:
                    tagged.setdefault(word, []).append(position)
        users = Counter({word: len(positions) for word, positions in asking.items()})
        users.update({word: len(positions) for word, positions in tagged.items()})
        by_rarity = sorted(users, key=lambda word: (users[word], word))
        self._rank = {word: rank for rank, word in enumerate(by_rarity)}
        self._words = [
            (users[word], weight(word), asking.get(word, []), tagged.get(word, [])) for word in by_rarity
        ]
        self._shared = [0.0] * len(texts)  # what each text has in common with the one that is looked at

    def most_similar(self, one: Text, count: int) -> list[int]:
        shared = self._shared
        rank = self._rank
        left = COMPARED
        seen: set[int] = set()
        words = {rank[word]: 1.0 for word in one.question if word in rank}
        words |= {rank[word]: KEYWORD for word in one.keywords if word in rank}
        for word in sorted(words):
            users, value, asking, tagged = self._words[word]
            left -= users
            if left < 0 and len(seen) > 1:  # more than the text itself
                break
            value *= words[word]
            seen.update(asking, tagged)
            for position in asking:
                shared[position] += value
            value *= KEYWORD
            for position in tagged:
                shared[position] += value
        # The best sums, from which the lengths of the texts then choose.
        candidates = sorted(seen, key=shared.__getitem__, reverse=True)[: SCORED * count]
        best = self._best(one, candidates, count)
        for position in seen:
            shared[position] = 0.0
        return best

    def _best(self, one: Text, candidates: list[int], count: int) -> list[int]:
        scored = sorted(
            (-self._shared[position] / self._lengths[position], self._texts[position].pk, position)
            for position in candidates
        )
        asked = {one.asked}
        best: list[int] = []
        for _score, pk, position in scored:
            other = self._texts[position]
            if other.group != one.group and other.asked not in asked:
                asked.add(other.asked)
                best.append(pk)
                if len(best) == count:
                    break
        return best
