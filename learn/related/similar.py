"""Similar questions: computed outside of requests, stored, and computed again where something changed.

An article's similar questions come from the whole library. Triggers of the database note which articles arrived,
changed or left (`ArticleToRelate`), and `refresh_similar` compares each of those with all others, and writes the lists
that gain or lose one. How rare a word is, is counted once and kept until the library has grown, so that a list is the
same whichever way it came about. Every step may be repeated, and a run that was killed is completed by the next.
"""

from __future__ import annotations

from bisect import bisect
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from django.db import IntegrityError, transaction

from learn import search
from learn.db import rows
from learn.db.rows import batched
from learn.jobs.progress import Progress
from learn.jobs.workers import Workers
from learn.models import (
    Article,
    ArticleToRelate,
    SimilarQuestions,
)

from . import compared, duplicates, popular, vectors
from .compared import Links, Members
from .duplicates import NEAREST
from .shown import SHOWN
from .vectors import Library

STORED = 8  # per article: some will repeat the editors' links, some may be unpublished before the next run
LEAST = 3  # with fewer even so, an article leads to whatever stands next to it in its subject
COMPARED = 24  # of the most similar ones, before what asks the same is left out
TOGETHER = 500  # articles that one process compares at a time
# A link of a file that is less like its article than this leads elsewhere: of 19 that were judged useless, 16 are, and
# of 32 that were not, 9. It is shown behind the similar ones.
LINK_FLOOR = 0.2
GROWN = 1.5  # the library against what it was when words were counted: beyond, they are counted anew


class Refreshed(NamedTuple):
    """What a run of `refresh_similar` did."""

    changed: int  # articles that had changed
    articles: int  # whose similar questions changed
    groups: int  # of near-duplicates, in all


def refresh_similar(
    *, everything: bool = False, jobs: int | None = None, progress: Progress = lambda _done, _total: None
) -> Refreshed:
    """Choose similar questions anew for the articles that changed, and for whose lists they concern; `everything`: all.

    Also finds near-duplicates (learn.related.duplicates), counts the links anew (learn.related.popular), and brings the
    vocabulary up to date. Some 0.5 ms for each article that is compared, in `jobs` processes where they are many, and
    a second to read 36,000; 0.7 KB of memory for each article of the library.
    """
    search.repair_index()  # a killed import may have left it: this is what runs most often
    noted = list(ArticleToRelate.objects.order_by("pk").values_list("pk", flat=True))
    size = Article.objects.count()
    basis = compared.basis()
    has_outgrown = basis is None or size > GROWN * basis[1]
    is_new = everything or has_outgrown or len(noted) * 2 > size
    if not noted and not everything:
        return Refreshed(0, 0, duplicates.count())
    for batch in batched(noted):
        ArticleToRelate.objects.filter(pk__in=batch).update(is_taken=True)
    compared.encode(None if is_new else noted, jobs)
    if is_new:
        search.refresh_vocabulary()
    else:
        compared.add_words(noted)
    members = compared.members()
    encoded = compared.features(members)
    if basis is None or has_outgrown:
        basis = compared.count_words(encoded)
    library = Library(encoded, *basis)
    before = _stored()
    found = _compare(library, members, before, None if is_new else set(noted), jobs, progress)
    written = _store(members, found, before)
    for batch in batched(noted):
        ArticleToRelate.objects.filter(pk__in=batch, is_taken=True).delete()
    popular.refresh()
    return Refreshed(len(noted), written, duplicates.count())


# --- Comparing --------------------------------------------------------------------------------------------------------

Lists = dict[int, npt.NDArray[np.void]]  # by the key of an article: NEAREST, the most alike first


class Stored(NamedTuple):
    """What the last run left, by the key of the article."""

    lists: Lists
    targets: dict[int, list[int]]
    weak: dict[int, list[int]]


def _stored() -> Stored:
    """The lists as the last run left them. One query, 0.1 s for 36,000."""
    lists: Lists = {}
    targets: dict[int, list[int]] = {}
    weak: dict[int, list[int]] = {}
    stored = SimilarQuestions.objects.values_list("article_id", "nearest", "targets", "weak_links")
    for pk, nearest, chosen, too_weak in stored.iterator(chunk_size=5_000):
        lists[pk] = np.frombuffer(bytes(nearest), dtype=NEAREST)
        targets[pk], weak[pk] = chosen, too_weak
    return Stored(lists, targets, weak)


# What the processes that compare share with the one that forked them: copied, it would cost as much as comparing.
_shared: dict[str, tuple[Library, Members, Links]] = {}


class Compared(NamedTuple):
    """The lists and the weak links of all articles, and the keys of those that are other than they were."""

    lists: Lists
    weak: dict[int, list[int]]
    changed: set[int]


def _compare(
    library: Library,
    members: Members,
    before: Stored,
    noted: set[int] | None,
    jobs: int | None,
    progress: Progress,
) -> Compared:
    """Compare the articles of `noted`, and those that they concern; None: all.

    An article that changed is compared with all. Of the others, a list that loses one is made anew, because who comes
    after its last is not known; one that gains one takes it in.
    """
    place_of = {pk: place for place, pk in enumerate(members.keys.tolist())}
    links = compared.links(members)
    lists: Lists = {}
    weak: dict[int, list[int]] = {}
    gains: dict[int, list[tuple[int, float]]] = {}
    anew: list[int] = list(place_of.values())
    if noted is not None:
        lists = {pk: one for pk, one in before.lists.items() if pk in place_of}
        weak = {pk: before.weak[pk] for pk in lists}
        gains, losing = _effects(library, members, lists, noted)
        losing |= {
            pk for pk, targets in links.items() if any(target in noted for target, _original in targets)
        }
        losing |= noted | (place_of.keys() - lists.keys())
        anew = sorted(place_of[pk] for pk in losing if pk in place_of)
    _shared["library"] = library, members, links
    try:
        with Workers(jobs, len(anew), batch=1) as workers:
            done = 0
            for (found,) in workers.map(_nearest, batched(anew, TOGETHER), crashed=_nearest):
                for pk, one, too_weak in found:
                    lists[pk], weak[pk] = one, too_weak
                done += len(found)
                progress(done, len(anew))
    finally:
        _shared.clear()
    made = {int(members.keys[place]) for place in anew}
    for pk in gains.keys() - made:
        lists[pk] = _merged(library, place_of, lists[pk], pk, gains[pk])
    changed = {
        pk
        for pk in made | gains.keys()
        if not _is_equal(lists[pk], before.lists.get(pk)) or weak[pk] != before.weak.get(pk)
    }
    return Compared(lists, weak, changed)


def _effects(
    library: Library, members: Members, lists: Lists, noted: set[int]
) -> tuple[dict[int, list[tuple[int, float]]], set[int]]:
    """What the articles of `noted` do to the lists of others: who gains which, and who loses one."""
    owners = np.array(list(lists), dtype=np.int64)
    lengths = np.fromiter((len(one) for one in lists.values()), dtype=np.int64, count=len(lists))
    entries = np.concatenate(list(lists.values())) if lists else np.zeros(0, dtype=NEAREST)
    of = np.repeat(owners, lengths)
    held = np.isin(entries["pk"], np.array(sorted(noted), dtype=np.int64))
    losing = set(of[held].tolist()) - noted
    # Beyond which likeness another one enters a list; a list that is not full takes all that share a word.
    floors = np.zeros(len(members.keys))
    ends = np.cumsum(lengths) - 1
    full = lengths == COMPARED
    floors[np.searchsorted(members.keys, owners[full])] = entries["score"][ends[full]]
    gains: dict[int, list[tuple[int, float]]] = {}
    for place in np.flatnonzero(np.isin(members.keys, np.array(sorted(noted), dtype=np.int64))).tolist():
        if not members.is_target[place]:
            continue  # nobody may lead to it: to look who might is most of what taking down many would cost
        scores = library.likeness(place)
        gaining = np.flatnonzero(members.led_by(place) & (scores > 0) & (scores >= floors))
        for other in gaining.tolist():
            gains.setdefault(int(members.keys[other]), []).append(
                (int(members.keys[place]), float(scores[other]))
            )
    return gains, losing


def _nearest(places: list[int]) -> list[tuple[int, npt.NDArray[np.void], list[int]]]:
    """The lists and the weak links of the articles at `places`; runs in worker processes."""
    library, members, links = _shared["library"]
    found = []
    for place in places:
        pk = int(members.keys[place])
        scores = library.likeness(place)
        best = vectors.best(scores, members.targets_of(place), members.keys, COMPARED)
        one = np.zeros(len(best.positions), dtype=NEAREST)
        one["pk"], one["score"] = members.keys[best.positions], best.scores
        one["asked"] = [
            round(library.asked_likeness(place, other), 4) if score >= duplicates.ALIKE else 0
            for other, score in zip(best.positions.tolist(), best.scores.tolist(), strict=True)
        ]
        of = links.get(pk, [])
        likeness = scores[
            np.searchsorted(members.keys, np.array([original for _, original in of], dtype=np.int64))
        ]
        weak = [
            target for (target, _), score in zip(of, likeness.tolist(), strict=True) if score < LINK_FLOOR
        ]
        found.append((pk, one, sorted(set(weak))))
    return found


def _merged(
    library: Library,
    place_of: dict[int, int],
    old: npt.NDArray[np.void],
    pk: int,
    gained: list[tuple[int, float]],
) -> npt.NDArray[np.void]:
    new = np.zeros(len(gained), dtype=NEAREST)
    new["pk"] = [other for other, _score in gained]
    new["score"] = [score for _other, score in gained]
    new["asked"] = [
        round(library.asked_likeness(place_of[pk], place_of[other]), 4) if score >= duplicates.ALIKE else 0
        for other, score in gained
    ]
    both = np.concatenate([old, new])
    return both[np.lexsort((both["pk"], -both["score"]))[:COMPARED]]


def _is_equal(one: npt.NDArray[np.void], other: npt.NDArray[np.void] | None) -> bool:
    return other is not None and one.tobytes() == other.tobytes()


# --- Choosing and storing ---------------------------------------------------------------------------------------------


def _store(members: Members, found: Compared, before: Stored) -> int:
    """Group what asks the same, choose the targets of the lists that this concerns, write them; return how many."""
    lists, weak, changed = found
    targets = set(members.keys[members.is_target].tolist())
    regrouped = duplicates.regroup({pk: one for pk, one in lists.items() if pk in targets})
    group_of = duplicates.members()
    concerned = set(changed) | (regrouped & lists.keys())
    if regrouped:
        concerned |= _holding(lists, regrouped)
    by_subject: dict[int, list[int]] = {}
    for pk, subject, is_target in zip(
        members.keys.tolist(), members.subjects.tolist(), members.is_target.tolist(), strict=True
    ):
        if is_target:
            by_subject.setdefault(subject, []).append(pk)
    places = dict(
        zip(
            members.keys.tolist(),
            zip(members.originals.tolist(), members.subjects.tolist(), strict=True),
            strict=True,
        )
    )
    different = duplicates.marked_different()
    # A list that was filled up with whatever stands next may hold what is gone.
    short = {pk for pk, one in lists.items() if len(one) < SHOWN}
    new: list[dict[str, Any]] = []
    for pk in sorted(concerned | short):
        original, subject = places[pk]
        chosen = duplicates.without_repetitions(pk, original, lists[pk], group_of, different)[:STORED]
        if len(chosen) < LEAST:
            chosen += _next_to(
                pk,
                original,
                by_subject.get(subject, []),
                {*chosen, *lists[pk]["pk"].tolist()},
                LEAST - len(chosen),
            )
        if pk in changed or before.targets.get(pk) != chosen:
            new.append(
                {"article_id": pk, "targets": chosen, "weak_links": weak[pk], "nearest": lists[pk].tobytes()}
            )
    for batch in batched(new):
        try:
            _write(batch)
        except IntegrityError:  # an article was deleted since it was read
            living = set(
                Article.objects.filter(pk__in=[one["article_id"] for one in batch]).values_list(
                    "pk", flat=True
                )
            )
            _write([one for one in batch if one["article_id"] in living])
    return sum(before.targets.get(one["article_id"]) != one["targets"] for one in new)


def _holding(lists: Lists, wanted: set[int]) -> set[int]:
    """The keys of the lists that hold one of `wanted`."""
    owners = np.repeat(np.array(list(lists), dtype=np.int64), [len(one) for one in lists.values()])
    held = np.concatenate([one["pk"] for one in lists.values()])
    return set(owners[np.isin(held, np.array(sorted(wanted), dtype=np.int64))].tolist())


def _next_to(pk: int, original: int, peers: list[int], without: set[int], amount: int) -> list[int]:
    """The keys of `amount` articles that come after this one in its subject, beginning again at the end."""
    start = bisect(peers, pk)
    later = (
        peer
        for peer in [*peers[start:], *peers[:start]]
        if peer not in {pk, original} and peer not in without
    )
    return list(islice(later, amount))


def _write(batch: list[dict[str, Any]]) -> None:
    with transaction.atomic():
        rows.upsert(SimilarQuestions, batch, ["article"], ["targets", "weak_links", "nearest"])
