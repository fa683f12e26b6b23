"""Changes that go live at a moment, and what is said of them until then."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.editing.scheduled import publish_due
from learn.models import Revision, WorkingCopy
from tests.admin.forms import change_url, errors, save
from tests.admin.test_working_copies import TEXT, arrives, keep
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


def test_a_moment_that_has_passed_schedules_nothing(as_publisher: Client, as_editor: Client) -> None:
    article = make_article()
    response = save(as_publisher, article, "_schedule", answer="Later.", goes_live_at="2020-01-01T00:00")
    assert "Choose a moment that is ahead" in as_publisher.get(response.url).text
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
