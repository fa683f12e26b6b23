from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Sequence

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn import purging
from learn.editing import bulk
from learn.editing.scheduled import publish_due
from learn.http import RequestError
from learn.importing import import_articles
from learn.models import Article, SiteState
from tests.factories import article_file, make_article, make_link, make_subject

pytestmark = pytest.mark.django_db(transaction=True)


class Recorder:
    """A cache that remembers what it was told. `failures` are raised before the first order is taken."""

    batch = 50

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.batches: list[int] = []
        self.everything = 0
        self.failures: list[Exception] = []

    def purge(self, paths: Sequence[str]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(len(paths))
        self.paths += paths

    def purge_everything(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.everything += 1

    def told(self) -> set[str]:
        """What was purged since the last time."""
        purging.wait()
        paths, self.paths = set(self.paths), []
        return paths


@pytest.fixture
def cache(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder()
    monkeypatch.setattr(purging, "configured", lambda: recorder)
    monkeypatch.setattr(purging, "PAUSES", (0, 0))
    settings.PURGE_BACKEND = "http"
    yield recorder
    purging.wait()


def test_without_a_cache_nothing_is_looked_up(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.PURGE_BACKEND = "none"
    article = make_article()
    with django_assert_num_queries(0):
        purging.purge_articles([article.pk])
        purging.purge_subjects([article.subject_id])
        purging.purge_paths(["/learn"])
        purging.purge_everything()
    purging.wait()


# --- Which addresses


def test_a_saved_article_takes_along_every_page_that_shows_it(cache: Recorder) -> None:
    article = make_article(slug="b")
    make_article(slug="c")
    make_article(subject="science", slug="copy", question=article.question, answer=article.answer)
    linking = make_article(subject="chemistry", slug="linking")
    make_link(linking, article)
    cache.told()
    article.refresh_from_db()
    article.description = "Changed."
    article.save()
    questions = "/learn/physics/questions"
    told = cache.told()
    assert {path.replace(".json", ".md") for path in told if path.endswith(".json")} == {
        *(path for path in told if path.endswith(".md")), "/learn.md",
    }  # fmt: skip
    assert {"/learn/physics.apkg", "/learn/physics.csv"} <= told
    assert {path for path in told if not path.endswith((".json", ".apkg", ".csv"))} == {
        f"{questions}/b", f"{questions}/b.md", "/learn/science/questions/copy", "/learn/science/questions/copy.md",
        "/learn/chemistry/questions/linking", "/learn/chemistry/questions/linking.md",
        "/learn/physics", "/learn/physics?page=2", "/learn/physics.md",
        "/learn/physics/practise", "/learn/physics/practise?page=2", "/learn/physics/feed.atom",
        "/sitemap-physics.xml", "/learn", "/learn/feed.atom", "/sitemap.xml", "/sitemap.library.xml", "/llms.txt",
        "/sitemap.topics.xml",
    }  # fmt: skip


def test_a_moved_article_takes_along_where_it_stood(cache: Recorder) -> None:
    article = make_article(slug="why")
    cache.told()
    article.subject, article.slug = make_subject("science"), "why-so"
    article.save()
    told = cache.told()
    for path in (
        "/learn/physics/questions/why", "/learn/physics", "/learn/physics/feed.atom",
        "/learn/science/questions/why-so", "/learn/science", "/learn/science/feed.atom",
    ):  # fmt: skip
        assert path in told


def test_a_deleted_article_takes_along_what_linked_to_it(cache: Recorder) -> None:
    article, linking = make_article(slug="why"), make_article(slug="linking")
    make_link(linking, article)
    cache.told()
    article.delete()
    assert {
        "/learn/physics/questions/why",
        "/learn/physics/questions/linking",
        "/learn/physics",
    } <= cache.told()


def test_what_editors_do_to_many_is_told(cache: Recorder, django_user_model) -> None:
    user = django_user_model.objects.create_user("ada")
    article = make_article(slug="why")
    cache.told()
    for act in (
        lambda: bulk.unpublish([article.pk], user),
        lambda: bulk.publish([article.pk], user),
        lambda: bulk.set_no_index([article.pk], user, value=True),
        lambda: bulk.render([article.pk]),
        lambda: bulk.move([article.pk], user, subject=make_subject("science")),
    ):
        act()
        assert "/learn/physics/questions/why" in cache.told()


def test_a_renamed_subject_takes_along_all_of_its_articles(cache: Recorder) -> None:
    make_article(slug="why")
    subject = make_subject()
    cache.told()
    subject.title = "Natural Science"
    subject.save()
    assert {
        "/learn/physics",
        "/learn/physics/questions/why",
        "/learn/physics/questions/why.md",
        "/learn",
    } <= cache.told()


def test_an_import_purges_once_at_its_end(cache: Recorder, tmp_path) -> None:
    for number in range(3):
        article_file(tmp_path, f"/learn/physics/questions/question-{number}")
    import_articles([str(tmp_path)], jobs=1)
    assert "/learn/physics/questions/question-2" in cache.told()
    assert len(cache.batches) == 1
    import_articles([str(tmp_path)], jobs=1)
    assert cache.told() == set()


def test_a_large_change_is_a_purge_of_everything(cache: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "MOST_ARTICLES", 3)
    purging.purge_articles(range(1, 5))
    assert cache.told() == set()
    assert cache.everything == 1
    monkeypatch.setattr(purging, "MOST_PATHS", 3)
    purging.purge_paths([f"/learn/{number}" for number in range(4)])
    assert cache.told() == set()
    assert cache.everything == 2


# --- When


def test_nothing_is_purged_before_the_commit_or_after_a_rollback(cache: Recorder) -> None:
    with transaction.atomic():
        purging.purge_paths(["/learn/a"])
        purging.wait()
        assert cache.paths == []
    assert cache.told() == {"/learn/a"}
    with transaction.atomic():
        purging.purge_paths(["/learn/b"])
        transaction.set_rollback(True)
    assert cache.told() == set()


def test_held_purges_are_sent_at_the_end_even_after_an_error(cache: Recorder) -> None:
    def stopped() -> None:
        with purging.held():
            purging.purge_paths(["/learn/a"])
            purging.purge_paths(["/learn/b"])
            purging.wait()
            assert cache.paths == []
            raise ValueError("stopped")

    with pytest.raises(ValueError, match="stopped"):
        stopped()
    assert cache.told() == {"/learn/a", "/learn/b"}
    assert cache.batches == [2]


def test_addresses_are_sent_in_batches_each_once(cache: Recorder) -> None:
    with purging.held():
        for _ in range(2):
            purging.purge_paths([f"/learn/{number}" for number in range(120)])
    assert len(cache.told()) == 120
    assert cache.batches == [50, 50, 20]


def test_a_scheduled_article_is_purged_when_it_falls_due(
    cache: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    assert publish_due() == []
    yesterday = now - dt.timedelta(days=1)
    early = make_article(slug="early", subject="science", question="Why?", answer="So.", publish_at=yesterday)
    late = make_article(
        slug="late", question="Why?", answer="So.", is_preferred=True, publish_at=now + dt.timedelta(hours=1)
    )
    cache.told()
    assert publish_due() == []
    assert cache.told() == set()
    monkeypatch.setattr(timezone, "now", lambda: now + dt.timedelta(hours=2))
    assert publish_due() == ["/learn/physics/questions/late"]
    assert {
        "/learn/physics/questions/late",
        "/learn/science/questions/early",
        "/learn/physics",
    } <= cache.told()
    early.refresh_from_db()
    late.refresh_from_db()
    assert early.canonical == late
    assert not early.is_indexable
    assert late.is_indexable
    assert publish_due() == []
    assert cache.told() == set()


def test_nothing_is_announced_twice_or_missed_between_two_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    start = timezone.now()
    SiteState.objects.update(due_until=start)
    for minutes in range(1, 6):
        make_article(slug=f"q-{minutes}", publish_at=start + dt.timedelta(minutes=minutes))
    announced = []
    for minutes in (0, 1, 3, 3, 9):
        monkeypatch.setattr(timezone, "now", lambda minutes=minutes: start + dt.timedelta(minutes=minutes))
        announced.append([path[-1] for path in publish_due()])
    assert announced == [[], ["1"], ["2", "3"], [], ["4", "5"]]


# --- When it fails


def test_a_failure_that_may_pass_is_tried_again(cache: Recorder) -> None:
    cache.failures = [RequestError("busy", is_temporary=True)] * 2
    purging.purge_paths(["/learn/a"])
    assert cache.told() == {"/learn/a"}


@pytest.mark.parametrize(
    "failures",
    [
        [RequestError("busy", is_temporary=True)] * 3,
        [RequestError("forbidden")],
        [RuntimeError("a mistake of ours")],
    ],
)
def test_a_purge_that_fails_is_logged_and_breaks_nothing(
    failures: list[Exception], cache: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    cache.failures = [*failures]
    article = make_article()
    purging.wait()
    assert cache.failures == []
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert Article.objects.filter(pk=article.pk).exists()
    purging.purge_paths(["/learn/later"])
    assert cache.told() == {"/learn/later"}
