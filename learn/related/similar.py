"""Similar questions: computed outside of requests, stored, and computed again in subjects where something changed.

An article's similar questions come from its own subject; from others only where that has too few. So the unit of work
is the subject: triggers of the database note in which one something changed (`SubjectToRelate`), and `refresh_similar`
looks at those. Every step may be repeated, and a run that was killed is completed by the next one.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from learn import search
from learn.db import rows
from learn.db.rows import batched
from learn.jobs.progress import Progress
from learn.jobs.workers import Workers
from learn.models import Article, SearchWord, SimilarQuestions, Subject, SubjectToRelate
from learn.models.querysets import ArticleQuerySet
from learn.search import spelling
from learn.search.matching import Search
from learn.search.query import HEAD, Phrase, Query
from learn.search.words import COMMON_WORDS, stem, tokens

from . import popular, similarity
from .shown import SHOWN
from .similarity import Text

STORED = 8  # per article: some will repeat the editors' links, some may be unpublished before the next run
LEAST = 3  # with fewer even so, an article leads to whatever stands next to it in its subject
FROM_OTHERS = 100  # articles of other subjects that one is compared with
RAREST = 5  # of its words, by which these are looked up


class Refreshed(NamedTuple):
    """What a run of `refresh_similar` did."""

    subjects: int
    articles: int  # whose similar questions changed


def refresh_similar(
    *, everything: bool = False, jobs: int | None = None, progress: Progress = lambda _done, _total: None
) -> Refreshed:
    """Choose the similar questions of every subject where an article changed; `everything`: of all.

    Also counts the related links (learn.related.popular), and brings the vocabulary up to date, from which the rarity
    of a word is known: with the words of the changed subjects, or, where most of the library changed, as a whole.
    Short transactions; a few subjects at a time are in memory. Some 0.2 ms per article of the subjects looked at, in
    `jobs` processes where they are many.
    """
    search.repair_index()  # a killed import may have left it: this is what runs most often
    is_new = everything or _is_mostly_new()
    if is_new:
        search.refresh_vocabulary()
        SubjectToRelate.objects.bulk_create(
            (SubjectToRelate(subject_id=pk) for pk in Subject.objects.values_list("pk", flat=True)),
            ignore_conflicts=True,
        )
    # The largest first: it would keep the others waiting at the end.
    sizes = Article.objects.filter(subject_id=OuterRef("subject_id")).order_by().values("subject_id")
    size = Coalesce(Subquery(sizes.annotate(count=Count("pk")).values("count")), 0)
    waiting = list(
        SubjectToRelate.objects.annotate(size=size)
        .order_by("-size", "subject_id")
        .values_list("subject_id", "size")
    )
    subjects = [subject_id for subject_id, _size in waiting]
    weights = Weights()
    changed = 0
    with Workers(jobs, sum(size for _subject, size in waiting), batch=1) as workers:
        for done, stored in enumerate(_refresh_subjects(subjects, weights, workers, adds_words=not is_new)):
            changed += stored
            progress(done + 1, len(subjects))
        spoiled = _spoiled_subjects()
        changed += sum(_refresh_subjects(spoiled, weights, workers, adds_words=False))
    if subjects:
        popular.refresh()
    return Refreshed(len(subjects) + len(spoiled), changed)


def suggestions(article: Article, count: int = STORED) -> list[Article]:
    """The public articles most similar to `article` as it is now, saved or not: suggestions for related links."""
    one = similarity.text(
        article.pk or 0,
        article.canonical_id or article.pk or 0,
        article.question,
        article.keywords,
        is_target=False,
    )
    words = f"{article.question} {article.keywords}"
    found = _similar(one, words, Article.objects.indexable(), Weights())[:count]
    articles = Article.objects.for_listing().in_bulk(found)
    return [articles[pk] for pk in found if pk in articles]


class Weights:
    """How much a stem says about an article: the square of the logarithm of its rarity in the vocabulary."""

    def __init__(self) -> None:
        self.load()

    def load(self) -> None:
        """Read the vocabulary. Two queries, some 50 ms for 24,000 words."""
        # From the vocabulary alone, not from the number of articles: an edit elsewhere then changes no list.
        common = SearchWord.objects.aggregate(most=Max("articles"))["most"] or 1
        self._scale = 4.0 * common
        counted = SearchWord.objects.values("stem").order_by().annotate(count=Sum("articles"))
        self.articles: dict[str, int] = dict(counted.values_list("stem", "count"))
        self._weights: dict[str, float] = {}

    def __call__(self, stem: str) -> float:
        weight = self._weights.get(stem)
        if weight is None:
            rarity = 1 + self._scale / self.articles.get(stem, 1)
            weight = self._weights[stem] = math.log(rarity) ** 2
        return weight


Source = tuple[int, int, str, str, bool]  # the arguments of similarity.text


class _Row(NamedTuple):
    """An article of a subject, with what it is compared by."""

    pk: int
    canonical: int | None
    question: str
    keywords: str
    description: str
    status: str
    no_index: bool
    is_indexable: bool

    @property
    def is_target(self) -> bool:
        """Whether other articles may lead to it: the original, in lists now or when it falls due."""
        return self.status == Article.Status.PUBLISHED and not self.no_index and self.canonical is None

    @property
    def source(self) -> Source:
        return self.pk, self.canonical or self.pk, self.question, self.keywords, self.is_target


class _List(NamedTuple):
    """A row of SimilarQuestions; an object of the model for each of them would cost more than to choose them."""

    article_id: int
    targets: list[int]
    leaves_subject: bool


def _is_mostly_new() -> bool:
    """Whether more than half of the articles stand in subjects that wait, or there is no vocabulary yet."""
    waiting = SubjectToRelate.objects.values("subject_id")
    if not SearchWord.objects.exists():
        return True
    return Article.objects.filter(subject_id__in=waiting).count() * 2 > Article.objects.count()


def _refresh_subjects(
    subjects: list[int], weights: Weights, workers: Workers, *, adds_words: bool
) -> Iterator[int]:
    """Choose the similar questions of the articles of each subject; yield how many lists changed.

    A subject counts as done only if nothing in it changed in the meantime.
    """
    taken: deque[tuple[int, list[_Row]]] = deque()

    def sources() -> Iterator[list[Source]]:
        for subject_id in subjects:
            SubjectToRelate.objects.filter(pk=subject_id).update(is_taken=True)
            rows = _rows(subject_id)
            if adds_words and _add_words(rows):
                weights.load()
            taken.append((subject_id, rows))
            yield [row.source for row in rows]

    most_similar = partial(_most_similar, weights)
    for (own,) in workers.map(most_similar, sources(), crashed=most_similar):
        subject_id, rows = taken.popleft()
        changed = _store(subject_id, _completed(subject_id, rows, own, weights))
        SubjectToRelate.objects.filter(pk=subject_id, is_taken=True).delete()
        yield changed


def _most_similar(weights: Weights, sources: list[Source]) -> list[list[int]]:
    """For each article of a subject the keys of the most similar of the others; runs in worker processes."""
    texts = [similarity.text(*source) for source in sources]
    return [found for _one, found in similarity.most_similar(texts, weights, STORED)]


def _rows(subject_id: int) -> list[_Row]:
    return [
        _Row(*row)
        for row in Article.objects.filter(subject_id=subject_id).order_by("pk").values_list(
            "pk", "canonical_id", "question", "keywords", "description", "status", "no_index", "is_indexable"
        )
    ]  # fmt: skip


def _add_words(rows: Iterable[_Row]) -> int:
    """Add what is new in the public ones of `rows` to the vocabulary; return how many words."""
    words: Counter[str] = Counter()
    for row in rows:
        if row.is_indexable:
            words.update(spelling.words_of((row.question, row.keywords, row.description)))
    return spelling.add_words(words)


def _completed(
    subject_id: int, rows: list[_Row], own_similar: list[list[int]], weights: Weights
) -> Iterator[_List]:
    """The lists of the articles `rows`: `own_similar` of each and, where that is too little, others."""
    elsewhere = Article.objects.indexable().exclude(subject_id=subject_id)
    for row, own in zip(rows, own_similar, strict=True):
        chosen = own
        others: list[int] = []
        if len(own) < SHOWN:
            one = similarity.text(*row.source)
            others = _similar(one, f"{row.question} {row.keywords}", elsewhere, weights)[: SHOWN - len(own)]
            chosen = own + others
            if len(chosen) < LEAST:
                chosen += _next_to(row, rows, LEAST - len(chosen), without=set(chosen))
        yield _List(row.pk, chosen, bool(others))


def _similar(one: Text, words: str, scope: ArticleQuerySet, weights: Weights) -> list[int]:
    """The keys of articles in `scope` that share the rarest of `words` with `one`, best first. Two queries."""
    known = {word for word in tokens(words) if stem(word) in weights.articles and word not in COMMON_WORDS}
    rarest = sorted(known, key=lambda word: (weights.articles[stem(word)], word))[:RAREST]
    if not rarest:
        return []
    query = Query(text=words, required=(tuple(Phrase((word,)) for word in rarest),))
    scored = []
    for row in Search(query, scope).candidates(HEAD, FROM_OTHERS):
        other = similarity.text(row.pk, row.pk, row.question, row.keywords)
        if other.group != one.group and other.asked != one.asked:
            scored.append((-similarity.cosine(one, other, weights), row.pk, other.asked))
    best: dict[str, int] = {}
    for score, pk, asked in sorted(scored):
        if score < 0:
            best.setdefault(asked, pk)
    return list(best.values())


def _next_to(row: _Row, rows: list[_Row], count: int, without: set[int]) -> list[int]:
    """The keys of the `count` articles that come after `row` in its subject, beginning again at the end."""
    later = [other for other in rows if other.pk > row.pk] + [other for other in rows if other.pk < row.pk]
    asked = {row.question, *(other.question for other in rows if other.pk in without)}
    found: list[int] = []
    for other in later:
        if len(found) == count:
            break
        if other.is_target and other.pk != row.canonical and other.question not in asked:
            asked.add(other.question)
            found.append(other.pk)
    return found


def _store(subject_id: int, chosen: Iterable[_List]) -> int:
    """Write the lists that are new or other than they were; return how many."""
    lists = SimilarQuestions.objects.filter(article__subject_id=subject_id)
    stored = {pk: _List(pk, *rest) for pk, *rest in lists.values_list("pk", "targets", "leaves_subject")}
    changed = [one for one in chosen if stored.get(one.article_id) != one]
    for batch in batched(changed):
        try:
            _write(batch)
        except IntegrityError:  # an article was deleted since it was read
            living = set(
                Article.objects.filter(pk__in=[one.article_id for one in batch]).values_list("pk", flat=True)
            )
            _write([one for one in batch if one.article_id in living])
    return len(changed)


def _write(batch: list[_List]) -> None:
    with transaction.atomic():
        rows.upsert(
            SimilarQuestions, [one._asdict() for one in batch], ["article"], ["targets", "leaves_subject"]
        )


def _spoiled_subjects() -> list[int]:
    """The subjects with an article that leads to another subject's article which may no longer be shown."""
    leaving = SimilarQuestions.objects.filter(leaves_subject=True)
    rows = list(leaving.values_list("article__subject_id", "targets"))
    wanted = sorted({pk for _subject, targets in rows for pk in targets})
    living: set[int] = set()
    for batch in batched(wanted):
        living.update(
            Article.objects.filter(
                pk__in=batch,
                status=Article.Status.PUBLISHED,
                no_index=False,
                canonical=None,
            ).values_list("pk", flat=True)
        )
    return sorted({subject for subject, targets in rows if not living.issuperset(targets)})
