"""What is read most: counted of people, by nobody in particular, off every request's way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn.feedback import reads
from learn.models import ReadCount
from quicktakes import wsgi
from tests.admin.conftest import logged_in, make_user
from tests.factories import make_article

pytestmark = pytest.mark.django_db
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "en",
    "Sec-Fetch-Dest": "document",
}


@pytest.fixture(autouse=True)
def counting(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.COUNT_READS = True
    monkeypatch.setattr(reads._aside, "start", lambda: None)
    reads.forget_gathered()
    yield
    reads.forget_gathered()


def counted() -> int:
    reads.flush()
    return sum(ReadCount.objects.values_list("times", flat=True))


def visit(path: str, status: str = "200 OK", method: str = "GET", **headers: str | None) -> None:
    """A browser asks for `path`, and is answered with `status`."""
    sent = {name: value for name, value in {**BROWSER, **headers}.items() if value is not None}
    environ = RequestFactory(headers=sent).generic(method, path).environ

    def application(_environ: object, start_response: Callable[..., None]) -> list[bytes]:
        start_response(status, [])
        return []

    reads.counted(application)(environ, lambda *_told: None)


def test_the_server_counts_an_article_with_the_day_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own application; Django answers here without looking."""
    monkeypatch.setattr(wsgi, "_django", lambda _environ, start_response: start_response("200 OK", []) or [])
    article = make_article()
    told: list[str] = []
    environ = RequestFactory(headers=BROWSER).get(article.get_absolute_url()).environ
    wsgi.application(environ, lambda status, *_more: told.append(status))
    assert told == ["200 OK"]
    visit(article.get_absolute_url(), "304 Not Modified")
    reads.flush()
    row = ReadCount.objects.get()
    assert (row.article, row.day, row.times) == (article, timezone.now().date(), 2)
    visit(article.get_absolute_url())
    assert counted() == 3
    assert {field.name for field in ReadCount._meta.concrete_fields} == {"id", "article", "day", "times"}


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": ""},
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User-Agent": "GPTBot/1.2"},
        {"User-Agent": "meta-externalagent/1.1"},
        {"User-Agent": "Mozilla/5.0 (compatible; Google-InspectionTool/1.0)"},
        {"User-Agent": "curl/8.5.0"},
        {"User-Agent": "Mozilla/5.0 HeadlessChrome/126.0"},
        {"User-Agent": "facebookexternalhit/1.1"},
        {"User-Agent": "x" * 1_000},
        {"Accept": "*/*"},
        {"Accept-Language": None},
        {"Sec-Fetch-Dest": "empty"},
        {"Sec-Purpose": "prefetch"},
    ],
    ids=str,
)
def test_programs_and_what_is_fetched_ahead_are_left_out(headers: dict[str, str | None]) -> None:
    visit(make_article().get_absolute_url(), **headers)
    assert counted() == 0


def test_a_phone_whose_name_ends_like_a_program_is_counted() -> None:
    phone = "Mozilla/5.0 (Linux; Android 14; CUBOT P80) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
    visit(make_article().get_absolute_url(), **{"User-Agent": phone})
    assert counted() == 1


def test_who_reads_faster_than_people_is_left_out() -> None:
    for _ in range(reads.FASTEST + 10):
        visit(make_article().get_absolute_url())
    assert counted() == reads.FASTEST


def test_only_pages_of_articles_are_counted() -> None:
    path = make_article().get_absolute_url()
    for address in ("/learn", "/learn/physics", f"{path}.md", f"{path}/cite", f"{path}-unknown"):
        visit(address)
    visit(path, method="HEAD")
    visit(path, "404 Not Found")
    assert counted() == 0


def test_counting_costs_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    path = make_article().get_absolute_url()
    with django_assert_num_queries(0):
        visit(path)


def test_switched_off_nothing_is_counted_and_what_was_goes(settings: Settings) -> None:
    article = make_article()
    ReadCount.objects.create(article=article, day=timezone.now().date(), times=1)
    settings.COUNT_READS = False
    visit(article.get_absolute_url())
    assert counted() == 1
    assert reads.forget_old() == 1


def test_what_is_gathered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "GATHERED_MAX", 2)
    for _ in range(4):
        visit(make_article().get_absolute_url())
    assert counted() == 2


def test_old_days_go_and_the_most_read_come_first() -> None:
    today = timezone.now().date()
    much, little = make_article(), make_article()
    for article, days, times in ((much, 0, 2), (much, 3, 3), (little, 0, 4), (little, 200, 9)):
        ReadCount.objects.create(article=article, day=today - dt.timedelta(days=days), times=times)
    assert reads.forget_old() == 1
    assert [(each.article, each.times) for each in reads.most_read(30)] == [(much, 5), (little, 4)]
    assert [each.article for each in reads.most_read(1)] == [little, much]


@pytest.mark.any_database
def test_editors_see_what_is_read_most(settings: Settings) -> None:
    article = make_article(question="What is energy?")
    ReadCount.objects.create(article=article, day=timezone.now().date(), times=1234)
    edna = logged_in(make_user("edna", "Editor"))
    page = edna.get(reverse("admin:readers"), {"days": "7"}).text
    assert "1,234 times" in page
    settings.COUNT_READS = False
    assert "COUNT_READS is off" in edna.get(reverse("admin:readers")).text
