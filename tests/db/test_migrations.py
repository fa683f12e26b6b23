"""The schema goes forth and back with rows in every table, and what triggers keep right is right afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from learn.db import counts, state
from learn.models import Article
from learn.search import backends
from tests.db.filling import fill
from tests.db.schemas import (
    EARLIER,
    NAMES,
    assert_derived_is_right,
    assert_nothing_lost,
    assert_triggers_work,
    contents,
    found_by_search,
    generation,
    migrate,
    models_of,
    query_none,
    schema,
    state_at,
    step,
    tables,
    triggers,
)
from tests.factories import make_article

pytestmark = pytest.mark.django_db


# --- Back and forth ---------------------------------------------------------------------------------------------------


def test_every_migration_goes_back_and_forth_with_rows_in_every_table(scratch: BaseDatabaseWrapper) -> None:
    migrate(NAMES[-1])
    at_the_top = schema()
    of = models_of(state_at(NAMES[-1]).apps)
    for name in [*reversed(NAMES[:-1]), "zero"]:
        fill(of)
        before = contents(of)
        step(name)
        if name != "zero":
            of = models_of(state_at(name).apps)
            assert_nothing_lost(before, contents(of))
    assert tables() == set()
    assert [name for name, *_rest in schema() if name.startswith("learn")] == []

    before = {}
    state = None
    for name in NAMES:
        state = step(name, state)
        of = models_of(state.apps)
        assert_nothing_lost(before, contents(of))
        if before:
            assert_derived_where_followed(name, state.apps)
        fill(of)
        before = contents(of)
    assert schema() == at_the_top
    assert_derived_is_right(Article)
    backends.of(connection).check(connection)
    assert_triggers_work(models_of(present_apps))
    backends.of(connection).check(connection)


def assert_derived_where_followed(name: str, apps: Apps) -> None:
    if name >= "0011":
        assert_derived_is_right(apps.get_model("learn", "article"))
        backends.of(connection).check(connection)
        assert generation()


def test_the_site_works_after_the_walk(begin_at: Callable[[str], None]) -> None:
    begin_at(NAMES[-1])
    make_article(slug="kept", question="What is a keeper?")
    migrate("0001")
    migrate(NAMES[-1])
    article = Article.objects.get(slug="kept")
    assert counts.of_subject(article.subject_id) == (1, 1)
    assert found_by_search("keeper") == 1
    before = state.read()
    article.question = "What is a warden?"
    article.save()
    assert state.read() != before
    assert (found_by_search("keeper"), found_by_search("warden")) == (0, 1)
    article.delete()
    assert counts.of_subject(article.subject_id) == counts.NONE


def test_a_database_of_the_earlier_release_is_taken_over(begin_at: Callable[[str], None]) -> None:
    """Its triggers and its index were made after each `migrate`, and stand in no migration."""
    begin_at(EARLIER)
    folder = Path(__file__).parent / "release_0010"
    text = (folder / f"{connection.vendor}.sql").read_text()
    for statement in text.split("-- next\n"):
        query_none(statement)
    of = models_of(state_at(EARLIER).apps)
    query_none(
        "INSERT INTO learn_sitestate (id, generation, changed_at, due_until) "
        "VALUES (1, 'earlier', '2026-11-20 10:00:00', '2026-11-20 10:00:00')"
    )
    fill(of), fill(of)
    made_by_hand = triggers()
    before, old_generation = contents(of), generation()

    migrate("0011_triggers")
    assert triggers() == made_by_hand
    migrate(NAMES[-1])
    assert_nothing_lost(before, contents(models_of(present_apps)))
    assert generation() != old_generation
    assert_derived_is_right(Article)
    backends.of(connection).check(connection)
    assert_triggers_work(models_of(present_apps))
    taken_over = schema()
    migrate(EARLIER)
    migrate(NAMES[-1])
    assert schema() == taken_over


def test_a_taken_over_database_is_like_a_new_one(begin_at: Callable[[str], None]) -> None:
    begin_at(NAMES[-1])
    new = schema()
    migrate(EARLIER)
    for statement in (
        (Path(__file__).parent / "release_0010" / f"{connection.vendor}.sql").read_text().split("-- next\n")
    ):
        query_none(statement)
    migrate(NAMES[-1])
    assert schema() == new
