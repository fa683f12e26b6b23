"""An article that is deleted while somebody writes: nothing written is lost, and it comes back whole."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from learn.editing import trash
from learn.models import Article, Comment, Review, Revision, WorkingCopy
from tests.admin.forms import change_url, fields, open_form, save
from tests.admin.test_reviews import do
from tests.admin.test_working_copies import ADD, KEEP, TEXT, keep
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def bring_back(key: int, user: User) -> Article:
    return trash.restore(Revision.objects.filter(id=key).latest("history_id"), user, as_it_was=True)


def test_an_article_comes_back_with_its_draft_its_comments_and_its_review(
    as_editor: Client, as_publisher: Client, publisher: User
) -> None:
    article = make_article(answer=TEXT)
    key = article.pk
    save(as_editor, article, answer=f"{TEXT}\n\nEdna.")
    do(as_editor, article, "_request", text="Please.")
    do(as_publisher, article, "_comment", field="answer", line="3", text="Why?")
    trash.delete(article, publisher)
    desk = " ".join(as_editor.get("/admin/").text.split())
    assert "its article was deleted" in desk
    assert "Please." not in as_publisher.get("/admin/").text
    page = " ".join(as_editor.get(ADD, {"draft": WorkingCopy.objects.get().key}).text.split())
    assert "The article of this draft was deleted on the site by paul" in page
    back = bring_back(key, publisher)
    assert WorkingCopy.objects.get().article == back
    assert open_form(as_editor, back)["answer"] == f"{TEXT}\n\nEdna."
    assert back.comments.get().text == "Why?"
    assert "Please." in as_publisher.get("/admin/").text


def test_what_is_typed_after_a_deletion_is_kept(
    as_editor: Client, publisher: User, as_publisher: Client
) -> None:
    article = make_article(answer=TEXT)
    key, form = article.pk, open_form(as_editor, article)
    trash.delete(Article.objects.get(pk=key), publisher)
    kept = keep(as_editor, article, answer=(TEXT, f"{TEXT}\n\nTyped."))
    assert kept["clashes"] == []
    saved = as_editor.post(
        change_url(article), {**form, "answer": f"{TEXT}\n\nTyped, and saved.", "_continue": "1"}
    )
    page = as_editor.get(saved.url)
    assert "Somebody deleted the article while you were writing" in page.text
    assert fields(page)["answer"] == f"{TEXT}\n\nTyped, and saved."
    assert not Article.objects.exists()
    back = bring_back(key, publisher)
    assert open_form(as_publisher, back)["answer"] == f"{TEXT}\n\nTyped, and saved."


def test_an_approval_does_not_outlive_a_deletion(
    as_editor: Client, as_publisher: Client, publisher: User
) -> None:
    article = make_article(answer=TEXT)
    key = article.pk
    save(as_editor, article, answer="Reviewed.")
    do(as_editor, article, "_request")
    do(as_publisher, article, "_approve")
    assert Review.objects.get().decision == "approved"
    trash.delete(article, publisher)
    bring_back(key, publisher)
    assert Review.objects.get().decision == ""


def test_what_was_said_goes_when_the_trash_is_emptied(
    as_editor: Client, as_publisher: Client, publisher: User
) -> None:
    article = make_article(answer=TEXT)
    key = article.pk
    do(as_editor, article, "_request")
    do(as_editor, article, "_comment", text="Said.")
    trash.delete(article, publisher)
    assert (Review.objects.count(), Comment.objects.count()) == (1, 1)
    assert trash.purge(key)
    assert (Review.objects.count(), Comment.objects.count()) == (0, 0)
    assert as_editor.post(KEEP, {"article": key, "changes": "{}"}).status_code == 404
    assert as_editor.post(reverse("admin:learn_article_change", args=[key]), {}).status_code == 302
