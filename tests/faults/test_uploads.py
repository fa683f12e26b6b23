"""An upload whose process died, or whose disk was full, can be repeated and discarded, and leaves nothing behind."""

from __future__ import annotations

import errno
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.importing import SourceError, uploads
from learn.models import Article, Upload
from tests.factories import article_file

State = Upload.State


@pytest.fixture
def user() -> User:
    return User.objects.create_superuser("chief", password="a password for tests")  # noqa: S106


@pytest.fixture
def client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.UPLOAD_DIR = tmp_path / "uploads"
    monkeypatch.setattr(uploads, "start", uploads.run)  # what the process would do, here
    return tmp_path / "uploads"


def stored(user: User, tmp_path: Path) -> Upload:
    data = article_file(tmp_path / "files").read_bytes()
    return uploads.store(SimpleUploadedFile("why.md", data), user)


def left_by_a_dead_process(upload: Upload, state: str) -> None:
    Upload.objects.filter(pk=upload.pk).update(state=state, updated_at=timezone.now() - timedelta(minutes=2))


def press(client: Client, upload: Upload, button: str) -> str:
    response = client.post(reverse(f"admin:learn_upload_{button}", args=[upload.pk]), follow=True)
    upload.refresh_from_db()
    return response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.CHECKING, State.IMPORTING, State.FAILED])
def test_what_a_dead_process_left_can_be_discarded(
    client: Client, user: User, folder: Path, tmp_path: Path, state: str
) -> None:
    upload = stored(user, tmp_path)
    left_by_a_dead_process(upload, state)
    assert "Discard" in client.get(reverse("admin:learn_upload_change", args=[upload.pk])).content.decode()
    assert "The file was discarded" in press(client, upload, "discard")
    assert upload.state == State.DISCARDED
    assert list(folder.iterdir()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "report", "then", "articles"),
    [
        (State.CHECKING, {}, State.CHECKED, 0),
        (State.FAILED, {}, State.CHECKED, 0),
        (State.IMPORTING, {"created": 1}, State.DONE, 1),
        (State.FAILED, {"created": 1}, State.DONE, 1),
    ],
)
def test_what_a_dead_process_left_can_be_repeated(
    client: Client, user: User, tmp_path: Path, state: str, report: dict[str, int], then: str, articles: int
) -> None:
    upload = stored(user, tmp_path)
    Upload.objects.filter(pk=upload.pk).update(report=report)
    left_by_a_dead_process(upload, state)
    press(client, upload, "retry")
    assert (upload.state, Article.objects.count()) == (then, articles)


@pytest.mark.django_db
def test_a_file_that_is_worked_on_is_neither_discarded_nor_repeated(
    client: Client, user: User, folder: Path, tmp_path: Path
) -> None:
    upload = stored(user, tmp_path)
    for button in ("discard", "retry"):
        assert "is being worked on" in press(client, upload, button)
    assert upload.state == State.CHECKING
    assert len(list(folder.iterdir())) == 1


@pytest.mark.django_db
def test_what_was_discarded_meanwhile_stays_so(user: User, tmp_path: Path) -> None:
    upload = stored(user, tmp_path)
    Upload.objects.filter(pk=upload.pk).update(state=State.DISCARDED)
    uploads.run(upload)
    upload.refresh_from_db()
    assert upload.state == State.DISCARDED


@pytest.mark.django_db
def test_a_full_disk_leaves_no_fragment(user: User, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SimpleUploadedFile("why.md", b"---")

    def chunks() -> object:
        yield b"half of it"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(file, "chunks", chunks)
    with pytest.raises(ValidationError, match="No space left"):
        uploads.store(file, user)
    assert list(folder.iterdir()) == []
    assert not Upload.objects.exists()


@pytest.mark.django_db
def test_folders_that_no_upload_has_are_removed(user: User, folder: Path, tmp_path: Path) -> None:
    upload = stored(user, tmp_path)
    old, new = folder / "fragment", folder / "just now"
    for fragment in (old, new):
        fragment.mkdir()
    os.utime(old, (0, 0))
    uploads.discard_old()
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [Path(upload.path).parent.name, "just now"]
    )


@pytest.mark.django_db(transaction=True)
def test_a_check_that_takes_long_gives_signs_of_life(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = stored(user, tmp_path)
    long_ago = timezone.now() - timedelta(minutes=2)
    Upload.objects.filter(pk=upload.pk).update(updated_at=long_ago)
    monkeypatch.setattr(uploads, "SECONDS_BETWEEN_BEATS", 0.01)
    seen = []

    def read_long(*_arguments: object, **_options: object) -> None:
        deadline = time.monotonic() + 30
        while uploads.is_stalled(Upload.objects.get(pk=upload.pk)) and time.monotonic() < deadline:
            time.sleep(0.02)
        seen.append(Upload.objects.get(pk=upload.pk))
        raise SourceError("nothing in it")

    monkeypatch.setattr(uploads, "import_articles", read_long)
    uploads.run(upload)
    assert [uploads.is_stalled(upload) for upload in seen] == [False]
