"""A whole library, imported into PostgreSQL while people read, search and edit, and moved there. Takes minutes.

FAULT_LIBRARY names the folder or archive to import; FAULT_RUNS how often (1).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import postgresql
from tests.conftest import ROOT
from tests.sites import free_address

from .conftest import environment, manage
from .test_away import EDITOR, Database, Site
from .test_server import Server, begin, wait_for

psycopg = pytest.importorskip("psycopg")

LIBRARY = os.environ.get("FAULT_LIBRARY", "")
RUNS = int(os.environ.get("FAULT_RUNS", "1"))
pytestmark = pytest.mark.skipif(not LIBRARY, reason="FAULT_LIBRARY names no library: this takes long")

SAVE = """
import django; django.setup()
import time, sys, statistics
from learn.models import Article
waits = []
for pk in map(int, sys.stdin):
    began = time.monotonic()
    article = Article.objects.get(pk=pk)
    article.description += "."
    article.save()
    waits.append(time.monotonic() - began)
print(len(waits), max(waits))
"""


def every(seconds: float, ended: threading.Event, work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        while not ended.wait(seconds):
            work()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("long")
    variables = {"DJANGO_SETTINGS_MODULE": "tests.browser.production", "STATIC_ROOT": str(folder / "static")}
    with postgresql.cluster("jit=off", "shared_buffers=512MB", "max_wal_size=4GB") as url:
        for arguments in (["migrate", "-v0"], ["collectstatic", "--no-input", "-v0"]):
            assert manage(url, *arguments, **variables).returncode == 0
        began = time.monotonic()
        done = manage(url, "import_articles", LIBRARY, "-v0")
        assert done.returncode == 0, done.stderr
        print(f"\nfirst import, nobody reading: {time.monotonic() - began:.0f} s")
        bind = free_address()
        process = begin(folder, url, bind)
        host, port = bind.split(":")
        server = Server(process, (host, int(port)), folder / "log")
        wait_for(server)
        yield Site(server, Database(url), EDITOR, "", "")
        process.terminate()
        process.wait(40)


def test_an_import_of_everything_beside_readers(site: Site) -> None:
    with psycopg.connect(site.database.url) as connection:
        paths = [path for (path,) in connection.execute(
            "SELECT '/learn/' || s.slug || '/questions/' || a.slug FROM learn_article a "
            "JOIN learn_subject s ON s.id = a.subject_id WHERE a.status = 'published' ORDER BY random() LIMIT 2000"
        )]  # fmt: skip
        keys = [
            key for (key,) in connection.execute("SELECT id FROM learn_article ORDER BY random() LIMIT 500")
        ]
    for run in range(RUNS):
        waits: defaultdict[str, list[float]] = defaultdict(list)
        outcomes: Counter[str] = Counter()
        ended = threading.Event()

        def ask(what: str, path: Callable[[], str]) -> None:
            answer = site.ask(path())
            waits[what].append(answer.seconds)  # noqa: B023 of this run
            outcomes[f"{what} {answer.status}"] += 1  # noqa: B023
            if what == "search":
                outcomes["search finds"] += "<mark>" in answer.text  # noqa: B023

        saver = subprocess.Popen(
            [sys.executable, "-c", SAVE], cwd=ROOT, env=environment(site.database.url), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

        def save() -> None:
            saver.stdin.write(f"{random.choice(keys)}\n")  # noqa: B023, S311
            saver.stdin.flush()  # noqa: B023

        threads = [
            *(every(1, ended, lambda: ask("article", lambda: random.choice(paths))) for _reader in range(5)),  # noqa: S311
            every(1, ended, lambda: ask("search", lambda: "/learn/search?q=energy+of+a+wave")),
            every(1, ended, save),
        ]
        began = time.monotonic()
        done = manage(site.database.url, "import_articles", LIBRARY, "--force", "--overwrite-edits", "-v0")
        took = time.monotonic() - began
        ended.set()
        for thread in threads:
            thread.join()
        saved, _errors = saver.communicate()
        print(
            f"\nrun {run + 1}: import {took:.0f} s, {dict(outcomes)}, saves and their longest: {saved.strip()}"
        )
        for what, seconds in waits.items():
            ordered = sorted(seconds)
            shown = {"p50": 0.5, "p99": 0.99, "longest": 1 - 1 / len(ordered)}
            figures = (
                f"{name} {ordered[int(len(ordered) * at)] * 1000:.0f} ms" for name, at in shown.items()
            )
            print(f"  {what}: {', '.join(figures)}")
        assert done.returncode == 0, done.stderr
        assert saver.returncode == 0
        assert outcomes["search finds"] == outcomes["search 200"] == len(waits["search"])
        assert outcomes["article 200"] == len(waits["article"])


def test_a_whole_library_moves(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    url = f"sqlite:///{path}"
    assert manage(url, "migrate", "-v0").returncode == 0
    assert manage(url, "import_articles", LIBRARY, "-v0").returncode == 0
    with postgresql.cluster("jit=off", "max_wal_size=4GB") as target:
        assert manage(target, "migrate", "-v0").returncode == 0
        script = (
            "import django; django.setup(); import resource; from pathlib import Path\n"
            "from learn.operations.move import move\n"
            f"rows = move(Path({str(path)!r})); print(sum(rows.values()), rows['learn_article'], "
            "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, 'MB')"
        )
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=environment(target),
            capture_output=True,
            text=True,
            check=False,
        )
        print(f"\nmoved in {time.monotonic() - began:.0f} s: {done.stdout.strip()}")
        assert done.returncode == 0, done.stderr
