"""What holds for every public page, whoever wrote it: each address of learn.urls is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, reverse
from pytest_django.fixtures import Settings

from learn import urls
from learn.models import Article, Redirect
from tests.factories import make_article, make_link, make_subject
from tests.pages import Page

pytestmark = pytest.mark.django_db

ANSWER = """A list:

1. **Energy** stays, $E = mc^2$.
2. It costs $5 or $6.

### A table

| Name | Value |
|------|------:|
| one  | 1     |

### Code

```python
print("Hello")
```

### A formula

$$\\int_0^1 x \\, dx = \\frac{1}{2}$$
"""
# Values of whatever else stands in an address; a new kind of address says here how it is reached.
PLACES = {"subject_slug": "physics", "slug": "what-is-energy"}
ERRORS = ["/nowhere", "/learn/physics/questions/unknown", "/learn/physics/questions/removed"]


@pytest.fixture
def library(settings: Settings) -> Article:
    settings.SIGNUP_URL = "https://example.com/join"
    settings.ABOUT_ANSWERS_URL = "https://example.com/how"
    article = make_article(slug="what-is-energy", question="What is energy?", answer=ANSWER)
    for _ in range(30):
        make_link(article, make_article())
    make_article(subject="science", question="What is energy?", answer=ANSWER)
    make_article(subject=make_subject("secret-lore", is_listed=False))
    Redirect.objects.create(old_path="/learn/physics/questions/removed")
    return article


def addresses() -> Iterator[str]:
    for pattern in urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        wanted = pattern.pattern.converters
        if set(wanted) <= set(PLACES):
            yield reverse(f"learn:{pattern.name}", kwargs={name: PLACES[name] for name in wanted})


def pages(client: Client) -> Iterator[tuple[str, Page]]:
    """Every HTML page, its pages 2 and errors included."""
    more = ["/learn/physics?page=2", "/learn/secret-lore", "/learn/search?q=energy", "/learn/search?q=xyzzy"]
    for path in [*addresses(), *more, *ERRORS]:
        response = client.get(path)
        if response.headers["Content-Type"].startswith("text/html") and response.status_code in (
            200,
            404,
            410,
        ):
            yield path, Page(response.text)


def test_the_pages_of_the_library_are_among_them(library: Article, client: Client) -> None:
    found = [path for path, _page in pages(client)]
    assert {"/learn", "/learn/physics", library.get_absolute_url(), *ERRORS} <= set(found)


def test_every_page_has_one_h1_a_title_and_a_language(library: Article, client: Client) -> None:
    for path, page in pages(client):
        assert len(page.select("h1")) == 1, path
        assert len(page.texts("title")) == 1, path
        assert page.attribute("html", "lang") == "en", path


def test_titles_and_canonical_addresses_are_unique(library: Article, client: Client) -> None:
    titles: dict[str, str] = {}
    for path, page in pages(client):
        if canonical := page.links("link[rel=canonical]"):
            assert len(canonical) == 1, path
            assert titles.setdefault(page.text("title"), canonical[0]) == canonical[0], path


def test_headings_never_skip_a_level(library: Article, client: Client) -> None:
    for path, page in pages(client):
        levels = [
            int(e.tag[1])
            for e in page.root.iter()
            if isinstance(e.tag, str) and re.fullmatch("h[1-6]", e.tag)
        ]
        assert levels[0] == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_no_template_code_is_shown(library: Article, client: Client) -> None:
    for path, page in pages(client):
        assert not re.search(r"{[{%#]|[#%}]}", page.text("body")), path


def test_ids_are_unique_and_labels_lead_to_them(library: Article, client: Client) -> None:
    for path, page in pages(client):
        ids = [element.get("id") for element in page.select("[id]")]
        assert len(ids) == len(set(ids)), path
        for name in ("for", "aria-labelledby"):
            assert {element.get(name) for element in page.select(f"[{name}]")} <= set(ids), path


def test_no_script_nor_style_stands_in_a_page(library: Article, client: Client) -> None:
    for path, page in pages(client):
        assert page.select("style, [style]") == [], path
        for script in page.select("script"):
            assert script.get("src") or script.get("type") == "application/ld+json", path
        for element in page.root.iter():
            assert not [name for name in element.attrib if name.startswith("on")], path


def test_nothing_comes_from_another_host(library: Article, client: Client) -> None:
    for path, page in pages(client):
        fetched = [e.get("src") for e in page.select("[src]")]
        fetched += [
            e.get("href")
            for e in page.select("link")
            if set(e.get("rel", "").split())
            & {"stylesheet", "preload", "icon", "manifest", "apple-touch-icon"}
        ]
        assert all((address or "").startswith("/") for address in fetched), path


@pytest.mark.slow
def test_no_link_of_ours_is_broken_or_takes_a_second_hop(library: Article, client: Client) -> None:
    seen: set[str] = set()
    for path, page in pages(client):
        for link in page.links("a"):
            address = link.partition("#")[0]
            if address.startswith("?"):
                address = path.partition("?")[0] + address
            if address.startswith("/") and address not in seen:
                seen.add(address)
                assert client.get(address).status_code == 200, f"{path} links to {address}"
    assert len(seen) > 30


def every_answer(client: Client) -> Iterator[tuple[str, HttpResponse]]:
    for path in [*addresses(), *ERRORS, "/learn/physics?page=2", "/learn/", "/learn/physics?page=1"]:
        yield path, client.get(path)


@pytest.mark.parametrize("logged_in", [False, True])
def test_public_pages_set_no_cookie_and_do_not_vary_on_one(
    library: Article, client: Client, logged_in: bool
) -> None:
    if logged_in:
        client.force_login(User.objects.create_superuser("editor"))
    for path, response in every_answer(client):
        assert not response.cookies, path
        varies = {name.strip() for name in response.headers.get("Vary", "").split(",")} - {""}
        assert varies <= {"Accept-Encoding", "Accept"}, path


def test_every_answer_carries_the_security_headers(library: Article, client: Client) -> None:
    for path, response in every_answer(client):
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe-" not in policy, path
        assert response.headers["X-Content-Type-Options"] == "nosniff", path
        assert response.headers["Referrer-Policy"] == "strict-origin-when-cross-origin", path
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert response.headers["Cross-Origin-Resource-Policy"] in {"same-origin", "cross-origin"}, path
        assert "camera=()" in response.headers["Permissions-Policy"], path


@pytest.mark.parametrize(("is_asked_for", "more"), [(False, ""), (True, "; includeSubDomains; preload")])
def test_https_is_demanded_for_two_years(
    library: Article, client: Client, settings: Settings, is_asked_for: bool, more: str
) -> None:
    settings.SECURE_HSTS_SECONDS = 63_072_000
    if is_asked_for:  # of hosts that are not ours only when somebody said so
        settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    header = client.get("/learn", secure=True).headers["Strict-Transport-Security"]
    assert header == f"max-age=63072000{more}"


def test_the_admin_is_found_without_its_slash(client: Client) -> None:
    response = client.get("/admin")
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")


def test_the_admin_keeps_the_strict_policy(client: Client) -> None:
    client.force_login(User.objects.create_superuser("editor"))
    response = client.get("/admin/")
    assert response.status_code == 200
    assert "unsafe-" not in response.headers["Content-Security-Policy"]
