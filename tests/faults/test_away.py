"""While the database is away kept pages are served and say so, all else is told at once, and it is well right after."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest

from tests import postgresql
from tests.conftest import FIXTURES, ROOT
from tests.sites import Samples, free_address

from .conftest import environment, manage
from .test_killed import children
from .test_server import Server, begin, wait_for

psycopg = pytest.importorskip("psycopg")

STALE = "the database is away"
TOKEN = "a token of twenty characters or more"  # noqa: S105
PASSWORD = "a password for tests"  # noqa: S105
EDITOR = (
    "from django.contrib.auth.models import User; from django.test import Client; "
    f"u = User.objects.create_superuser('chief', password='{PASSWORD}'); c = Client(); c.force_login(u); "
    "print(c.cookies['sessionid'].value)"
)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str
    seconds: float

    @property
    def is_stale(self) -> bool:
        return STALE in self.headers.get("cache-status", "")


class Database:
    """The server of a URL that tests/postgresql.py started."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.folder = unquote(urlsplit(url).hostname or "")

    def _ctl(self, *arguments: str) -> None:
        options = ("--pgdata", f"{self.folder}/data", "--wait", "--silent", "--log", f"{self.folder}/log")
        postgresql._run("pg_ctl", *options, *arguments, folder=self.folder)

    def stop(self) -> None:
        self._ctl("--mode", "immediate", "stop")

    def start(self) -> None:
        settings = " ".join(f"-c {setting}" for setting in ("listen_addresses=''", *postgresql.FORGETFUL))
        self._ctl("--options", f"-k {self.folder} {settings}", "start")

    def restart(self) -> None:
        self._ctl("--mode", "fast", "restart")

    @contextmanager
    def hanging(self) -> Iterator[None]:
        postmaster = int(Path(self.folder, "data", "postmaster.pid").read_text().split()[0])
        family = [postmaster, *children(postmaster)]
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in family:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextmanager
    def exhausted(self) -> Iterator[None]:
        """All connections of the server in other hands."""
        with ExitStack() as held:
            first = held.enter_context(psycopg.connect(self.url, autocommit=True))
            others = (
                "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            )
            first.execute(f"{others} AND backend_type = 'client backend'")
            failed = 0
            while failed < 20:  # those that end make room for a moment
                try:
                    held.enter_context(psycopg.connect(self.url))
                except psycopg.OperationalError:
                    failed += 1
                    time.sleep(0.05)
            yield

    @contextmanager
    def locked(self) -> Iterator[None]:
        with psycopg.connect(self.url) as connection:
            connection.execute("LOCK TABLE learn_article, learn_sitestate IN ACCESS EXCLUSIVE MODE")
            yield


class Site(NamedTuple):
    server: Server
    database: Database
    session: str
    kept: str
    other: str

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
        connection = http.client.HTTPConnection(*self.server.address, timeout=60)
        began = time.monotonic()
        try:
            connection.request(method, path, body or None, {"Host": self.server.host, **headers})
            response = connection.getresponse()
            text = response.read().decode()
            sent = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, sent, text, time.monotonic() - began)
        finally:
            connection.close()

    def as_editor(self, path: str, method: str = "GET", body: str = "", token: str = "t" * 32) -> Answer:
        return self.ask(
            path, method, body, **{
                "Cookie": f"sessionid={self.session}; csrftoken={token}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, samples: Samples) -> Iterator[Site]:
    if postgresql.server_binaries() is None:
        pytest.skip("PostgreSQL's server is not installed")
    folder = tmp_path_factory.mktemp("away")
    (folder / "static").symlink_to(samples.static_root())
    with postgresql.cluster(*postgresql.FORGETFUL) as url:
        imported = ["import_articles", str(FIXTURES / "articles"), "-v0"]
        for arguments in (["migrate", "-v0"], imported):
            done = manage(url, *arguments)
            assert done.returncode == 0, done.stderr
        script = f"import django; django.setup()\n{EDITOR}"
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=environment(url),
            capture_output=True,
            text=True,
            check=True,
        )
        bind = free_address()
        process = begin(folder, url, bind, variables={"WEB_CONCURRENCY": "1", "METRICS_TOKEN": TOKEN})
        host, port = bind.split(":")
        server = Server(process, (host, int(port)), folder / "log")
        wait_for(server)
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT '/learn/' || s.slug || '/questions/' || a.slug FROM learn_article a "
                "JOIN learn_subject s ON s.id = a.subject_id WHERE a.status = 'published' ORDER BY a.id LIMIT 2"
            ).fetchall()
        yield Site(server, Database(url), done.stdout.strip(), rows[0][0], rows[1][0])
        process.terminate()
        process.wait(40)


def is_away(site: Site) -> None:
    """What everybody sees in the meantime."""
    kept = site.ask(site.kept)
    assert (kept.status, kept.is_stale) == (200, True), kept
    for path in (f"{site.kept}.md", "/learn/search?q=why"):
        answer = site.ask(path)
        assert answer.status == 503, path
        assert int(answer.headers["retry-after"]) > 0
        assert "Content-Security-Policy".lower() in answer.headers
    assert site.ask("/healthz").status == 200
    ready = site.ask("/readyz")
    assert ready.status == 503
    assert "the database does not answer:" in ready.text
    told = site.ask("/metrics", Authorization=f"Bearer {TOKEN}")
    assert told.status == 200
    assert {"quicktakes_database_up 0.0", "quicktakes_ready 0.0"} <= set(told.text.splitlines())
    admin = site.as_editor("/admin/")
    assert admin.status == 503
    assert "The database cannot be reached" in admin.text
    typed = site.as_editor(
        "/admin/learn/subject/add/", "POST", f"title=What+I+%3Ctyped%3E&csrfmiddlewaretoken={'t' * 32}"
    )
    assert typed.status == 503
    assert "What I &lt;typed&gt;" in typed.text
    shown = {"kept": kept, "readyz": ready, "editor": admin, "editor's save": typed}
    print("\n" + ", ".join(f"{who} {answer.seconds * 1000:.0f} ms" for who, answer in shown.items()))


def is_well(site: Site) -> None:
    for path in (site.kept, f"{site.kept}.md", "/learn/search?q=why", "/readyz"):
        answer = site.ask(path)
        assert (answer.status, answer.is_stale) == (200, False), (path, answer)
    assert site.as_editor("/admin/").status == 200


def test_stopped(site: Site) -> None:
    site.ask(site.kept)
    is_well(site)
    site.database.stop()
    try:
        is_away(site)
    finally:
        site.database.start()
    is_well(site)


def test_locked(site: Site) -> None:
    site.ask(site.kept)
    is_well(site)
    with site.database.locked():
        kept, other = site.ask(site.kept), site.ask(f"{site.kept}.md")
        assert (kept.status, kept.is_stale, other.status) == (200, True, 503)
        assert site.ask("/healthz").status == 200
        assert site.ask("/readyz").status == 503
    is_well(site)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_hanging(site: Site) -> None:
    """Every process of the server stopped: connections stay open and nothing ever comes."""
    site.ask(site.kept)
    is_well(site)
    with site.database.hanging():
        is_away(site)
    is_well(site)


def test_no_connection_left(site: Site) -> None:
    site.ask(site.kept)
    is_well(site)
    with site.database.exhausted():
        is_away(site)
    is_well(site)


def test_a_restart_is_an_error_500_for_nobody(site: Site) -> None:
    outcomes: Counter[str] = Counter()
    ended = threading.Event()

    def read(ask: Callable[[], Answer], who: str) -> None:
        while not ended.is_set():
            answer = ask()
            outcomes[f"{who} {answer.status}{' stale' * answer.is_stale}"] += 1

    readers = [
        threading.Thread(target=read, args=(lambda: site.ask(site.kept), "reader")),
        threading.Thread(target=read, args=(lambda: site.ask(f"{site.other}.md?{time.time()}"), "reader")),
        threading.Thread(target=read, args=(lambda: site.as_editor("/admin/learn/subject/"), "editor")),
    ]
    for thread in readers:
        thread.start()
    time.sleep(0.5)
    site.database.restart()
    time.sleep(0.5)
    ended.set()
    for thread in readers:
        thread.join()
    print(f"\n{dict(outcomes)}")
    assert not [outcome for outcome in outcomes if " 500" in outcome]
    assert outcomes["reader 200"] > 0
    is_well(site)


def test_an_outage_is_a_line_in_the_log(site: Site) -> None:
    before = len(site.server.log.read_text())
    site.database.stop()
    try:
        for _request in range(50):
            assert site.ask(f"{site.other}.md").status == 503
    finally:
        site.database.start()
    written = site.server.log.read_text()[before:]
    assert "Traceback" not in written
    assert len(written.splitlines()) <= 5
    is_well(site)


def test_wrong_paths_hosts_and_methods_are_told_and_not_logged(site: Site) -> None:
    before = len(site.server.log.read_text())
    for number in range(50):
        assert site.ask(f"/wrong/{number}").status == 404
    assert site.ask(site.kept, Host="elsewhere.example").status == 400
    assert site.ask("/healthz", Host="elsewhere.example").status == 200
    assert site.ask(site.kept, "POST", "a=b").status == 405
    assert site.ask("/admin/login/", "POST", "a=b").status == 403
    assert site.server.log.read_text()[before:] == ""
