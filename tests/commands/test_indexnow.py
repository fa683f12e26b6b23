from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.management.commands.indexnow import moment
from tests.factories import make_article
from tests.stubs import stub_server

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("indexnow", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_without_send_addresses_are_only_listed(settings: Settings) -> None:
    make_article(slug="why")
    with stub_server() as stub:
        settings.INDEXNOW_URL, settings.INDEXNOW_KEY = stub.url, "0123456789abcdef"
        out, err = run()
        assert stub.requests == []
    assert out == "http://testserver/learn/physics/questions/why\n"
    assert "Addresses: 1. Nothing was sent" in err


def test_with_send_they_are_submitted(settings: Settings) -> None:
    make_article(slug="why")
    with stub_server() as stub:
        settings.INDEXNOW_URL, settings.INDEXNOW_KEY = stub.url, "0123456789abcdef"
        out, _err = run("--since", "2d", "--send")
        assert len(stub.requests) == 1
        assert out == "Addresses submitted: 1.\n"
        stub.answers = [(403, b"the key is wrong")]
        with pytest.raises(CommandError, match="the key is wrong"):
            run("--send")


def test_without_a_key_nothing_is_sent() -> None:
    make_article()
    with pytest.raises(CommandError, match="INDEXNOW_KEY is not set"):
        run("--send")


def test_moments_are_dates_times_and_ages() -> None:
    assert moment("2026-11-22") == dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    assert moment("2026-11-22T08:30") == dt.datetime(2026, 11, 22, 8, 30, tzinfo=dt.UTC)
    assert moment("2026-11-22T08:30+02:00") == dt.datetime(2026, 11, 22, 6, 30, tzinfo=dt.UTC)
    for text, age in (("30m", {"minutes": 30}), ("6h", {"hours": 6}), ("2d", {"days": 2})):
        assert abs(timezone.now() - moment(text) - dt.timedelta(**age)) < dt.timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-11-22T25:00", "-1d", "5w", "1d2h"])
def test_anything_else_is_the_callers_mistake(text: str) -> None:
    with pytest.raises(CommandError, match="is no moment"):
        moment(text)
