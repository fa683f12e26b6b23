from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.conf import settings as live_settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from learn.importing import import_articles, uploads
from learn.models import Article, ImportRun, Upload
from tests.factories import article_file

pytestmark = pytest.mark.django_db
State = Upload.State
ADD = reverse("admin:learn_upload_add")
URL = "/learn/physics/questions/why"


@pytest.fixture(autouse=True)
def in_process(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Does at once, in the test's own transaction, what a process of its own does otherwise."""
    settings.UPLOAD_DIR = tmp_path / "uploads"
    monkeypatch.setattr(uploads, "start", lambda upload: call_command("run_upload", upload.pk))


def archive(tmp_path: Path, *, broken: bool = False) -> SimpleUploadedFile:
    """A .zip with one sound file and, if asked for, one with a fault in its fourth line."""
    folder = tmp_path / "source"
    article_file(folder / "learn", URL)
    if broken:
        bad = article_file(folder / "learn", "/learn/physics/questions/bad")
        bad.write_text(bad.read_text().replace("date: 2025-02-08", "date: never"))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zipped:
        for path in folder.rglob("*.md"):
            zipped.write(path, str(path.relative_to(folder)))
    return SimpleUploadedFile("articles.zip", data.getvalue(), "application/zip")


def send(client: Client, file: SimpleUploadedFile) -> Upload:
    response = client.post(ADD, {"file": file})
    assert response.status_code == 302, response.content.decode()
    upload = Upload.objects.latest("pk")
    assert response["Location"] == reverse("admin:learn_upload_change", args=[upload.pk])
    return upload


def step(client: Client, upload: Upload, name: str) -> str:
    client.post(reverse(f"admin:learn_upload_{name}", args=[upload.pk]))
    upload.refresh_from_db()
    return client.get(reverse("admin:learn_upload_change", args=[upload.pk])).content.decode()


def test_nothing_is_written_before_it_is_confirmed(as_publisher: Client, tmp_path: Path) -> None:
    upload = send(as_publisher, archive(tmp_path, broken=True))
    assert (upload.state, upload.report["created"], upload.report["rejected"]) == (State.CHECKED, 1, 1)
    assert not Article.objects.exists()
    html = as_publisher.get(reverse("admin:learn_upload_change", args=[upload.pk])).content.decode()
    assert "What an import would do" in html
    assert "What would change" in html
    assert f"<td>created</td><td>{URL}</td><td>learn/physics/why.md</td>" in html
    assert "learn/physics/bad.md:4:" in html
    html = step(as_publisher, upload, "confirm")
    assert (upload.state, upload.path) == (State.DONE, "")
    assert Article.objects.get().get_absolute_url() == URL
    assert upload.run == ImportRun.objects.get()
    assert upload.run.who == "paul, articles.zip"
    assert "What came of it" in html
    assert not list(Path(live_settings.UPLOAD_DIR).iterdir())


def test_a_single_file_has_no_place_of_ours_in_its_report(as_publisher: Client, tmp_path: Path) -> None:
    path = article_file(tmp_path / "learn", URL)
    upload = send(as_publisher, SimpleUploadedFile("../../why.md", path.read_bytes()))
    assert step(as_publisher, upload, "confirm")
    assert Article.objects.get().source_path == "learn/physics/why.md"


def test_a_file_is_imported_once_however_often_one_clicks(as_publisher: Client, tmp_path: Path) -> None:
    upload = send(as_publisher, archive(tmp_path))
    step(as_publisher, upload, "confirm")
    html = step(as_publisher, upload, "confirm")
    assert "confirmed or discarded already" in html
    assert ImportRun.objects.count() == 1


def test_a_discarded_file_is_thrown_away(as_publisher: Client, tmp_path: Path) -> None:
    upload = send(as_publisher, archive(tmp_path))
    step(as_publisher, upload, "discard")
    assert upload.state == State.DISCARDED
    assert not Article.objects.exists()
    assert not list(Path(live_settings.UPLOAD_DIR).iterdir())
    step(as_publisher, upload, "confirm")
    assert upload.state == State.DISCARDED


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("articles.exe", b"MZ", "Upload a .md file, a .zip, a .tar.gz, a .jsonl or a .csv."),
        ("big.md", b"x" * 1_000_001, "Larger than 1 MB"),
        ("empty.md", b"", "empty"),
    ],
)
def test_refuses_what_it_cannot_take(
    as_publisher: Client, settings: Settings, name: str, data: bytes, said: str
) -> None:
    settings.UPLOAD_MAX_MB = 1
    response = as_publisher.post(ADD, {"file": SimpleUploadedFile(name, data)})
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not Upload.objects.exists()


def test_an_archive_that_is_none_fails_with_a_reason(as_publisher: Client) -> None:
    upload = send(as_publisher, SimpleUploadedFile("broken.zip", b"not a zip"))
    assert upload.state == State.FAILED
    assert upload.message.startswith("broken.zip: not a readable archive")


def test_an_unexpected_failure_ends_the_upload(
    publisher: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uploads.store(archive(tmp_path), publisher)

    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(uploads, "import_articles", fail)
    with pytest.raises(RuntimeError):
        uploads.run(upload)
    upload.refresh_from_db()
    assert (upload.state, upload.message) == (
        State.FAILED,
        "The import ended abruptly. The server's log says why.",
    )


def test_progress_is_recorded_and_a_stalled_upload_is_noticed(as_publisher: Client, publisher: User) -> None:
    upload = Upload.objects.create(name="x.zip", size=1, user=publisher, done=10, total=40)
    url = reverse("admin:learn_upload_progress", args=[upload.pk])
    assert as_publisher.get(url).json() == {"state": "checking", "done": 10, "total": 40}
    page = reverse("admin:learn_upload_change", args=[upload.pk])
    assert "10 of 40 files" in as_publisher.get(page).content.decode()
    Upload.objects.update(updated_at=timezone.now() - uploads.STALLED_AFTER * 2)
    assert "no sign of life" in as_publisher.get(page).content.decode()


def test_an_upload_that_is_not_confirmed_for_a_week_is_deleted(publisher: User, tmp_path: Path) -> None:
    old = uploads.store(archive(tmp_path), publisher)
    Upload.objects.update(state=State.CHECKED, created_at=timezone.now() - uploads.UNCONFIRMED_FOR * 2)
    uploads.store(archive(tmp_path), publisher)
    old.refresh_from_db()
    assert old.state == State.DISCARDED
    assert len(list(Path(live_settings.UPLOAD_DIR).iterdir())) == 1


def test_the_command_refuses_what_waits_for_nothing() -> None:
    upload = Upload.objects.create(name="x.zip", size=1, state=State.DONE)
    with pytest.raises(CommandError, match="waits for nothing"):
        call_command("run_upload", upload.pk)
    with pytest.raises(CommandError, match="waits for nothing"):
        call_command("run_upload", 999)


def test_edits_survive_an_upload_and_become_conflicts(as_publisher: Client, tmp_path: Path) -> None:
    step(as_publisher, send(as_publisher, archive(tmp_path)), "confirm")
    article = Article.objects.get()
    article.answer = "Edited here."
    article.save()
    article_file(tmp_path / "changed" / "learn", URL, answer="Changed in the file.")
    changed = (tmp_path / "changed" / "learn" / "physics" / "why.md").read_bytes()
    upload = send(as_publisher, SimpleUploadedFile("why.md", changed))
    assert upload.report["conflicts"] == 1
    step(as_publisher, upload, "confirm")
    article.refresh_from_db()
    assert article.answer == "Edited here."
    conflicts = as_publisher.get(reverse("admin:learn_importconflict_changelist")).content.decode()
    assert article.question in conflicts


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_process_of_its_own_does_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way, with the real process and a database of its own."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(live_settings.BASE_DIR),
    }

    def manage(*arguments: str) -> str:
        command = [sys.executable, "-m", "django", *arguments]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    manage("migrate", "--verbosity=0")
    file = tmp_path / "one" / "why.md"
    file.parent.mkdir()
    file.write_bytes(article_file(tmp_path / "learn", URL).read_bytes())
    code = (
        "import time; from learn.importing import uploads; from learn.models import Upload, Article\n"
        f"upload = Upload.objects.create(name='why.md', size=1, path={str(file)!r})\n"
        "uploads.start(upload)\n"
        "def wait(state):\n"
        "    for _ in range(300):\n"
        "        upload.refresh_from_db()\n"
        "        if upload.state != state: return\n"
        "        time.sleep(0.1)\n"
        "wait('checking')\n"
        "assert upload.state == 'checked', (upload.state, upload.message)\n"
        "assert uploads.confirm(upload); uploads.start(upload); wait('importing')\n"
        "print(upload.state, upload.report['created'], Article.objects.count())\n"
    )
    assert manage("shell", "--no-imports", "-c", code).splitlines()[-1] == "done 1 1"


def test_an_upload_says_nothing_of_articles_that_are_not_in_it(as_publisher: Client, tmp_path: Path) -> None:
    """Above all it moves none: the same question under another subject is a copy, as long as the first stands."""
    article_file(tmp_path / "library" / "learn", URL, id=7)
    article_file(tmp_path / "library" / "learn", "/learn/physics/questions/other")
    import_articles([str(tmp_path / "library")])
    copy = article_file(
        tmp_path, "/learn/optics/questions/why", id=7, answer="Because of why.\\n\\n1. First\\n2. Second"
    )
    upload = send(as_publisher, SimpleUploadedFile(copy.name, copy.read_bytes()))
    step(as_publisher, upload, "confirm")
    assert (upload.report["created"], upload.report["redirects"], upload.report["missing"]) == (1, 0, 0)
    paths = {article.get_absolute_url() for article in Article.objects.published()}
    assert paths == {URL, "/learn/physics/questions/other", "/learn/optics/questions/why"}
    run = as_publisher.get(reverse("admin:learn_importrun_change", args=[upload.run.pk])).content.decode()
    assert "why.md</a>, by paul" in run
    assert str(tmp_path) not in run


def test_a_table_can_be_uploaded_and_its_rows_are_named_by_their_lines(as_publisher: Client) -> None:
    rows = f"url,id,date,question,answer\n{URL},7,2025-02-08,Why?,Because.\n/x,8,2025-02-08,How?,So.\n"
    upload = send(as_publisher, SimpleUploadedFile("some rows.csv", rows.encode(), "text/csv"))
    assert (upload.state, upload.report["created"], upload.report["rejected"]) == (State.CHECKED, 1, 1)
    html = step(as_publisher, upload, "confirm")
    assert "some-rows.csv:3:1" in html
    assert Article.objects.get().get_absolute_url() == URL
