"""The answers given in front of Django, in a process of its own: the front needs a database in a file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.sites import ROOT, Samples, environment_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WALK = "from tests.caching.front_walk import main; main({seed}, {steps})"
# Asks one page twice under each of these, and tells whether the second answer came from the front.
ASK = """
import json
from tests.caching.front_walk import HOST, ask, by, counting
from quicktakes import wsgi
from learn.caching import front
served = front.in_front_of(counting("django", wsgi._answered))
path = "/learn/physics"
def second(**headers):
    first = ask(served, headers.pop("path", path), **headers)
    before = by["django"]
    answer = ask(served, path, **headers)
    assert answer == first
    return answer, by["django"] == before
(status, headers, body), in_front = second()
tag = headers["ETag"]
told = {
    "page": in_front and status == "200 OK" and len(body) == int(headers["Content-Length"]),
    "br": second(HTTP_ACCEPT_ENCODING="br")[1],
    "304": second(HTTP_IF_NONE_MATCH=tag) == (("304 Not Modified", second(HTTP_IF_NONE_MATCH=tag)[0][1], b""), True),
    "HEAD": second(REQUEST_METHOD="HEAD")[1] and second(REQUEST_METHOD="HEAD")[0][2] == b"",
    "another tag": second(HTTP_IF_NONE_MATCH='"x-y"')[1],
    "session": second(HTTP_COOKIE="__Host-sessionid=x; sessionid=x")[1],
    "query": second(QUERY_STRING="x=1")[1],
    "Markdown": second(HTTP_ACCEPT="text/markdown")[1],
    "POST": second(REQUEST_METHOD="POST")[1],
    "our host": second(HTTP_HOST=HOST)[1],
    "another host": second(HTTP_HOST="evil.example")[0][0],
}
print(json.dumps(told))
"""


@pytest.fixture
def variables(tmp_path: Path, samples: Samples) -> dict[str, str]:
    if connection.vendor != "sqlite":
        pytest.skip("only on SQLite does the front answer")
    shutil.copy(samples.database(), tmp_path / "db.sqlite3")
    return environment_of(tmp_path, "http://127.0.0.1", STATIC_ROOT=str(samples.static_root()))


def run(variables: dict[str, str], code: str) -> str:
    command = [sys.executable, "-m", "django", "shell", "--no-imports", "-c", code]
    done = subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_kept_is_answered_in_front_and_everything_else_by_django(variables: dict[str, str]) -> None:
    assert json.loads(run(variables, ASK)) == {
        "page": True, "br": True, "304": True, "HEAD": True, "our host": True,
        "another tag": False, "session": False, "query": False, "Markdown": False, "POST": False,
        "another host": "400 Bad Request",
    }  # fmt: skip


@pytest.mark.parametrize("variable", [{"ACCESS_LOG": "true"}, {"PAGE_CACHE_MB": "0"}])
def test_there_is_no_front_where_each_request_is_logged_or_nothing_is_kept(
    variables: dict[str, str], variable: dict[str, str]
) -> None:
    told = run({**variables, **variable}, WALK.format(seed=1, steps=3))
    assert told.splitlines()[-1].endswith(" 0 answered in front")


def test_whatever_changes_the_front_sends_what_django_makes_anew(variables: dict[str, str]) -> None:
    steps = os.environ.get("FRONT_STEPS", "60")
    told = run(variables, WALK.format(seed=20261128, steps=steps)).splitlines()[-1]
    answered = re.search(r"(\d+) answered in front", told)
    assert answered
    assert int(answered[1]) > int(steps) / 2
