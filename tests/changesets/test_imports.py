"""Imports name a change set, by which what they changed can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from learn.changesets import deleting, reverting
from learn.changesets.registry import KINDS
from learn.editing import trash
from learn.importing import import_articles
from learn.models import Article, ChangeSet, DeletedArticle, Redirect, Revision
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import confirm
from tests.changesets.conftest import look_at, run
from tests.factories import article_file, make_article, make_link

pytestmark = pytest.mark.django_db
URLS = [f"/learn/physics/questions/why-{n}" for n in range(4)]


def test_what_an_import_changed_is_taken_back_but_for_what_was_edited_since(
    user: User, tmp_path: Path
) -> None:
    for url in URLS:
        article_file(tmp_path, url)
    import_articles([str(tmp_path)], jobs=1)
    ChangeSet.objects.all().delete()
    before = list(Article.objects.order_by("slug").values_list("answer", flat=True))
    for url in URLS[:3]:
        article_file(tmp_path, url, id=7, answer="Worse than before.")
    import_articles([str(tmp_path)], jobs=1)
    change_set = ChangeSet.objects.get()
    assert (change_set.kind, change_set.state, change_set.changed) == ("import", "done", 3)
    assert Revision.objects.filter(change_set=change_set).count() == 3
    import_articles([str(tmp_path)], jobs=1)
    assert ChangeSet.objects.get() == change_set  # an import that changes nothing makes none
    edited = Article.objects.get(slug="why-1")
    edited.answer = "Edited since."
    edited.save()
    back = run(reverting.revert(KINDS, change_set, user))
    assert (back.changed, back.refused) == (2, 1)
    answers = list(Article.objects.order_by("slug").values_list("answer", flat=True))
    assert answers == [before[0], "Edited since.", *before[2:]]
    assert back.items.get(state="refused").options["texts"]["answer"] == [
        before[1],
        "Worse than before.",
        "Edited since.",
    ]


def test_what_an_import_made_goes_into_the_trash_but_for_what_was_edited_since(
    user: User, tmp_path: Path
) -> None:
    for url in URLS:
        article_file(tmp_path, url)
    import_articles([str(tmp_path)], jobs=1)
    made = ChangeSet.objects.get()
    assert (made.kind, made.state, made.changed) == ("import", "done", 4)
    first, edited = Article.objects.get(slug="why-0"), Article.objects.get(slug="why-1")
    Redirect.objects.create(old_path="/learn/old", target=first)
    make_link(Article.objects.get(slug="why-2"), Article.objects.get(slug="why-3"))
    edited.answer = "Edited since."
    edited.save()
    back = run(reverting.revert(KINDS, made, user))
    assert (back.changed, back.refused) == (3, 1)
    assert back.items.get(state="refused").options["texts"]["answer"][-1] == "Edited since."
    assert list(Article.objects.values_list("slug", flat=True)) == ["why-1"]
    assert set(DeletedArticle.objects.values_list("deleted_by", flat=True)) == {user.pk}
    assert set(Revision.objects.filter(history_type="-").values_list("change_set", flat=True)) == {back.pk}
    import_articles([str(tmp_path)], jobs=1)
    assert Article.objects.count() == 1  # its file does not bring back what was taken back
    again = run(reverting.revert(KINDS, back, user))
    assert (again.changed, again.refused) == (3, 0)
    assert set(Article.objects.values_list("slug", "status")) == {(f"why-{n}", "published") for n in range(4)}
    assert Redirect.objects.get(old_path="/learn/old").target == first
    assert run(reverting.revert(KINDS, again, user)).changed == 3
    assert Article.objects.count() == 1


def test_who_may_not_delete_takes_nothing_away_that_an_import_made(user: User, tmp_path: Path) -> None:
    article_file(tmp_path, URLS[0])
    import_articles([str(tmp_path)], jobs=1)
    edna = User.objects.create(username="edna")
    back = look_at(reverting.revert(KINDS, ChangeSet.objects.get(), edna))
    assert (back.ready, back.refused) == (0, 1)


def test_deleted_articles_come_back_together_but_for_those_that_cannot(user: User) -> None:
    articles = [make_article(slug=f"gone-{n}", status="draft" if n == 2 else "published") for n in range(4)]
    for article in articles:
        trash.delete(Article.objects.get(pk=article.pk), user)
    make_article(slug="gone-0")
    trash.purge(articles[1].pk)
    back = run(deleting.bring_all_back(list(DeletedArticle.objects.order_by("pk")), user))
    assert (back.state, back.changed, back.refused) == ("partly", 2, 2)
    found = Article.objects.filter(pk__in=[one.pk for one in articles]).order_by("slug")
    assert list(found.values_list("slug", "status")) == [("gone-2", "draft"), ("gone-3", "published")]
    assert run(reverting.revert(KINDS, back, user)).changed == 2
    assert not found.exists()


def test_the_trash_brings_back_what_is_chosen_for_who_may() -> None:
    article = make_article()
    trash.delete(Article.objects.get(pk=article.pk), None)
    row = DeletedArticle.objects.get()
    chosen = {"action": "bring_back", "_selected_action": [row.pk], "index": "0"}
    there = reverse("admin:learn_deletedarticle_changelist")
    edna = logged_in(make_user("edna", "Editor"))
    edna.post(there, chosen)
    assert not ChangeSet.objects.exists()
    paul = logged_in(make_user("paul", "Publisher"))
    confirm(paul, paul.post(there, chosen))
    assert Article.objects.get(pk=article.pk).is_published
