"""The form in which a reader reports a mistake: without script, without cookie."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from learn.feedback import reports, tokens
from learn.models import Article, HelpfulCount, Report
from learn.views import reports as views
from tests.factories import make_article
from tests.pages import Page

pytestmark = pytest.mark.django_db
HOSTILE = "\"'><img src=x onerror=ran()><script>ran()</script>{{ 7|add:7 }}"


@pytest.fixture(autouse=True)
def quiet() -> None:
    views._received_lately.clear()


@pytest.fixture
def article() -> Article:
    return make_article(question="What is energy?", answer="It is $E$.")


def form(client: Client, article: Article, query: str = "") -> dict[str, str]:
    page = Page(client.get(f"{article.get_absolute_url()}/report{query}").text)
    return {
        "token": page.attribute("[name=token]", "value"),
        "kind": "fact",
        "quote": page.text("[name=quote]").strip(),
    }


def test_from_the_answer_to_the_thanks(client: Client, article: Article) -> None:
    (path,) = [
        a for a in Page(client.get(article.get_absolute_url()).text).links("a") if a.endswith("/report")
    ]
    values = form(client, article, "?quote=It%20is%20E.")
    assert values["quote"] == "It is E."
    response = client.post(path, {**values, "text": "It is H.", "mail": "a@example.org"})
    assert response.status_code == 303
    assert not response.cookies
    thanks = client.get(response.headers["Location"])
    assert "Thank you" in thanks.text
    assert "no-store" in thanks.headers["Cache-Control"]
    row = Report.objects.get()
    assert (row.article, row.version, row.kind, row.text, row.quote, row.mail) == (
        article, article.version, "fact", "It is H.", "It is E.", "a@example.org",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "status"),
    [("forged", 403), ("expired", 403), ("elsewhere", 403), ("replayed", 409), ("long", 422)],
)
def test_what_is_refused_comes_back_as_it_was_typed(
    client: Client, article: Article, monkeypatch: pytest.MonkeyPatch, spoil: str, status: int
) -> None:
    path = f"{article.get_absolute_url()}/report"
    values = {**form(client, article), "text": "Kept & safe", "quote": "Here"}
    match spoil:
        case "forged":
            values["token"] += "x"
        case "elsewhere":
            values["token"] = form(client, make_article())["token"]
        case "replayed":
            assert client.post(path, values).status_code == 303
        case "long":
            values["quote"] = "x" * 501
        case "expired":
            with monkeypatch.context() as patch:
                patch.setattr(tokens, "VALID_FOR", dt.timedelta(seconds=-1))
                response = client.post(path, values)
    if spoil != "expired":
        response = client.post(path, values)
    assert response.status_code == status
    page = Page(response.text)
    assert page.text("[role=alert]").strip()
    assert page.text("[name=text]").strip() == "Kept & safe"
    assert page.text("[name=quote]").strip() == values["quote"]
    assert page.attribute("[value=fact]", "checked") is not None
    # And can be sent from there.
    again = {
        **values,
        "token": page.attribute("[name=token]", "value"),
        "quote": "Here",
        "text": "Kept & sent",
    }
    assert client.post(path, again).status_code == 303


def test_hostile_text_is_shown_as_text(client: Client, article: Article) -> None:
    path = f"{article.get_absolute_url()}/report"
    response = client.post(path, {"token": HOSTILE, "kind": HOSTILE, "text": HOSTILE, "quote": HOSTILE})
    assert response.status_code == 403
    assert "<img src=x" not in response.text
    assert "<script>ran" not in response.text
    assert "&lt;img src=x" in response.text


def test_a_program_that_fills_every_field_changes_nothing(client: Client, article: Article) -> None:
    values = {**form(client, article), "text": "Buy", "website": "https://example.org"}
    assert client.post(f"{article.get_absolute_url()}/report", values).status_code == 303
    assert not Report.objects.exists()


def test_a_body_that_is_too_large_is_not_read(client: Client, article: Article) -> None:
    values = {**form(client, article), "text": "x" * 30_000}
    response = client.post(f"{article.get_absolute_url()}/report", values)
    assert response.status_code == 413
    assert not Report.objects.exists()


def test_when_the_day_is_full_the_text_stays(
    client: Client, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "REPORTS", 0)
    response = client.post(f"{article.get_absolute_url()}/report", {**form(client, article), "text": "Mine"})
    assert response.status_code == 429
    assert Page(response.text).text("[name=text]").strip() == "Mine"


def test_a_flood_is_not_even_read(client: Client, article: Article, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "FLOOD", 2)
    values = form(client, article)
    found = [client.post(f"{article.get_absolute_url()}/report", values).status_code for _ in range(4)]
    assert found == [303, 409, 503, 503]


def test_something_else_wants_a_word(client: Client, article: Article) -> None:
    values = {**form(client, article), "kind": "other"}
    assert client.post(f"{article.get_absolute_url()}/report", values).status_code == 422


def test_only_what_readers_see_can_be_reported(client: Client) -> None:
    draft = make_article(status=Article.Status.DRAFT)
    for name in ("report", "helpful"):
        assert client.get(f"{draft.get_absolute_url()}/{name}").status_code == 404
        assert client.post(f"{draft.get_absolute_url()}/{name}").status_code == 404


def test_a_vote_is_counted_and_comes_from_our_page(client: Client, article: Article) -> None:
    path = f"{article.get_absolute_url()}/helpful"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {}):
        response = client.post(path, {"helpful": "yes"}, headers=headers)
        assert response.status_code == 200
        assert not response.cookies
    assert client.post(path, {"helpful": "maybe"}).status_code == 200
    row = HelpfulCount.objects.get()
    assert (row.helpful, row.not_helpful) == (1, 0)
    assert client.get(path).headers["Location"] == f"{article.get_absolute_url()}#answer"


def test_reports_and_votes_leave_the_page_as_cacheable_as_it_is(
    client: Client, article: Article, settings: Settings
) -> None:
    before = client.get(article.get_absolute_url())
    client.post(f"{article.get_absolute_url()}/report", {**form(client, article), "text": "x"})
    client.post(f"{article.get_absolute_url()}/helpful", {"helpful": "no"})
    after = client.get(article.get_absolute_url())
    assert Report.objects.exists()
    assert HelpfulCount.objects.exists()
    assert after.headers["ETag"] == before.headers["ETag"]
    assert "s-maxage" in after.headers["Cache-Control"]


def test_a_line_break_counts_once_as_in_the_browser(client: Client, article: Article) -> None:
    text = "\r\n".join(["x" * 9] * 100)
    values = {**form(client, article), "text": text}
    assert client.post(f"{article.get_absolute_url()}/report", values).status_code == 303
    assert Report.objects.get().text == text.replace("\r\n", "\n")


@pytest.mark.parametrize("data", [{}, {"helpful": "evil"}])
def test_a_vote_without_a_choice_is_told_so(client: Client, article: Article, data: dict[str, str]) -> None:
    page = Page(client.post(f"{article.get_absolute_url()}/helpful", data).text)
    assert "Nothing was counted" in page.text("main .lead")
    assert not HelpfulCount.objects.exists()
