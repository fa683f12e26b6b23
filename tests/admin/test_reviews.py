"""Reviews: asked for by an editor, talked about line by line, decided by a publisher; and who is here besides."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.models import Article, Comment, Presence, Review
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import change_url, confirm, save
from tests.factories import make_article

pytestmark = pytest.mark.django_db
LIST = reverse("admin:learn_article_changelist")
TEXT = "First.\n\nSecond.\n\nThird."


def url(article: Article) -> str:
    return reverse("admin:learn_article_review", args=[article.pk])


def do(client: Client, article: Article, name: str, value: object = "1", **data: object) -> str:
    """Press a button of the page as it is now; `seen` in `data`: as it was."""
    response = client.post(url(article), {"seen": seen(client, article), name: value, **data}, follow=True)
    return " ".join(response.text.split()) if response.status_code == 200 else str(response.status_code)


def seen(client: Client, article: Article) -> str:
    text = client.get(url(article)).text
    return text.partition('name="seen" value="')[2].partition('"')[0]


def test_the_whole_way_from_a_request_to_the_live_page(
    as_editor: Client, as_publisher: Client, client: Client
) -> None:
    article = make_article(answer=TEXT)
    save(as_editor, article, answer=TEXT.replace("Second", "Better"))
    do(as_editor, article, "_request", text="Please look at the middle.")
    desk = as_publisher.get("/admin/").text
    assert "Waiting for you" in desk
    assert "Please look at the middle." in desk
    assert "Waiting for you" not in as_editor.get("/admin/").text
    assert "Say why" in do(as_publisher, article, "_return")
    assert "Sent back." in do(as_publisher, article, "_return", text="Say how much better.")
    assert "Say how much better." in as_editor.get("/admin/").text
    assert "Say how much better." in as_editor.get(change_url(article)).text
    save(as_editor, article, answer=TEXT.replace("Second", "Twice as good"))
    do(as_editor, article, "_request", text="Now?")
    assert Article.objects.get(pk=article.pk).answer == TEXT
    assert "Published." in do(as_publisher, article, "_publish", seen=seen(as_publisher, article))
    assert "Twice as good." in client.get(article.get_absolute_url()).text
    assert [str(one) for one in Review.objects.order_by("pk")] == ["Sent back", "Approved"]
    assert not Review.objects.filter(is_open=True).exists()
    for someone in (as_editor, as_publisher):
        assert "Waiting for you" not in someone.get("/admin/").text


def test_a_request_to_one_person_waits_for_that_person(
    as_editor: Client, as_publisher: Client, publisher: User
) -> None:
    other = logged_in(make_user("petra", "Publisher"))
    article = make_article(status=Article.Status.DRAFT)
    do(as_editor, article, "_request", of=publisher.pk)
    assert "Waiting for you" in as_publisher.get("/admin/").text
    assert "Waiting for you" not in other.get("/admin/").text
    assert "Approved." in do(as_publisher, article, "_approve")
    assert "approved by paul, to be published" in other.get("/admin/").text
    assert "Published." in do(other, article, "_publish", seen=seen(other, article))
    article.refresh_from_db()
    assert article.is_published


@pytest.mark.parametrize("button", ["_publish", "_approve"])
def test_a_publisher_decides_about_what_they_saw_and_nothing_else(
    button: str, as_editor: Client, as_publisher: Client
) -> None:
    article = make_article(answer=TEXT)
    save(as_editor, article, answer="Reviewed.")
    do(as_editor, article, "_request")
    before = seen(as_publisher, article)
    save(as_editor, article, answer="Slipped in.")
    assert "while you were looking" in do(as_publisher, article, button, seen=before)
    article.refresh_from_db()
    assert article.answer == TEXT
    assert Review.objects.get().decision == ""


def test_an_editor_decides_nothing(as_editor: Client) -> None:
    article = make_article(answer=TEXT)
    save(as_editor, article, answer="Mine.")
    do(as_editor, article, "_request")
    for name in ("_approve", "_return", "_publish"):
        assert do(as_editor, article, name, text="x", seen=seen(as_editor, article)) == "403"
    assert Review.objects.get().decision == ""
    article.refresh_from_db()
    assert article.answer == TEXT
    assert logged_in(make_user("nobody")).get(url(article)).status_code == 403


def test_comments_go_with_their_line_and_are_answered_and_resolved(
    as_editor: Client, as_publisher: Client
) -> None:
    article = make_article(answer=TEXT)
    do(as_publisher, article, "_comment", field="answer", line="3", text="Which <second>?")
    do(as_publisher, article, "_comment", field="keywords", text="Too many")
    do(as_publisher, article, "_comment", text=" ")
    one, other = Comment.objects.all()
    assert (one.line, one.quote, other.field, other.line) == (3, "Second.", "keywords", None)
    do(as_editor, article, "_comment", parent=one.pk, text="The other one")
    save(as_editor, article, answer="New beginning.\n\n" + TEXT)
    page = as_editor.get(url(article))
    (thread,) = next(found for number, _text, found in page.context["lines"] if number == 5)
    assert [reply.text for reply in thread.replies] == ["The other one"]
    assert "Which &lt;second&gt;?" in page.text
    do(as_editor, article, "_resolve", one.pk)
    one.refresh_from_db()
    assert str(one.resolved_by) == "edna"
    do(as_editor, article, "_reopen", one.pk)
    one.refresh_from_db()
    assert one.resolved_at is None
    save(as_editor, article, answer="All new.")
    page = as_editor.get(url(article))
    assert "On line 3, which said: Second." in page.text
    other_article = make_article()
    do(as_editor, other_article, "_resolve", one.pk)
    do(as_editor, other_article, "_comment", parent=one.pk, text="Elsewhere")
    one.refresh_from_db()
    assert (one.resolved_at, one.replies.count()) == (None, 1)


def test_who_else_has_the_form_open(as_editor: Client, as_publisher: Client) -> None:
    article, here = make_article(), reverse("admin:learn_article_here")
    signs: list[str] = []

    def tell(client: Client, **more: str) -> list[tuple[str, bool]]:
        answer = client.post(here, {"article": article.pk, **more}).json()
        signs.append(answer.get("sign", ""))
        return [(one["name"], one["typing"]) for one in answer["others"]]

    assert tell(as_editor) == []
    assert tell(as_publisher) == [("edna", False)]
    assert tell(as_editor, typing="1") == [("paul", False)]
    assert tell(as_publisher) == [("edna", True)]
    for sign in (
        "",
        "1",
        "2026-01-01",
        signs[0],
    ):  # of a page that was never answered, and of another of hers
        tell(as_editor, gone=sign)
        assert tell(as_publisher) == [("edna", True)]
    tell(as_editor)
    tell(as_editor, gone=signs[-1])
    assert tell(as_publisher) == []
    tell(as_editor)
    Presence.objects.update(seen_at=timezone.now() - dt.timedelta(minutes=2))
    assert tell(as_publisher) == []
    assert as_editor.post(here, {"article": "x"}).status_code == 404


def test_many_drafts_are_published_at_once_by_a_publisher_alone(
    as_editor: Client, as_publisher: Client
) -> None:
    first, second, third = make_article(), make_article(), make_article()
    save(as_editor, first, answer="Better.")
    save(as_editor, second, answer="")
    chosen = {"action": "publish_changes", "_selected_action": [first.pk, second.pk, third.pk], "index": "0"}
    as_editor.post(LIST, chosen)
    assert not Article.objects.filter(answer="Better.").exists()
    answer = as_publisher.post(LIST, chosen)
    assert "Write the answer." in as_publisher.get(f"{answer['Location']}?show=refused").text
    confirm(as_publisher, answer)
    assert Article.objects.get(answer="Better.").pk == first.pk
    assert Article.objects.get(pk=second.pk).answer
