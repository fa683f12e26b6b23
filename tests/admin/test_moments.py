"""What a moment ahead does to a page that is live, what the desk tells of it, and of what was never saved."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.editing import working_copies
from learn.editing.scheduled import publish_due
from learn.models import Article, Revision, WorkingCopy
from tests.admin.forms import change_url, errors, fields, open_form, save
from tests.admin.test_schedules import in_an_hour
from tests.admin.test_working_copies import ADD, TEXT, keep, row
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def test_every_new_question_that_was_never_saved_can_be_reached(
    as_editor: Client, as_publisher: Client
) -> None:
    for number in range(60):
        keep(as_editor, None, key=f"{number:016x}", question=("", f"Question {number:02}?"))
    keep(as_publisher, None, key="f" * 16, question=("", "Of Paul?"))
    keep(as_editor, make_article(question="Saved?"), keywords=("", "more"))
    everything, own = (reverse("admin:learn_article_unpublished") + query for query in ("", "?new"))
    assert f'href="{everything}">All 62 unpublished changes' in as_editor.get("/admin/").text
    assert f'href="{own}">All 60' in as_editor.get(ADD).text
    for address, expected in ((f"{everything}?", 62), (f"{own}&", 60)):
        pages = [as_editor.get(f"{address}page={number}") for number in (1, 2)]
        assert pages[0].text.count('rel="next"') == 1
        keys = {copy.key for page in pages for copy in page.context["page"]}
        assert len(keys) == expected
        assert f"{ADD}?draft={0:016x}" in pages[1].text
        assert ("Of Paul?" in pages[0].text) == ("Saved?" in pages[0].text) == (expected == 62)
    assert Client().get(everything).status_code == 302


@pytest.mark.parametrize("button", ["_continue", "_save", "_next"])
def test_a_live_page_stays_until_the_moment_at_which_its_change_is_published(
    as_publisher: Client, client: Client, button: str
) -> None:
    article = make_article(answer=TEXT)
    before, moment = row(article), in_an_hour()
    as_publisher.post(
        change_url(article),
        {**open_form(as_publisher, article), "answer": "Later.", "publish_at": moment, button: "1"},
    )
    assert row(article) == before
    assert "First." in client.get(article.get_absolute_url()).text
    copy = WorkingCopy.objects.get()
    assert f"{copy.goes_live_at:%Y-%m-%dT%H:%M}" == moment
    told = as_publisher.get(change_url(article)).text
    assert "Scheduled: the change goes live on" in told
    assert "It appears on" not in told
    WorkingCopy.objects.update(goes_live_at=timezone.now())
    assert article.get_absolute_url() in publish_due()
    assert "Later." in client.get(article.get_absolute_url()).text


def test_a_moment_that_schedules_stays_in_a_form_that_is_refused(as_publisher: Client) -> None:
    article, moment = make_article(), in_an_hour()
    refused = save(as_publisher, article, answer="", publish_at=moment)
    assert "answer" in errors(refused)
    assert fields(refused)["goes_live_at"] == moment


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
            f"This page goes live on {ahead.publish_at:%d %b %Y, %H:%M} UTC.",
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


# --- Where an expired page leads --------------------------------------------------------------------------------------


def expire(article: Article) -> None:
    Article.objects.filter(pk=article.pk).update(expires=timezone.now() - dt.timedelta(minutes=1))


def test_an_expired_page_leads_to_what_a_publisher_chose(as_publisher: Client, client: Client) -> None:
    article, other = make_article(slug="old"), make_article(slug="new")
    chosen = f"https://testserver{other.get_absolute_url()}"
    save(as_publisher, article, expires="2999-01-01T00:00:00", expires_to=other.get_absolute_url())
    assert open_form(as_publisher, article)["expires_to"] == other.get_absolute_url() in chosen
    assert client.get(article.get_absolute_url()).status_code == 200
    expire(article)
    for _before_and_after in range(2):
        answer = client.get(article.get_absolute_url())
        assert (answer.status_code, answer["Location"]) == (301, other.get_absolute_url())
        publish_due()
    save(as_publisher, other, slug="newest")
    assert client.get(article.get_absolute_url())["Location"] == "/learn/physics/questions/newest"
    save(as_publisher, other, "_unpublish")
    assert client.get(article.get_absolute_url()).status_code == 410
    save(as_publisher, article, "_publish", expires="2999-01-01T00:00:00")
    assert client.get(article.get_absolute_url()).status_code == 200
    save(as_publisher, article, "_unpublish")  # before it expires: it is gone
    assert client.get(article.get_absolute_url()).status_code == 410


def test_where_an_expired_page_leads_is_checked_as_a_redirect_is(
    as_publisher: Client, as_root: Client, as_editor: Client, client: Client, settings: Settings
) -> None:
    settings.REDIRECT_HOSTS = ["www.example.org"]
    article, draft = make_article(), make_article(status="draft")
    elsewhere = "https://www.example.org/page"
    for address in (
        "/learn/physics/questions/nothing", draft.get_absolute_url(), article.get_absolute_url(), "//www.example.org",
        "words", "javascript:alert(1)", elsewhere, "https://other.example",
    ):  # fmt: skip
        assert "expires_to" in errors(save(as_publisher, article, expires_to=address)), address
    assert "expires_to" in errors(save(as_root, article, expires_to="https://other.example"))
    assert "expires_to" not in open_form(as_editor, article)
    save(as_root, article, "_draft", expires_to=elsewhere)
    publisher, root = (User.objects.get(username=name) for name in ("paul", "root"))
    (trouble,) = working_copies.publish(WorkingCopy.objects.get(), publisher)
    assert "You may not lead visitors to other sites" in trouble
    assert working_copies.publish(WorkingCopy.objects.get(), root) == []
    save(as_publisher, article, keywords="It stays.")
    expire(article)
    assert client.get(article.get_absolute_url())["Location"] == elsewhere
    settings.REDIRECT_HOSTS = []
    assert client.get(article.get_absolute_url()).status_code == 410


def test_two_expired_pages_that_lead_to_each_other_are_gone(client: Client) -> None:
    one, other = make_article(), make_article()
    for article, target in ((one, other), (other, one)):
        Article.objects.filter(pk=article.pk).update(extra={"expires_to": target.get_absolute_url()})
        expire(article)
    assert client.get(one.get_absolute_url()).status_code == 410


def test_where_it_leads_belongs_to_drafts_versions_and_restores(as_publisher: Client) -> None:
    article = make_article()
    save(as_publisher, article, "_draft", expires_to="/learn")
    assert WorkingCopy.objects.get().values["expires_to"] == "/learn"
    assert "Then lead to" in as_publisher.get(change_url(article)).text
    save(as_publisher, article)
    first, last = Revision.objects.filter(id=article.pk).order_by("history_id")
    assert (first.extra, last.extra) == ({}, {"expires_to": "/learn"})
    save(as_publisher, article, expires_to="")
    article.refresh_from_db()
    assert article.extra == {}
    as_publisher.post(
        reverse("admin:learn_article_restore", args=[article.pk, last.history_id]),
        {"version": article.version},
    )
    assert open_form(as_publisher, article)["expires_to"] == "/learn"
