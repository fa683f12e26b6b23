"""What the log says of requests."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from learn.models import Article
from quicktakes.request_log import JsonFormatter, log_requests, request_id
from tests.factories import make_article

pytestmark = pytest.mark.django_db


class Lines(logging.Handler):
    """What a collector of logs would get."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.records: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        assert "\n" not in line
        self.records.append(json.loads(line))


@pytest.fixture
def lines(settings: Settings) -> Iterator[list[dict[str, object]]]:
    settings.ACCESS_LOG = True
    settings.SLOW_REQUEST_MS = 0
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler.records
    logging.getLogger().removeHandler(handler)


def of_requests(lines: list[dict[str, object]]) -> list[dict[str, object]]:
    return [line for line in lines if line["logger"] == "quicktakes.requests"]


def test_each_request_is_one_line_with_what_it_cost(client: Client, lines: list[dict[str, object]]) -> None:
    article = make_article()
    client.get(article.get_absolute_url() + "?q=private")
    (line,) = of_requests(lines)
    assert line["path"] == article.get_absolute_url()
    assert "private" not in str(line)
    assert (line["method"], line["status"], line["level"]) == ("GET", 200, "INFO")
    assert isinstance(line["queries"], int)
    assert line["queries"] > 0
    assert float(str(line["duration_ms"])) >= float(str(line["queries_ms"])) >= 0
    assert len(str(line["request_id"])) == 32
    assert str(line["time"]).endswith("+00:00")
    assert "user" not in line


def test_queries_of_one_request_are_not_counted_in_the_next(
    client: Client, lines: list[dict[str, object]]
) -> None:
    article = make_article()
    for _ in range(3):
        client.get(article.get_absolute_url())
    Article.objects.count()
    client.get("/healthz")
    counts = [line["queries"] for line in of_requests(lines)]
    assert counts[1] == counts[2]
    assert counts[3] == 0


def test_an_editor_is_named_by_number(client: Client, lines: list[dict[str, object]]) -> None:
    editor = User.objects.create_superuser("ada", email="ada@example.org")
    client.force_login(editor)
    client.get("/admin/")
    (line,) = of_requests(lines)
    assert line["user"] == editor.pk
    assert "lovelace" not in str(line)


@pytest.mark.parametrize(
    ("is_trusted", "given", "is_taken"),
    [
        (True, "0123456789abcdef0123456789abcdef", True),
        (True, "7c2e1f9a-0b1c-4d2e-8f3a-1234567890ab", True),
        (False, "0123456789abcdef0123456789abcdef", False),
        (True, "short", False),
        (True, 'x"} {"level": "ERROR', False),
        (True, "a" * 65, False),
    ],
)
def test_the_id_is_the_proxys_where_a_proxy_is_believed(
    client: Client,
    lines: list[dict[str, object]],
    settings: Settings,
    is_trusted: bool,
    given: str,
    is_taken: bool,
) -> None:
    settings.TRUST_PROXY_HEADERS = is_trusted
    client.get("/healthz", headers={"X-Request-ID": given})
    (line,) = of_requests(lines)
    assert (line["request_id"] == given) is is_taken
    assert request_id.get() == ""


def test_all_records_of_a_request_share_its_id(lines: list[dict[str, object]]) -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        logging.getLogger("elsewhere").warning("said %s", "twice")
        return HttpResponse()

    middleware = log_requests(view)
    middleware(RequestFactory().get("/a"))
    middleware(RequestFactory().get("/b"))
    ids = [line["request_id"] for line in lines]
    assert [line["message"] for line in lines][::2] == ["said twice", "said twice"]
    assert ids[0] == ids[1] != ids[2] == ids[3]


def test_a_slow_request_is_a_warning_without_an_access_log(
    client: Client, lines: list[dict[str, object]], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ACCESS_LOG = False
    settings.SLOW_REQUEST_MS = 1000
    moments = iter([0.0, 0.999, 10.0, 11.5])
    monkeypatch.setattr("quicktakes.request_log.time.perf_counter", lambda: next(moments))
    middleware = log_requests(lambda _request: HttpResponse())
    middleware(RequestFactory().get("/quick"))
    middleware(RequestFactory().get("/slow"))
    (line,) = of_requests(lines)
    assert (line["level"], line["path"], line["duration_ms"]) == ("WARNING", "/slow", 1500.0)
    assert str(line["message"]).startswith("slow: GET /slow 200 in 1500.0 ms")


def test_a_line_break_in_an_address_stays_in_its_line(client: Client, lines: list[dict[str, object]]) -> None:
    client.get("/learn/%0AERROR%20forged")
    (line,) = of_requests(lines)
    assert line["path"] == "/learn/%0AERROR%20forged"
    assert "\n" not in str(line["message"])


def test_an_error_is_logged_whole_in_one_line() -> None:
    try:
        int("„quoted“")
    except ValueError:
        record = logging.LogRecord("a", logging.ERROR, "b", 1, "failed", None, sys.exc_info())
    told = json.loads(JsonFormatter().format(record))
    assert told["message"] == "failed"
    assert told["exception"].endswith("with base 10: '„quoted“'")
    assert "request_id" not in told


def test_a_slow_query_is_logged_without_its_parameters(
    lines: list[dict[str, object]], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ACCESS_LOG = False
    settings.SLOW_QUERY_MS = 500
    # The request begins, two queries begin and end, the request ends.
    moments = iter([0.0, 1.0, 1.499, 2.0, 2.5, 3.0])
    monkeypatch.setattr("quicktakes.request_log.time.perf_counter", lambda: next(moments))

    def view(_request: HttpRequest) -> HttpResponse:
        for name in ("quick", "ada-lovelace"):
            User.objects.filter(username=name).exists()
        return HttpResponse()

    log_requests(view)(RequestFactory().get("/a"))
    (line,) = of_requests(lines)
    assert (line["level"], line["duration_ms"]) == ("WARNING", 500.0)
    assert str(line["query"]).startswith("SELECT ")
    assert "auth_user" in str(line["query"])
    assert "lovelace" not in str(line)
    assert len(str(line["request_id"])) == 32
