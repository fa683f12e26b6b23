"""What is compared to find similar questions: the features of all articles, and who may lead to whom."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models.functions import Left

from learn.db import rows
from learn.db.rows import batched
from learn.jobs.workers import Workers
from learn.models import Article, ArticleVector, RelatedLink, SimilarityBasis
from learn.search import spelling

from . import vectors
from .vectors import Integers

Basis = tuple[npt.NDArray[np.int32], int]  # how many of that many articles use each word


def basis() -> Basis | None:
    row = SimilarityBasis.objects.first()
    if row is None:
        return None
    return np.frombuffer(zlib.decompress(bytes(row.users)), dtype=np.int32), row.size


def count_words(encoded: Sequence[bytes]) -> Basis:
    """Count the words anew, and keep the numbers."""
    users = vectors.count(encoded)
    packed = zlib.compress(users.tobytes(), 1)
    SimilarityBasis.objects.update_or_create(pk=1, defaults={"size": len(encoded), "users": packed})
    return users, len(encoded)


def encode(pks: list[int] | None, jobs: int | None) -> None:
    """Store the features of these articles; None: of all that have none, or other text than when they were noted."""
    wanted = list(Article.objects.order_by("pk").values_list("pk", flat=True)) if pks is None else pks
    with Workers(jobs, len(wanted), batch=rows.BATCH) as workers:
        for new in workers.map(_features, _texts(wanted), crashed=_features):
            with transaction.atomic():
                rows.upsert(ArticleVector, new, ["article"], ["features"])


def _texts(pks: list[int]) -> Iterator[tuple[int, str, str, str, str]]:
    columns = ("pk", "question", "keywords", "description", "start")
    start = Left("answer_text", vectors.ANSWER_LENGTH)
    for batch in batched(pks):
        yield from Article.objects.filter(pk__in=batch).annotate(start=start).values_list(*columns)


def _features(article: tuple[int, str, str, str, str]) -> rows.Row:
    pk, *texts = article
    return {"article_id": pk, "features": vectors.encode(*texts)}


def add_words(pks: list[int]) -> None:
    """Add what is new in the public ones of these articles to the vocabulary."""
    words: Counter[str] = Counter()
    for batch in batched(pks):
        public = Article.objects.filter(pk__in=batch, is_indexable=True)
        for texts in public.values_list("question", "keywords", "description"):
            words.update(spelling.words_of(texts))
    spelling.add_words(words)


class Members(NamedTuple):
    """All articles in the order of their keys: who stands where, and who may be led to."""

    keys: Integers
    originals: Integers
    subjects: Integers
    is_target: npt.NDArray[np.bool_]
    is_indexable: npt.NDArray[np.bool_]

    def targets_of(self, place: int) -> npt.NDArray[np.bool_]:
        """Whom the article at `place` may lead to: originals, of its own subject or of one that lists show."""
        allowed = self.is_target & (self.is_indexable | (self.subjects == self.subjects[place]))
        found: npt.NDArray[np.bool_] = allowed & (self.originals != self.originals[place])
        return found

    def led_by(self, place: int) -> npt.NDArray[np.bool_]:
        """Who may lead to the article at `place`."""
        if not self.is_target[place]:
            return np.zeros(len(self.keys), dtype=bool)
        others: npt.NDArray[np.bool_] = self.originals != self.originals[place]
        if not self.is_indexable[place]:
            others &= self.subjects == self.subjects[place]
        return others


def members() -> Members:
    columns = "pk", "canonical_id", "subject_id", "status", "no_index", "is_indexable"
    # Articles that came after the features were stored wait for the next run.
    found = list(Article.objects.filter(vector__isnull=False).order_by("pk").values_list(*columns))
    published = Article.Status.PUBLISHED
    return Members(
        np.array([pk for pk, *_rest in found], dtype=np.int64),
        np.array([canonical or pk for pk, canonical, *_rest in found], dtype=np.int64),
        np.array([subject for _pk, _canonical, subject, *_rest in found], dtype=np.int64),
        np.array(
            [
                canonical is None and status == published and not hidden
                for _, canonical, _, status, hidden, _ in found
            ],
            dtype=bool,
        ),
        np.array([is_indexable for *_rest, is_indexable in found], dtype=bool),
    )


def features(members: Members) -> list[bytes]:
    """The features of all of `members`, in their order."""
    found = dict(ArticleVector.objects.values_list("article_id", "features").iterator(chunk_size=5_000))
    return [bytes(found.get(pk, b"")) for pk in members.keys.tolist()]


Links = dict[
    int, list[tuple[int, int]]
]  # by the key of an article: the targets of its links, and their originals


def links(members: Members) -> Links:
    """The related links that lead to an article. One query."""
    original = dict(zip(members.keys.tolist(), members.originals.tolist(), strict=True))
    links: Links = {}
    found = RelatedLink.objects.filter(target__isnull=False).order_by("article", "position")
    for pk, target in found.values_list("article_id", "target_id").iterator(chunk_size=5_000):
        if original.get(target) in original:
            links.setdefault(pk, []).append((target, original[target]))
    return links
