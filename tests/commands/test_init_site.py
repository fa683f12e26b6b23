from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from learn.models import Article
from tests.conftest import FIXTURES

pytestmark = pytest.mark.django_db

ACCOUNT = {"USERNAME": "ada", "PASSWORD": "a long walk by the river", "EMAIL": "ada@example.org"}


@pytest.fixture(autouse=True)
def developing(settings: Settings) -> None:
    settings.DEBUG = True  # no static files to collect


def init(*arguments: str) -> str:
    out = io.StringIO()
    call_command("init_site", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_a_new_site_has_an_administrator_and_its_articles(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)
    said = init(str(FIXTURES / "articles" / "learn" / "physics"))
    assert User.objects.get().is_superuser
    assert User.objects.get().check_password(ACCOUNT["PASSWORD"])
    assert Article.objects.exists()
    assert "/admin/" in said
    assert "backup" in said
    assert "there is one" in init()  # again: nothing is asked, nothing is lost
    assert User.objects.count() == 1


def test_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**ACCOUNT, "PASSWORD": "password"}.items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)
    with pytest.raises(CommandError, match=r"DJANGO_SUPERUSER_PASSWORD: .*This password is too common"):
        init()
    assert not User.objects.exists()


def test_without_a_terminal_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ACCOUNT:
        monkeypatch.delenv(f"DJANGO_SUPERUSER_{name}", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="Set DJANGO_SUPERUSER_USERNAME and DJANGO_SUPERUSER_PASSWORD"):
        init()


def test_before_a_start_it_asks_nothing_and_says_that_there_is_no_administrator() -> None:
    said = init("--ask-nothing")
    assert "there is none, so nobody can edit" in said
    assert "init_site" in said
    assert not User.objects.exists()
    User.objects.create_superuser("ada")
    assert "Administrator" not in init("--ask-nothing")


def test_an_administrator_who_may_not_log_in_is_none() -> None:
    User.objects.create_superuser("ada", is_active=False)
    assert "there is none" in init("--ask-nothing")
