"""The history of the whole site: one action is one line, filters, what was before, CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from learn.editing import bulk, site_history
from learn.editing.site_history import Filters
from learn.models import ChangeSet, Revision, RevisionDetails
from tests.admin.conftest import logged_in, make_user
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db
HISTORY = "/admin/history/"
Source = RevisionDetails.Source


def rows(client: Client, query: str = "") -> list[list[str]]:
    text = b"".join(client.get(f"{HISTORY}changes.csv{query}")).decode()
    return list(csv.reader(io.StringIO(text)))[1:]


def test_one_action_is_one_line_that_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    paul = make_user("paul", "Publisher")
    articles = [make_article() for _ in range(7)]
    monkeypatch.setattr(
        bulk, "batched", lambda keys: ([pk] for pk in keys)
    )  # each in a transaction of its own
    bulk.move([one.pk for one in articles[:6]], paul, subject=make_subject("chemistry"))
    articles[6].answer = "Meanwhile."
    articles[6].save(user=paul, source=Source.ADMIN)
    client = logged_in(paul)
    page = client.get(HISTORY)
    lines = page.context["page"].lines
    assert [(line.count, line.source) for line in lines[:2]] == [(1, "Admin"), (6, "Bulk action")]
    assert "<strong>6 articles</strong>" in page.text
    opened = client.get(reverse("admin:site_history_line", args=[lines[1].first["history_id"]]))
    assert [len(opened.context["members"]), opened.context["has_more"]] == [6, False]
    assert all(one.question in opened.text for one in articles[:6])
    change = opened.context["members"][0].changes[0]
    assert (change.label, [line.kind for line in change.lines]) == ("Subject", ["removed", "added"])


def test_a_save_between_two_batches_of_an_action_does_not_split_it(monkeypatch: pytest.MonkeyPatch) -> None:
    paul = make_user("paul", "Publisher")
    articles = [make_article() for _ in range(40)]
    other = make_article()
    monkeypatch.setattr(bulk, "batched", lambda keys: ([pk] for pk in keys))
    half = [one.pk for one in articles]
    bulk.set_no_index(half[:20], paul, value=True)
    other.answer = "Meanwhile."
    other.save(user=paul, source=Source.ADMIN)
    bulk.set_no_index(half[20:], paul, value=True)
    Revision.objects.filter(history_type="+").delete()
    lines = site_history.page(Filters()).lines
    assert [(line.count, line.source) for line in lines] == [(40, "Bulk action"), (1, "Admin")]


def test_pages_follow_each_other_without_a_gap_and_without_a_line_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paul = make_user("paul", "Publisher")
    monkeypatch.setattr(site_history, "LINES", 2)
    articles = [make_article() for _ in range(6)]
    for one in articles:
        one.answer = "Changed."
        one.save(user=paul, source=Source.ADMIN)
    Revision.objects.filter(history_type="+").delete()
    bulk.set_no_index([one.pk for one in articles], paul, value=True)
    # One save in the middle of the action: the second page begins below its first changes.
    middle = Revision.objects.filter(source=Source.ACTION).order_by("history_id")[3]
    Revision.objects.filter(pk=middle.pk).update(source=Source.ADMIN, history_change_reason="")
    seen, before, pages = [], None, 0
    while True:
        page = site_history.page(Filters(), before)
        seen += [(line.first["history_id"], line.count) for line in page.lines]
        pages += 1
        if (before := page.before) is None:
            break
    assert pages == 4
    assert len({number for number, _count in seen}) == len(seen) == 8
    assert sum(count for _number, count in seen) == Revision.objects.count() == 12


def test_an_action_of_another_hour_is_another_line() -> None:
    paul = make_user("paul", "Publisher")
    articles = [make_article() for _ in range(2)]
    for one in articles:
        bulk.set_no_index([one.pk], paul, value=True)
    first = Revision.objects.filter(source=Source.ACTION).earliest("history_id")
    hour_ago = timezone.now() - dt.timedelta(hours=1)
    Revision.objects.filter(history_id__lte=first.history_id).update(history_date=hour_ago)
    lines = site_history.page(Filters(source=Source.ACTION)).lines
    assert [line.count for line in lines] == [1, 1]


def test_filters_by_person_kind_subject_and_time() -> None:
    paul, edna = make_user("paul", "Publisher"), make_user("edna", "Editor")
    one, other = make_article(), make_article(subject="chemistry")
    for article, user in ((one, paul), (other, edna)):
        article.answer = f"By {user}."
        article.save(user=user, source=Source.ADMIN)
    other.delete()
    Revision.objects.filter(history_user=paul).update(history_date=dt.datetime(2026, 1, 2, 23, tzinfo=dt.UTC))
    client = logged_in(paul)

    def shown(query: str) -> list[tuple[str, str]]:
        lines = client.get(f"{HISTORY}?{query}").context["page"].lines
        return [(line.first["question"], line.kind) for line in lines]

    assert shown(f"person={edna.pk}") == [(other.question, "Changed")]
    assert shown("kind=-") == [(other.question, "Deleted")]
    assert shown(f"subject={one.subject_id}&source=admin") == [(one.question, "Changed")]
    assert shown("since=2026-01-02&until=2026-01-02") == [(one.question, "Changed")]
    assert shown("since=2026-01-03&until=9999-12-31&source=admin") == [(other.question, "Changed")]
    nonsense = shown("person=x&kind=%00&subject=99999999999999999999&since=never&before=-1&until=")
    assert nonsense == shown("")
    assert f"What {edna} changed" in client.get(f"{HISTORY}?person={edna.pk}").text


def test_the_table_says_before_and_after_and_holds_no_formula() -> None:
    paul = make_user("paul", "Publisher")
    article = make_article(question="=HYPERLINK(1)", answer="-1+1")
    article.answer, article.description = "@SUM(1)", "+1"
    article.save(user=paul, source=Source.ADMIN, reason="\t=1")
    told = rows(logged_in(paul))
    by_field = {row[8]: row for row in told if row[3] == "Changed"}
    assert by_field["Answer"][9:] == ["'-1+1", "'@SUM(1)"]
    assert by_field["Description"][10] == "'+1"
    assert by_field["Answer"][1:4] == ["paul", "Admin", "Changed"]
    assert [cell for row in told for cell in row if cell[:1] in set("=+-@\t\r")] == []


def test_it_takes_the_right_to_look_at_revisions() -> None:
    number = 1
    for path in (HISTORY, f"{HISTORY}{number}/", f"{HISTORY}changes.csv"):
        assert logged_in(make_user(f"staff{len(path)}")).get(path).status_code == 403
    editor = logged_in(make_user("edna", "Editor"))
    assert editor.get(HISTORY).status_code == 200
    assert editor.get(f"{HISTORY}99/").status_code == 404
    assert ">History</a>" in editor.get("/admin/").text


def test_what_a_page_asks_for_does_not_grow(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    paul = make_user("paul", "Publisher")
    for _ in range(30):
        article = make_article()
        article.answer = "Changed."
        article.save(user=paul, source=Source.ADMIN)
    client = logged_in(paul)
    before = client.get(HISTORY).context["page"].before
    with django_assert_max_num_queries(14):
        client.get(HISTORY)
    with django_assert_max_num_queries(14):
        client.get(f"{HISTORY}?before={before}&person={paul.pk}")


def test_a_change_set_is_one_line_of_its_name_and_can_be_asked_for() -> None:
    paul = make_user("paul", "Publisher")
    articles = [make_article() for _ in range(3)]
    wanted = ChangeSet.objects.create(name="Leaked phrases", kind=ChangeSet.Kind.REPLACE, state="done")
    Revision.objects.filter(id__in=[one.pk for one in articles[:2]]).update(change_set=wanted)
    client = logged_in(paul)
    page = client.get(HISTORY)
    assert [line.count for line in page.context["page"].lines] == [1, 2]
    assert f'<a href="/admin/learn/changeset/{wanted.pk}/change/">Leaked phrases</a>' in page.text
    found = client.get(f"{HISTORY}?change_set={wanted.pk}").context["page"].lines
    assert [(line.count, line.first["change_set_id"]) for line in found] == [(2, wanted.pk)]
    opened = client.get(reverse("admin:site_history_line", args=[found[0].first["history_id"]]))
    assert "<h1>Leaked phrases</h1>" in opened.text
    assert len(opened.context["members"]) == 2
