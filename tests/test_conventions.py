"""Django as Django people expect it: users on every request, an admin that can move, packages that just work."""

from __future__ import annotations

import asyncio
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings as present
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import clear_url_caches, reverse
from django.utils.module_loading import import_string
from protego import Protego
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from learn import urls as learn_urls
from learn.models import MissingPage
from learn.redirects import missing
from quicktakes import routers, urls
from quicktakes.routers import ReplicaRouter
from tests.factories import make_article

pytestmark = pytest.mark.django_db

PASSWORD = "a long password"  # noqa: S105 of an account that lives for a test
ROOT = Path(__file__).resolve().parent.parent


# --- request.user -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/learn", "/learn/physics", "/robots.txt", "/learn/nowhere", "/healthz"])
def test_every_request_has_a_user(path: str, client: Client, settings: Settings) -> None:
    client.force_login(User.objects.create_superuser("editor"))
    make_article()
    response = client.get(path)
    assert response.wsgi_request.user.is_anonymous
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")
    assert client.get("/admin/").wsgi_request.user.username == "editor"


def test_a_readers_user_costs_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    users: list[object] = []

    def view(request: HttpRequest) -> HttpResponse:
        users.append(
            (request.user.is_authenticated, request.user.is_verified(), request.user.has_perm("learn.x"))
        )
        return HttpResponse()

    handler = view
    for name in reversed([path for path in present.MIDDLEWARE if "uthentication" in path or "OTP" in path]):
        handler = import_string(name)(handler)
    request = RequestFactory().get("/learn")
    with django_assert_num_queries(0):
        handler(request)
    assert users == [(False, False, False)]


def test_a_reader_is_anonymous_in_coroutines_too() -> None:
    request = RequestFactory().get("/learn")
    import_string("quicktakes.middleware.AuthenticationMiddleware")(lambda _request: HttpResponse())(request)
    with ThreadPoolExecutor() as threads:  # an event loop may run in this one: Playwright's
        assert threads.submit(lambda: asyncio.run(request.auser())).result().is_anonymous


# --- The admin's path -------------------------------------------------------------------------------------------------


@pytest.fixture
def moved(settings: Settings) -> Iterator[str]:
    """The admin at another path, as the environment variable would put it there."""
    settings.ADMIN_PATH = "/back-office/"
    importlib.reload(urls)
    clear_url_caches()
    yield settings.ADMIN_PATH
    settings.ADMIN_PATH = "/admin/"
    importlib.reload(urls)
    clear_url_caches()


def test_the_admin_answers_at_its_path_alone(moved: str, client: Client) -> None:
    assert reverse("admin:index") == moved
    assert client.get(moved).headers["Location"] == f"{moved}login/?next={moved}"
    assert client.get(moved.rstrip("/")).headers["Location"] == moved
    assert client.get("/admin/").status_code == 404
    User.objects.create_superuser("editor", password=PASSWORD)
    data = {"username": "editor", "password": PASSWORD, "next": f"{moved}learn/article/"}
    assert client.post(f"{moved}login/", data).headers["Location"] == f"{moved}learn/article/"
    page = client.get(f"{moved}learn/article/add/")
    assert page.status_code == 200
    assert '"/admin/' not in page.text


def test_cookies_count_at_the_path_of_the_admin_alone(moved: str, client: Client) -> None:
    client.force_login(User.objects.create_superuser("editor"))
    assert client.get(moved).wsgi_request.user.username == "editor"
    client.cookies["sessionid"] = "not one of ours"
    for path in ("/learn", "/admin/", "/admin/login/"):
        response = client.get(path)
        assert not response.cookies, path
        assert response.wsgi_request.user.is_anonymous


def test_robots_are_kept_from_the_admin_wherever_it_is(moved: str, client: Client) -> None:
    rules = Protego.parse(client.get("/robots.txt").text)
    for robot in ("Googlebot", "GPTBot", "OAI-SearchBot"):
        assert not rules.can_fetch(f"http://testserver{moved}login/", robot)
        assert rules.can_fetch("http://testserver/learn", robot)


def test_the_admin_reads_from_the_primary_wherever_it_is(moved: str) -> None:
    def database(path: str) -> str:
        found: list[str] = []

        def view(_request: HttpRequest) -> HttpResponse:
            found.append(ReplicaRouter().db_for_read(User))
            return HttpResponse()

        routers.public_reads(view)(RequestFactory().get(path))
        return found[0]

    assert database(f"{moved}learn/article/") == "default"
    assert database("/admin/") == "replica"


def test_misses_in_the_admin_are_not_counted_wherever_it_is(moved: str, client: Client) -> None:
    client.force_login(User.objects.create_superuser("editor"))
    for path in (f"{moved}learn/nothing/", "/admin/"):
        missing.forget()
        client.get(path, headers={"Referer": "http://testserver/learn"})
    assert [row.path for row in MissingPage.objects.all()] == ["/admin/"]
    missing.forget()


@pytest.mark.parametrize(
    ("given", "path"),
    [("/editors/", "/editors/"), ("staff/learner-2", "/staff/learner-2/")],
)
@pytest.mark.slow
def test_the_environment_says_where_the_admin_is(given: str, path: str) -> None:
    script = (
        "from django.conf import settings; from django.urls import reverse; import django; django.setup(); "
    )
    done = settings_with(given, script + "print(settings.ADMIN_PATH, reverse('admin:index'))")
    assert done.stdout.split() == [path, path], done.stderr


@pytest.mark.parametrize("given", ["/", "learn/editors", "a b"])
@pytest.mark.slow
def test_a_path_that_hides_a_page_is_refused(given: str) -> None:
    done = settings_with(given, "from django.conf import settings; settings.DEBUG")
    assert done.returncode != 0
    assert "ADMIN_PATH" in done.stderr
    assert "/admin/" in done.stderr


def settings_with(admin_path: str, script: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "ADMIN_PATH": admin_path}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, check=False, capture_output=True, text=True
    )


# --- Packages and middleware of a project -----------------------------------------------------------------------------


def test_public_pages_stay_public_behind_login_required(client: Client, settings: Settings) -> None:
    article = make_article()
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    public = [article.get_absolute_url(), f"{article.get_absolute_url()}.md", "/learn", "/learn/search?q=a"]
    for path in [
        *public,
        "/learn/search/suggest?q=an",
        "/robots.txt",
        "/sitemap.xml",
        "/learn/feed.atom",
        "/healthz",
    ]:
        assert client.get(path).status_code == 200, path
    assert client.get("/learn/nowhere").status_code == 404
    assert client.get("/admin/learn/article/").headers["Location"].startswith("/admin/login/?next=")
    assert client.get("/admin/content-health/").headers["Location"].startswith("/admin/login/?next=")
    assert client.get("/admin/login/").status_code == 200
    User.objects.create_superuser("editor", password=PASSWORD)
    client.post("/admin/login/", {"username": "editor", "password": PASSWORD})
    for path in ("/admin/", "/admin/learn/article/", "/admin/content-health/", "/admin/second-factor/"):
        assert client.get(path).status_code == 200, path


def test_every_public_view_says_that_it_is_public() -> None:
    assert all(pattern.callback.login_required is False for pattern in learn_urls.urlpatterns)
