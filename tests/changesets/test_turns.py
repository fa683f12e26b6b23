"""Several change sets at once: small ones need not wait for large ones, and no two touch one article at a time."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from learn.changesets import making, reverting, running, subjects, turns
from learn.changesets.registry import KINDS
from learn.db.together import follow, together
from learn.models import Article, ChangeItem, ChangeSet
from tests.changesets.conftest import look_at, run
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db
State = ChangeSet.State


def confirmed(user: User, name: str, articles: list[Article], kind: str = "unpublish") -> ChangeSet:
    change_set = look_at(making.create(kind, name, user, making.of_articles(one.pk for one in articles)))
    assert making.confirm(change_set, change_set.ready)
    return change_set


def order_of_running(size: int) -> list[str]:
    """The names of the sets of which a step changed something, in that order."""
    names = dict(ChangeSet.objects.values_list("pk", "name"))
    order = []
    while (step := running.step(size)) is not None:
        order.append(names[step.change_set or 0])
    return order


def states() -> set[tuple[str, str]]:
    return set(ChangeSet.objects.values_list("name", "state"))


def test_a_small_set_does_not_wait_for_the_end_of_a_large_one(user: User) -> None:
    confirmed(user, "large", [make_article() for _ in range(12)])
    confirmed(user, "small", [make_article() for _ in range(2)])
    order = order_of_running(1)
    assert order.count("large") > order.count("small")
    assert order.index("small") < 4
    last_of_small = len(order) - order[::-1].index("small")
    assert last_of_small <= 2 * order.count("small") + 1
    assert states() == {("large", State.DONE), ("small", State.DONE)}


def test_a_set_of_an_article_that_another_one_changes_waits_for_its_end(user: User) -> None:
    articles = [make_article() for _ in range(6)]
    confirmed(user, "first", articles)
    confirmed(user, "second", [articles[0]], "no-index")  # which the first has changed by then
    confirmed(user, "third", [make_article()])
    confirmed(user, "fourth", [articles[0]], "render")
    order = order_of_running(1)
    assert max(n for n, name in enumerate(order) if name == "first") < order.index("second")
    assert max(n for n, name in enumerate(order) if name == "second") < order.index("fourth")
    assert order.index("third") < order.index("second")
    assert Article.objects.get(pk=articles[0].pk).no_index


def test_a_set_that_changes_a_subject_runs_alone_and_is_not_overtaken(user: User) -> None:
    physics = make_subject("physics")
    confirmed(user, "before", [make_article(subject="biology") for _ in range(3)])
    for _ in range(3):
        make_article(subject=physics)
    physics.title = "Natural philosophy"
    rename = look_at(subjects.rename(physics, user))
    assert making.confirm(rename, rename.ready)
    confirmed(user, "after", [make_article(subject="chemistry")])
    order = order_of_running(1)
    assert order == sorted(order, key=["before", rename.name, "after"].index)


def test_taking_back_runs_alone_only_where_what_it_takes_back_did(user: User) -> None:
    move = run(making.create("unpublish", "x", user, making.of_articles([make_article().pk])))
    back = reverting.revert(KINDS, move, user)
    assert not KINDS[back.kind].is_alone(back)
    physics = make_subject("physics")
    make_article(subject=physics)
    merge = run(subjects.merge(physics, make_subject("biology"), user))
    back = reverting.revert(KINDS, merge, user)
    assert KINDS[back.kind].is_alone(back)
    ChangeSet.objects.filter(pk=back.pk).update(reverts=None)
    assert KINDS[back.kind].is_alone(ChangeSet.objects.get(pk=back.pk))


def test_each_set_is_changed_at_its_own_pace(user: User) -> None:
    cheap = confirmed(user, "cheap", [make_article() for _ in range(4)])
    dear = confirmed(user, "dear", [make_article() for _ in range(4)])
    sizes = {cheap.pk: 4, dear.pk: 1}
    for _ in range(4):  # each is begun, and changed once
        running.step(2, sizes)
    counts = dict(ChangeSet.objects.values_list("name", "done"))
    assert counts == {"cheap": 4, "dear": 1}


def test_whose_turn_it_is_costs_one_query_where_one_set_runs(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    confirmed(user, "x", [make_article()])
    with django_assert_num_queries(1):
        assert turns.whose() is not None


def test_what_follows_from_the_saves_of_a_step_is_done_once(user: User) -> None:
    """Of an article more, what taking back costs is what is its own: not topics, copies and links of all."""

    def queries(number: int) -> int:
        articles = [make_article(keywords="optics, light") for _ in range(number)]
        made = making.of_articles(one.pk for one in articles)
        options = {"subject": make_subject("chemistry").pk}
        wrong = run(making.create("move", "x", user, made, options=options), 50)
        back = look_at(reverting.revert(KINDS, wrong, user))
        assert making.confirm(back, number)
        running.step(50)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            running.step(50)
        assert ChangeItem.objects.filter(change_set=back, state="changed").count() == number
        return len(captured)

    few, many = queries(2), queries(12)
    assert many - few <= 10 * 17, (few, many)


def test_what_follows_waits_for_the_end_and_not_for_an_error() -> None:
    said: list[set[int]] = []
    follow(said.append, [1])
    with together():
        follow(said.append, [2])
        with together():
            follow(said.append, [3])
        assert said == [{1}]
    assert said == [{1}, {2, 3}]

    def fail() -> None:
        with together():
            follow(said.append, [4])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(said) == 2
