"""Whatever changes in whatever order, the topics are those of placing all articles anew."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learn.editing.scheduled import publish_due
from learn.models import (
    Article,
    ArticleTopic,
    ArticleToPlace,
    SiteState,
    Subject,
    Topic,
    TopicCount,
    TopicName,
)
from learn.topics import LEAST, counting, placing
from learn.topics.placing import Placed, place_articles
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

WORDS = ["tides", "Tide", "moonlight", "glaciers", "glacier", "lava", "Lava", "geysers", "amber", "fog"]


def make(*words: str, **values: object) -> Article:
    """An article about these words, each named in its description."""
    return make_article(keywords=", ".join(words), description=f"About {' and '.join(words)}.", **values)


def stored() -> tuple[object, ...]:
    """All that is derived, by names in place of keys."""
    articles = ArticleTopic.objects.values_list(
        "article", "topic__name", "subject_id", "is_indexable", "score", "written"
    )
    columns = ("name", "slug", "written", "articles", "indexable", "asked", "has_page", "is_shown")
    counts = TopicCount.objects.values_list(
        "topic__name", "subject_id", "articles", "indexable", "is_shown", "slug"
    )
    return sorted(articles), sorted(Topic.objects.values_list(*columns)), sorted(counts)


def anew() -> tuple[object, ...]:
    ArticleTopic.objects.all().delete()
    TopicCount.objects.all().delete()
    Topic.objects.filter(title="", description="", is_hidden=False, is_pinned=False).delete()
    Topic.objects.update(is_stale=True)
    ArticleToPlace.objects.bulk_create(
        [ArticleToPlace(article_id=pk) for pk in Article.objects.values_list("pk", flat=True)],
        ignore_conflicts=True,
    )
    place_articles()
    return stored()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.slow
def test_step_by_step_is_the_same_as_anew(seed: int) -> None:  # noqa: C901 a small function for each kind of change
    chance = random.Random(seed)  # noqa: S311 the same each time
    subjects = [make_subject(slug, is_listed=slug != "attic") for slug in ("geology", "weather", "attic")]

    def words() -> list[str]:
        return chance.sample(WORDS, 3)

    def add() -> None:
        make(*words(), subject=chance.choice(subjects))

    def change(article: Article) -> None:
        article.keywords = ", ".join(words())
        article.description = f"About {article.keywords}."
        article.save()

    def move(article: Article) -> None:
        article.subject = chance.choice(subjects)
        article.save()

    def hide(article: Article) -> None:
        article.status = chance.choice(Article.Status.values)
        article.save()

    def mark(article: Article) -> None:
        Article.objects.filter(pk=article.pk).update(no_index=not article.no_index)

    def remove(article: Article) -> None:
        article.delete()

    def rename(_article: Article) -> None:
        TopicName.objects.update_or_create(name="lava", defaults={"means": chance.choice(["fog", "amber"])})
        ArticleToPlace.objects.bulk_create(
            [ArticleToPlace(article_id=pk) for pk in Article.objects.values_list("pk", flat=True)],
            ignore_conflicts=True,
        )

    changes: list[Callable[[Article], None]] = [change, move, hide, mark, remove, rename]
    for _ in range(25):
        add()
    for _ in range(40):
        add()
        chance.choice(changes)(chance.choice(list(Article.objects.order_by("pk"))))
        if chance.random() < 0.4:
            place_articles()
    place_articles()
    step_by_step = stored()
    assert step_by_step[0]
    assert any(row[-1] for row in step_by_step[1])
    assert step_by_step == anew()


def test_a_topic_is_shown_from_enough_articles_on() -> None:
    for _ in range(LEAST - 1):
        make("geysers")
    place_articles()
    assert not Topic.objects.get().is_shown
    last = make("Geysers")
    place_articles()
    topic = Topic.objects.get()
    assert (topic.is_shown, topic.has_page, topic.heading, topic.slug) == (True, False, "Geysers", "geyser")
    assert (topic.articles, topic.counts.get().articles) == (LEAST, LEAST)
    last.delete()
    place_articles()
    assert not Topic.objects.get().is_shown
    assert not TopicCount.objects.exists()


def test_a_topic_of_several_subjects_has_a_page_for_all_of_them() -> None:
    for subject in ("geology", "weather"):
        for _ in range(LEAST):
            make("fog", subject=subject)
    place_articles()
    assert Topic.objects.get().has_page
    assert TopicCount.objects.filter(is_shown=True).count() == 2


def test_a_topic_that_is_thin_in_each_subject_has_that_page_only() -> None:
    for subject in ("geology", "weather", "physics"):
        for _ in range(2):
            make("fog", subject=subject)
    place_articles()
    assert Topic.objects.get().has_page
    assert not TopicCount.objects.filter(is_shown=True).exists()


def test_what_nobody_may_see_belongs_to_no_topic() -> None:
    make("fog", no_index=True)
    make("fog", status=Article.Status.DRAFT)
    place_articles()
    assert not ArticleTopic.objects.exists()
    assert not Topic.objects.exists()


def test_a_word_of_all_subjects_that_nobody_asks_about_is_no_topic() -> None:
    for number in range(counting.WIDESPREAD + 2):
        make("fogbank", subject=f"subject-{number}")
        make("amber", subject=f"subject-{number}", question=f"What is amber, number {number}?")
    place_articles()
    assert list(Topic.objects.filter(is_shown=True).values_list("name", flat=True)) == ["amber"]


def test_the_most_frequent_way_of_writing_is_the_title() -> None:
    for written in ("Lava", "lava", "Lava", "LAVA", "lava", "lava"):
        make(written)
    place_articles()
    assert Topic.objects.get().heading == "Lava"


def test_one_article_costs_as_much_among_many() -> None:
    def cost() -> int:
        make("amber", "fog", "lava")
        with CaptureQueriesContext(connection) as queries:
            assert place_articles().articles == 1
        return len(queries)

    for _ in range(LEAST):
        make("amber", "fog", "lava")
    place_articles()
    few = cost()
    for _ in range(30):
        make("amber", "fog", "geysers")
    place_articles()
    assert cost() <= few


def test_nothing_changed_is_nothing_to_do() -> None:
    article = make("amber")
    place_articles()
    assert place_articles() == Placed(0, 0)
    Article.objects.filter(pk=article.pk).update(author="Somebody")
    assert not ArticleToPlace.objects.exists()


def test_what_is_saved_is_placed_when_it_is_committed(django_capture_on_commit_callbacks: object) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        make("amber")
    assert Topic.objects.get().name == "amber"


def test_a_killed_run_is_completed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "FEW", 0)
    for _ in range(LEAST):
        make("amber")
    monkeypatch.setattr(placing, "count_stale", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        place_articles()
    monkeypatch.undo()
    assert not Topic.objects.get().is_shown
    place_articles()
    assert Topic.objects.get().is_shown


def test_a_circle_of_synonyms_ends() -> None:
    TopicName.objects.create(name="amber", means="fog")
    TopicName.objects.create(name="fog", means="amber")
    make("amber", "fog")
    place_articles()
    assert ArticleTopic.objects.exists()
    assert Subject.objects.count() == 1


def test_a_scheduled_article_joins_its_topics_when_it_falls_due() -> None:
    article = make("amber", publish_at=timezone.now() + dt.timedelta(hours=1))
    place_articles()
    assert not ArticleTopic.objects.exists()
    SiteState.objects.update(due_until=timezone.now() - dt.timedelta(minutes=5))
    Article.objects.filter(pk=article.pk).update(publish_at=timezone.now() - dt.timedelta(minutes=1))
    ArticleToPlace.objects.all().delete()  # as time alone would have done it
    publish_due()
    place_articles()
    assert ArticleTopic.objects.get().article_id == article.pk
