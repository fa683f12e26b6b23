"""Near-duplicates: articles that ask the same in other words, as groups for an editor to look at.

Found where similar questions are chosen (learn.related.similar). Nothing is made canonical by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from django.db import transaction

from learn.db.rows import batched
from learn.models import DifferentQuestions, DuplicateGroup, DuplicateMember

# An article near another: its key, the cosine of all their words, and that of their questions' words.
NEAREST = np.dtype([("pk", "<i8"), ("score", "<f8"), ("asked", "<f4")])
# From these cosines on, two articles ask the same. On 407 hand-read groups of a library of 36,000.
ALIKE, ASKED = 0.5, 0.9
# So much alike, one leads on from the other to nothing new, whatever their questions are.
SAME = 0.7

Pair = tuple[int, int]
List = npt.NDArray[np.void]


def count() -> int:
    """How many groups wait for an editor."""
    return DuplicateGroup.objects.count()


def members() -> dict[int, int]:
    """The group of each article that is in one, by their keys."""
    return dict(DuplicateMember.objects.values_list("article_id", "group_id"))


def marked_different() -> set[Pair]:
    """The pairs that an editor marked as different, the smaller key first."""
    return set(DifferentQuestions.objects.values_list("first_id", "second_id"))


def regroup(lists: Mapping[int, List]) -> set[int]:
    """Write the groups that `lists` tell of; return the keys of the articles that entered or left one."""
    different = marked_different()
    likelihood: dict[Pair, float] = {}
    for pk, one in lists.items():
        for entry in one[(one["asked"] >= ASKED) & (one["score"] >= ALIKE)]:
            pair = (min(pk, int(entry["pk"])), max(pk, int(entry["pk"])))
            if pair not in different and int(entry["pk"]) in lists:
                likelihood[pair] = (float(entry["score"]) + float(entry["asked"])) / 2
    wanted = {frozenset(group): least for group, least in _groups(likelihood)}
    stored: dict[int, set[int]] = {}
    for article, group in DuplicateMember.objects.values_list("article_id", "group_id"):
        stored.setdefault(group, set()).add(article)
    standing = {frozenset(group): number for number, group in stored.items()}
    gone = [number for group, number in standing.items() if group not in wanted]
    new = sorted((group for group in wanted if group not in standing), key=min)
    with transaction.atomic():
        for batch in batched(gone):
            DuplicateGroup.objects.filter(pk__in=batch).delete()
        DuplicateGroup.objects.filter(members=None).delete()
        for groups in batched(new):
            made = DuplicateGroup.objects.bulk_create(
                DuplicateGroup(likelihood=wanted[group]) for group in groups
            )
            DuplicateMember.objects.bulk_create(
                DuplicateMember(article_id=article, group=row)
                for row, group in zip(made, groups, strict=True)
                for article in sorted(group)
            )
    return {pk for number in gone for pk in stored[number]} | {pk for group in new for pk in group}


def _groups(likelihood: Mapping[Pair, float]) -> list[tuple[set[int], float]]:
    """The groups that the pairs make, each with the likelihood of its least alike pair."""
    group_of: dict[int, tuple[set[int], list[float]]] = {}
    for (first, second), value in sorted(likelihood.items()):
        here = group_of.get(first, ({first}, []))
        there = group_of.get(second, ({second}, []))
        if here is not there:
            here = (here[0] | there[0], here[1] + there[1])
        here[1].append(value)
        for pk in here[0]:
            group_of[pk] = here
    distinct = {id(group): group for group in group_of.values()}
    return [(pks, round(min(values), 3)) for pks, values in distinct.values()]


def without_repetitions(
    pk: int, original: int, one: List, group_of: Mapping[int, int], different: set[Pair]
) -> list[int]:
    """The keys of a list in their order, without what asks the same as the article, or as one before it."""
    own = {group_of.get(pk), group_of.get(original)} - {None}
    seen: set[int | None] = set(own)
    chosen: list[int] = []
    for entry in one.tolist():
        other, score, asked = entry
        repeats = score >= SAME or (asked >= ASKED and score >= ALIKE)
        repeats = repeats and (min(pk, other), max(pk, other)) not in different
        group = group_of.get(other)
        if repeats or (group is not None and group in seen):
            continue
        seen.add(group)
        chosen.append(other)
    return chosen
