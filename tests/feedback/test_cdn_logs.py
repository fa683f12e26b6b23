"""Reads from the logs of CDNs: each shape, programs left out by the same rule, a file once, faults with their line."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.feedback import cdn_logs, reads
from learn.models import Article, ReadCount, ReadLog
from tests.factories import make_article

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
NOW = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - dt.timedelta(days=1)
CLOUDFRONT = (
    "#Version: 1.0\n#Fields: date time x-edge-location c-ip cs-method cs-uri-stem sc-status cs(User-Agent)\n"
)


@pytest.fixture(autouse=True)
def logs_alone(settings: Settings) -> None:
    settings.COUNT_READS = settings.READS_FROM_LOGS = True


def combined(
    path: str, agent: str = FIREFOX, address: str = "192.0.2.1", at: dt.datetime = NOW, status: int = 200
) -> str:
    return f'{address} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET {path} HTTP/2" 200 512 "-" "{agent}"\n'


def cloudfront(path: str, agent: str = FIREFOX) -> str:
    return f"{NOW:%Y-%m-%d}\t{NOW:%H:%M:%S}\tFRA2\t192.0.2.1\tGET\t{path}\t200\t{quote(quote(agent))}\n"


def cloudflare(path: str, agent: str = FIREFOX, time: object = int(NOW.timestamp() * 1e9)) -> str:
    names = {
        "EdgeStartTimestamp": time,
        "ClientIP": "192.0.2.1",
        "ClientRequestMethod": "GET",
        "ClientRequestURI": path,
    }
    return (
        json.dumps({**names, "EdgeResponseStatus": 200, "ClientRequestUserAgent": agent, "More": [1]}) + "\n"
    )


def fastly(path: str, agent: str = FIREFOX) -> str:
    names = {"timestamp": f"{NOW:%Y-%m-%dT%H:%M:%S+0000}", "client_ip": "192.0.2.1", "request_method": "GET"}
    return json.dumps({**names, "url": path, "response_status": "304", "request_user_agent": agent}) + "\n"


def counts() -> dict[tuple[Article, dt.date], int]:
    return {(row.article, row.day): row.times for row in ReadCount.objects.select_related("article")}


@pytest.mark.parametrize(
    ("head", "line"),
    [("", combined), (CLOUDFRONT, cloudfront), ("", cloudflare), ("", fastly)],
    ids=["combined", "CloudFront", "Cloudflare", "Fastly"],
)
def test_each_shape_is_counted_once_and_programs_are_left_out(tmp_path: Path, head: str, line: Any) -> None:
    article = make_article()
    path = article.get_absolute_url()
    text = head + line(path) + line(f"{path}?utm_source=x" if line is not cloudfront else path)
    text += line(path, BOT) + line("/learn/physics") + line(f"{path}.md") + line(f"{path}-unknown")
    log = tmp_path / "log"
    log.write_text(text)
    out = io.StringIO()
    call_command("import_reads", str(log), stdout=out)
    assert "6 lines, 2 reads counted, 1 of programs left out, 0 too old, 0 not understood" in out.getvalue()
    assert counts() == {(article, NOW.date()): 2}
    call_command("import_reads", str(log), stdout=out)
    assert "was counted before" in out.getvalue()
    assert counts() == {(article, NOW.date()): 2}


def test_a_compressed_log_is_read_and_a_damaged_one_counts_nothing(tmp_path: Path) -> None:
    article = make_article()
    data = gzip.compress(
        "".join(combined(article.get_absolute_url(), address=f"a{n}") for n in range(900)).encode()
    )
    whole, part = tmp_path / "a.gz", tmp_path / "b.gz"
    part.write_bytes(data[:-20])
    with pytest.raises(CommandError, match=r"b\.gz: line \d+: the compressed file is damaged"):
        call_command("import_reads", str(part))
    assert counts() == {}
    whole.write_bytes(data)
    call_command("import_reads", str(whole), verbosity=0)
    assert counts() == {(article, NOW.date()): 900}


def test_lines_with_a_fault_are_told_with_file_and_line_and_the_others_count(tmp_path: Path) -> None:
    article = make_article()
    path = article.get_absolute_url()
    log = tmp_path / "log"
    log.write_text(
        combined(path)
        + "what is this\n"
        + '{"timestamp": 1, \n'
        + '{"timestamp": 1, "url": "/"}\n'
        + combined(path).replace("[", "[32/Foo/")
        + combined(path, at=timezone.now() + dt.timedelta(days=9))
        + "x" * 70_000
        + "\n"
        + combined(path, at=NOW - dt.timedelta(days=100))
    )
    errors, out = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("import_reads", str(log), stdout=out, stderr=errors)
    assert stop.value.code == 1
    told = errors.getvalue().splitlines()
    assert [line.removeprefix(f"{log}:").split(":")[0] for line in told] == ["2", "3", "4", "5", "6", "7"]
    assert "1 reads counted" in out.getvalue()
    assert "1 too old, 6 not understood" in out.getvalue()
    assert counts() == {(article, NOW.date()): 1}


def test_what_is_no_log_and_what_is_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "book").write_text("Call me Ishmael.\n")
    with pytest.raises(CommandError, match="no line is one of a log that is known; line 1"):
        call_command("import_reads", str(tmp_path / "book"))
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_reads", str(tmp_path / "nothing"))
    assert not ReadLog.objects.exists()


def test_who_reads_faster_than_people_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(combined(make_article().get_absolute_url()) for _ in range(reads.FASTEST + 5)))
    report = cdn_logs.import_log(log)
    assert (report.reads, report.programs) == (reads.FASTEST, 5)


def test_with_logs_the_sites_own_answers_are_not_counted(settings: Settings) -> None:
    path = make_article().get_absolute_url()
    headers = {"User-Agent": FIREFOX, "Accept": "text/html", "Accept-Language": "en"}
    environ = RequestFactory(headers=headers).get(path).environ

    def application(_environ: object, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return []

    reads.counted(application)(environ, lambda *_told: None)
    assert not reads._reads
    settings.COUNT_READS = False
    with pytest.raises(CommandError, match="COUNT_READS is off"):
        call_command("import_reads", "log")


def test_the_hash_of_a_file_goes_when_its_days_are_over(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(combined(make_article().get_absolute_url()))
    cdn_logs.import_log(log)
    today = timezone.now().date()
    assert cdn_logs.forget_old(today + dt.timedelta(days=reads.KEPT_DAYS)) == 0
    assert cdn_logs.forget_old(today + dt.timedelta(days=reads.KEPT_DAYS + 2)) == 1
