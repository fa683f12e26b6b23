"""The webhook: signed pushes of the branch begin one run each, everything else begins none."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from learn.models import SyncDelivery
from learn.sync import hook

pytestmark = pytest.mark.django_db

SECRET = "twenty characters of chance, or more"  # noqa: S105 signs nothing but these tests' bodies
BODY = json.dumps({"ref": "refs/heads/main", "after": "1" * 40}).encode()


@pytest.fixture
def begun(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Grows by one for each run that begins."""
    settings.SYNC_WEBHOOK_SECRET, settings.SYNC_REPOSITORY = SECRET, "https://example.com/content"
    runs: list[bool] = []

    def start() -> bool:
        runs.append(True)
        return True

    monkeypatch.setattr(hook, "start", start)
    return runs


def signature(body: bytes, secret: str = SECRET) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def deliver(body: bytes = BODY, *, signed: str | None = None, **options: Any) -> HttpResponse:
    options.setdefault("content_type", "application/json")
    said = signature(body) if signed is None else signed
    headers = {"X-Hub-Signature-256": said} if said else {}
    return Client(enforce_csrf_checks=True).post("/hooks/push", body, headers=headers, **options)


def test_a_signed_push_begins_a_run_and_its_repetition_none(begun: list[bool]) -> None:
    answer = deliver()
    assert (answer.status_code, len(begun)) == (202, 1)
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    assert not answer.cookies
    again = deliver()
    assert (again.status_code, len(begun)) == (200, 1)
    other = BODY.replace(b"1111", b"2222")
    assert (deliver(other).status_code, len(begun)) == (202, 2)


@pytest.mark.parametrize(
    "signed",
    ["", "sha256=", "sha1=abc", "sha256=" + "0" * 64, signature(BODY, "another secret"), signature(b"{}"),
     signature(BODY).upper(), "sha256=ä", signature(BODY)[:-1]],
)  # fmt: skip
def test_a_wrong_signature_begins_nothing(begun: list[bool], signed: str) -> None:
    answer = deliver(signed=signed)
    assert (answer.status_code, begun, SyncDelivery.objects.count()) == (401, [], 0)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"ref": "refs/heads/other"}', 200),
        (b'{"ref": "refs/tags/main"}', 200),
        (b'{"zen": "ping"}', 200),
        (b"[]", 400),
        (b"no json", 400),
        (b"\xff", 400),
        (b"", 400),
    ],
)
def test_what_is_no_push_to_the_branch_begins_nothing(begun: list[bool], body: bytes, status: int) -> None:
    assert (deliver(body).status_code, begun) == (status, [])


def test_a_form_is_read_too(begun: list[bool]) -> None:
    body = urlencode({"payload": BODY.decode()}).encode()
    assert deliver(body, content_type="application/x-www-form-urlencoded").status_code == 202
    body = urlencode({"other": "1"}).encode()
    assert deliver(body, content_type="application/x-www-form-urlencoded").status_code == 400


def test_other_methods_and_large_bodies_are_refused(begun: list[bool], settings: Settings) -> None:
    answer = Client().get("/hooks/push")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    assert deliver(b" " * 2_000).status_code == 413
    assert begun == []


@pytest.mark.parametrize("name", ["SYNC_WEBHOOK_SECRET", "SYNC_REPOSITORY"])
def test_the_webhook_is_off_without_its_variables(begun: list[bool], settings: Settings, name: str) -> None:
    setattr(settings, name, "")
    assert deliver(signed=signature(BODY, "")).status_code == 404
    assert begun == []


def test_a_run_that_cannot_begin_may_be_asked_for_again(
    begun: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "start", lambda: False)
    assert deliver().status_code == 503
    monkeypatch.setattr(hook, "start", lambda: True)
    assert deliver().status_code == 202
