"""How alike the questions of one subject are. Pure: texts in, lists of keys out.

Two articles are alike as the cosine of their words is: each word of the question counts once, each of the keywords
half, by the square of how rare it is in the library. Measured on real articles, the keywords add a third to how often
the links that editors had chosen themselves are found; the description adds nothing to that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import NamedTuple

from .search.words import COMMON_WORDS, stem, tokens

KEYWORD = 0.5  # of what a word of the question counts
# Articles that an article is compared with, about: those that share its rarest words. Twice as many find 3 % more.
COMPARED = 300
# Of the best sum of shared words: what is below cannot become one of the best when lengths are evened out.
WORTH_SCORING = 0.35


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


def text(pk: int, group: int, question: str, keywords: str, *, is_target: bool) -> Text:
    words = tokens(question)
    in_question = frozenset(stem(word) for word in words if word not in COMMON_WORDS)
    in_keywords = frozenset(stem(word) for word in tokens(keywords) if word not in COMMON_WORDS)
    return Text(pk, group, is_target, " ".join(words), in_question, in_keywords - in_question)


def nearest(
    texts: list[Text], weight: Callable[[str], float], count: int
) -> Iterable[tuple[Text, list[int]]]:
    """Yield for each of `texts` the keys of at most `count` others that are most like it, the most alike first.

    `weight` gives the weight of a stem. Never among them: the article itself or a copy of it, what asks the same
    question, two that ask the same, and what shares no word. Some 0.1 ms each, whatever their number.
    """
    asking: dict[str, list[int]] = {}
    tagged: dict[str, list[int]] = {}
    lengths: list[float] = []
    for position, one in enumerate(texts):
        lengths.append(_length(one, weight))
        if one.is_target:
            for word in one.question:
                asking.setdefault(word, []).append(position)
            for word in one.keywords:
                tagged.setdefault(word, []).append(position)
    users = {
        word: len(asking.get(word, ())) + len(tagged.get(word, ())) for word in asking.keys() | tagged.keys()
    }
    shared = [0.0] * len(texts)
    for one in texts:
        seen = _add_shared(one, weight, asking, tagged, users, shared)
        yield one, _best(one, texts, seen, shared, lengths, count)
        for position in seen:
            shared[position] = 0.0


def likeness(one: Text, other: Text, weight: Callable[[str], float]) -> float:
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


def _add_shared(
    one: Text,
    weight: Callable[[str], float],
    asking: dict[str, list[int]],
    tagged: dict[str, list[int]],
    users: dict[str, int],
    shared: list[float],
) -> set[int]:
    """Add up in `shared` what each other text has in common with `one`, rarest words first; return who has anything."""
    left = COMPARED
    lists: list[list[int]] = []
    for word in sorted(
        (word for word in one.question | one.keywords if word in users), key=lambda w: (users[w], w)
    ):
        left -= users[word]
        if left < 0 and lists:
            break
        value = weight(word) * (1.0 if word in one.question else KEYWORD)
        if positions := asking.get(word):
            lists.append(positions)
            for position in positions:
                shared[position] += value
        if positions := tagged.get(word):
            lists.append(positions)
            value *= KEYWORD
            for position in positions:
                shared[position] += value
    return set().union(*lists)


def _best(
    one: Text, texts: list[Text], seen: set[int], shared: list[float], lengths: list[float], count: int
) -> list[int]:
    if not seen:
        return []
    worth = max(map(shared.__getitem__, seen)) * WORTH_SCORING
    candidates = [position for position in seen if shared[position] >= worth]
    if len(candidates) < 3 * count:
        candidates = list(seen)
    scored = [
        (-shared[position] / lengths[position], texts[position].pk, position) for position in candidates
    ]
    scored.sort(key=itemgetter(0, 1))
    asked = {one.asked}
    best: list[int] = []
    for _score, pk, position in scored:
        other = texts[position]
        if other.group != one.group and other.asked not in asked:
            asked.add(other.asked)
            best.append(pk)
            if len(best) == count:
                break
    return best
