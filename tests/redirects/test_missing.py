from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from learn.models import MissingPage
from learn.redirects import missing
from tests.factories import make_article

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Writes every count at once, and forgets what other tests gathered."""
    monkeypatch.setattr(missing, "SECONDS_BETWEEN_WRITES", 0.0)
    missing.forget()
    yield
    missing.forget()


def test_counts_what_was_not_found(client: Client) -> None:
    for _ in range(3):
        client.get("/learn/physics/questions/nowhere", headers={"referer": "https://example.org/page"})
    page = MissingPage.objects.get()
    assert (page.path, page.hits) == ("/learn/physics/questions/nowhere", 3)
    assert re.fullmatch(r"https://example\.org/#[0-9a-f]{12}", page.referrer)


def test_pages_and_redirects_are_no_misses(client: Client) -> None:
    path = make_article().get_absolute_url()
    client.get(path)
    assert client.get(f"{path}/").status_code == 301
    assert not MissingPage.objects.exists()


def test_counts_a_dead_link_of_ours_but_not_what_scanners_try(client: Client) -> None:
    client.get("/wp-login.php")
    client.get("/about", headers={"referer": "http://testserver/learn"})
    assert list(MissingPage.objects.values_list("path", flat=True)) == ["/about"]


def test_counts_nothing_of_the_admin(admin_client: Client) -> None:
    for path in ("/admin/nowhere", "/admin/learn/article/add/nowhere.css"):
        assert admin_client.get(path, headers={"referer": "http://testserver/admin/"}).status_code == 404
    assert not MissingPage.objects.exists()


def test_ignores_a_referrer_that_is_no_address(client: Client) -> None:
    client.get("/learn/nowhere", headers={"referer": "javascript:alert(1)"})
    assert MissingPage.objects.get().referrer == ""


def test_takes_no_address_that_the_database_cannot_hold(client: Client) -> None:
    client.get("/learn/" + "x" * 700)
    client.get("/learn/a%00b")
    assert not MissingPage.objects.exists()


def test_gathers_many_requests_into_one_write(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    client.get("/learn/first")
    monkeypatch.setattr(missing, "SECONDS_BETWEEN_WRITES", 3600.0)
    for _ in range(20):
        client.get("/learn/later")
    assert not MissingPage.objects.filter(path="/learn/later").exists()
    monkeypatch.setattr(missing, "SECONDS_BETWEEN_WRITES", 0.0)
    client.get("/learn/later")
    assert MissingPage.objects.get(path="/learn/later").hits == 21


def test_a_flood_of_addresses_is_bounded_in_memory_and_in_the_table(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing, "GATHERED_MAX", 5)
    monkeypatch.setattr(missing, "STORED_MAX", 4)
    client.get("/learn/first")
    monkeypatch.setattr(missing, "SECONDS_BETWEEN_WRITES", 3600.0)
    for number in range(20):
        client.get(f"/learn/guess-{number}")
    monkeypatch.setattr(missing, "SECONDS_BETWEEN_WRITES", 0.0)
    client.get("/learn/guess-0")
    assert MissingPage.objects.count() == 4
    assert MissingPage.objects.get(path="/learn/guess-0").hits == 2
