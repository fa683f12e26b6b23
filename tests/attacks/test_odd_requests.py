"""Requests that no browser sends: each gets an answer, and none a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from learn.caching import pages
from learn.models import MissingPage, Redirect
from learn.redirects import missing
from tests.admin.conftest import logged_in, make_user
from tests.factories import make_article

pytestmark = pytest.mark.django_db
ODD_ADDRESSES = (
    "http://[",
    "https://[",
    "http://[::1",
    "http://a:b",
    "//[",
    "http://\\",
    "https://a.example:99999/",
)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def desk() -> Client:
    client = logged_in(make_user("root", is_superuser=True))
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("referrer", ODD_ADDRESSES)
def test_a_referrer_that_is_no_address(client: Client, referrer: str) -> None:
    missing.forget()
    assert client.get("/learn/nowhere", headers={"referer": referrer}).status_code == 404
    assert MissingPage.objects.get().referrer == ""
    missing.forget()


@pytest.mark.parametrize("number", ["0", "1", "01", "02", "50001", "9" * 25, "9" * 5000])
def test_a_sitemap_that_is_none(client: Client, number: str) -> None:
    make_article()
    assert client.get(f"/sitemap-physics.{number}.xml").status_code == 404
    assert client.get("/sitemap-physics.xml").status_code == 200


@pytest.mark.parametrize("pk", ["²", "٣", "9" * 25, "9" * 5000, "-1", "1.5", "\0", " 1"])
def test_a_key_that_is_none(desk: Client, pk: str) -> None:
    article = make_article()
    assert desk.get("/admin/learn/article/suggestions/", {"pk": pk}).status_code in (200, 400)
    data = {"seen_version": pk, "question": "A?", "_save": "1"}
    assert desk.post(f"/admin/learn/article/{article.pk}/change/", data).status_code in (200, 400, 409)
    if "\0" not in pk and "/" not in pk:
        for path in (
            "article/{}/history/",
            "importrun/{}/change/",
            "article/{}/change/",
            "importconflict/{}/change/",
        ):
            answer = desk.get(f"/admin/learn/{path.format(pk)}", follow=True)
            assert answer.status_code in (200, 404), (
                path
            )  # Django leads to its front page from what is not there


@pytest.mark.parametrize(
    "query", ["_to_field=", "_to_field=%00", "_to_field=nothing", "_to_field=answer", "_popup=%00", "e=1"]
)
@pytest.mark.parametrize(
    "page", ["learn/article/{}/change/", "learn/article/{}/delete/", "auth/user/1/change/"]
)
def test_a_page_of_django_asked_oddly(desk: Client, page: str, query: str) -> None:
    address = f"/admin/{page.format(make_article().pk)}?{query}"
    assert desk.get(address).status_code in (200, 302, 400)


@pytest.mark.parametrize(
    "target", [*ODD_ADDRESSES, "/\\evil.example", "/\tb", "javascript:alert(1)", "//evil.example"]
)
def test_a_redirect_that_leads_to_no_address(desk: Client, client: Client, target: str) -> None:
    desk.post("/admin/learn/redirect/add/", {"old_path": "/learn/old", "leads_to": target})
    assert not Redirect.objects.exists(), target
    Redirect.objects.create(old_path="/learn/old", new_path=target)  # from before
    if target == "//evil.example":
        return  # an address with the scheme left out
    answer = client.get("/learn/old")
    assert answer.status_code == 404, answer.headers.get("Location")


def test_a_related_link_that_is_no_address(desk: Client) -> None:
    assert desk.get("/admin/learn/article/find/", {"q": "https://[/learn/"}).status_code == 200
    assert desk.get("/admin/learn/article/", {"q": "https://[/learn/"}).status_code == 200


def test_another_host_is_refused_also_where_the_page_is_kept(client: Client, settings: Settings) -> None:
    settings.PAGE_CACHE_MB = 1
    path = make_article().get_absolute_url()
    assert client.get(path).status_code == 200
    for host in ("evil.example", "testserver.evil.example", "testserver@evil.example", "[", "", "a b"):
        for address in (path, "/learn", "/learn/nowhere", "/admin/", "/robots.txt"):
            assert client.get(address, headers={"host": host}).status_code == 400, (host, address)
    assert (
        client.get("/healthz", headers={"host": "10.1.2.3:8000"}).status_code == 200
    )  # who asks it knows no name
    pages.pages.clear()


@pytest.mark.parametrize(
    "query",
    [
        "page=%00", "page=²", "page=-1", "page=1e9", "q=%00", "q=%ff%fe", "q=" + "a" * 5000, "subject=%00",
        "q=" + "%22" * 500, "q=" + "-" * 500, "q=" + "(" * 500, "q=%F0%9F%92%A9", "q=%ED%A0%80", "page=" + "9" * 50,
        "&".join(f"a{number}=1" for number in range(900)),
    ],
)  # fmt: skip
def test_odd_queries(client: Client, desk: Client, query: str) -> None:
    make_article()
    for path in ("/learn/search", "/learn/search/suggest", "/learn/physics", "/learn", "/sitemap.xml"):
        assert client.get(f"{path}?{query}").status_code in (200, 400, 404), path
    for path in (
        "/admin/learn/article/",
        "/admin/learn/redirect/",
        "/admin/learn/missingpage/",
        "/admin/login/",
    ):
        assert desk.get(f"{path}?{query}").status_code in (200, 302, 400, 404), path


def test_more_parameters_than_anybody_has(client: Client) -> None:
    query = "&".join(f"a{number}=1" for number in range(5000))
    assert client.get(f"/learn/search?{query}").status_code in (200, 400)
    assert client.post("/admin/login/", {f"a{number}": "1" for number in range(5000)}).status_code in (
        400,
        403,
    )


@pytest.mark.parametrize(
    "path", ["/%00", "/learn/%00", "/learn/%ff", "/learn/" + "a" * 9000, "/%2e%2e/%2e%2e/etc/passwd"]
)
def test_odd_paths(client: Client, path: str) -> None:
    assert client.get(path).status_code in (400, 404)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_a_public_page_is_only_read(client: Client, method: str) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    path = make_article().get_absolute_url()
    assert getattr(strict, method)(path).status_code in (403, 405)


def test_odd_headers(client: Client) -> None:
    path = make_article().get_absolute_url()
    for name, value in {
        "if-none-match": '"' * 300,
        "if-modified-since": "Fri, 99 Nov 99999 99:99:99 GMT",
        "accept": "text/markdown;q=" + "9" * 400,
        "accept-encoding": ";q=;;q=,,br;q=x" * 50,
        "range": "bytes=9-1",
        "cookie": "sessionid=" + "\x80" * 30,
        "x-forwarded-for": "[" * 50,
    }.items():
        assert client.get(path, headers={name: value}).status_code in (200, 304, 400), name


def test_a_name_of_a_file_never_reaches_a_terminal_as_a_command(tmp_path: Path) -> None:
    from learn.importing import import_articles  # noqa: PLC0415

    (tmp_path / "physics").mkdir()
    (tmp_path / "physics" / "\x1b]0;owned\x07\n2026 ERROR forged.md").write_text("no front matter")
    report = import_articles([str(tmp_path)], jobs=1)
    from io import StringIO  # noqa: PLC0415

    from django.core.management import call_command  # noqa: PLC0415

    err = StringIO()
    with pytest.raises(SystemExit):
        call_command("import_articles", str(tmp_path), jobs=1, stderr=err, stdout=StringIO())
    assert report.rejected == 1
    assert "\x1b" not in err.getvalue()
    assert "\x07" not in err.getvalue()
    assert not [line for line in err.getvalue().splitlines() if line.startswith("2026 ERROR")]
