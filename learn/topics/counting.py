"""Counts the articles of topics, and decides what follows: what pages call a topic, and which pages it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, IntegerField, Max, OuterRef, Subquery, Sum
from django.db.models.functions import Cast

from learn.db import rows
from learn.db.rows import batched
from learn.db.state import lock_writes
from learn.models import ArticleTopic, Topic, TopicCount, TopicName, TopicSlug
from learn.signals import topics_changed

from . import LEAST
from .names import name_of

TOGETHER = 500  # topics in one transaction
# A word of all subjects that hardly any question asks about: `accountability`. Found by reading those beyond.
WIDESPREAD = 8  # subjects
WIDEST_SHARE = 0.35  # of its articles, that its largest subject has at most
RARELY_ASKED = 0.1  # of its articles


@dataclass
class Changes:
    """What a batch changed, for whoever keeps pages: primary keys of topics, and places in their order."""

    listed: set[int] = field(default_factory=set)  # whose lists or counts changed
    beside: set[int] = field(
        default_factory=set
    )  # of the same articles: what goes with them may have changed
    labelled: set[int] = field(
        default_factory=set
    )  # whose title, address or visibility changed: on every article
    places: set[tuple[int, int, int, int]] = field(default_factory=set)  # topic, subject, score, article
    subjects: set[int] = field(default_factory=set)  # in whose list of topics something changed
    paths: set[str] = field(default_factory=set)  # addresses that no topic has any more

    def __bool__(self) -> bool:
        return bool(self.listed or self.labelled or self.paths)


class Counted(NamedTuple):
    """The articles of a topic in one subject."""

    articles: int
    indexable: int
    asked: int


def count_stale() -> int:
    """Count the articles of the topics of which one came, changed or left, and decide what follows; how many changed.

    Title, home, pages follow from the counts. A topic that has no article and no decision of an editor goes. Six
    queries for each 500, which read the index of their articles.
    """
    changed = 0
    # Most are too rare to be counted: one statement for all of them.
    articles = ArticleTopic.objects.filter(topic=OuterRef("pk")).order_by().values("topic")
    rare = Topic.objects.filter(
        is_stale=True, articles=0, title="", description="", is_hidden=False, is_pinned=False
    ).annotate(number=Subquery(articles.annotate(number=Count("pk")).values("number")))
    rare.filter(number__lt=LEAST).update(is_stale=False)
    while stale := list(Topic.objects.filter(is_stale=True).order_by("pk")[:TOGETHER]):
        with transaction.atomic():
            lock_writes()
            changes = _count({topic.pk: topic for topic in stale})
            if changes:
                topics_changed.send(sender=Topic, changes=changes)
        changed += len(changes.listed)
    return changed


class _Before(NamedTuple):
    """A topic and its counts as they were."""

    columns: dict[str, Any]
    labels: tuple[Any, ...]
    counts: dict[int, TopicCount]


def _count(topics: dict[int, Topic]) -> Changes:
    counts: dict[int, dict[int, TopicCount]] = {pk: {} for pk in topics}
    for count in TopicCount.objects.filter(topic__in=topics).defer(
        "changed_at"
    ):  # to read a moment takes longest
        counts[count.topic_id][count.subject_id] = count
    before = {
        pk: _Before(_columns(topic), _labels(topic, counts[pk].values()), counts[pk])
        for pk, topic in topics.items()
    }
    counted = _counted(topics)
    forms = _forms(
        pk
        for pk, topic in topics.items()
        if topic.is_decided or sum(one.articles for one in counted[pk].values()) >= LEAST
    )
    kept = _needed(topics.values())
    changes = Changes()
    gone, changed_topics, changed_counts, old_counts = [], [], [], []
    for pk, topic in topics.items():
        # A rare one is not worth a row per subject.
        now = [
            TopicCount(topic_id=pk, subject_id=subject, articles=one.articles, indexable=one.indexable)
            for subject, one in counted[pk].items()
            if pk in forms
        ]
        _decide(topic, now, forms.get(pk, {}), sum(one.asked for one in counted[pk].values()))
        if not counted[pk] and pk not in kept and not topic.is_decided:
            gone.append(pk)
        if (columns := _columns(topic)) != before[pk].columns:
            changed_topics.append({"pk": pk, **columns})
        written, old = _changed_counts(before[pk].counts, now)
        changed_counts += written
        old_counts += old
        if written or old or columns != before[pk].columns:
            changes.listed.add(pk)
        changes.subjects.update(one["subject_id"] for one in written)
        changes.subjects.update(before[pk].counts.keys() - counted[pk].keys())
        if _labels(topic, now) != before[pk].labels:
            changes.labelled.add(pk)
    rows.update(Topic, changed_topics, [name.removesuffix("_id") for name in COLUMNS])
    rows.upsert(TopicCount, changed_counts, ["topic", "subject"], COUNT_COLUMNS)
    _date_new(changed_counts, before)
    for part in batched(old_counts):
        TopicCount.objects.filter(pk__in=part).delete()
    Topic.objects.filter(pk__in=gone).delete()
    Topic.objects.filter(pk__in=topics, is_stale=True).update(is_stale=False)
    return changes


def _counted(pks: Iterable[int]) -> dict[int, dict[int, Counted]]:
    """By topic, by subject: its articles. One query."""
    counted: dict[int, dict[int, Counted]] = {pk: {} for pk in pks}
    numbers = (
        ArticleTopic.objects.filter(topic__in=counted)
        .order_by()
        .values_list("topic", "subject_id")
        .annotate(
            articles=Count("pk"),
            indexable=Sum(Cast("is_indexable", IntegerField())),
            asked=Sum(Cast("is_asked", IntegerField())),
        )
    )
    for pk, subject, *sums in numbers:
        counted[pk][subject] = Counted(*sums)
    return counted


def _date_new(written: Iterable[dict[str, Any]], before: dict[int, _Before]) -> None:
    """Give the counts that are new the last change of their articles; learn.topics.placing does the others.

    Two queries, which read each article of them: most topics are new once only, when the first import ends.
    """
    new = {one["topic_id"] for one in written if one["subject_id"] not in before[one["topic_id"]].counts}
    for part in batched(new):
        undated = TopicCount.objects.filter(topic__in=part, changed_at=None)
        members = ArticleTopic.objects.filter(topic=OuterRef("topic"), subject=OuterRef("subject")).order_by()
        latest = members.values("topic").annotate(at=Max("article__modified_at")).values("at")
        dated = undated.annotate(at=Subquery(latest)).values_list("pk", "at")
        rows.update(TopicCount, [{"pk": pk, "changed_at": at} for pk, at in dated], ["changed_at"])


def _forms(pks: Iterable[int]) -> dict[int, dict[str, int]]:
    """By topic: how many articles write it in which way. One query."""
    forms: dict[int, dict[str, int]] = {pk: {} for pk in pks}
    of = ArticleTopic.objects.filter(topic__in=forms).order_by()
    for pk, form, number in of.values_list("topic", "written").annotate(Count("pk")):
        forms[pk][form] = number
    return forms


def _changed_counts(
    before: dict[int, TopicCount], now: Iterable[TopicCount]
) -> tuple[list[dict[str, Any]], list[int]]:
    """The rows to write, and the keys of those that go."""
    left = dict(before)
    changed = []
    for count in now:
        was = left.pop(count.subject_id, None)
        if was is None or _count_columns(was) != _count_columns(count):
            changed.append(
                {"topic_id": count.topic_id, "subject_id": count.subject_id, **_count_columns(count)}
            )
    return changed, [count.pk for count in left.values()]


def _needed(topics: Iterable[Topic]) -> set[int]:
    """The keys of those that former addresses or synonyms lead to."""
    by_name = {topic.name: topic.pk for topic in topics}
    named = TopicName.objects.filter(means__in=by_name).values_list("means", flat=True)
    addressed = TopicSlug.objects.filter(topic__in=by_name.values()).values_list("topic", flat=True)
    return {by_name[name] for name in named} | set(addressed)


COLUMNS = ["written", "articles", "indexable", "asked", "home_id", "has_page", "is_shown"]
COUNT_COLUMNS = ["articles", "indexable", "is_shown", "is_pinned", "slug"]


def _columns(topic: Topic) -> dict[str, Any]:
    return {name: getattr(topic, name) for name in COLUMNS}


def _count_columns(count: TopicCount) -> dict[str, Any]:
    return {name: getattr(count, name) for name in COUNT_COLUMNS}


def _labels(topic: Topic, counts: Iterable[TopicCount]) -> tuple[Any, ...]:
    """What the articles of a topic show of it: its name, and where it leads."""
    shown = tuple(sorted(count.subject_id for count in counts if count.is_shown))
    return topic.heading, topic.slug, topic.is_shown, topic.has_page, topic.home_id, shown


def _decide(topic: Topic, counts: list[TopicCount], forms: dict[str, int], asked: int) -> None:
    """Set every column that follows from the counts and from what editors decided."""
    topic.written = written(topic.name, forms)
    topic.articles = sum(count.articles for count in counts)
    topic.indexable = sum(count.indexable for count in counts)
    topic.asked = asked if counts else 0
    least = 1 if topic.is_pinned else LEAST
    is_topic = not topic.is_hidden and (topic.is_pinned or not is_general(topic, counts))
    for count in counts:
        count.is_shown = is_topic and count.articles >= least
        count.is_pinned, count.slug = topic.is_pinned, topic.slug
    home = max(counts, key=lambda count: (count.indexable, count.articles, -count.subject_id), default=None)
    topic.home_id = home.subject_id if home else None
    elsewhere = topic.indexable - (home.indexable if home else 0)
    topic.has_page = bool(
        is_topic and home and topic.indexable >= least and (elsewhere >= LEAST or not home.is_shown)
    )
    topic.is_shown = topic.has_page or any(count.is_shown for count in counts)


def is_general(topic: Topic, counts: Iterable[TopicCount]) -> bool:
    """Whether it is a word of all subjects and no topic: in many of them, at home in none, hardly asked about."""
    numbers = [count.articles for count in counts]
    return (
        len(numbers) >= WIDESPREAD
        and max(numbers) < WIDEST_SHARE * topic.articles
        and topic.asked < RARELY_ASKED * topic.articles
    )


def written(name: str, forms: dict[str, int]) -> str:
    """How most articles write a topic, those first that write its own name; with a capital unless it has its own."""
    if not forms:
        return ""
    best = min(forms, key=lambda form: (name_of(form) != name, -forms[form], form))
    first = best.split()[0]
    return best[0].upper() + best[1:] if first == first.lower() else best
