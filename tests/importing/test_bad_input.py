"""Every kind of bad input: a message each, exit code 1, and the rest imported."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from learn.importing import ExitCode, SourceError, import_articles
from learn.models import Article
from tests.conftest import FIXTURES
from tests.factories import article_file

pytestmark = pytest.mark.django_db

BILLION_LAUGHS = "---\na: &a [x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n---\n"


def symlink_loop(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)


def symlink_to_itself(folder: Path) -> None:
    (folder / "self.md").symlink_to(folder / "self.md")


def unreadable(folder: Path) -> None:
    (folder / "gone.md").symlink_to(folder / "nowhere.md")


def write(data: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "bad.md").write_bytes(data)

    return make


BAD: dict[str, Callable[[Path], None]] = {
    "600 KB": write(b"---\nid: 1\n---\n" + b"x" * 600_000),
    "100 KB of brackets": write(b"---\na: " + b"[" * 100_000 + b"\n---\n"),
    "billion laughs": write(BILLION_LAUGHS.encode()),
    "NUL": write(b"---\nid: 1\ntitle: a\0b\n---\n"),
    "Latin-1": write("---\ntitle: Café\n---\n".encode("latin-1")),
    "UTF-16": write("---\ntitle: Café\n---\n".encode("utf-16")),
    "empty": write(b""),
    "no front matter": write(b"# A heading\n"),
    "unterminated": write(b"---\ntitle: a\n"),
    "a list": write(b"---\n- a\n---\n"),
    "symlink loop": symlink_loop,
    "symlink to itself": symlink_to_itself,
    "dangling symlink": unreadable,
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_named_and_the_rest_imported(tmp_path: Path, kind: str) -> None:
    article_file(tmp_path, "/learn/physics/questions/why")
    BAD[kind](tmp_path)
    report = import_articles([str(tmp_path)], jobs=1)
    assert (report.created, report.exit_code) == (1, ExitCode.REJECTED)
    assert len(report.rejected_paths) == 1
    for problem in report.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message


def test_every_broken_fixture_is_refused() -> None:
    report = import_articles([str(FIXTURES / "broken")], jobs=1)
    files = [path for path in (FIXTURES / "broken").rglob("*.md") if path.name != "README.md"]
    assert report.created == 0
    assert report.rejected == len(files) >= 30
    assert Article.objects.count() == 0


@pytest.mark.django_db(transaction=True)  # within a transaction everything is done in one process
@pytest.mark.slow
def test_a_file_that_kills_its_reader_is_named_and_the_rest_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from learn import files  # noqa: PLC0415

    real = files.read_document

    def die_of_some(data: bytes, path: str) -> object:
        if "question-77" in path:
            os._exit(11)
        return real(data, path)

    monkeypatch.setattr(files, "read_document", die_of_some, raising=False)
    for number in range(150):
        article_file(tmp_path, f"/learn/physics/questions/question-{number}")
    report = import_articles([str(tmp_path)], jobs=2)
    assert (report.created, report.rejected) == (149, 1)
    assert [(problem.path, problem.code) for problem in report.problems] == [
        ("physics/question-77.md", "crash")
    ]


# --- Archives --------------------------------------------------------------------------------------------------


def article_text(tmp_path: Path, slug: str = "why") -> str:
    return article_file(tmp_path / "source", f"/learn/physics/questions/{slug}").read_text()


def test_a_zip_is_imported_like_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "library.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content/physics/why.md", article_text(tmp_path))
        archive.writestr("content/physics/notes.txt", "not an article")
        archive.writestr("subjects.yaml", "physics:\n  title: Light\n")
    report = import_articles([str(path)], jobs=1)
    assert (report.created, report.rejected) == (1, 0)
    assert Article.objects.get().subject.title == "Light"
    assert import_articles([str(path)], jobs=1).unchanged == 1


def test_a_tar_is_imported_like_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "library.tar.gz"
    text = article_text(tmp_path).encode()
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("physics/why.md")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
        link = tarfile.TarInfo("physics/link.md")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        outside = tarfile.TarInfo("/etc/why.md")
        archive.addfile(outside)
    report = import_articles([str(path)], jobs=1)
    assert report.created == 1
    assert {problem.path: problem.code for problem in report.problems} == {
        "physics/link.md": "not-a-file",
        "/etc/why.md": "unsafe-path",
    }


@pytest.mark.parametrize("name", ["../why.md", "a/../../why.md", "/why.md", "..\\why.md", "C:/why.md"])
def test_a_zip_never_writes_outside_and_the_rest_is_imported(tmp_path: Path, name: str) -> None:
    path = tmp_path / "library.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("physics/why.md", article_text(tmp_path))
        archive.writestr(name, article_text(tmp_path, "how"))
    report = import_articles([str(path)], jobs=1)
    assert (report.created, report.exit_code) == (1, ExitCode.REJECTED)
    assert [problem.code for problem in report.problems] == ["unsafe-path"]


def test_a_member_that_is_too_large_is_refused_whatever_its_header_says(tmp_path: Path) -> None:
    path = tmp_path / "library.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("physics/why.md", article_text(tmp_path))
        archive.writestr("physics/bomb.md", b"0" * 50_000_000)
    report = import_articles([str(path)], jobs=1)
    assert (report.created, [problem.code for problem in report.problems]) == (1, ["file-too-large"])


@pytest.mark.parametrize("name", ["library.zip", "library.tar.gz"])
def test_a_broken_archive_is_an_unreadable_source(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"PK\3\4 this is no archive")
    with pytest.raises(SourceError, match="not a readable archive"):
        import_articles([str(path)], jobs=1)


@pytest.mark.parametrize("name", ["nowhere", "notes.txt", "a\0b"])
def test_a_source_of_no_known_kind_is_unreadable(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(SourceError):
        import_articles([str(tmp_path / name) if "\0" not in name else name], jobs=1)
