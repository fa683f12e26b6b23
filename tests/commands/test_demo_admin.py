from __future__ import annotations

import stat
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def developing(settings: Settings, tmp_path: Path) -> None:
    settings.DEBUG = True
    settings.UPLOAD_DIR = tmp_path / "var" / "uploads"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("demo_admin", *arguments, stdout=out)
    return out.getvalue().strip()


def password_in(said: str) -> str:
    return said.rpartition("with the password ")[2]


def test_the_second_run_says_the_same_password_again(tmp_path: Path) -> None:
    said = run()
    assert User.objects.get(username="admin").check_password(password_in(said))
    stored = User.objects.get().password
    assert run() == said
    assert User.objects.get().password == stored  # nobody is logged out
    path = tmp_path / "var" / "demo-password"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_password_that_somebody_chose_stays() -> None:
    run()
    user = User.objects.get()
    user.set_password("a long walk by the river")
    user.save()
    said = run()
    assert "that you gave it" in said
    assert "--new-password" in said
    assert User.objects.get().check_password("a long walk by the river")


def test_a_new_password_is_made_when_asked_for() -> None:
    first = run()
    second = run("--new-password")
    assert second != first
    assert User.objects.get().check_password(password_in(second))
    assert run() == second


def test_a_new_database_has_a_new_account() -> None:
    run()
    User.objects.all().delete()
    said = run()
    assert User.objects.get().check_password(password_in(said))


def test_without_debug_it_makes_nothing(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="createsuperuser"):
        run()
    assert not User.objects.exists()
