"""Keeps topics right: places the articles that changed, in a cost that follows how many did.

Triggers of the database note which articles arrived, changed or left (`ArticleToPlace`), so that no writer can forget
to; `place_articles` looks at those, writes the difference between the topics they had and those they have, and counts
only what that moves. Whatever the order of the changes, the outcome is that of placing all articles anew: an article's
topics follow from the article and the table of synonyms, and all else is counts. Each batch is one transaction: a run
that was killed is completed by the next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.dispatch import receiver
from django.utils import timezone

from learn.db import rows
from learn.db.rows import batched
from learn.db.state import lock_writes
from learn.jobs.progress import Progress
from learn.jobs.workers import Workers
from learn.models import Article, ArticleTopic, ArticleToPlace, Topic, TopicCount, TopicName, TopicSlug
from learn.signals import pages_changed, topics_changed

from .counting import Changes, count_stale
from .score import ANSWER_LENGTH, Keyword, keywords

TOGETHER = 500  # articles in one transaction: others wait a third of a second for it
MANY = 1_000  # names: the table of synonyms, which editors fill, is shorter than a list of what to look for
FEW = 50  # articles that are placed at once where they are saved, some milliseconds each


class Placed(NamedTuple):
    """What `place_articles` did."""

    articles: int  # that had changed
    topics: int  # whose articles, counts or titles changed


def place_articles(
    only: Collection[int] | None = None,
    *,
    jobs: int | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Placed:
    """Give the articles that changed since the last run their topics, and count those topics again.

    Of the articles that changed, `only` those with these keys (None: all). Some 0.5 ms for each; of many, `jobs`
    processes (None: one per core) read the keywords.
    """
    notes = ArticleToPlace.objects.order_by("pk")
    noted = list((notes if only is None else notes.filter(pk__in=only)).values_list("pk", flat=True))
    if not noted and only is not None:
        return Placed(0, 0)
    if len(noted) <= FEW:  # a visitor sees all of an edit, or nothing
        with transaction.atomic():
            _place_noted(noted, 1, progress)
            return Placed(len(noted), count_stale())
    _place_noted(noted, jobs, progress)
    placed = Placed(len(noted), count_stale())
    if len(noted) >= TOGETHER:  # so much that PostgreSQL's planner knows nothing of it yet
        rows.analyze(ArticleTopic, Topic, TopicCount)
    return placed


def _place_noted(noted: list[int], jobs: int | None, progress: Progress) -> None:
    done = 0
    with Workers(jobs, len(noted), batch=TOGETHER) as workers:
        # Their texts may change before they are placed: what was read of others is not believed.
        for ahead in workers.map(_read_one, _texts(noted), crashed=_read_one):
            batch = noted[done : done + len(ahead)]
            with transaction.atomic():
                lock_writes()
                if changes := _place(batch, {one.pk: one for one in ahead}):
                    topics_changed.send(sender=Topic, changes=changes)
                ArticleToPlace.objects.filter(pk__in=batch).delete()
            done += len(batch)
            progress(done, len(noted))


@receiver(pages_changed)
def place_saved(pks: Iterable[int], **_kwargs: Any) -> None:
    """Place what an editor saves as soon as it is committed; where much changed, the next run does."""
    if len(few := set(pks)) <= FEW:
        transaction.on_commit(partial(place_articles, few), robust=True)


# --- The topics of articles ------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """An ArticleTopic, but for the article and the topic."""

    subject_id: int
    is_indexable: bool
    score: int
    is_asked: bool
    written: str


Texts = tuple[str, str, str, str]  # question, description, beginning of the answer, keywords
TEXTS = ("question", "description", "start", "keywords")


class Read(NamedTuple):
    """The keywords of an article that says so."""

    pk: int
    texts: Texts | None  # None: it is not to be listed
    keywords: list[Keyword]


def _listed() -> QuerySet[Article, Article]:
    return Article.objects.listable().annotate(start=Left("answer_text", ANSWER_LENGTH))


def _texts(pks: Iterable[int]) -> Iterator[tuple[int, Texts | None]]:
    for part in batched(pks):
        found = {pk: texts for pk, *texts in _listed().filter(pk__in=part).values_list("pk", *TEXTS)}
        yield from ((pk, tuple(found[pk]) if pk in found else None) for pk in part)


def _read_one(article: tuple[int, Texts | None]) -> Read:
    pk, texts = article
    return Read(pk, texts, keywords(*texts) if texts else [])


def _place(batch: list[int], ahead: Mapping[int, Read]) -> Changes:
    """Write the difference between the topics that these articles had and those that they have."""
    before = _stored(batch)
    wanted = _wanted(batch, ahead)
    names = {name for by_name in wanted.values() for name in by_name}
    ids = _topic_ids(names)
    after = {
        (article, ids[name]): row for article, by_name in wanted.items() for name, row in by_name.items()
    }
    gone = [pair for pair in before if pair not in after]
    new = {pair: row for pair, row in after.items() if pair not in before}
    other = {pair: row for pair, row in after.items() if pair in before and before[pair][1] != row}
    # What left as a whole goes by its article: a taken-down one has some eight rows.
    for part in batched(pk for pk in batch if pk not in wanted):
        ArticleTopic.objects.filter(article__in=part).delete()
    for part in batched(before[pair][0] for pair in gone if pair[0] in wanted):
        ArticleTopic.objects.filter(pk__in=part).delete()
    rows.insert(ArticleTopic, [_as_columns(pair, row) for pair, row in new.items()])
    rows.update(
        ArticleTopic,
        [{"pk": before[pair][0], **row._asdict()} for pair, row in other.items()],
        ["subject", "is_indexable", "score", "is_asked", "written"],
    )
    changes = Changes()
    for article, topic in [*gone, *new, *other]:
        changes.listed.add(topic)
        for row in (before.get((article, topic), (0, None))[1], after.get((article, topic))):
            if row is not None:
                changes.places.add((topic, row.subject_id, row.score, article))
                changes.subjects.add(row.subject_id)
    moved = {article for article, _topic in (*gone, *new, *other)}
    changes.beside.update(topic for article, topic in (*before, *after) if article in moved)
    for part in batched(changes.listed):
        Topic.objects.filter(pk__in=part, is_stale=False).update(is_stale=True)
    _note_times(batch, [(pair[1], before[pair][1].subject_id) for pair in gone], after)
    return changes


def _note_times(batch: list[int], left: Iterable[tuple[int, int]], after: dict[tuple[int, int], Row]) -> None:
    """Write when the list of each topic in each subject changed: with its articles, and now where one left."""
    latest = dict.fromkeys(left, timezone.now())
    modified: dict[int, dt.datetime] = {}
    for part in batched(batch):
        modified.update(Article.objects.filter(pk__in=part).values_list("pk", "modified_at"))
    for (article, topic), row in after.items():
        place = topic, row.subject_id
        latest[place] = max(latest.get(place, modified[article]), modified[article])
    topics = {topic for topic, _subject in latest}
    changed = []
    for part in batched(topics):
        counts = TopicCount.objects.filter(topic__in=part)
        for pk, topic, subject, before in counts.values_list("pk", "topic_id", "subject_id", "changed_at"):
            at = latest.get((topic, subject))
            if at is not None and (before is None or before < at):
                changed.append({"pk": pk, "changed_at": at})
    rows.update(TopicCount, changed, ["changed_at"])


def _stored(batch: list[int]) -> dict[tuple[int, int], tuple[int, Row]]:
    """By article and topic: the key of the row, and the row."""
    found: dict[tuple[int, int], tuple[int, Row]] = {}
    for part in batched(batch):
        stored = ArticleTopic.objects.filter(article__in=part)
        for pk, article, topic, *row in stored.values_list("pk", "article_id", "topic_id", *Row._fields):
            found[article, topic] = pk, Row(*row)
    return found


def _wanted(batch: list[int], ahead: Mapping[int, Read]) -> dict[int, dict[str, Row]]:
    """By article, by the name of a topic: the rows that its keywords make."""
    found: dict[int, dict[str, Row]] = {}
    for part in batched(batch):
        columns = ("pk", "subject_id", "is_indexable", *TEXTS)
        read: list[tuple[int, int, bool, list[Keyword]]] = [
            (
                pk,
                subject,
                is_indexable,
                ahead[pk].keywords if ahead[pk].texts == tuple(texts) else keywords(*texts),
            )
            for pk, subject, is_indexable, *texts in _listed().filter(pk__in=part).values_list(*columns)
        ]
        means = synonyms({keyword.name for _pk, _subject, _open, those in read for keyword in those})
        for pk, subject, is_indexable, those in read:
            by_name = found.setdefault(pk, {})
            for keyword in those:
                row = Row(subject, is_indexable, keyword.score, keyword.is_asked, keyword.written)
                name = means.get(keyword.name, keyword.name)
                if name not in by_name or (row.score, row.written) > (
                    by_name[name].score,
                    by_name[name].written,
                ):
                    by_name[name] = row
    return found


def synonyms(names: Iterable[str]) -> dict[str, str]:
    """What the table of synonyms leads these names to, where it does; a chain is followed to its end."""
    steps: dict[str, str] = {}
    asked = set(names)
    if len(asked) > MANY:
        steps = dict(TopicName.objects.values_list("name", "means"))
        asked = set()
    while asked:
        found: dict[str, str] = {}
        for part in batched(asked):
            found.update(TopicName.objects.filter(name__in=part).values_list("name", "means"))
        steps |= found
        asked = set(found.values()) - steps.keys()
    ends: dict[str, str] = {}
    for name in steps:
        passed, end = {name}, steps[name]
        while end in steps and end not in passed:  # a circle ends where it began
            passed.add(end)
            end = steps[end]
        ends[name] = end
    return ends


def _topic_ids(names: set[str]) -> dict[str, int]:
    """The keys of the topics of these names, made where there are none."""
    ids = _known(names)
    if missing := sorted(names - ids.keys()):
        slugs = {name: name.replace(" ", "-") for name in missing}
        taken: set[str] = set()
        for part in batched(slugs.values()):  # an editor gave another topic the address
            taken.update(Topic.objects.filter(slug__in=part).values_list("slug", flat=True))
            taken.update(TopicSlug.objects.filter(slug__in=part).values_list("slug", flat=True))
        rows.insert(
            Topic,
            [
                {"name": name, "slug": f"{slug[:55]}-2" if slug in taken else slug, "forms": {}}
                for name, slug in slugs.items()
            ],
        )
        ids |= _known(missing)
    return ids


def _known(names: Iterable[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for part in batched(names):
        ids.update(Topic.objects.filter(name__in=part).values_list("name", "pk"))
    return ids


def _as_columns(pair: tuple[int, int], row: Row) -> dict[str, Any]:
    return {"article_id": pair[0], "topic_id": pair[1], **row._asdict()}
