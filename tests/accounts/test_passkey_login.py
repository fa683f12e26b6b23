"""Login with a passkey alone: it is both factors where the device made sure who holds it, and nobody else's way in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from quicktakes.accounts.models import AccountEvent
from tests.accounts.authenticator import PRESENT, Authenticator
from tests.admin.conftest import logged_in, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
BEGIN, COMPLETE = "/admin/passkeys/login/begin/", "/admin/passkeys/login/complete/"


@pytest.fixture(autouse=True)
def on(settings: Settings) -> None:
    settings.PASSKEYS = settings.REQUIRE_SECOND_FACTOR = True
    settings.OTP_WEBAUTHN_ALLOWED_ORIGINS, settings.OTP_WEBAUTHN_RP_ID = ["http://localhost"], "localhost"


@pytest.fixture
def edna() -> User:
    return make_user("edna", "Editor")


def send(client: Client, path: str, body: object) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def enter(client: Client, device: Authenticator, query: str = "") -> Any:
    options = send(client, BEGIN, {}).json()
    assert options["userVerification"] == "required"
    assert options["allowCredentials"] == []  # nobody is told who has which
    return send(client, f"{COMPLETE}{query}", device.answer(options))


def assert_outside(client: Client) -> None:
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_it_is_both_factors(edna: User) -> None:
    client = Client()
    answer = enter(client, Authenticator(edna), "?next=/admin/account/")
    assert (answer.status_code, answer.json()["redirect_url"]) == (200, "/admin/account/")
    assert client.get("/admin/").status_code == 200
    assert AccountEvent.objects.filter(kind="login", user=edna, by=edna).exists()
    assert "known_device" in client.cookies


def test_it_leads_to_no_other_site(edna: User) -> None:
    answer = enter(Client(), Authenticator(edna), "?next=https://example.org/")
    assert answer.json()["redirect_url"] == "/admin/"


@pytest.mark.parametrize(
    ("what", "wrong"),
    [("origin", "https://evil.example"), ("origin", "http://localhost.evil.example"), ("host", "evil.example"),
     ("flags", PRESENT), ("flags", 0), ("handle", b""), ("credential_id", b"unknown")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(edna: User, what: str, wrong: object) -> None:
    device, client = Authenticator(edna), Client()
    setattr(device, what, wrong)
    assert 400 <= enter(client, device).status_code < 500
    assert_outside(client)
    assert not AccountEvent.objects.filter(kind="login").exists()


def test_another_persons_passkey_is_nobodys_way_in(edna: User) -> None:
    paul = Authenticator(make_user("paul", "Publisher"))
    device = Authenticator(edna)
    device.handle = paul.handle  # hers, that says it is his
    client = Client()
    assert enter(client, device).status_code == 404
    device.handle, device.credential_id = paul.handle, paul.credential_id  # his, signed with her key
    assert 400 <= enter(client, device).status_code < 500
    assert_outside(client)


def test_an_answer_counts_once(edna: User) -> None:
    device, client = Authenticator(edna), Client()
    answer = device.answer(send(client, BEGIN, {}).json())
    assert send(client, COMPLETE, answer).status_code == 200
    client.logout()
    assert send(client, COMPLETE, answer).status_code == 400
    send(client, BEGIN, {})
    assert send(client, COMPLETE, answer).status_code == 422  # another challenge
    assert send(Client(), COMPLETE, device.answer(send(Client(), BEGIN, {}).json())).status_code == 400
    assert_outside(client)


def test_a_copy_of_a_passkey_is_noticed_by_its_counter(edna: User) -> None:
    device, client = Authenticator(edna), Client()
    device.count = 7
    assert enter(client, device).status_code == 200
    device.count = 3
    assert 400 <= enter(Client(), device).status_code < 500


@pytest.mark.parametrize("flag", ["is_active", "is_staff"])
def test_who_may_not_enter_does_not(edna: User, flag: str) -> None:
    device, client = Authenticator(edna), Client()
    User.objects.update(**{flag: False})
    assert 400 <= enter(client, device).status_code < 500
    assert_outside(client)


def test_somebody_else_takes_over_a_browser_and_not_its_session(edna: User) -> None:
    client = logged_in(make_user("paul", "Publisher"))
    client.session["his"] = 1
    assert enter(client, Authenticator(edna)).status_code == 200
    assert client.session["_auth_user_id"] == str(edna.pk)
    assert "his" not in client.session


def test_after_a_password_it_is_his_own(edna: User) -> None:
    """As a second factor, somebody else's passkey is refused, which alone would let its owner in."""
    client = logged_in(make_user("paul", "Publisher"))
    options = send(client, "/admin/passkeys/using/begin/", {}).json()
    answer = send(client, "/admin/passkeys/using/complete/", Authenticator(edna).answer(options))
    assert 400 <= answer.status_code < 500
    assert_outside(client)


def test_attempts_are_counted(edna: User, settings: Settings) -> None:
    settings.RATE_LIMITS = True
    client = Client()
    codes = [send(client, BEGIN, {}).status_code for _ in range(60)]
    assert codes[0] == 200
    assert codes[-1] == 429
    assert enter_refused(client, Authenticator(edna)) == 429


def enter_refused(client: Client, device: Authenticator) -> int:
    answer = send(client, COMPLETE, device.answer({"challenge": "AAAA"}))
    return int(answer.status_code)
