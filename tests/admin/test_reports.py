"""Reports of readers on the desk."""

from __future__ import annotations

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from learn.admin.reports import place
from learn.models import Article, HelpfulCount, Report
from tests.admin.conftest import logged_in, make_user
from tests.factories import make_article

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
LIST = reverse("admin:learn_report_changelist")
OVERVIEW = reverse("admin:readers")


@pytest.fixture
def report() -> Report:
    article = make_article(question="What is energy?")
    HelpfulCount.objects.create(article=article, version=1, helpful=1, not_helpful=4)
    return Report.objects.create(
        article=article, version=1, kind="fact", text="It is H.", quote="The well-known energy", mail="a@example.org",
        times=3, key="k",
    )  # fmt: skip


def test_the_overview_leads_to_the_reports_of_an_article(as_editor: Client, report: Report) -> None:
    other = Report.objects.create(article=make_article(), version=1, kind="other", text="Not this.", key="k")
    page = as_editor.get(OVERVIEW).text
    assert "What is energy?" in page
    assert "Something is not true (3)" in page
    assert f"{LIST}?question={report.article_id}" in page
    rows = as_editor.get(LIST, {"question": report.article_id}).text
    assert "It is H." in rows
    assert other.text not in rows


def test_the_place_is_opened_and_the_mail_is_written(as_editor: Client, report: Report) -> None:
    page = as_editor.get(f"{LIST}{report.pk}/change/").text
    assert f"{report.article.get_absolute_url()}#:~:text=The%20well%2Dknown%20energy" in page
    assert "mailto:a%40example.org?subject=" in page


@pytest.mark.parametrize(
    ("quote", "start"),
    [
        (
            "- $P$ is the principal, the money at the start",
            "is%20the%20principal%2C%20the%20money%20at%20the%20start",
        ),
        ("𝑃 is the principal", "is%20the%20principal"),
        ("A **bold** word\n\nThe next paragraph is longer", "The%20next%20paragraph%20is%20longer"),
    ],
)
def test_the_place_is_looked_for_by_words_that_the_page_shows(report: Report, quote: str, start: str) -> None:
    report.quote = quote
    assert place(report) == f"{report.article.get_absolute_url()}#:~:text={start}"


def test_a_report_of_a_formula_alone_opens_the_answer(report: Report) -> None:
    report.quote = "$$\nA = P\\left(1 + \\frac{r}{n}\\right)^{nt}\n$$"
    assert place(report) == f"{report.article.get_absolute_url()}#answer"


def test_an_editor_decides(as_editor: Client, report: Report) -> None:
    values = {"state": "answered", "answer": "It is E."}
    assert as_editor.post(f"{LIST}{report.pk}/change/", {**values, "text": "Forged"}).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.answer, report.text) == ("answered", "It is E.", "It is H.")
    assert report.decided_at is not None
    chosen = {"action": "accept", ACTION_CHECKBOX_NAME: [report.pk], "index": "0"}
    assert as_editor.post(LIST, chosen).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.decided_at) == ("accepted", None)


def test_who_has_no_right_sees_and_changes_nothing(report: Report) -> None:
    stranger = logged_in(make_user("sam"))
    for url in (OVERVIEW, LIST, f"{LIST}{report.pk}/change/"):
        assert stranger.get(url).status_code == 403
    assert stranger.post(f"{LIST}{report.pk}/change/", {"state": "dismissed"}).status_code == 403


def test_helped_least_and_most(as_editor: Client, report: Report) -> None:
    assert "What is energy?" in as_editor.get(OVERVIEW).text.partition("Was this helpful?")[2]
    assert (
        "What is energy?"
        not in as_editor.get(f"{OVERVIEW}?order=helpful").text.partition("Was this helpful?")[2]
    )
    assert Article.objects.get().version == 1


def test_the_list_and_the_health_page_begin_with_what_helped_least_or_most(as_editor: Client) -> None:
    thin = {
        name: make_article(question=f"What is {name}?", answer="So.")
        for name in ("bad", "worse", "good", "mended")
    }
    make_article(question="Unasked?", answer="So.")
    for name, helpful, not_helpful in (("bad", 1, 3), ("worse", 0, 9), ("good", 5, 1)):
        HelpfulCount.objects.create(
            article=thin[name], version=thin[name].version, helpful=helpful, not_helpful=not_helpful
        )
    HelpfulCount.objects.create(article=thin["mended"], version=thin["mended"].version + 1, not_helpful=99)
    listed = reverse("admin:learn_article_changelist")
    health = reverse("admin:content_health_kind", args=["thin"])
    for address in (listed, health):
        page = as_editor.get(address, {"votes": "not-helpful"}).text
        assert page.index("What is worse?") < page.index("What is bad?")
        for absent in ("What is good?", "What is mended?", "Unasked?"):
            assert absent not in page
        page = as_editor.get(address, {"votes": "helpful"}).text
        assert "What is good?" in page
        assert "What is bad?" not in page
        assert "Unasked?" in as_editor.get(address).text
    assert "0 yes, 9 no" in as_editor.get(listed).text
    user = make_user("fay")
    user.user_permissions.add(Permission.objects.get(codename="view_article"))
    few = logged_in(user)
    assert "0 yes, 9 no" not in few.get(listed).text
    assert "Unasked?" in few.get(listed, {"votes": "helpful"}).text
