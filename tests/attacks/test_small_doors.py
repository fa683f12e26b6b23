"""What others on the machine, or after a colleague left, may still see."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from learn.checks import check_private_files
from learn.files.problems import Problem, printable
from learn.importing import uploads
from learn.models import Article, ImportRun
from learn.redirects import missing
from learn.seo import cards
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def test_a_new_database_is_its_owners_alone(tmp_path: Path, settings: Settings) -> None:
    name = tmp_path / "new.sqlite3"
    values = {
        **settings.DATABASES["default"],
        "ENGINE": "learn.db.backends.sqlite3",
        "NAME": str(name),
        "OPTIONS": {},
    }
    wrapper: BaseDatabaseWrapper = load_backend("learn.db.backends.sqlite3").DatabaseWrapper(values, "new")
    try:
        with wrapper.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("CREATE TABLE x (y)")
        assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
            "new.sqlite3": 0o600, "new.sqlite3-wal": 0o600, "new.sqlite3-shm": 0o600,
        }  # fmt: skip
    finally:
        wrapper.close()
    sqlite3.connect(name).close()


def test_an_upload_is_its_owners_alone(tmp_path: Path, settings: Settings) -> None:
    settings.UPLOAD_DIR = tmp_path / "uploads"
    user = User.objects.create_user("paul")
    upload = uploads.store(SimpleUploadedFile("a.md", b"x"), user)
    folder = Path(upload.path).parent
    assert (folder.stat().st_mode & 0o777, folder.parent.stat().st_mode & 0o777) == (0o700, 0o700)


def test_what_others_may_read_is_complained_of(tmp_path: Path, settings: Settings) -> None:
    settings.BASE_DIR, settings.UPLOAD_DIR = tmp_path, tmp_path / "uploads"
    settings.UPLOAD_DIR.mkdir(mode=0o700)
    (tmp_path / ".env").write_text("SECRET_KEY=x")
    (tmp_path / ".env").chmod(0o644)
    assert [
        str(tmp_path / ".env") in message.msg for message in check_private_files() if ".env" in message.msg
    ] == [True]
    (tmp_path / ".env").chmod(0o600)
    assert not [message for message in check_private_files() if str(tmp_path) in message.msg]


@pytest.mark.parametrize(
    "text", ["\x1b]0;x\x07", "a\nb", "a\r", "\x9b2J", "\u202egnp.md", "\u2028", "\x00", "a\tb", "\ud800"]
)
def test_names_of_files_obey_no_terminal(text: str) -> None:
    shown = str(Problem(text, 1, 1, "error", "x", f"about {text}"))
    assert shown.isprintable()
    assert printable("Größe_λ.md") == "Größe_λ.md"


def test_the_card_of_a_withdrawn_article_is_gone(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.CARDS_DIR = tmp_path
    article = make_article(question="What was it?")
    path = cards.article_card(article).path
    assert client.get(path).status_code == 200
    for change in ({"status": Article.Status.UNPUBLISHED}, {"status": Article.Status.DRAFT}):
        Article.objects.filter(pk=article.pk).update(**change)
        assert client.get(path).status_code in (404, 410), change
        assert client.get(path, headers={"if-none-match": "*"}).status_code in (404, 410)


def test_the_name_of_a_deleted_colleague_leaves_the_runs() -> None:
    user = User.objects.create_user("edna")
    User.objects.create_user("ed")
    names = ("edna", "edna, articles.zip", "edna-maria, x.zip", "command line (edna)")
    runs = [ImportRun.objects.create(source="x", who=who).pk for who in names]
    user.delete()
    assert [ImportRun.objects.get(pk=pk).who for pk in runs] == [
        "a former colleague", "a former colleague, articles.zip", "edna-maria, x.zip", "command line (edna)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("referrer", "kept"),
    [
        ("http://testserver/learn/physics?q=my+name", "http://testserver/learn/physics"),
        ("https://a.example/", "https://a.example/"),
        ("https://user:secret@a.example/inbox/42?token=secret", "https://a.example/#"),
    ],
)
def test_a_miss_keeps_no_secret_of_where_a_visitor_came_from(
    referrer: str, kept: str, rf: RequestFactory
) -> None:
    found = missing._without_secrets(referrer)
    assert found.startswith(kept)
    assert "secret" not in found
    assert "inbox" not in found
