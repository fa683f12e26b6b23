"""The second factor: set up by a picture, replaced when it is lost, and nothing of it shown without it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.admin.conftest import PASSPHRASE, logged_in, make_user
from tests.admin.test_login import code_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> User:
    return make_user("edna", "Editor")


FACTOR = "/admin/second-factor/"


def test_a_second_factor_is_set_up_by_a_picture_and_gives_recovery_codes(editor: User) -> None:
    client = logged_in(editor)
    page = client.get(FACTOR).text
    assert 'src="data:image/svg+xml' in page
    assert "otpauth://totp/" in page
    device = TOTPDevice.objects.get(user=editor)
    page = client.post(FACTOR, {"code": code_of(device), "next": "/admin/"}).text
    codes = list(StaticToken.objects.values_list("token", flat=True))
    assert len(codes) == 10
    assert all(code in page for code in codes)
    assert all(code not in client.get("/admin/second-factor/replace/").text for code in codes)

    again = logged_in(editor)
    assert again.get("/admin/").status_code == 302
    assert again.post(FACTOR, {"code": codes[0].upper(), "next": "/admin/"}).status_code == 302
    assert again.get("/admin/").status_code == 200
    third = logged_in(editor)
    assert third.post(FACTOR, {"code": codes[0], "next": "/admin/"}).status_code == 200  # each works once
    assert third.get("/admin/").status_code == 302


def test_a_lost_device_is_replaced(editor: User) -> None:
    client = logged_in(editor)
    client.get(FACTOR)
    old = TOTPDevice.objects.get(user=editor)
    client.post(FACTOR, {"code": code_of(old), "next": "/admin/"})
    codes = list(StaticToken.objects.values_list("token", flat=True))
    client = logged_in(editor)
    client.post(FACTOR, {"code": codes[1], "next": "/admin/"})
    assert 'src="data:image/svg+xml' in client.get("/admin/second-factor/replace/").text
    new = TOTPDevice.objects.get(user=editor, confirmed=False)
    replace = "/admin/second-factor/replace/"
    assert "not right" in client.post(replace, {"code": code_of(new), "password": "wrong"}).text
    assert TOTPDevice.objects.filter(pk=old.pk).exists()
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None, last_t=-1)
    page = client.post(replace, {"code": code_of(new), "password": PASSPHRASE})
    assert "Your recovery codes" in page.text
    assert list(TOTPDevice.objects.filter(user=editor).values_list("pk", "confirmed")) == [(new.pk, True)]
    assert not set(codes) & set(StaticToken.objects.values_list("token", flat=True))
    assert client.get("/admin/").status_code == 200


def test_without_the_second_factor_nothing_of_it_is_shown(editor: User) -> None:
    TOTPDevice.objects.create(user=editor, confirmed=True)
    client = logged_in(editor)
    for path in ("/admin/second-factor/replace/", "/admin/sessions/"):
        assert client.get(path).status_code == 302
    assert client.post("/admin/second-factor/recovery-codes/").status_code == 302
    assert not StaticToken.objects.exists()
