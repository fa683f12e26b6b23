"""What Sentry is sent: enough to find the fault, and nothing of who was there. A server of our own takes it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.db import OperationalError
from environs import ValidationError

from quicktakes import variables
from quicktakes.error_reports import without_persons
from tests.conftest import ROOT

PRIVATE = ("ada@example.org", "s3cret-cookie", "203.0.113.9", "looked-for", "typed-text", "a local secret")
SCRIPT = """
import django; django.setup()
import logging, sentry_sdk
from django.contrib.auth.models import User
from django.test import RequestFactory
from quicktakes.wsgi import application
from learn.views import library
import learn.urls
from django.core.management import call_command
call_command("migrate", verbosity=0)
def broken(request, **kwargs):
    local = "a local secret"
    User.objects.filter(email="ada@example.org").first()
    logging.getLogger("learn").error("the file of %s is lost", "ada@example.org")
    raise ValueError("typed-text of ada@example.org")
for pattern in learn.urls.urlpatterns:
    if pattern.name == "library":
        pattern.callback = broken
headers = {"X-Private": "typed-text", "Authorization": "typed-text", "Cookie": "sessionid=s3cret-cookie"}
request = RequestFactory().get("/learn?q=looked-for", headers=headers, REMOTE_ADDR="203.0.113.9")
answer = application(request.environ, lambda status, _headers: print(status[:3]))
answer.close()
sentry_sdk.flush(10)
"""


UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}


@contextmanager
def sentry() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    events: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = UNPACK.get(self.headers.get("Content-Encoding", ""), bytes)(body)
            lines = [json.loads(line) for line in body.splitlines() if line]
            events.extend(line for line in lines if "exception" in line or "logentry" in line)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://key@127.0.0.1:{server.server_port}/1", events
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.slow
def test_an_error_is_reported_without_anything_that_says_who(tmp_path: Path) -> None:
    pytest.importorskip("sentry_sdk")
    with sentry() as (dsn, events):
        environment = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "SENTRY_DSN": dsn,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.split() == ["500"], done.stderr
    text = json.dumps(events)
    assert [word for word in PRIVATE if word in text] == []
    assert "looked" not in text
    kinds = [event["exception"]["values"][-1]["type"] for event in events if "exception" in event]
    assert "ValueError" in kinds
    error = next(event for event in events if "exception" in event)
    frames = error["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "broken"
    assert error["request"] == {"method": "GET", "url": "/learn"}
    assert len(error["tags"]["request_id"]) == 32
    assert any(event.get("logentry", {}).get("message") == "the file of %s is lost" for event in events)


def test_nothing_is_sent_while_the_database_is_away() -> None:
    error = OperationalError("connection refused")
    assert without_persons({"level": "error"}, {"exc_info": (OperationalError, error, None)}) is None
    mine = ValueError("a")
    assert without_persons({"level": "error"}, {"exc_info": (ValueError, mine, None)}) is not None


@pytest.mark.parametrize(
    "dsn", ["sentry.example.org", "https://sentry.example.org/1", "https://key@sentry.example.org"]
)
def test_what_is_no_dsn_is_refused(dsn: str) -> None:
    with pytest.raises(ValidationError, match="DSN"):
        variables.sentry_dsn(dsn)


def test_without_the_package_start_up_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variables.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ValidationError, match="sentry-sdk: install"):
        variables.sentry_dsn("https://key@sentry.example.org/1")
    variables.sentry_dsn("")
