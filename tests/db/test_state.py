from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from learn.db import state
from learn.models import Article, MissingPage, Redirect, RelatedLink, SiteState, Subject
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db


def key() -> str:
    present = state.read()
    assert present is not None
    return present.key


def test_the_state_stays_while_nothing_changes() -> None:
    make_article()
    assert key() == key()


@pytest.mark.parametrize(
    "change",
    [
        make_article,
        lambda: Article.objects.update(keywords="other words"),
        lambda: Article.objects.bulk_create(
            [Article(subject=make_subject(), slug="bulk", question="Why?", answer="So.", content_key="0")]
        ),
        lambda: Article.objects.all().delete(),
        lambda: Subject.objects.update(title="Other"),
        lambda: Subject.objects.create(slug="botany", title="Botany"),
        lambda: RelatedLink.objects.update(title="Other"),
        lambda: RelatedLink.objects.all().delete(),
    ],
)
def test_every_way_of_writing_renews_the_state(change) -> None:
    make_link(make_article(), make_article())
    before = key()
    change()
    assert key() != before


def test_statements_that_change_no_row_renew_nothing() -> None:
    make_article()
    before = key()
    Article.objects.filter(slug="no such slug").update(keywords="other words")
    RelatedLink.objects.all().delete()
    assert key() == before


def test_what_no_page_shows_renews_nothing() -> None:
    before = key()
    Redirect.objects.create(old_path="/learn/old", new_path="/learn")
    MissingPage.objects.create(path="/learn/nowhere")
    assert key() == before


def test_a_change_that_is_rolled_back_brings_the_former_state_back() -> None:
    before = key()
    with transaction.atomic():
        make_article()
        during = key()
        transaction.set_rollback(True)
    assert during != before
    assert key() == before
    make_article()
    assert key() not in (before, during)  # as a counter would, with other content


@pytest.mark.parametrize("field", ["publish_at", "expires"])
def test_an_article_that_falls_due_or_expires_changes_the_state(
    monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    due = timezone.now() + timedelta(hours=1)
    make_article(**{field: due})
    before = key()
    monkeypatch.setattr(timezone, "now", lambda: due + timedelta(minutes=1))
    present = state.read()
    assert present is not None
    assert present.key != before
    assert present.changed_at == due


def test_reading_the_state_costs_one_query(django_assert_num_queries) -> None:
    make_article()
    with django_assert_num_queries(1):
        state.read()


def test_reading_the_state_uses_the_indexes_of_moments() -> None:
    make_article()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            ("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ")
            + f"SELECT {state.STATE}",
            [connection.ops.adapt_datetimefield_value(timezone.now())] * 2,
        )
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "article_publish_at" in plan
    assert "article_expires" in plan


def test_the_state_says_when_the_library_last_changed() -> None:
    before = timezone.now()
    make_article(publish_at=before - timedelta(days=1))
    present = state.read()
    assert present is not None
    assert before - timedelta(seconds=1) <= present.changed_at <= timezone.now() + timedelta(seconds=1)


def test_the_row_makes_itself_with_the_first_change() -> None:
    SiteState.objects.all().delete()
    assert state.read() is None
    make_subject("zoology")
    assert state.read() is not None


@pytest.mark.django_db(transaction=True)
def test_two_writers_that_want_each_others_rows_take_turns() -> None:
    """Without the lock, each would hold its first row and wait for the other: PostgreSQL would stop one of them."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    first, second = make_article().pk, make_article().pk

    def write_both(*pks: int) -> None:
        try:
            with transaction.atomic():
                for pk in pks:
                    Article.objects.filter(pk=pk).update(keywords=f"written by {pks[0]}")
                    time.sleep(0.2)
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        for done in [threads.submit(write_both, first, second), threads.submit(write_both, second, first)]:
            done.result()
    assert Article.objects.values("keywords").distinct().count() == 1
