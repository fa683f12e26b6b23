"""Reports of mistakes and votes: what is stored, folded, refused and forgotten."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learn.feedback import overview, reports, tokens
from learn.feedback.reports import Mistake, TooManyError
from learn.feedback.tokens import TokenError
from learn.models import Article, FeedbackUse, HelpfulCount, Report
from tests.factories import make_article

pytestmark = pytest.mark.django_db
FACT = Mistake("fact", "It is 4.", "two and two is 5")


def sent(article: Article, mistake: Mistake = FACT, address: str = "192.0.2.1") -> Report:
    token = tokens.read(tokens.issue(article.pk, article.version), article.pk)
    return reports.report(token, mistake, address)


def test_who_says_the_same_is_counted_and_not_stored_again() -> None:
    article = make_article()
    first = sent(article)
    again = sent(article, Mistake("fact", "It  is 4.", "two and two is  5", "a@example.org"))
    assert (again.pk, again.times, again.text, again.mail) == (first.pk, 2, "It is 4.", "a@example.org")
    other = sent(article, Mistake("formula", "It is 4."))
    assert other.pk != first.pk
    assert sent(make_article(), FACT).pk != first.pk


@pytest.mark.parametrize(("one", "other"), [("x ≠ 0", "x = 0"), ("x²", "x2"), ("M", "m"), ("∉", "∈")])
def test_other_mathematics_is_another_report(one: str, other: str) -> None:
    article = make_article()
    assert sent(article, Mistake("fact", one)).pk != sent(article, Mistake("fact", other)).pk


def test_each_who_asks_for_an_answer_gets_one() -> None:
    article = make_article()
    first, second = (sent(article, Mistake("fact", "4.", "", f"{name}@example.org")) for name in "ab")
    assert [first.mail, second.mail] == ["a@example.org", "b@example.org"]
    assert sent(article, Mistake("fact", "4.", "", "b@example.org")).times == 2


def test_a_decided_report_is_open_again_only_for_a_version_that_came_later() -> None:
    article = make_article()
    row = sent(article)
    reports.decide(row, Report.State.DISMISSED)
    row.save()
    assert sent(article).state == Report.State.DISMISSED
    article.answer = "Another."
    article.save()
    again = sent(article)
    assert (again.state, again.decided_at, again.version) == (Report.State.NEW, None, article.version)


@pytest.mark.parametrize(
    ("limit", "of"),
    [("REPORTS_OF_ADDRESS", "address"), ("REPORTS_ON_ARTICLE", "article"), ("REPORTS", "all")],
)
def test_each_limit_holds_and_what_is_refused_is_not_stored(
    monkeypatch: pytest.MonkeyPatch, limit: str, of: str
) -> None:
    monkeypatch.setattr(reports, limit, 3)
    articles = [make_article() for _ in range(5)]
    taken = 0
    for number in range(8):
        article = articles[0] if of == "article" else articles[number % 5]
        address = "192.0.2.1" if of == "address" else f"192.0.2.{number}"
        try:
            sent(article, Mistake("other", f"Number {number}."), address)
            taken += 1
        except TooManyError:
            pass
    assert taken == Report.objects.count() == 3
    # One row for each form, and at most one for each address and article, and one for all.
    assert FeedbackUse.objects.count() <= 3 * 3 + 1


def test_what_is_refused_costs_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "REPORTS", 0)
    article = make_article()
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        pytest.raises(TooManyError),
    ):
        sent(article)
    assert len(queries) == 1


def test_no_more_than_so_many_are_stored_and_decided_ones_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "STORED_MAX", 2)
    article = make_article()
    kept, decided = sent(article, Mistake("fact", "a")), sent(article, Mistake("fact", "b"))
    reports.decide(decided, Report.State.ANSWERED)
    decided.save()
    last = sent(article, Mistake("fact", "c"))
    assert set(Report.objects.all()) == {kept, last}


def test_a_form_counts_once() -> None:
    article = make_article()
    token = tokens.read(tokens.issue(article.pk, 1), article.pk)
    reports.report(token, FACT, "192.0.2.1")
    with pytest.raises(TokenError, match="sent already"):
        reports.report(token, Mistake("other", "More."), "192.0.2.2")
    assert Report.objects.get().times == 1
    # Also after the day, as long as the form itself is valid.
    FeedbackUse.objects.filter(until__lte=timezone.now() + dt.timedelta(hours=11)).delete()
    with pytest.raises(TokenError):
        reports.report(token, FACT, "192.0.2.3")


def test_tokens_are_ours_for_one_article_and_for_twelve_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    article = make_article()
    good = tokens.issue(article.pk, 3)
    assert tokens.read(good, article.pk).version == 3
    for forged in ("", "x", good[:-1], good.replace(".3.", ".4.", 1), "9" * 10_000):
        with pytest.raises(TokenError, match="did not come from here"):
            tokens.read(forged, article.pk)
    with pytest.raises(TokenError, match="another question"):
        tokens.read(good, article.pk + 1)
    monkeypatch.setattr(tokens, "VALID_FOR", dt.timedelta(seconds=-1))
    with pytest.raises(TokenError, match="twelve hours"):
        tokens.read(good, article.pk)


def test_addresses_are_hashes_and_go_with_the_day() -> None:
    article = make_article()
    sent(article, address="203.0.113.77")
    assert not any("203.0.113" in row.key for row in FeedbackUse.objects.all())
    assert all(row.until <= timezone.now() + dt.timedelta(days=1) for row in FeedbackUse.objects.all())
    FeedbackUse.objects.update(until=timezone.now())
    assert reports.forget_old() == 4
    assert not FeedbackUse.objects.exists()


def test_addresses_of_mail_go_a_month_after_the_decision() -> None:
    article = make_article()
    row = sent(article, Mistake("fact", "a", "", "a@example.org"))
    waiting = sent(article, Mistake("fact", "b", "", "b@example.org"))
    row.state, row.decided_at = Report.State.ANSWERED, timezone.now() - dt.timedelta(days=31)
    row.save()
    reports.forget_old()
    assert set(Report.objects.values_list("pk", "mail")) == {(row.pk, ""), (waiting.pk, "b@example.org")}


def test_votes_are_counted_once_a_day_for_each_version() -> None:
    article = make_article()
    assert reports.vote(article, "192.0.2.1", is_helpful=True)
    assert not reports.vote(article, "192.0.2.1", is_helpful=False)
    assert reports.vote(article, "192.0.2.2", is_helpful=False)
    article.answer = "Another."
    article.save()
    assert reports.vote(article, "192.0.2.1", is_helpful=True)
    rows = HelpfulCount.objects.order_by("version").values_list("helpful", "not_helpful")
    assert list(rows) == [(1, 1), (1, 0)]


def test_the_overview_adds_up_by_article_and_subject() -> None:
    busy, quiet = make_article(), make_article(subject="chemistry")
    sent(busy)
    sent(busy)
    sent(busy, Mistake("formula", "x"))
    done = sent(quiet, Mistake("cut-off"))
    reports.decide(done, Report.State.ANSWERED)
    done.created_at = done.decided_at - dt.timedelta(days=4)
    done.save()
    (row,) = overview.reported_articles()
    assert (row.article, row.readers, row.reports) == (busy, 3, 2)
    assert row.kinds == {"Something is not true": 2, "A formula is wrong or unreadable": 1}
    first, second = overview.by_subject()
    assert (first.subject.slug, first.readers, first.waiting, first.days) == ("physics", 3, 2, None)
    assert (second.subject.slug, second.waiting, second.days) == ("chemistry", 0, 4.0)


def test_what_helped_least_comes_first() -> None:
    good, bad = make_article(), make_article()
    for number in range(3):
        reports.vote(good, f"192.0.2.{number}", is_helpful=True)
        reports.vote(bad, f"192.0.2.{number}", is_helpful=False)
    assert [each.article for each in overview.helped()] == [bad]
    assert [each.article for each in overview.helped("helpful")] == [good]
