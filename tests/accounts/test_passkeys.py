"""Passkeys: none is made without the password, none used by who has not given theirs; the browser tests use one."""

from __future__ import annotations

import json
import time

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp_webauthn.models import WebAuthnCredential
from pytest_django.fixtures import Settings

from quicktakes import editor_settings
from quicktakes.accounts.models import AccountEvent
from tests.admin.conftest import PASSPHRASE, logged_in, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
OWN, FACTOR = "/admin/second-factor/passkeys/", "/admin/second-factor/"
STEPS = [
    f"/admin/passkeys/{step}/"
    for step in ("making/begin", "making/complete", "using/begin", "using/complete")
]

LOGIN = ["/admin/passkeys/login/begin/", "/admin/passkeys/login/complete/"]


@pytest.fixture(autouse=True)
def on(settings: Settings) -> None:
    settings.PASSKEYS = True
    settings.OTP_WEBAUTHN_ALLOWED_ORIGINS = ["http://localhost"]


def passkey(user: User, name: str = "phone") -> WebAuthnCredential:
    made: WebAuthnCredential = WebAuthnCredential.objects.create(
        user=user, name=name, credential_id=name.encode(), public_key=b"key", aaguid="", sign_count=0
    )
    return made


def post(client: Client, path: str, body: object = None) -> int:
    return client.post(path, json.dumps(body or {}), content_type="application/json").status_code


def test_a_passkey_takes_the_password_given_a_moment_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    client = logged_in(make_user("edna", "Editor"))
    assert post(client, STEPS[0]) == 403
    assert "not right" in client.post(OWN, {"name": "phone", "password": "wrong", "_add": "1"}).text
    assert post(client, STEPS[0]) == 403
    client.post(OWN, {"name": "phone", "password": PASSPHRASE, "_add": "1"})
    assert post(client, STEPS[0]) == 200
    now = time.time()
    monkeypatch.setattr("quicktakes.passkeys.time.time", lambda: now + 301)
    assert post(client, STEPS[0]) == 403


@pytest.mark.parametrize("path", STEPS)
def test_no_step_is_a_strangers_nor_a_readers(path: str) -> None:
    reader = logged_in(User.objects.create_user("reader"))
    for client in (Client(), reader):
        assert post(client, path) in (401, 403)
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    assert not WebAuthnCredential.objects.exists()


@pytest.mark.parametrize(
    "body", [{}, [], "x", 7, {"id": "x", "rawId": "x", "type": "public-key", "response": {}}]
)
def test_nonsense_is_refused(body: object) -> None:
    user = make_user("edna", "Editor")
    client = logged_in(user)
    client.post(OWN, {"name": "phone", "password": PASSPHRASE, "_add": "1"})
    for begin, complete in (STEPS[:2], STEPS[2:], LOGIN):
        assert post(client, begin) == 200
        assert 400 <= post(client, complete, body) < 500
        assert 400 <= post(client, complete, body) < 500  # the challenge counts once
    assert client.post(STEPS[1], "{", content_type="application/json").status_code == 400


def test_who_has_a_passkey_is_asked_for_it() -> None:
    user = make_user("edna", "Editor")
    passkey(user)
    client = logged_in(user)
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    answer = client.get(f"{FACTOR}?next=/admin/")
    assert "publickey-credentials-get=(self)" in answer["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in Client().get("/admin/login/")["Permissions-Policy"]
    assert "publickey-credentials-get=()" in Client().get("/learn")["Permissions-Policy"]
    page = answer.text
    assert 'data-passkey="use"' in page
    assert "Scan this picture" not in page
    assert client.get(OWN).status_code == 302  # not before it was used
    assert post(client, STEPS[0]) == 403


def test_a_passkey_of_somebody_else_is_not_removed() -> None:
    edna, paul = make_user("edna", "Editor"), make_user("paul", "Publisher")
    passkey(paul, "phone")
    client = logged_in(edna)
    page = client.post(OWN, {"name": "phone", "password": PASSPHRASE, "_remove": "1"}).text
    assert "You have no passkey of this name" in page
    assert WebAuthnCredential.objects.count() == 1
    assert not AccountEvent.objects.filter(kind="factor", user=edna).exists()


@pytest.mark.parametrize(
    ("url", "is_possible"),
    [("https://learn.example.org", True), ("http://localhost:8000", True), ("http://127.0.0.1:8000", False),
     ("http://learn.example.org", False), ("https://192.0.2.1", False), ("https://[::1]", False), ("", False)],
)  # fmt: skip
def test_passkeys_are_offered_where_browsers_give_them(url: str, is_possible: bool) -> None:
    found = editor_settings.passkeys(url, "QuickTakes")
    assert found["PASSKEYS"] is is_possible
    assert not is_possible or found["OTP_WEBAUTHN_ALLOWED_ORIGINS"] == [url]


def test_where_there_are_none_nothing_leads_to_them(settings: Settings) -> None:
    settings.PASSKEYS = False
    client = logged_in(make_user("edna", "Editor"))
    assert OWN not in client.get("/admin/account/").text
    assert client.get(OWN).status_code == 404
    assert [post(client, path) for path in (STEPS[0], STEPS[2], LOGIN[0])] == [403, 403, 403]
    login = Client().get("/admin/login/")
    assert "publickey-credentials-get=()" in login["Permissions-Policy"]
    assert "passkey" not in login.text
