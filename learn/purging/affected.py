"""The addresses that show an article or a subject. A fixed number of queries, and one for each subject concerned."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from math import ceil

from django.db.models import F, Q

from learn.db import counts
from learn.identity import article_path
from learn.models import Article, ArticleTopic, RelatedLink, Subject, Topic, TopicCount
from learn.topics.counting import Changes
from learn.topics.shown import around, path_of
from learn.views.pagination import ON_A_SHEET, PAGE_SIZE, TOPICS_ON_A_PAGE

MOST_PLACES = 200  # of articles in the order of a topic, each of which is looked up
SITE_PATHS = (
    "/learn",
    "/learn/feed.atom",
    "/sitemap.xml",
    "/sitemap.library.xml",
    "/sitemap.topics.xml",
    "/llms.txt",
    "/learn.json",
)


def article_paths(pks: Collection[int]) -> set[str]:
    """The pages of these articles and all that show one of them.

    Those are: their copies under other subjects (which name their canonical), the articles that link to them, the
    lists, feeds and sitemaps of their subjects, those of the library, and what their topics show of them.
    """
    rows = Article.objects.filter(pk__in=pks)
    shown = Article.objects.filter(
        Q(pk__in=pks)
        | Q(content_key__in=rows.values("content_key"))
        | Q(pk__in=RelatedLink.objects.filter(target__in=pks).values("article"))
    )
    paths = set(SITE_PATHS)
    for subject_slug, slug in shown.values_list("subject__slug", "slug"):
        paths.update(all_forms(subject_slug, slug))
    for subject in Subject.objects.filter(pk__in=rows.values("subject")):
        paths.update(list_paths(subject))
    places = ArticleTopic.objects.filter(article__in=pks, topic__is_shown=True)
    # The lists of their topics name them, and their decks and sheets hold their answers.
    for topic in Topic.objects.filter(pk__in=places.values("topic"), has_page=True):
        paths.update(topic_forms(path_of(topic.slug), topic.indexable))
    here = Q(topic__members__article__in=pks, topic__members__subject=F("subject"))
    for slug, subject_slug, articles in (
        TopicCount.objects.filter(here, is_shown=True)
        .values_list("slug", "subject__slug", "articles")
        .distinct()
    ):
        paths.update(topic_forms(path_of(slug, subject_slug), articles))
    paths.update(place_paths(places.values_list("topic", "subject", "score", "article")))
    return paths


def subject_paths(pks: Collection[int]) -> set[str]:
    """The pages of these subjects and of every article in them."""
    paths = set(SITE_PATHS)
    for subject in Subject.objects.filter(pk__in=pks):
        paths.update(list_paths(subject))
    articles = Article.objects.filter(subject__in=pks).values_list("subject__slug", "slug")
    for subject_slug, slug in articles.iterator(chunk_size=2000):
        paths.update(all_forms(subject_slug, slug))
    return paths


def topics_paths(changes: Changes) -> set[str]:
    """The pages that show what changed of topics.

    Those are: the pages of the topics whose lists changed, and of those that go with them, the questions before and
    after each place that changed, the lists of topics of the subjects concerned, and, where a topic is called otherwise
    or leads elsewhere, every article of it. One query for each place and each topic, and some for all.
    """
    paths = set(changes.paths)
    if changes.subjects:
        paths.update(
            (
                "/learn",
                "/learn/topics",
                "/learn/topics.json",
                "/sitemap.topics.xml",
                "/sitemap.library.xml",
                "/llms.txt",
            )
        )
        for slug in Subject.objects.filter(pk__in=changes.subjects).values_list("slug", flat=True):
            paths.update(f"/learn/{slug}{end}" for end in ("", "/topics", "/topics.md", "/topics.json"))
            counts = TopicCount.objects.filter(subject__slug=slug, is_shown=True).count()
            pages = ceil(counts / TOPICS_ON_A_PAGE) + 1
            paths.update(f"/learn/{slug}/topics?page={number}" for number in range(2, pages + 1))
    beside = Topic.objects.filter(members__article__topics__topic__in=changes.labelled, is_shown=True)
    shown_with = set(beside.values_list("pk", flat=True)) if changes.labelled else set()
    for topic in Topic.objects.filter(pk__in=changes.listed | changes.labelled | changes.beside | shown_with):
        paths.update(topic_paths(topic))
    paths.update(place_paths(changes.places))
    shown = Article.objects.filter(topics__topic__in=changes.labelled).values_list("subject__slug", "slug")
    for subject_slug, slug in shown:
        paths.update(all_forms(subject_slug, slug))
    return paths


def topic_paths(topic: Topic) -> Iterator[str]:
    """The pages of a topic in each subject and in all, with all their numbers, and what machines read instead."""
    numbers = [(path_of(topic.slug), topic.indexable)]
    counts = topic.counts.values_list("subject__slug", "articles")
    numbers += [(path_of(topic.slug, subject_slug), articles) for subject_slug, articles in counts]
    for path, articles in numbers:
        yield from topic_forms(path, articles)


def topic_forms(path: str, articles: int) -> Iterator[str]:
    """A page of a topic with all its numbers, what it is practised by, and what machines read instead."""
    yield path
    yield from (f"{path}{end}" for end in (".md", ".json", ".apkg", ".csv", "/feed.atom", "/practise"))
    for address, size in ((path, PAGE_SIZE), (f"{path}/practise", ON_A_SHEET)):
        yield from (f"{address}?page={number}" for number in range(2, ceil(articles / size) + 2))


def place_paths(places: Iterable[tuple[int, int, int, int]]) -> set[str]:
    """The articles before and after these places (topic, subject, score, article), which name what stands there.

    Left to the cache's own clock where they are more than MOST_PLACES.
    """
    wanted = list(places)
    paths: set[str] = set()
    for topic, subject, score, article in wanted if len(wanted) <= MOST_PLACES else ():
        for neighbour in (*around(topic, score, article, subject), *around(topic, score, article)):
            paths.add(article_path(neighbour.subject.slug, neighbour.slug))
    return paths


def all_forms(subject_slug: str, slug: str) -> tuple[str, str, str]:
    """An article's page and its twins in Markdown and JSON."""
    path = article_path(subject_slug, slug)
    return path, f"{path}.md", f"{path}.json"


def list_paths(subject: Subject) -> Iterator[str]:
    """The list of a subject with all its numbered pages, and what machines read instead of it."""
    path = subject.get_absolute_url()
    yield path
    # One more than there are: the last page may just have emptied.
    count = counts.of_subject(subject.pk).listable
    yield f"{path}/practise"
    for address, size in ((path, PAGE_SIZE), (f"{path}/practise", ON_A_SHEET)):
        yield from (f"{address}?page={number}" for number in range(2, ceil(count / size) + 2))
    yield f"{path}.md"
    yield from (f"{path}{end}" for end in (".json", ".apkg", ".csv"))
    yield f"{path}/feed.atom"
    yield f"/sitemap-{subject.slug}.xml"
