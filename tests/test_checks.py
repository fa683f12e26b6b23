"""What `check --deploy` finds missing in production."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from pytest_django.fixtures import Settings

from learn import checks
from learn.models import Worker
from learn.views import readiness

Found = Callable[[], dict[str, str]]


class Usage(NamedTuple):
    free: int


@pytest.fixture
def found(settings: Settings, tmp_path: Path) -> Found:
    """What is missing by id, of a site with static files."""
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "staticfiles.json").touch()
    return lambda: {
        message.id or "": f"{message.msg} {message.hint}" for message in checks.check_site(["default"])
    }


@pytest.mark.django_db
def test_a_new_site_is_told_what_it_lacks(found: Found, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert set(found()) == {"learn.W008", "learn.I001", "learn.I002"}
    User.objects.create_superuser("chief")
    Worker.objects.beat("publish_due")
    settings.METRICS_TOKEN = "x" * 20
    assert found() == {}
    (Path(settings.STATIC_ROOT) / "staticfiles.json").unlink()
    assert "init_site" in found()["learn.E006"]


@pytest.mark.django_db
def test_migrations_and_a_database_that_is_away_are_told(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "pending_migrations", lambda: 3)
    assert found()["learn.E005"].startswith("3 migrations have not run.")

    def fail() -> int:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(readiness, "pending_migrations", fail)
    assert found() == {
        "learn.E004": "The database does not answer: it is not running. Start it, and look at DATABASE_URL."
    }


def test_without_a_database_named_none_is_asked() -> None:
    assert checks.check_site() == []
    assert checks.check_site(databases=["replica"]) == []


def test_a_folder_that_cannot_be_written_to_and_a_disk_that_fills_up_are_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.UPLOAD_DIR = settings.CARDS_DIR = tmp_path
    monkeypatch.setattr(checks.readiness, "folders", lambda: {"uploads": tmp_path})
    assert checks.check_folders() == []
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _path: Usage(500 << 20))
    (warning,) = checks.check_folders()
    assert (warning.id, warning.msg) == ("learn.W006", f"The disk of {tmp_path} has 500 MB left.")
    monkeypatch.setattr(os, "access", lambda *_arguments: False)
    (error,) = checks.check_folders()
    assert error.id == "learn.E003"


def test_backups_of_postgresql_need_its_programs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES, "default", {"ENGINE": "learn.db.backends.postgresql"})
    monkeypatch.setattr(checks.shutil, "which", lambda _name: None)
    assert [message.id for message in checks.check_backup_tools()] == ["learn.W007"]
    monkeypatch.setattr(checks.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert checks.check_backup_tools() == []
