r"""Reads counted from the log of a CDN, which answers most requests itself.

Read line by line, one of four shapes: the combined format of Apache, nginx and Fastly; the standard log of CloudFront
(W3C, with tabs and its `#Fields:`); lines of JSON as Cloudflare's Logpush and Fastly's examples name their fields. What
stands in the file beside path, day, status and what a request says of its program is not looked at; addresses are used
as in learn.feedback.reads, in memory alone, to leave out who reads faster than people do.

https://httpd.apache.org/docs/current/logs.html#combined
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
https://developers.cloudflare.com/logs/reference/log-fields/zone/http_requests/
https://www.fastly.com/documentation/guides/integrations/logging-endpoints/log-streaming-amazon-s3/
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.db import transaction
from django.utils import timezone

from learn.db.state import lock_writes
from learn.models import ReadLog

from . import reads

PROBLEMS_MAX = 100  # that are told of one file; the others are counted
LONGEST_LINE = 64 * 1024  # bytes
MINUTES_KNOWN = 200_000  # addresses in a minute that are remembered at a time; logs are nearly in order
READ = {"200", "304"}
_COMBINED = re.compile(
    r'(?P<address>\S+) \S+ .*?\[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<url>\S+)[^"]*" (?P<status>\d{3}) \S+'
    r'(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
# What the fields of lines of JSON are called, of Cloudflare first, then as Fastly's examples have them, and nginx's.
_NAMES = {
    "time": ("EdgeStartTimestamp", "EdgeEndTimestamp", "timestamp", "time", "time_iso8601", "time_start"),
    "address": ("ClientIP", "client_ip", "remote_addr"),
    "method": ("ClientRequestMethod", "request_method", "method"),
    "url": ("ClientRequestURI", "ClientRequestPath", "url", "request_uri", "uri"),
    "status": ("EdgeResponseStatus", "response_status", "status"),
    "agent": ("ClientRequestUserAgent", "request_user_agent", "http_user_agent", "user_agent"),
}


class LogError(Exception):
    """The file cannot be taken; the message says why."""


class LineError(Exception):
    """A line says nothing that can be counted; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of a log that was not understood."""

    line: int
    reason: str


@dataclass(slots=True)
class Report:
    """What a log held: its lines, the reads that were counted, those of programs, those before KEPT_DAYS."""

    lines: int = 0
    reads: int = 0
    programs: int = 0
    old: int = 0
    failed: int = 0
    is_known: bool = False
    problems: list[Problem] = field(default_factory=list)

    def fail(self, line: int, reason: str) -> None:
        self.failed += 1
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(line, reason))


@dataclass(frozen=True, slots=True)
class Request:
    """A request that a log tells of."""

    at: dt.datetime
    address: str
    method: str
    path: str
    status: str
    agent: str


def import_log(path: Path) -> Report:
    """Count the reads that the log at `path` (plain or .gz) tells of, once: a file of the same content is left alone.

    In one transaction, in memory that grows with articles and days, not with the file. Raises LogError, OSError.
    """
    digest = _digest(path)
    today = timezone.now().date()
    report = Report()
    if ReadLog.objects.filter(hash=digest).exists():
        report.is_known = True
        return report
    found = _count(path, report, today - dt.timedelta(days=reads.KEPT_DAYS))
    if report.failed and report.failed == report.lines:
        first = report.problems[0]
        raise LogError(f"no line is one of a log that is known; line {first.line}: {first.reason}")
    with transaction.atomic():
        lock_writes()
        if ReadLog.objects.filter(hash=digest).exists():  # another process took it meanwhile
            return Report(is_known=True)
        report.reads = reads.write(dict(found))
        ReadLog.objects.create(hash=digest, reads=report.reads)
    return report


def forget_old(today: dt.date | None = None) -> int:
    """Drop the hashes of files all of whose days are over; return how many rows went."""
    before = (today or timezone.now().date()) - dt.timedelta(days=reads.KEPT_DAYS + 1)
    return ReadLog.objects.filter(imported_on__lt=before).delete()[0]


def _count(path: Path, report: Report, oldest: dt.date) -> Counter[reads.Key]:
    found: Counter[reads.Key] = Counter()
    fast: Counter[tuple[str, int]] = Counter()
    for number, request in _requests(path, report):
        if request.method != "GET" or request.status not in READ or not reads.is_article(request.path):
            continue
        if not reads.is_browser(request.agent):
            report.programs += 1
            continue
        if request.at.date() <= oldest:
            report.old += 1
            continue
        if request.at > timezone.now() + dt.timedelta(days=1):
            report.fail(number, f"its time, {request.at:%Y-%m-%d %H:%M}, has not come yet")
            continue
        minute = int(request.at.timestamp()) // 60
        if len(fast) > MINUTES_KNOWN:
            fast = Counter({key: times for key, times in fast.items() if key[1] >= minute - 5})
        fast[request.address, minute] += 1
        if fast[request.address, minute] > reads.FASTEST:
            report.programs += 1
            continue
        found[request.path, request.at.date()] += 1
    return found


def _requests(path: Path, report: Report) -> Iterator[tuple[int, Request]]:
    names: list[str] = []
    for number, line in _lines(path, report):
        text = line.strip()
        if not text:
            continue
        if text.startswith("#"):
            if text.startswith("#Fields:"):
                names = text.removeprefix("#Fields:").split()
            continue
        report.lines += 1
        try:
            yield number, _request(text, names)
        except LineError as error:
            report.fail(number, str(error))


def _lines(path: Path, report: Report) -> Iterator[tuple[int, str]]:
    with path.open("rb") as raw:
        file = gzip.GzipFile(fileobj=raw) if raw.read(2) == b"\x1f\x8b" else raw
        raw.seek(0)
        number = 0
        try:
            while line := file.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                        pass
                    report.lines += 1
                    report.fail(number, f"it is longer than {LONGEST_LINE:,} bytes")
                    continue
                yield number, line.decode(errors="replace")
        except (EOFError, gzip.BadGzipFile) as error:
            raise LogError(f"line {number + 1}: the compressed file is damaged ({error})") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- The shapes of a line --------------------------------------------------------------------------------------------


def _request(text: str, names: list[str]) -> Request:
    if text.startswith("{"):
        return _of_json(text)
    if names:
        return _of_w3c(text.split("\t"), names)
    match = _COMBINED.match(text)
    if match is None:
        raise LineError("it is no line of the combined format, of JSON, or behind a line #Fields:")
    agent = match["agent"]
    if agent is None:
        raise LineError("it does not say the browser: the log has to be in the combined format")
    return _made({**match.groupdict(), "agent": re.sub(r"\\(.)", r"\1", agent)}, _moment(match["time"]))


def _of_json(text: str) -> Request:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise LineError(f"it is no JSON: {error}") from error
    values: dict[str, str] = {}
    for name, known in _NAMES.items():
        value = next((data[key] for key in known if data.get(key) not in (None, "")), None)
        if value is None and name not in ("agent", "address"):
            raise LineError(f"it has none of {', '.join(known)}")
        values[name] = "" if value is None else str(value)
    return _made(values, _moment(values["time"]))


def _of_w3c(fields: list[str], names: list[str]) -> Request:
    if len(fields) != len(names):
        raise LineError(f"it has {len(fields)} fields, and #Fields: names {len(names)}")
    row = dict(zip(names, fields, strict=True))
    try:
        values = {
            "address": row["c-ip"],
            "method": row["cs-method"],
            "url": row["cs-uri-stem"],
            "status": row["sc-status"],
            "agent": unquote(unquote(row["cs(User-Agent)"])),  # spaces are written %2520 or %20
        }
        time = f"{row['date']}T{row['time']}+00:00"
    except KeyError as error:
        raise LineError(f"#Fields: does not name {error.args[0]}") from error
    return _made(values, _moment(time))


def _made(values: Mapping[str, str], at: dt.datetime) -> Request:
    try:
        path = urlsplit(values["url"]).path
    except ValueError as error:
        raise LineError(f"its address cannot be read: {error}") from error
    return Request(at, values["address"], values["method"], path, values["status"], values["agent"])


def _moment(text: str) -> dt.datetime:
    """A time in UTC, of the combined format, of RFC 3339, or in seconds, milliseconds … since 1970."""
    try:
        if re.fullmatch(r"\d+(\.\d+)?", text):
            seconds = float(text)
            while seconds > 1e11:  # milliseconds, microseconds, nanoseconds
                seconds /= 1_000
            return dt.datetime.fromtimestamp(seconds, dt.UTC)
        if "/" in text:
            return dt.datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").astimezone(dt.UTC)
        moment = dt.datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise LineError(f"its time, {text[:40]!r}, cannot be read") from error
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC)
