"""The owner is told, and the log knows, when what lets somebody in was changed, whichever way that was done."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential
from pytest_django.fixtures import Settings

from quicktakes import mail as mails
from quicktakes.accounts.models import AccountEvent
from tests.accounts.test_passkeys import passkey
from tests.admin.conftest import PASSPHRASE, logged_in, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
NEW = "another horse, another staple"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails._queue, "submit", lambda call, *values: call(*values))
    monkeypatch.setattr("quicktakes.mail.on_commit", lambda call: call())


@pytest.fixture
def edna() -> User:
    user = make_user("edna", "Editor", email="edna@example.org")
    AccountEvent.objects.all().delete()
    return user


def events(kind: str) -> list[tuple[str, str | None]]:
    found = AccountEvent.objects.filter(kind=kind).order_by("pk")
    return list(found.values_list("detail", "by__username"))


def on_own_page(user: User) -> str:
    values = {"old_password": PASSPHRASE, "new_password1": NEW, "new_password2": NEW}
    assert logged_in(user).post("/admin/password_change/", values).status_code == 302
    return "edna"


def by_an_administrator(user: User) -> str:
    root = logged_in(make_user("root", is_superuser=True))
    values = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert root.post(f"/admin/auth/user/{user.pk}/password/", values).status_code == 302
    return "root"


def by_a_command(user: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(
        "django.contrib.auth.management.commands.changepassword.Command._get_pass", lambda *_, **__: NEW
    )
    call_command("changepassword", user.get_username(), verbosity=0)


@pytest.mark.parametrize("way", [on_own_page, by_an_administrator, by_a_command])
def test_a_changed_password_is_told(
    way: Any, edna: User, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    by = way(edna, monkeypatch) if way is by_a_command else way(edna)
    assert [(one.to, "was set just now" in str(one.body)) for one in mailoutbox] == [
        (["edna@example.org"], True)
    ]
    assert events("password") == [("", by)]
    edna.refresh_from_db()
    assert edna.check_password(NEW)


def test_a_password_that_is_hashed_anew_is_the_same(
    edna: User, mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    stronger = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [stronger, *settings.PASSWORD_HASHERS]
    before = edna.password
    Client().post("/admin/login/", {"username": "edna", "password": PASSPHRASE})
    assert User.objects.get(pk=edna.pk).password != before
    assert mailoutbox == []
    assert events("password") == []
    assert len(events("login")) == 1


@pytest.mark.parametrize("kind", [TOTPDevice, WebAuthnCredential])
def test_a_second_factor_is_told_when_it_comes_and_when_it_goes(
    kind: Any, edna: User, mailoutbox: list[EmailMessage]
) -> None:
    if kind is TOTPDevice:
        device = TOTPDevice.objects.create(user=edna, name="app", confirmed=False)
        assert mailoutbox == []  # it counts for nothing yet
        device.confirmed = True
        device.save()
    else:
        passkey(edna, "phone")
    assert "was set up just now" in str(mailoutbox[0].body)
    kind.objects.get().save()  # used: its counters change
    kind.objects.all().delete()
    assert "was removed just now" in str(mailoutbox[1].body)
    assert len(mailoutbox) == 2
    assert [by for _detail, by in events("factor")] == [None, None]
    passkey(edna, "other")
    edna.delete()
    assert len(mailoutbox) == 3  # an account that goes is told of nothing else


def test_who_has_no_address_is_in_the_log_alone(edna: User, mailoutbox: list[EmailMessage]) -> None:
    edna.email = ""
    edna.set_password(NEW)
    edna.save()
    assert (mailoutbox, events("password")) == ([], [("", None)])
