"""Changes that go live at a moment, and what is said of them until then."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.editing import working_copies
from learn.editing.scheduled import publish_due
from learn.models import Revision, WorkingCopy
from tests.admin.forms import change_url, errors, fields, open_form, save
from tests.admin.test_working_copies import TEXT, arrives, keep, row
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def in_an_hour() -> str:
    return f"{timezone.now() + dt.timedelta(hours=1):%Y-%m-%dT%H:%M}"


def test_a_scheduled_change_goes_live_at_its_moment(as_publisher: Client, client: Client) -> None:
    article = make_article(slug="before")
    response = save(
        as_publisher, article, "_schedule", answer="Later.", slug="after", goes_live_at=in_an_hour()
    )
    assert "Scheduled: the change goes live on" in as_publisher.get(response.url).text
    assert "Goes live on" in as_publisher.get(reverse("admin:learn_article_changelist")).text
    publish_due()
    assert client.get(article.get_absolute_url()).status_code == 200
    WorkingCopy.objects.update(goes_live_at=timezone.now())
    assert publish_due() == ["/learn/physics/questions/after"]
    assert "Later." in client.get("/learn/physics/questions/after").text
    assert client.get(article.get_absolute_url())["Location"] == "/learn/physics/questions/after"
    last = Revision.objects.filter(id=article.pk).first()
    assert (last.history_user.username, last.history_change_reason) == (
        "paul", "its time has come: a scheduled change",
    )  # fmt: skip
    assert publish_due() == []


@pytest.mark.parametrize("button", ["_continue", "_save", "_next"])
def test_a_live_page_stays_until_the_moment_at_which_its_change_is_published(
    as_publisher: Client, client: Client, button: str
) -> None:
    article = make_article(answer=TEXT)
    before = row(article)
    as_publisher.post(
        change_url(article),
        {**open_form(as_publisher, article), "answer": "Later.", "publish_at": in_an_hour(), button: "1"},
    )
    assert row(article) == before
    assert "First." in client.get(article.get_absolute_url()).text
    copy = WorkingCopy.objects.get()
    assert f"{copy.goes_live_at:%Y-%m-%dT%H:%M}" == in_an_hour()
    told = as_publisher.get(change_url(article)).text
    assert "Scheduled: the change goes live on" in told
    assert "It appears on" not in told
    WorkingCopy.objects.update(goes_live_at=timezone.now())
    assert article.get_absolute_url() in publish_due()
    assert "Later." in client.get(article.get_absolute_url()).text


def test_a_moment_that_schedules_stays_in_a_form_that_is_refused(as_publisher: Client) -> None:
    article = make_article()
    refused = save(as_publisher, article, answer="", publish_at=in_an_hour())
    assert "answer" in errors(refused)
    assert fields(refused)["goes_live_at"] == in_an_hour()


def test_no_draft_takes_a_live_page_away_with_a_moment_ahead(
    as_publisher: Client, publisher: User, client: Client
) -> None:
    article = make_article()
    save(as_publisher, article, "_draft", publish_at=in_an_hour())
    (trouble,) = working_copies.publish(WorkingCopy.objects.get(), publisher)
    assert "The page is live" in trouble
    assert "publish_at" in errors(
        save(as_publisher, article, "_schedule", publish_at=in_an_hour(), goes_live_at=in_an_hour())
    )
    assert client.get(article.get_absolute_url()).status_code == 200


def test_the_form_says_whether_the_page_is_live(as_publisher: Client) -> None:
    now = timezone.now()
    live, ahead = make_article(), make_article(publish_at=now + dt.timedelta(days=400))
    over = make_article(expires=now - dt.timedelta(minutes=1))
    said = {
        live.pk: ("This page is live.", "Publish", "Publish and close"),
        ahead.pk: (
            f"This page goes live on {ahead.publish_at:%-d %b %Y, %H:%M} UTC.",
            "Schedule",
            "Schedule and close",
        ),
        over.pk: (
            f"This page expired on {over.expires:%-d %b %Y, %H:%M} UTC",
            "Publish",
            "Publish and close",
        ),
    }
    for article in (live, ahead, over):
        page = as_publisher.get(change_url(article)).text
        for text in said[article.pk]:
            assert f"{text}" in page
        assert ("This page is live." in page) == (article is live)
        assert (f'<a href="{article.get_absolute_url()}">' in page) == (article is live)
        save(as_publisher, article, "_draft", answer="Beside it.")
        beside = as_publisher.get(change_url(article)).text
        assert ("Show the live page" in beside) == (article is live)


def test_a_scheduled_change_is_due_on_the_desk(as_publisher: Client) -> None:
    soon = timezone.now() + dt.timedelta(minutes=30)
    later = make_article(question="Scheduled?", publish_at=soon + dt.timedelta(days=1))
    live = make_article(question="Changing?")
    save(as_publisher, live, "_schedule", answer="Later.", goes_live_at=in_an_hour())
    save(as_publisher, make_article(), "_draft", answer="Not scheduled.")
    desk = as_publisher.get("/admin/")
    assert [(row["pk"], row["is_change"]) for row in desk.context["due"]] == [
        (live.pk, True),
        (later.pk, False),
    ]
    assert desk.context["due_count"] == 2
    assert "Nothing is scheduled." not in desk.text
    listed = as_publisher.get(reverse("admin:learn_article_changelist"), {"status": "scheduled"}).context[
        "cl"
    ]
    assert {article.pk for article in listed.result_list} == {live.pk, later.pk}


def test_a_moment_that_has_passed_schedules_nothing(as_publisher: Client, as_editor: Client) -> None:
    article = make_article()
    response = save(as_publisher, article, "_schedule", answer="Later.", goes_live_at="2020-01-01T00:00")
    assert "choose a moment that is ahead" in as_publisher.get(response.url).text
    assert WorkingCopy.objects.get().goes_live_at is None
    assert "answer" in errors(save(as_publisher, article, "_schedule", answer="", goes_live_at=in_an_hour()))
    assert save(as_editor, article, "_schedule", goes_live_at=in_an_hour()).status_code == 403
    save(as_publisher, article, "_schedule", goes_live_at=in_an_hour())
    save(as_publisher, article, "_unschedule")
    assert WorkingCopy.objects.get().goes_live_at is None


def test_what_an_editor_changes_of_a_scheduled_change_does_not_go_live(
    as_publisher: Client, as_editor: Client
) -> None:
    article = make_article(answer=TEXT)
    save(as_publisher, article, "_schedule", answer="Paul's.", goes_live_at=in_an_hour())
    keep(as_editor, article, str(WorkingCopy.objects.get().number), answer=("Paul's.", "Edna's."))
    assert "edna changed it after it was scheduled" in as_publisher.get(change_url(article)).text
    WorkingCopy.objects.exclude(goes_live_at=None).update(goes_live_at=timezone.now())
    publish_due()
    article.refresh_from_db()
    assert article.answer == TEXT


def test_a_scheduled_change_that_clashes_waits_and_says_so(as_publisher: Client, publisher: User) -> None:
    article = make_article(answer=TEXT)
    save(as_publisher, article, "_schedule", answer="Paul's.", goes_live_at=in_an_hour())
    arrives(article, answer="The file's.")
    WorkingCopy.objects.update(goes_live_at=timezone.now())
    publish_due()
    assert "It could not go live:" in as_publisher.get(change_url(article)).text
    assert "could not go live" in as_publisher.get("/admin/").text
    other = make_article()
    save(as_publisher, other, "_schedule", answer="Paul's.", goes_live_at=in_an_hour())
    WorkingCopy.objects.update(goes_live_at=timezone.now())
    publisher.groups.clear()
    publish_due()
    assert "may not publish any more" in WorkingCopy.objects.get(article=other).trouble
