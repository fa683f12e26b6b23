"""Change sets: looked at, run in order and in short steps, taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.changesets import making, pruning, reverting, running, worker
from learn.changesets.registry import KINDS
from learn.editing import bulk
from learn.jobs.lock import AlreadyRunningError
from learn.models import Article, ChangeItem, ChangeSet, Redirect, Revision, Subject
from tests.changesets.conftest import look_at, run
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db
State, ItemState = ChangeSet.State, ChangeItem.State
Status = Article.Status


def move_set(user: User, articles: list[Article], subject: Subject) -> ChangeSet:
    return making.create(
        "move", "Move", user, making.of_articles(one.pk for one in articles), options={"subject": subject.pk}
    )


def paths(articles: list[Article]) -> list[str]:
    rows = Article.objects.select_related("subject").in_bulk([one.pk for one in articles])
    return [rows[one.pk].get_absolute_url() for one in articles]


def test_a_preview_says_what_would_be_changed_and_what_refused(user: User) -> None:
    chemistry = make_subject("chemistry")
    make_article(subject=chemistry, slug="taken")
    taken, free, there = (
        make_article(slug="taken"),
        make_article(slug="free"),
        make_article(subject=chemistry),
    )
    first, twin = make_article(subject="biology", slug="twin"), make_article(subject="physics", slug="twin")
    change_set = look_at(move_set(user, [taken, free, there, first, twin], chemistry))
    assert (change_set.state, change_set.ready, change_set.unchanged, change_set.refused) == (
        "preview",
        2,
        1,
        2,
    )
    assert "/learn/chemistry/questions/taken" in change_set.items.get(article_key=taken.pk).reason
    assert change_set.items.get(article_key=twin.pk).state == ItemState.REFUSED
    item = change_set.items.get(article_key=free.pk)
    assert item.after["address"] == "/learn/chemistry/questions/free"
    assert paths([free]) == ["/learn/physics/questions/free"]


def test_a_set_names_itself_in_the_history_and_says_what_each_article_said(user: User) -> None:
    articles = [make_article() for _ in range(5)]
    change_set = run(move_set(user, articles, make_subject("chemistry")))
    assert (change_set.state, change_set.changed, change_set.done) == (State.DONE, 5, 5)
    named = Revision.objects.filter(change_set=change_set)
    assert sorted(named.values_list("id", flat=True)) == [one.pk for one in articles]
    item = change_set.items.first()
    assert (item.before["subject"], item.after["subject"]) == ("physics", "chemistry")


def test_what_nobody_changed_since_is_taken_back_and_the_rest_is_listed_with_its_texts(user: User) -> None:
    articles = [make_article(slug=f"why-{n}") for n in range(5)]
    before = paths(articles)
    wrong = run(move_set(user, articles, make_subject("chemistry")))
    edited = Article.objects.get(pk=articles[1].pk)
    edited.answer = "Edited since."
    edited.save(user=user)
    back = run(reverting.revert(KINDS, wrong, user))
    assert (back.state, back.changed, back.refused) == (State.PARTLY, 4, 1)
    assert paths(articles) == [before[0], "/learn/chemistry/questions/why-1", *before[2:]]
    left = back.items.get(state=ItemState.REFUSED)
    assert left.reason == "paul changed it since."
    texts = left.options["texts"]
    assert texts["subject"] == ["physics", "chemistry", "chemistry"]
    assert texts["answer"] == [articles[1].answer, articles[1].answer, "Edited since."]
    wrong.refresh_from_db()
    assert wrong.state == State.REVERTED
    assert Redirect.objects.get(old_path="/learn/chemistry/questions/why-0").target_id == articles[0].pk
    assert not Redirect.objects.filter(old_path__in=[before[0], *before[2:]]).exists()
    again = run(reverting.revert(KINDS, back, user))  # a set that takes back is one, too
    assert (again.changed, paths(articles)[0]) == (4, "/learn/chemistry/questions/why-0")


@pytest.mark.parametrize(
    ("kind", "options"),
    [("publish", {}), ("unpublish", {}), ("no-index", {}), ("index", {}), ("move", {"subject": None})],
)
def test_every_bulk_change_can_be_taken_back_whole(user: User, kind: str, options: dict[str, object]) -> None:
    articles = [
        make_article(status=Status.DRAFT), make_article(status=Status.UNPUBLISHED), make_article(),
        make_article(no_index=True),
    ]  # fmt: skip
    make_link(articles[2], articles[3])
    if options:
        options = {"subject": make_subject("chemistry").pk}
    stored = (
        "status",
        "no_index",
        "subject",
        "slug",
        "is_indexable",
        "seo_title",
        "subject_label",
        "canonical",
    )
    rows = Article.objects.order_by("pk").values(*stored)
    before = list(rows)
    done = run(
        making.create(kind, kind, user, making.of_articles(one.pk for one in articles), options=options)
    )
    assert done.changed
    assert list(rows.all()) != before
    back = run(reverting.revert(KINDS, done, user))
    assert (back.changed, back.refused) == (done.changed, 0)
    assert list(rows.all()) == before


def test_sets_run_one_after_the_other_in_the_order_of_their_confirmation(user: User) -> None:
    articles = [make_article() for _ in range(4)]
    keys = making.of_articles(one.pk for one in articles)
    first = look_at(making.create("unpublish", "first", user, keys))
    second = look_at(making.create("no-index", "second", user, keys))
    assert making.confirm(second, 4)
    assert making.confirm(first, 4)
    seen = []
    while running.step(1):
        states = dict(ChangeSet.objects.values_list("name", "state"))
        seen.append((states["first"], states["second"]))
    assert seen[-1] == (State.DONE, State.DONE)
    assert (State.RUNNING, State.RUNNING) not in seen
    assert (State.WAITING, State.RUNNING) in seen
    assert (State.RUNNING, State.DONE) in seen


def test_one_article_that_fails_is_refused_and_keeps_no_other(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = [make_article() for _ in range(4)]
    real = KINDS["unpublish"].apply

    def fail(change_set: ChangeSet, items: list[ChangeItem], who: User) -> None:
        real(change_set, items, who)
        if any(item.article_key == articles[2].pk for item in items):
            raise ValueError("as a fault of the program does")

    monkeypatch.setattr(KINDS["unpublish"], "apply", fail)
    change_set = run(
        making.create("unpublish", "x", user, making.of_articles(one.pk for one in articles)), size=4
    )
    assert (change_set.state, change_set.changed, change_set.refused) == (State.PARTLY, 3, 1)
    assert [one.status for one in Article.objects.order_by("pk")].count(Status.UNPUBLISHED) == 3
    assert Revision.objects.filter(change_set=change_set).count() == 3


def test_who_may_not_publish_any_more_does_not_publish(user: User) -> None:
    change_set = look_at(making.create("unpublish", "x", user, making.of_articles([make_article().pk])))
    assert making.confirm(change_set, 1)
    User.objects.update(is_superuser=False)
    while running.step(5):
        pass
    change_set.refresh_from_db()
    assert (change_set.state, Article.objects.get().status) == (State.FAILED, Status.PUBLISHED)


def test_a_set_is_confirmed_once_and_with_its_number(user: User) -> None:
    change_set = look_at(making.create("unpublish", "x", user, making.of_articles([make_article().pk])))
    assert not making.confirm(change_set, 2)
    assert making.confirm(change_set, 1)
    assert not making.confirm(change_set, 1)
    assert not making.discard(change_set)


def test_an_article_that_is_deleted_meanwhile_is_refused(user: User) -> None:
    article, other = make_article(), make_article()
    change_set = look_at(making.create("unpublish", "x", user, making.of_articles([article.pk, other.pk])))
    article.delete()
    run(change_set)
    assert change_set.items.get(state=ItemState.REFUSED).reason == "It was deleted meanwhile."


def test_only_one_process_works(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def held() -> Iterator[None]:
        raise AlreadyRunningError
        yield

    look_at(making.create("unpublish", "x", user, making.of_articles([make_article().pk])))
    with monkeypatch.context() as patch:
        patch.setattr(worker, "only_changes", held)
        assert not worker.work()
    assert worker.work()


def test_the_details_of_an_old_set_go_and_its_row_stays(user: User, settings: Settings) -> None:
    settings.CHANGE_SETS_DAYS = 90
    old, young = (
        run(making.create("unpublish", "x", user, making.of_articles([make_article().pk]))) for _ in range(2)
    )
    long_ago = timezone.now() - dt.timedelta(days=91)
    ChangeSet.objects.filter(pk=old.pk).update(finished_at=long_ago, made_at=long_ago)
    never = making.create("unpublish", "x", user, making.of_articles([make_article().pk]))
    ChangeSet.objects.filter(pk=never.pk).update(state=State.PREVIEW, made_at=long_ago)
    pruning.forget_old()
    old.refresh_from_db()
    assert (old.items.count(), old.changed, young.items.count()) == (0, 1, 1)
    assert old.forgotten_at
    assert not reverting.can_revert(KINDS, old)
    assert not ChangeSet.objects.filter(pk=never.pk, state=State.PREVIEW).exists()


def paced(fixed: float, each: float, steps: int = 40, pace: worker.Pace | None = None) -> worker.Pace:
    """After so many steps that cost `fixed` seconds, and `each` for an item."""
    pace = pace or worker.Pace()
    for _ in range(steps):
        pace.after(pace.size, fixed + each * pace.size)
    return pace


@pytest.mark.parametrize(
    ("fixed", "each", "least", "most"),
    [(0, 0.001, 80, 130), (0.05, 0.001, 95, 105), (0, 0.0001, 200, 200), (0, 3.0, 1, 1), (0.02, 0.02, 3, 6),
     (0.15, 0.003, 30, 36), (0.07, 0.01, 12, 15)],  # of which one at a time would take five times as long
)  # fmt: skip
def test_a_step_takes_as_many_items_as_its_time_allows(
    fixed: float, each: float, least: int, most: int
) -> None:
    assert least <= paced(fixed, each).size <= most


def test_a_step_is_smaller_at_once_when_it_takes_too_long() -> None:
    pace = paced(0, 0.001)
    pace.after(pace.size, 1.0)
    assert pace.size <= 50
    assert paced(0, 3.0, 10, pace).size == worker.SMALLEST
    pace.after(0, 5.0)  # it began, or ended
    assert pace.size == worker.SMALLEST


def test_bulk_functions_only_say_what_they_would_do_in_a_trial(user: User) -> None:
    article = make_article()
    assert bulk.unpublish([article.pk], user, is_trial=True).pks == [article.pk]
    article.refresh_from_db()
    assert (article.status, article.version) == (Status.PUBLISHED, 1)
