from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
import tarfile
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections

from learn.db import state
from learn.models import Article
from learn.operations import backup as backups
from tests.conftest import FIXTURES, ROOT
from tests.factories import make_article, make_link

# A copy is made beside the connection, so what it holds must be committed.
pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> list[tuple[object, ...]]:
    return list(
        Article.objects.order_by("pk").values_list("pk", "question", "answer", "answer_html", "updated_at")
    )


@pytest.fixture
def library() -> list[tuple[object, ...]]:
    first, second = make_article(question="Why is it so?"), make_article()
    make_link(first, second)
    return rows()


def test_what_is_restored_is_what_was_backed_up(library: list[tuple[object, ...]], tmp_path: Path) -> None:
    file = backups.backup(tmp_path)
    before = state.read()
    Article.objects.all().delete()
    make_article(question="Written after the backup?")
    call_command("restore", str(file), "--replace", verbosity=0)
    assert rows() == library
    assert state.read() != before  # no cache takes its pages for right
    Article.objects.filter(pk=library[0][0]).update(question="Changed?")  # triggers work
    assert state.read() != before


def test_a_database_with_articles_is_not_overwritten_unasked(library: object, tmp_path: Path) -> None:
    file = backups.backup(tmp_path)
    with pytest.raises(CommandError, match="holds articles"):
        call_command("restore", str(file))
    assert rows() == library


def test_only_its_owner_can_read_it_and_only_the_newest_stay(library: object, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    names = [backups.backup(folder, keep=2).name for _ in range(3)]
    assert sorted(path.name for path in folder.iterdir()) == names[1:]
    assert (folder / names[2]).stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def damaged(file: Path) -> bytes:
    data = bytearray(file.read_bytes())
    for place in range(
        len(data) // 4, 3 * len(data) // 4, max(1, len(data) // 32)
    ):  # one may hit what nobody reads
        data[place] ^= 0xFF
    return bytes(data)


def renamed(file: Path) -> bytes:
    """A backup with another dump in it than its manifest tells of."""
    packed = io.BytesIO()
    with tarfile.open(file) as old, tarfile.open(fileobj=packed, mode="w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            assert content
            data = content.read()
            if member.name != backups.MANIFEST:
                data += b"x"
                member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return packed.getvalue()


@pytest.mark.parametrize(
    "spoil", [damaged, renamed, lambda _: b"", lambda _: b"no tar", lambda file: file.read_bytes()[:-2000]]
)
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    spoil: object, library: object, tmp_path: Path
) -> None:
    file = backups.backup(tmp_path)
    file.write_bytes(spoil(file))  # type: ignore[operator]
    with pytest.raises(CommandError, match=r"damaged|no backup"):
        call_command("restore", str(file), "--replace")
    assert rows() == library


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.tar\.gz"):
        call_command("restore", str(tmp_path / "nowhere.tar.gz"), "--replace")


def test_nothing_is_left_of_a_backup_that_failed(
    library: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "_dump", full)
    with pytest.raises(CommandError, match="No space left"):
        call_command("backup", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_backup_made_while_others_write_is_of_one_moment(library: object, tmp_path: Path) -> None:
    """Two articles change together in every transaction; in the copy they agree."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            # SQLite's database in memory locks whole tables, and does not wait.
            with suppress(OperationalError):
                Article.objects.update(keywords=f"state {number}")
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        files = [backups.backup(tmp_path) for _ in range(5)]
    finally:
        stop.set()
        writer.join()
    for file in files:
        call_command("restore", str(file), "--replace", verbosity=0)
        assert Article.objects.values("keywords").distinct().count() == 1


@pytest.mark.slow
def test_standard_output_holds_the_backup(tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("one database is enough to try a pipe")
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "DEBUG": "true"}

    def manage(*arguments: str) -> bytes:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True).stdout

    manage("migrate", "--verbosity=0")
    manage("import_articles", str(FIXTURES / "articles"), "--verbosity=0")
    (tmp_path / "copy.tar.gz").write_bytes(manage("backup", "-"))
    with tarfile.open(tmp_path / "copy.tar.gz") as archive:
        archive.extract("database.sqlite3", tmp_path, filter="data")
    counts = []
    for name in ("db.sqlite3", "database.sqlite3"):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            counts.append(
                database.execute("SELECT COUNT(*), SUM(LENGTH(answer)) FROM learn_article").fetchone()
            )
    assert counts[0] == counts[1]
    assert counts[0][0] > 50
