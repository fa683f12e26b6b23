"""The middleware of readers' requests, and what they never do."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils.module_loading import import_string

from quicktakes import server, wsgi
from quicktakes.places import Places
from tests.factories import make_article

ADMIN_ONLY = [
    path for path in settings.MIDDLEWARE if path.startswith("quicktakes.middleware.") and path[22].isupper()
]


def ask(method: str, path: str) -> HttpRequest:
    """The request as the view sees it, behind everything that is for the admin alone."""
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    handler = view
    for name in reversed(ADMIN_ONLY):
        handler = import_string(name)(handler)
    handler(RequestFactory().generic(method, path))
    return seen[0]


def test_sessions_accounts_and_messages_are_for_the_admin_alone() -> None:
    assert len(ADMIN_ONLY) == 3


@pytest.mark.parametrize(
    "path", ["/learn", "/learn/physics/questions/why", "/sitemap.xml", "/administration"]
)
def test_a_readers_request_passes_them_by(path: str) -> None:
    for method in ("GET", "HEAD"):
        request = ask(method, path)
        assert not hasattr(request, "session")
        assert request.user.is_anonymous


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/admin/"), ("POST", "/learn"), ("POST", "/admin/login/")]
)
def test_the_admin_and_every_form_go_through_them(method: str, path: str) -> None:
    request = ask(method, path)
    assert request.session is not None
    assert request.user is not None


@pytest.mark.django_db
def test_a_form_without_a_token_is_refused_wherever_it_is_sent() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/admin/login/", {"username": "a"}).status_code == 403
    assert client.post("/learn", {"a": "b"}).status_code == 405  # it takes nothing at all


@pytest.mark.django_db
def test_every_answer_has_the_policy_and_one_order_of_it() -> None:
    article = make_article()
    paths = [article.get_absolute_url(), "/learn/nowhere", "/admin/login/", "/robots.txt"]
    policies = {Client().get(path).headers["Content-Security-Policy"] for path in paths}
    assert len(policies) == 1
    directives = policies.pop().split("; ")
    assert directives == sorted(directives)
    assert "default-src 'none'" in directives
    assert "script-src 'self'" in directives


@pytest.mark.slow
def test_the_policy_is_the_same_text_in_every_process() -> None:
    script = (
        "import django; django.setup()\n"
        "from django.http import HttpResponse\n"
        "from quicktakes.middleware import content_security_policy\n"
        "answer = content_security_policy(lambda request: HttpResponse())\n"
        "print(answer(None).headers['Content-Security-Policy'])"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1


def served_at(bind: str, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBUG": "true", "TRUSTED_PROXY_COUNT": "1", "BIND": bind}
    return subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_server_refuses_an_address_where_another_one_listens() -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        done = served_at(address, "-m", "quicktakes.server")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == (
        f"{address}: Address already in use. End what listens there, or set BIND to another address."
    )


@pytest.mark.parametrize("bind", ["8000", "localhost", "127.0.0.1:99999", "127.0.0.1:http"])
def test_a_server_says_what_an_address_looks_like(bind: str) -> None:
    done = served_at(bind, "-m", "quicktakes.server")
    assert done.returncode == 3
    assert "BIND: Write an address and a port, such as 127.0.0.1:8000" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_body_is_read_before_a_request_takes_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it is, how long it may take, and how many there may be at once."""
    read: list[bytes] = []

    def application(environ: dict[str, Any], _start_response: object) -> list[bytes]:
        read.append(environ["wsgi.input"].read())
        return []

    monkeypatch.setattr(wsgi, "_django", application)
    statuses: list[str] = []

    def ask(stream: io.BytesIO) -> None:
        environ = {"CONTENT_LENGTH": "4", "wsgi.input": stream}
        wsgi.application(environ, lambda status, _headers: statuses.append(status))

    ask(io.BytesIO(b"body and more"))
    assert read == [b"body"]
    monkeypatch.setattr(wsgi, "BODY_TIMEOUT", -1)
    ask(io.BytesIO(b"body"))
    monkeypatch.setattr(wsgi, "_bodies", threading.BoundedSemaphore(1))
    wsgi._bodies.acquire()
    ask(io.BytesIO(b"body"))
    assert statuses == ["408 Request Timeout", "503 Service Unavailable"]
    assert len(read) == 1


def test_the_end_of_an_answer_does_not_wait_for_the_client_to_confirm_its_beginning() -> None:
    """Nagle's algorithm: 40 ms for each answer but the first of a connection."""
    with server._listening("127.0.0.1", 0, 1) as own:
        own.settimeout(10)
        with socket.create_connection(own.getsockname()), own.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_hundreds_of_requests_are_worked_on_in_a_few_threads() -> None:
    """Each has a connection to the database, and to SQLite one remembers up to 20 MB."""
    places, workers, answers = Places(4), set(), []

    def work() -> int:
        workers.add(threading.get_ident())
        time.sleep(0.001)
        return 1

    crowd = [threading.Thread(target=lambda: answers.append(places.run(work))) for _ in range(100)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert (len(answers), len(workers)) == (100, 4)
    with pytest.raises(ZeroDivisionError):
        places.run(lambda: 1 // 0)
    assert places.run(lambda: 1) == 1


@pytest.mark.django_db
def test_a_search_without_a_place_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the line is full, at once; else when its patience ends."""
    told: list[tuple[str, dict[str, str]]] = []

    def ask() -> None:
        environ = RequestFactory().get("/learn/search?q=energy").environ
        wsgi.application(environ, lambda status, headers, *_more: told.append((status, dict(headers))))

    is_in, may_go = threading.Event(), threading.Event()

    def search() -> None:
        is_in.set()
        may_go.wait(timeout=10)

    for waiting in (0, 1):
        places = Places(1, waiting, 0.01)
        monkeypatch.setitem(wsgi._places, "searches", places)
        is_in.clear()
        may_go.clear()
        other = threading.Thread(target=places.run, args=[search])
        other.start()
        assert is_in.wait(timeout=10)
        ask()
        may_go.set()
        other.join()
    assert [status[:3] for status, _headers in told] == ["503", "503"]
    assert all(int(headers["Retry-After"]) for _status, headers in told)
