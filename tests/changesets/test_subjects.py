"""Subjects that are renamed, or merged into another: every address goes on answering, and it can be taken back."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from learn.changesets import reverting, subjects
from learn.changesets.registry import KINDS
from learn.models import Article, ChangeSet, Redirect, Revision, Subject
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import confirm, fields
from tests.changesets.conftest import run
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db
State = ChangeSet.State


def rename(user: User, at: str, **values: object) -> ChangeSet:
    subject = Subject.objects.get(slug=at)
    for name, value in values.items():
        setattr(subject, name, value)
    return subjects.rename(subject, user)


def leads(client: Client, path: str) -> str:
    """Where a visitor of `path` arrives in one hop, or the path itself where it is a page."""
    answer = client.get(path)
    if answer.status_code == 200:
        return path
    assert answer.status_code == 301, (path, answer.status_code)
    assert client.get(answer["Location"]).status_code == 200
    return str(answer["Location"])


def test_a_rename_takes_the_articles_with_it_and_back(user: User, client: Client) -> None:
    for n in range(5):
        make_article(subject="physics", slug=f"q-{n}")
    done = run(rename(user, "physics", title="Natural philosophy", slug="natural-philosophy"))
    assert (done.state, done.changed) == (State.DONE, 6)
    assert leads(client, "/learn/physics") == "/learn/natural-philosophy"
    assert leads(client, "/learn/physics/questions/q-3") == "/learn/natural-philosophy/questions/q-3"
    assert set(Article.objects.values_list("subject_label", "version")) == {("Natural philosophy", 2)}
    assert Revision.objects.filter(change_set=done).count() == 5
    back = run(reverting.revert(KINDS, done, user))
    assert (back.state, back.reverts, back.changed) == (State.DONE, done, 6)
    assert leads(client, "/learn/natural-philosophy") == "/learn/physics"
    assert leads(client, "/learn/natural-philosophy/questions/q-3") == "/learn/physics/questions/q-3"
    assert leads(client, "/learn/physics/questions/q-3") == "/learn/physics/questions/q-3"
    done.refresh_from_db()
    assert done.state == State.REVERTED


def test_a_slug_that_is_taken_meanwhile_fails_whole(user: User) -> None:
    make_article(subject="physics")
    change_set = rename(user, "physics", slug="optics")
    make_subject("optics")
    run(change_set)
    assert (change_set.state, change_set.changed) == (State.FAILED, 0)
    assert "Another subject stands at /learn/optics" in change_set.message


def test_listing_is_a_set_and_decides_what_search_engines_see(user: User) -> None:
    article = make_article(subject="physics")
    done = run(rename(user, "physics", is_listed=False))
    article.refresh_from_db()
    assert (done.state, article.is_indexable, article.version) == (State.DONE, False, 1)
    run(reverting.revert(KINDS, done, user))
    article.refresh_from_db()
    assert article.is_indexable


def test_the_library_shows_subjects_in_the_order_that_a_set_gives_them(user: User, client: Client) -> None:
    for slug in ("biology", "chemistry", "physics"):
        make_article(subject=slug)
    done = run(rename(user, "physics", position=1))
    assert (done.state, done.changed) == (State.DONE, 1)  # no article follows
    assert list(Subject.objects.values_list("slug", flat=True)) == ["physics", "biology", "chemistry"]
    page = client.get("/learn").text
    assert page.index("/learn/physics") < page.index("/learn/biology") < page.index("/learn/chemistry")
    run(reverting.revert(KINDS, done, user))
    assert Subject.objects.first() == Subject.objects.get(slug="biology")


def test_a_subject_is_merged_into_another_and_comes_back(user: User, client: Client) -> None:
    make_article(subject="chemistry", slug="there")
    old = [make_article(subject="alchemy", slug=f"q-{n}") for n in range(4)]
    alchemy, chemistry = Subject.objects.get(slug="alchemy"), Subject.objects.get(slug="chemistry")
    alchemy.description = "Gold."
    alchemy.save()
    done = run(subjects.merge(alchemy, chemistry, user))
    assert (done.state, done.changed) == (State.DONE, 5)
    assert leads(client, "/learn/alchemy") == "/learn/chemistry"
    assert leads(client, "/learn/alchemy/questions/q-1") == "/learn/chemistry/questions/q-1"
    assert not Subject.objects.filter(slug="alchemy").exists()
    back = run(reverting.revert(KINDS, done, user))
    assert (back.state, back.changed) == (State.DONE, 5)
    assert Subject.objects.get(slug="alchemy").description == "Gold."
    for article in old:
        article.refresh_from_db()
        assert article.subject.slug == "alchemy"
    assert leads(client, "/learn/chemistry/questions/q-1") == "/learn/alchemy/questions/q-1"
    assert leads(client, "/learn/alchemy") == "/learn/alchemy"


def test_a_subject_whose_articles_cannot_all_move_stays(user: User) -> None:
    make_article(subject="chemistry", slug="taken")
    make_article(subject="alchemy", slug="taken")
    make_article(subject="alchemy", slug="free")
    alchemy, chemistry = Subject.objects.get(slug="alchemy"), Subject.objects.get(slug="chemistry")
    done = run(subjects.merge(alchemy, chemistry, user))
    assert (done.state, done.changed, done.refused) == (State.PARTLY, 1, 2)
    assert Subject.objects.filter(slug="alchemy").exists()
    assert not Redirect.objects.filter(old_path="/learn/alchemy").exists()


def test_the_desk_makes_sets_of_subjects_for_publishers_alone() -> None:
    paul, edna = logged_in(make_user("paul", "Publisher")), logged_in(make_user("edna", "Editor"))
    article = make_article(subject="physics")
    other = make_subject("chemistry")
    page = reverse("admin:learn_subject_change", args=[article.subject_id])
    form = {**fields(paul.get(page), "subject_form"), "title": "Motion", "_save": "1"}
    answer = paul.post(page, form)
    assert Subject.objects.get(slug="physics").title == "Physics"
    confirm(paul, answer)
    assert Subject.objects.get(slug="physics").title == "Motion"
    merge = reverse("admin:learn_subject_merge", args=[article.subject_id])
    assert edna.post(merge, {"into": other.pk}).status_code == 403
    confirm(paul, paul.post(merge, {"into": other.pk}))
    article.refresh_from_db()
    assert article.subject == other
