"""The log of searches: counts of texts, nothing about anybody, and bounded whatever visitors send."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn import search
from learn.db import state
from learn.feedback import search_log
from learn.models import SearchLogEntry
from tests.factories import make_article

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 5, 20)


class NoTimer:
    """In the place of threading.Timer: these tests write when they want to."""

    def __init__(self, seconds: float, run: Callable[[], None]) -> None:
        self.daemon = False

    def start(self) -> None: ...


@pytest.fixture(autouse=True)
def log(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.SEARCH_LOG = True
    monkeypatch.setattr(threading, "Timer", NoTimer)
    monkeypatch.setattr(search_log._aside, "_timer", None)
    search_log.forget_gathered()
    yield
    search_log.forget_gathered()


def rows() -> list[tuple[str, int, int, int]]:
    search_log.flush()
    columns = ("text", "times", "hits", "opened")
    return list(SearchLogEntry.objects.order_by("text").values_list(*columns))


def test_a_search_is_counted_by_its_words_and_what_it_found(client: Client) -> None:
    make_article(question="What is kinetic energy?")
    search.refresh_vocabulary()
    for text in ("Kinetic energy", "  kinetic   ENERGY?", "kinétic energy", "quasar"):
        client.get("/learn/search", {"q": text})
    assert rows() == [("kinetic energy", 3, 1, 0), ("quasar", 1, 0, 0)]
    client.get("/learn/search", {"q": "kinetic energy"})
    assert rows()[0] == ("kinetic energy", 4, 1, 0)
    assert SearchLogEntry.objects.get(text="quasar").day == timezone.now().date()


def test_what_nobody_typed_is_not_counted(client: Client) -> None:
    make_article(question="What is energy?")
    client.get("/learn/search")
    client.get("/learn/search", {"q": "?!"})
    client.head("/learn/search", {"q": "energy"})
    client.get("/learn/search", {"q": "energy", "subject": "physics"})
    client.get("/learn/search", {"q": "energy"}, headers={"Sec-Purpose": "prefetch;prerender"})
    client.get("/learn/search/suggest", {"q": "ener"})
    assert client.get("/learn/search", {"q": "energy", "page": "2"}).status_code == 404
    assert rows() == []


@pytest.mark.parametrize(
    "text",
    [
        "anna.schmidt@example.com", "write to anna＠example.org", "anna (at) example dot com", "ask @anna_s",
        "anna at example dot com", "https://example.org/?id=anna", "www.example.org", "profile on example.co.uk",
        "call 030 1234567", "+49 (30) 90-18-20", "555-1234", "4111 1111 1111 1111", "iban DE89 3704 0044 0532",
        "123-45-6789", "born 12/03/1998", "pupil ４２４２４２", "①②③④⑤", "1\u200b2\u200b3\u200b4\u200b5", "10115 bonn",
        "12 elm street springfield", "221b baker street", "lindenstraße 12", "Lindenstrasse 12a", "192.168.10.14",
        "fe80:aa:bb:1", "key a1b2c3d4e5f6g7", "550e8400-e29b-41d4-a716", "my name is anna and i need help",
        "x" * 81, " ".join(["word"] * 13),
    ],
)  # fmt: skip
def test_a_text_that_may_name_or_reach_somebody_is_not_kept(client: Client, text: str) -> None:
    client.get("/learn/search", {"q": text})
    client.post("/learn/search/opened", {"q": text})
    assert rows() == []


@pytest.mark.parametrize(
    "text",
    [
        "h2so4", "c6h12o6 combustion", "c12h22o11", "battle of 1066", "french revolution 1789", "2 way anova", "c++",
        "ph of 0.1 m hcl", "e = mc^2", "node.js", "wall street", "photosynthesis at night", "dot product",
        "1984 orwell", "world war ii", "what is 3.14", "newton's second law", "i.e. and e.g.", "carbon 14 dating",
        "5 paragraph essay",
    ],
)  # fmt: skip
def test_what_students_look_for_is_kept(text: str) -> None:
    assert search_log.is_impersonal(text), text


def test_a_row_has_no_place_for_anything_else() -> None:
    columns = {field.column for field in SearchLogEntry._meta.concrete_fields}
    assert columns == {"id", "text", "day", "times", "hits", "opened"}


def test_an_opened_result_is_counted_with_its_search(client: Client) -> None:
    client.get("/learn/search", {"q": "tides"})
    client.get("/learn/search", {"q": "tides"})
    answer = client.post("/learn/search/opened", {"q": "Tides"})
    assert (answer.status_code, answer.content, len(answer.cookies)) == (204, b"", 0)
    assert rows() == [("tides", 2, 0, 1)]


def test_an_opening_waits_for_the_search_that_another_process_holds() -> None:
    search_log.record_opening("tides")
    assert rows() == []
    search_log.write({("tides", timezone.now().date()): (1, 4)}, {})
    assert rows() == [("tides", 1, 4, 1)]


def test_openings_alone_make_no_row_and_are_forgotten(client: Client) -> None:
    client.post("/learn/search/opened", {"q": "never looked for"})
    for _ in range(search_log.TRIES):
        assert rows() == []
    assert not search_log._openings


def test_more_openings_than_searches_are_not_believed(client: Client) -> None:
    client.get("/learn/search", {"q": "tides"})
    for _ in range(5):
        client.post("/learn/search/opened", {"q": "tides"})
    assert rows() == [("tides", 1, 0, 1)]


def test_another_site_cannot_tell_of_openings(client: Client) -> None:
    client.get("/learn/search", {"q": "tides"})
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert client.post("/learn/search/opened", {"q": "tides"}, headers=headers).status_code == 204
    assert client.get("/learn/search/opened", {"q": "tides"}).status_code == 405
    assert rows() == [("tides", 1, 0, 0)]


def test_a_burst_of_different_searches_grows_neither_memory_nor_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search_log, "STORED_MAX", 900)
    for _ in range(20):
        search_log.record_search("photosynthesis", 7)
    search_log.flush()
    for number in range(10_000):
        search_log.record_search(f"burst {number:x}", 0)
        search_log.record_opening(f"burst {number:x}")
        if number % 2_500 == 0:
            search_log.flush()
        assert len(search_log._searches) <= search_log.GATHERED_MAX
        assert len(search_log._openings) <= search_log.GATHERED_MAX
    search_log.flush()
    assert SearchLogEntry.objects.count() == 900
    assert SearchLogEntry.objects.get(text="photosynthesis").times == 20


def test_nothing_is_lost_where_the_database_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    search_log.record_search("tides", 3)

    def refuse(*_counts: object) -> None:
        raise DatabaseError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(search_log, "write", refuse)
        with pytest.raises(DatabaseError):
            search_log.flush()
    search_log.record_search("tides", 5)
    assert rows() == [("tides", 2, 5, 0)]


def test_a_search_waits_for_no_write(client: Client) -> None:
    make_article(question="What are tides?")
    search.refresh_vocabulary()
    with CaptureQueriesContext(connection) as asked:
        client.get("/learn/search", {"q": "tides"})
        client.post("/learn/search/opened", {"q": "tides"})
    assert asked.captured_queries
    assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)
    assert rows() == [("tides", 1, 1, 1)]


def test_writing_the_log_renews_no_page() -> None:
    make_article()
    before = state.read()
    search_log.record_search("tides", 3)
    search_log.record_opening("tides")
    assert rows() == [("tides", 1, 3, 1)]
    search_log.forget_old(timezone.now().date() + dt.timedelta(days=400))
    assert not SearchLogEntry.objects.exists()
    assert state.read() == before


def test_rare_searches_are_dropped_after_thirty_days_and_all_after_a_year() -> None:
    def add(text: str, times: int, days: int) -> None:
        day = TODAY - dt.timedelta(days=days)
        SearchLogEntry.objects.create(text=text, day=day, times=times)

    add("rare and new", 1, 30)
    add("rare and old", search_log.RARE - 1, 31)
    add("common", search_log.RARE, 31)
    add("common in sum", 1, 200)
    add("common in sum", search_log.RARE, 3)
    add("common long ago", 1_000, 366)
    assert search_log.forget_old(TODAY) == 2
    assert sorted(SearchLogEntry.objects.values_list("text", flat=True)) == [
        "common", "common in sum", "common in sum", "rare and new",
    ]  # fmt: skip


def test_publish_due_drops_them() -> None:
    SearchLogEntry.objects.create(text="old", day=dt.date(2020, 1, 1), times=1)
    call_command("publish_due", verbosity=0)
    assert not SearchLogEntry.objects.exists()


def test_switched_off_it_keeps_none(client: Client, settings: Settings) -> None:
    SearchLogEntry.objects.create(text="tides", day=timezone.now().date(), times=100)
    settings.SEARCH_LOG = False
    client.get("/learn/search", {"q": "energy"})
    client.post("/learn/search/opened", {"q": "tides"})
    assert not search_log._searches
    assert not search_log._openings
    call_command("publish_due", verbosity=0)
    assert not SearchLogEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_thread_of_its_own_writes_and_leaves_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The timer's thread, run by hand: its connection is not this thread's."""
    if connection.is_in_memory_db() if connection.vendor == "sqlite" else False:
        pytest.skip("another thread does not see a database in memory")
    search_log.record_search("tides", 3)
    thread = threading.Thread(target=search_log._aside._run)
    thread.start()
    thread.join()
    assert [text for text, *_counts in rows()] == ["tides"]
