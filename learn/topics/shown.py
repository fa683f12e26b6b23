"""What pages show of topics: those of an article and a subject, a topic's articles in their order, its neighbours."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, TypeVar

from django.core.paginator import Paginator
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from learn.db.prepared import Prepared
from learn.models import Article, ArticleTopic, Subject, Topic, TopicCount, TopicSlug
from learn.models.querysets import ArticleQuerySet, SubjectQuerySet

from .names import name_of

CHIPS = 6  # topics under an answer
SHORTEST_SUGGESTED = 3  # letters
SAMPLED = 100  # of the most central articles of a topic, whose other topics are its neighbours
NEIGHBOURS = 12
WELL_KNOWN = (
    30  # added to the size of a neighbour, so that neither the largest nor a chance of few comes first
)


@dataclass(frozen=True, slots=True)
class TopicLink:
    """A topic as a page of one subject (or of none) leads to it."""

    pk: int
    heading: str
    path: str
    articles: int  # on the page at `path`
    subject: int | None = None  # whose page that is; None: the page for all subjects


# --- Addresses -------------------------------------------------------------------------------------------------------


def path_of(slug: str, subject_slug: str = "") -> str:
    """The path of a topic's page in a subject; without one, of that for all subjects."""
    if subject_slug:
        return reverse("learn:subject-topic", args=[subject_slug, slug])
    return reverse("learn:topic", args=[slug])


def address_of(topic: Topic, subject: Subject | None = None) -> str | None:
    """Where `topic` is read by who looks for it in `subject` (None: anywhere); None where it has no page.

    Its page in the subject, or for all subjects, or in the subject that has most of it. At most two queries.
    """
    if not topic.is_shown:
        return None
    if subject is not None and topic.counts.filter(subject=subject, is_shown=True).exists():
        return path_of(topic.slug, subject.slug)
    if topic.has_page:
        return path_of(topic.slug)
    home = (
        topic.counts.filter(is_shown=True)
        .select_related("subject")
        .order_by("-indexable", "-articles", "subject")
        .first()
    )
    return path_of(topic.slug, home.subject.slug) if home else None


def named(slug: str) -> Topic | None:
    """The topic that has this slug, or had it, or into which the one that had it was merged. At most two queries."""
    topic = Topic.objects.filter(slug=slug).first()
    if topic is None or not topic.is_shown:
        former = TopicSlug.objects.filter(slug=slug).select_related("topic").first()
        return former.topic if former else topic
    return topic


# --- Links to topics -------------------------------------------------------------------------------------------------

_COLUMNS = (
    "topic", "topic__title", "topic__written", "topic__name", "topic__slug", "topic__has_page", "topic__indexable",
    "topic__home__slug", "topic__home",
)  # fmt: skip


def _of_article(article: int, subject: int) -> QuerySet[ArticleTopic, Any]:
    here = TopicCount.objects.filter(topic=OuterRef("topic"), subject=subject, is_shown=True).values(
        "articles"
    )
    return (
        ArticleTopic.objects.filter(article=article, topic__is_shown=True)
        .annotate(here=Subquery(here), own=F("score"))
        .order_by("-score", "topic__slug")
        .values_list(*_COLUMNS, "here", "own")[:CHIPS]
    )


_topics_of_article = Prepared(_of_article, article=int, subject=int)


def article_topics(article: Article) -> tuple[list[TopicLink], int]:
    """The topics of an article, the one that it is most about first, and how central it is there. One query."""
    found = _topics_of_article(article=article.pk, subject=article.subject_id)
    links = [_link(columns[:-1], article.subject_id, article.subject.slug) for columns in found]
    return links, found[0][-1] if found else 0


def _link(columns: tuple[Any, ...], subject: int | None, subject_slug: str) -> TopicLink:
    pk, title, written, name, slug, has_page, indexable, home_slug, home, here = columns
    heading = title or written or name
    if here is not None:
        return TopicLink(pk, heading, path_of(slug, subject_slug), here, subject)
    if has_page or home_slug is None:
        return TopicLink(pk, heading, path_of(slug), indexable)
    return TopicLink(pk, heading, path_of(slug, home_slug), indexable, home)


def neighbours_of(topic: Topic, subject: Subject | None = None) -> list[TopicLink]:
    """The topics that the most central articles of `topic` have besides, those of most articles first. One query."""
    members = ArticleTopic.objects.filter(topic=topic)
    members = members.filter(subject=subject) if subject else members.filter(is_indexable=True)
    here = TopicCount.objects.filter(
        topic=OuterRef("topic"), subject=subject.pk if subject else None, is_shown=True
    ).values("articles")
    # By numbers that no other article changes: the page is purged with the articles of the topic, and only then.
    shared = (
        ArticleTopic.objects.filter(
            article__in=members.order_by("-score", "article").values("article")[:SAMPLED],
            topic__is_shown=True,
        )
        .exclude(topic=topic)
        .values(*_COLUMNS)
        .annotate(shared=Count("pk"), here=Subquery(here))
        .order_by("-shared", "topic__slug")
        .values_list(*_COLUMNS, "here")[:NEIGHBOURS]
    )
    return [
        _link(columns, subject.pk if subject else None, subject.slug if subject else "") for columns in shared
    ]


def subject_topics(subject: Subject, *, letter: str = "") -> QuerySet[TopicCount]:
    """The topics that have a page in `subject`: the largest first; those of a letter in the order of the alphabet."""
    counts = TopicCount.objects.filter(subject=subject, is_shown=True).select_related("topic")
    if letter:
        return beginning_with(counts, letter).order_by("slug")
    return counts.order_by("-is_pinned", "-articles", "slug")


def largest(limit: int) -> list[TopicLink]:
    """The largest topics with a page for all subjects. One query."""
    topics = Topic.objects.filter(has_page=True).order_by("-indexable", "slug")[:limit]
    return [link_for_all(topic) for topic in topics]


def of_each_subject(subjects: SubjectQuerySet, limit: int) -> dict[int, list[str]]:
    """By the key of a subject, what its `limit` largest topics are called, the pinned ones first. Two queries."""
    counts = TopicCount.objects.filter(subject=OuterRef("pk"), is_shown=True)
    first = counts.order_by("-is_pinned", "-articles", "slug").values("pk")
    places = subjects.order_by().values_list(*(Subquery(first[place : place + 1]) for place in range(limit)))
    keys = [pk for row in places for pk in row if pk is not None]
    found: dict[int, list[str]] = {}
    for count in (
        TopicCount.objects.filter(pk__in=keys)
        .select_related("topic")
        .order_by("-is_pinned", "-articles", "slug")
    ):
        found.setdefault(count.subject_id, []).append(count.topic.heading)
    return found


def suggested(text: str, limit: int) -> list[TopicLink]:
    """The largest topics whose name begins with what is typed so far. One query, none for less than three letters."""
    name = name_of(text)
    if len(name) < SHORTEST_SUGGESTED:
        return []
    topics = Topic.objects.filter(is_shown=True, name__gte=name, name__startswith=name).select_related("home")
    if name[-1] not in "z9":  # a limit that an index serves on every database
        topics = topics.filter(name__lt=name[:-1] + chr(ord(name[-1]) + 1))
    return [
        TopicLink(
            topic.pk, topic.heading, path_of(topic.slug, "" if topic.has_page or not topic.home else topic.home.slug),
            topic.indexable,
        )
        for topic in topics.order_by("-indexable", "slug")[:limit]
    ]  # fmt: skip


Slugged = TypeVar("Slugged", bound="QuerySet[Any, Any]")
LETTERS = (*ascii_lowercase, "0")  # 0: what begins with a digit


def beginning_with(rows: Slugged, letter: str) -> Slugged:
    """Those of `rows` whose slug begins with `letter`, one of LETTERS. By limits, which an index of slugs serves."""
    if letter == "0":
        return rows.filter(slug__lt="a")
    rows = rows.filter(slug__gte=letter)
    return rows if letter == "z" else rows.filter(slug__lt=chr(ord(letter) + 1))


def link_to(count: TopicCount, subject: Subject) -> TopicLink:
    """The link to the page that `count` tells of."""
    return TopicLink(
        count.topic_id, count.topic.heading, path_of(count.slug, subject.slug), count.articles, subject.pk
    )


def link_for_all(topic: Topic) -> TopicLink:
    """The link to the page of `topic` for all subjects."""
    return TopicLink(topic.pk, topic.heading, path_of(topic.slug), topic.indexable)


# --- The articles of a topic -----------------------------------------------------------------------------------------


def articles_of(topic: Topic, subject: Subject | None = None) -> ArticleQuerySet:
    """The articles of a topic, the most central questions first.

    In a subject all that its lists show; for all subjects those that search engines may know.
    """
    members = Article.objects.listable() if subject else Article.objects.indexable()
    place = {"topics__topic": topic} | (
        {"topics__subject": subject} if subject else {"topics__is_indexable": True}
    )
    return members.filter(**place).order_by("-topics__score", "pk")


class TopicPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    """Pages of the articles of a topic, whose number is stored."""

    def __init__(self, articles: ArticleQuerySet, per_page: int, count: int) -> None:
        super().__init__(articles.for_listing(), per_page)
        self.count = count  # in place of Django's, which counts


def elsewhere(topic: Topic, subject: Subject) -> list[Article]:
    """The few articles of a topic in other subjects, where it has no page for all of them. One query."""
    return list(articles_of(topic).for_listing().exclude(subject=subject)[:5])


# --- Before and after an article -------------------------------------------------------------------------------------


def _beside(topic: int, subject: int, score: int, article: int, now: dt.datetime) -> ArticleQuerySet:
    return _both(ArticleTopic.objects.filter(topic=topic, subject=subject), score, article, now)


def _beside_anywhere(topic: int, score: int, article: int, now: dt.datetime) -> ArticleQuerySet:
    return _both(ArticleTopic.objects.filter(topic=topic, is_indexable=True), score, article, now)


def _both(members: QuerySet[ArticleTopic], score: int, article: int, now: dt.datetime) -> ArticleQuerySet:
    """Both neighbours: those that are as central first, where the index leads straight to the article."""
    shown = Article.objects.listable(now).filter(pk=OuterRef("article"))
    members = members.filter(Exists(shown))
    before = Coalesce(
        _first(members.filter(score=score, article__lt=article).order_by("-article")),
        _first(members.filter(score__gt=score).order_by("score", "-article")),
    )
    after = Coalesce(
        _first(members.filter(score=score, article__gt=article).order_by("article")),
        _first(members.filter(score__lt=score).order_by("-score", "article")),
    )
    is_after = Case(When(pk=after, then=Value(1)), default=Value(0), output_field=IntegerField())
    return Article.objects.for_links().filter(Q(pk=before) | Q(pk=after)).annotate(is_after=is_after)


def _first(members: QuerySet[ArticleTopic]) -> QuerySet[ArticleTopic, Any]:
    return members.values("article")[:1]


_in_subject = Prepared(_beside, topic=int, subject=int, score=int, article=int, now=dt.datetime)
_anywhere = Prepared(_beside_anywhere, topic=int, score=int, article=int, now=dt.datetime)


def beside(article: Article, topic: TopicLink, score: int) -> tuple[Article | None, Article | None]:
    """The articles before and after `article`, as central as `score`, in the order of `topic`. One query."""
    found = around(topic.pk, score, article.pk, topic.subject)
    before = next((one for one in found if not one.is_after), None)
    after = next((one for one in found if one.is_after), None)
    return before, after


def around(topic: int, score: int, article: int, subject: int | None = None) -> list[Any]:
    """The articles before and after a place in the order of a topic, in one subject or in all. One query."""
    place: dict[str, Any] = {"topic": topic, "score": score, "article": article, "now": timezone.now()}
    return _anywhere(**place) if subject is None else _in_subject(**place, subject=subject)
