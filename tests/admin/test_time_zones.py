"""The desk in the time zone of whoever uses it; what is stored stays UTC."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.editing import working_copies
from learn.editing.scheduled import publish_due
from learn.models import Article, SearchPin, WorkingCopy
from quicktakes.time_zones import COOKIE, FIELD
from tests.admin.forms import change_url, errors, fields, open_form, save
from tests.factories import make_article

pytestmark = pytest.mark.django_db
KATHMANDU, BERLIN = "Asia/Kathmandu", "Europe/Berlin"
MOMENT = dt.datetime(2037, 3, 1, tzinfo=dt.UTC)


def moved_to(client: Client, zone: str) -> Client:
    client.cookies[COOKIE] = zone
    return client


def stored(name: str = "values") -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{name}" FROM learn_workingcopy')  # noqa: S608 a column of ours
        return json.loads(cursor.fetchone()[0])


def test_a_moment_is_entered_and_shown_in_ones_own_time_zone(as_publisher: Client) -> None:
    article = make_article(status=Article.Status.DRAFT)
    moved_to(as_publisher, KATHMANDU)
    form = as_publisher.get(change_url(article)).text
    assert f"{KATHMANDU}. A page that is published before this moment waits for it." in form
    assert f"Times are those of {KATHMANDU}." in form
    told = save(
        as_publisher, article, "_publish", publish_at="2037-03-01T05:45", expires="2038-03-01T05:45:00"
    )
    assert "It appears on 01 Mar 2037, 05:45 +0545" in as_publisher.get(told["Location"]).text
    article.refresh_from_db()
    assert (article.publish_at, article.expires) == (MOMENT, MOMENT.replace(year=2038))
    assert open_form(as_publisher, article)["publish_at"] == "2037-03-01T05:45:00"
    assert "01 Mar 2037, 05:45 +0545" in as_publisher.get("/admin/").text
    moved_to(as_publisher, BERLIN)
    assert open_form(as_publisher, article)["publish_at"] == "2037-03-01T01:00:00"
    save(as_publisher, article, keywords="another")
    article.refresh_from_db()
    assert (article.keywords, article.publish_at) == ("another", MOMENT)


@pytest.mark.parametrize("zone", ["", "Europe/Atlantis", "../../etc/passwd", "x" * 5000])
def test_without_a_known_time_zone_it_is_utc_and_says_so(as_publisher: Client, zone: str) -> None:
    article = make_article(publish_at=MOMENT)
    moved_to(as_publisher, zone)
    page = as_publisher.get(change_url(article)).text
    assert "UTC. A page that is published before" in page
    assert "Let the draft go live at (UTC)" in page
    assert "Times are those of UTC." in page
    assert open_form(as_publisher, article)["publish_at"] == "2037-03-01T00:00:00"


def test_a_form_is_read_in_the_time_zone_in_which_it_was_shown(as_publisher: Client) -> None:
    article = make_article(status=Article.Status.DRAFT, publish_at=MOMENT)
    form = open_form(as_publisher, article)
    assert form[FIELD] == "UTC"
    moved_to(as_publisher, KATHMANDU)
    as_publisher.post(change_url(article), {**form, "expires": "2038-03-01T00:00", "_continue": "1"})
    article.refresh_from_db()
    assert (article.publish_at, article.expires) == (MOMENT, MOMENT.replace(year=2038))


def test_no_other_request_is_in_anybodys_time_zone(as_publisher: Client) -> None:
    moved_to(as_publisher, KATHMANDU)
    as_publisher.get("/admin/")
    as_publisher.post(change_url(make_article()), {FIELD: KATHMANDU})
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_working_copy_keeps_utc_and_each_sees_ones_own(as_publisher: Client, as_editor: Client) -> None:
    article = make_article(answer="First.", publish_at=dt.datetime(2025, 6, 1, tzinfo=dt.UTC))
    moved_to(as_publisher, KATHMANDU)
    moved_to(as_editor, BERLIN)
    save(as_publisher, article, "_draft", answer="Better.", expires="2037-03-01T05:45")
    assert (stored()["expires"], stored()["publish_at"]) == ("2037-03-01T00:00:00", "2025-06-01T00:00:00")
    assert stored("base")["publish_at"] == "2025-06-01T00:00:00"
    assert open_form(as_publisher, article)["expires"] == "2037-03-01T05:45:00"
    page = as_editor.get(change_url(article)).text
    assert "2037-03-01 01:00" in page.replace("T01:00", " 01:00")
    save(as_editor, article, answer="Edna's.")
    assert (stored()["expires"], stored()["publish_at"]) == ("2037-03-01T00:00:00", "2025-06-01T00:00:00")
    assert working_copies.publish(WorkingCopy.objects.get(), None) == []
    article.refresh_from_db()
    assert (article.answer, article.expires) == ("Edna's.", MOMENT)
    assert article.publish_at == dt.datetime(2025, 6, 1, tzinfo=dt.UTC)


def test_what_is_kept_while_somebody_writes_is_of_the_form_that_sends_it(as_publisher: Client) -> None:
    article = make_article()
    moved_to(as_publisher, KATHMANDU)
    form = open_form(as_publisher, article)
    moved_to(as_publisher, BERLIN)
    changes = json.dumps({"expires": ["", "2037-03-01T05:45"]})
    data = {"article": article.pk, "number": "0.0", "changes": changes, FIELD: form[FIELD]}
    answer = as_publisher.post(reverse("admin:learn_article_keep"), data).json()
    assert answer["values"]["expires"] == "2037-03-01T05:45:00"
    assert stored()["expires"] == "2037-03-01T00:00:00"


def test_a_change_is_scheduled_in_ones_own_time_zone(as_publisher: Client) -> None:
    article = make_article()
    moved_to(as_publisher, KATHMANDU)
    told = save(as_publisher, article, "_schedule", answer="Later.", goes_live_at="2037-03-01T05:45")
    assert WorkingCopy.objects.get().goes_live_at == MOMENT
    page = as_publisher.get(told["Location"])
    assert "goes live on 01 Mar 2037, 05:45 +0545" in page.text
    assert fields(page)["goes_live_at"] == "2037-03-01T05:45"
    save(as_publisher, article, "_continue", answer="Later.", publish_at="2038-03-01T05:45")
    assert WorkingCopy.objects.get().goes_live_at == MOMENT.replace(year=2038)
    told = save(as_publisher, article, "_schedule", answer="Later still.", goes_live_at="2037-13-01T05:45")
    assert "not scheduled. Enter a valid date/time." in as_publisher.get(told["Location"]).text


def test_a_time_that_the_clock_skips_or_says_twice_is_no_moment(as_publisher: Client) -> None:
    article = make_article()
    moved_to(as_publisher, BERLIN)
    refused = save(as_publisher, article, expires="2037-03-29T02:30:00")
    assert errors(refused) == {
        "expires": [f"In {BERLIN} the clock skips 02:30 on 29 Mar 2037. Choose another time."]
    }
    assert fields(refused)["expires"] == "2037-03-29T02:30:00"
    refused = save(as_publisher, article, expires="2037-10-25T02:30:00")
    first, second = "2037-10-25T02:30:00+02:00", "2037-10-25T02:30:00+01:00"
    assert errors(refused) == {
        "expires": [f"In {BERLIN} the clock says 02:30 on 25 Oct 2037 twice. Write {first} or {second}."]
    }
    save(as_publisher, article, expires=second)
    article.refresh_from_db()
    assert article.expires == dt.datetime(2037, 10, 25, 1, 30, tzinfo=dt.UTC)
    # Nobody touches it: it stays, and so it does in a draft.
    assert open_form(as_publisher, article)["expires"] == second
    save(as_publisher, article, "_draft", answer="Better.")
    assert stored()["expires"] == "2037-10-25T01:30:00"
    save(as_publisher, article, keywords="more")
    article.refresh_from_db()
    assert (article.keywords, article.expires.hour) == ("more", 1)


def test_a_draft_keeps_a_time_that_is_no_moment_until_somebody_mends_it(as_publisher: Client) -> None:
    article = make_article()
    moved_to(as_publisher, BERLIN)
    address = reverse("admin:learn_article_keep")
    changes = json.dumps({"expires": ["", "2037-03-29T02:30:00"]})
    as_publisher.post(address, {"article": article.pk, "changes": changes})
    assert open_form(as_publisher, article)["expires"] == "2037-03-29T02:30:00"
    assert "the clock skips" in str(errors(save(as_publisher, article)))
    (trouble,) = working_copies.publish(WorkingCopy.objects.get(), None)
    assert trouble.startswith("Expires:")


def test_moments_at_the_end_of_time_break_nothing(as_publisher: Client) -> None:
    article = make_article(expires=dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC))
    make_article(publish_at=dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC))
    moved_to(as_publisher, KATHMANDU)
    assert as_publisher.get("/admin/").status_code == 200
    assert as_publisher.get(reverse("admin:learn_article_changelist")).status_code == 200
    save(as_publisher, article, keywords="more")
    save(as_publisher, article, "_draft", answer="Better.")
    save(as_publisher, article)
    article.refresh_from_db()
    assert (article.answer, article.expires) == (
        "Better.",
        dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
    )
    assert "expires" in errors(save(as_publisher, article, expires="0001-01-01T00:00:00"))
    publish_due()


def test_a_pinned_result_ends_in_ones_own_time_zone(as_publisher: Client) -> None:
    article = make_article()
    add = reverse("admin:learn_searchpin_add")
    moved_to(as_publisher, KATHMANDU)
    form = fields(as_publisher.get(add), "searchpin_form")
    as_publisher.post(
        add,
        {**form, "query": "light", "leads_to": article.get_absolute_url(), "until": "2037-03-01T05:45:00"},
    )
    assert SearchPin.objects.get().until == MOMENT


def test_days_of_the_history_are_those_of_ones_own_time_zone(as_editor: Client) -> None:
    article = make_article()
    save(as_editor, article, keywords="more")
    history = reverse("admin:site_history")
    for zone in (KATHMANDU, "America/Los_Angeles"):
        moved_to(as_editor, zone)
        with timezone.override(zone):
            today = timezone.localdate()
        page = as_editor.get(history, {"since": today, "until": today})
        assert f"When ({zone})" in page.text
    assert as_editor.get(history, {"since": "0001-01-01", "until": "9999-12-31"}).status_code == 200
