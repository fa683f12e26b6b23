"""The login: throttling, and the second factor."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User
from django.core import checks
from django.test import Client, RequestFactory
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django.fixtures import Settings

from learn.limits import client_address
from tests.admin.conftest import PASSPHRASE

pytestmark = pytest.mark.django_db
LOGIN, FACTOR = "/admin/login/", "/admin/second-factor/"


def log_in(client: Client, password: str = PASSPHRASE, **headers: str):
    return client.post(LOGIN, {"username": "edna", "password": password, "next": "/admin/"}, headers=headers)


def code_of(device: TOTPDevice) -> str:
    totp = TOTP(device.bin_key)
    totp.time = time.time()
    return f"{totp.token():06}"


def test_a_right_password_gets_in(client: Client, editor: User) -> None:
    assert log_in(client).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_who_guesses_has_to_rest_even_with_the_right_password(client: Client, editor: User) -> None:
    for _ in range(4):
        assert log_in(client, "wrong").status_code == 200
    response = log_in(client, "wrong")
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()
    assert log_in(client).status_code == 429


def test_nobody_can_lock_an_editor_out_from_elsewhere(
    client: Client, editor: User, settings: Settings
) -> None:
    settings.TRUST_PROXY_HEADERS = True
    for _ in range(6):
        log_in(client, "wrong", x_forwarded_for="203.0.113.9")
    assert log_in(client, x_forwarded_for="203.0.113.9").status_code == 429
    assert log_in(client, x_forwarded_for="198.51.100.7").status_code == 302


def test_only_the_trusted_proxys_own_word_counts(rf: RequestFactory, settings: Settings) -> None:
    request = rf.get("/", headers={"x-forwarded-for": "1.2.3.4, 203.0.113.9"}, REMOTE_ADDR="10.0.0.1")
    settings.TRUST_PROXY_HEADERS = False
    assert client_address(request) == "10.0.0.1"
    settings.TRUST_PROXY_HEADERS = True
    assert client_address(request) == "203.0.113.9"


def test_a_confirmed_device_is_asked_for(client: Client, editor: User) -> None:
    device = TOTPDevice.objects.create(user=editor, confirmed=True)
    log_in(client)
    response = client.get("/admin/learn/article/", follow=True)
    assert response.redirect_chain[-1][0] == f"{FACTOR}?next=%2Fadmin%2Flearn%2Farticle%2F"
    assert str(device.key) not in response.content.decode()
    assert client.post(FACTOR, {"code": "000000", "next": "/admin/"}).status_code == 200
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    response = client.post(FACTOR, {"code": code_of(device), "next": "/admin/learn/article/"})
    assert response["Location"] == "/admin/learn/article/"
    assert client.get("/admin/learn/article/").status_code == 200


def test_without_device_and_setting_no_token_is_asked_for(client: Client, editor: User) -> None:
    log_in(client)
    assert client.get("/admin/").status_code == 200


def test_the_setting_makes_everybody_set_one_up(client: Client, editor: User, settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    log_in(client)
    page = client.get("/admin/", follow=True)
    assert "Set up a second factor" in page.content.decode()
    device = TOTPDevice.objects.get(user=editor)
    assert not device.confirmed
    client.post(FACTOR, {"code": code_of(device), "next": "/admin/"})
    device.refresh_from_db()
    assert device.confirmed
    assert client.get("/admin/").status_code == 200


def test_a_device_that_was_never_confirmed_locks_nobody_out(client: Client, editor: User) -> None:
    log_in(client)
    client.get(FACTOR)
    assert TOTPDevice.objects.filter(user=editor, confirmed=False).exists()
    assert client.get("/admin/").status_code == 200


def test_wrong_codes_are_throttled(client: Client, editor: User) -> None:
    device = TOTPDevice.objects.create(user=editor, confirmed=True)
    log_in(client)
    for _ in range(3):
        client.post(FACTOR, {"code": "000000", "next": "/admin/"})
    response = client.post(FACTOR, {"code": code_of(device), "next": "/admin/"})
    assert response.status_code == 200
    assert "Wait a minute" in response.content.decode()


def test_the_second_factor_leads_nowhere_else(client: Client, editor: User) -> None:
    device = TOTPDevice.objects.create(user=editor, confirmed=True)
    log_in(client)
    response = client.post(FACTOR, {"code": code_of(device), "next": "https://evil.example/"})
    assert response["Location"] == "/admin/"
    assert Client().get(FACTOR)["Location"].startswith(LOGIN)


def test_the_session_cookie_is_guarded(client: Client, editor: User, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = log_in(client).cookies["sessionid"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")


def test_the_packages_have_nothing_to_complain_of() -> None:
    assert [message for message in checks.run_checks() if message.id and message.id.startswith("axes")] == []
