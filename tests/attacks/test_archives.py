"""Archives made to hurt: each is read within its limits, refused in words, and leaves nothing behind."""

from __future__ import annotations

import gzip
import io
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from learn.importing import SourceError, import_articles
from learn.importing import sources as finding
from learn.jobs import archives
from learn.models import Article
from tests.factories import article_file

pytestmark = pytest.mark.django_db
MEGABYTE = 1_000_000


@pytest.fixture(autouse=True)
def _own_folders(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.UPLOAD_DIR = tmp_path / "uploads"
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


def leftovers(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "tmp").iterdir())


def text_of(tmp_path: Path) -> bytes:
    return article_file(tmp_path / "source").read_bytes()


def refused(path: Path) -> str:
    """The message with which an archive is refused, read by a child that took less than 400 MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # of the largest child of any test
    with pytest.raises(SourceError) as caught:
        import_articles([str(path)], jobs=1)
    # A child begins as a copy of this process, which may be large by now.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= max(before, own, 400_000)  # kilobytes
    return str(caught.value)


def write_tar(path: Path, *blocks: tuple[tarfile.TarInfo, bytes | int]) -> None:
    """A .tar.gz of members; a number stands for so many zeros, which are not held in memory here."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for info, data in blocks:
            size = data if isinstance(data, int) else len(data)
            info.size = size
            file.write(info.tobuf(tarfile.GNU_FORMAT))
            if isinstance(data, int):
                for _ in range(size // MEGABYTE):
                    file.write(bytes(MEGABYTE))
                file.write(bytes(size % MEGABYTE))
            else:
                file.write(data)
            file.write(bytes(-size % 512))
        file.write(bytes(1024))


def header(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    return info


@pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g", b"X"])
@pytest.mark.slow
def test_a_header_of_hundreds_of_megabytes(tmp_path: Path, kind: bytes) -> None:
    """Three megabytes, once unpacked six gigabytes of one name."""
    path = tmp_path / "bomb.tar.gz"
    write_tar(path, (header("././@LongLink", kind), 300 * MEGABYTE), (tarfile.TarInfo("a.md"), b"x"))
    assert path.stat().st_size < 2 * MEGABYTE
    assert "header of" in refused(path)
    assert leftovers(tmp_path) == []


def test_a_chain_of_headers(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.gz"
    write_tar(path, *((header("././@LongLink", b"L"), b"a" * 400) for _ in range(5_000)))
    assert "memory" in refused(path) or "not a readable archive" in refused(path)


def test_skipped_members_count(tmp_path: Path, settings: Settings) -> None:
    settings.ARCHIVE_MAX_MB = 50
    path = tmp_path / "bomb.tar.gz"
    write_tar(path, (tarfile.TarInfo("picture.png"), 200 * MEGABYTE), (tarfile.TarInfo("a.md"), b"x"))
    assert "more than 50 MB" in refused(path)
    assert leftovers(tmp_path) == []


def test_a_zip_of_many_large_files(tmp_path: Path, settings: Settings) -> None:
    settings.ARCHIVE_MAX_MB = 5
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(40):
            archive.writestr(f"physics/a{number}.md", bytes(500_000))
    assert "more than 5 MB" in refused(path)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_corrupt_member_is_named_and_the_others_are_imported(tmp_path: Path, method: int) -> None:
    path = tmp_path / "articles.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("physics/bad.md", os.urandom(2_000), compress_type=method)
        archive.writestr("physics/why.md", text_of(tmp_path))
    data = bytearray(path.read_bytes())
    data[60:1500] = b"\xff" * 1440
    path.write_bytes(data)
    report = import_articles([str(path)], jobs=1)
    assert [(problem.path, problem.code) for problem in report.problems] == [("physics/bad.md", "unreadable")]
    assert Article.objects.count() == 1


def test_a_corrupt_stream_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "articles.tar.gz"
    write_tar(
        path,
        (tarfile.TarInfo("physics/why.md"), text_of(tmp_path)),
        (tarfile.TarInfo("x"), os.urandom(300_000)),
    )
    good = path.read_bytes()
    for data in (
        good[:-20_000],
        good[:50_000] + b"\0" * 500 + good[50_500:],
        good[:10] + b"\xff" * 90 + good[100:],
    ):
        path.write_bytes(data)
        assert "not a readable archive" in refused(path)
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "a" * 300 + ".md",
        "a/" * 3000 + "b.md",
        "\ud800.md",
        "physics/\x1b[2J.md",
        "con\n.md",
        "./.md",
        "physics/..md",
        " .md",
    ],
)
def test_odd_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / "articles.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT, errors="surrogateescape") as archive:
        for each in (name.encode(errors="replace").decode(), "physics/why.md"):
            info = tarfile.TarInfo(each)
            info.size = len(text_of(tmp_path))
            archive.addfile(info, io.BytesIO(text_of(tmp_path)))
    report = import_articles([str(path)], jobs=1)
    assert Article.objects.count() <= 1
    assert all(problem.path for problem in report.problems)
    assert leftovers(tmp_path) == []


def test_a_zip_with_an_encrypted_or_unknown_member(tmp_path: Path) -> None:
    path = tmp_path / "articles.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("physics/one.md", "x")
        archive.writestr("physics/why.md", text_of(tmp_path))
    data = path.read_bytes()
    encrypted = data.replace(b"PK\1\2\x14\x03\x14\x00\x00\x00", b"PK\1\2\x14\x03\x14\x00\x01\x00", 1)
    unknown = data.replace(
        b"PK\1\2\x14\x03\x14\x00\x00\x00\x00\x00", b"PK\1\2\x14\x03\x14\x00\x00\x00\x63\x00", 1
    )
    for made in (encrypted, unknown):
        assert made != data
        path.write_bytes(made)
        report = import_articles([str(path)], jobs=1, force=True)
        assert "unreadable" in [problem.code for problem in report.problems]


def test_one_archive_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "articles.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("physics/why.md", text_of(tmp_path))
    lock = tmp_path / "lock"
    limits = archives.Limits(total_bytes=MEGABYTE, file_bytes=MEGABYTE)
    done = threading.Event()

    def unpack() -> None:
        (tmp_path / "out").mkdir()
        archives.unpack(path, tmp_path / "out", limits, wanted="subjects.yaml", lock=lock)
        done.set()

    with archives._turn(lock):
        thread = threading.Thread(target=unpack)
        thread.start()
        assert not done.wait(1)
    assert done.wait(30)
    thread.join()
    assert lock.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_time_and_memory_are_the_kernels_to_hold(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.gz"
    info = tarfile.TarInfo("picture.png")
    info.size = (
        8_000 * MEGABYTE
    )  # a stream may consist of many: the same 50 megabytes of nothing, again and again
    path.write_bytes(gzip.compress(info.tobuf()) + gzip.compress(bytes(50 * MEGABYTE), 6) * 160)
    limits = archives.Limits(
        total_bytes=10_000 * MEGABYTE, file_bytes=MEGABYTE, cpu_seconds=1, wall_seconds=60
    )
    started = time.process_time()
    with pytest.raises(archives.ArchiveError, match="memory or time"):
        archives.unpack(path, tmp_path, limits, wanted="x", lock=tmp_path / "lock")
    assert time.process_time() - started < 1  # it was the child's
    many = tmp_path / "many.zip"
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}/" + "n" * 3_000, "")
    limits = archives.Limits(total_bytes=MEGABYTE, file_bytes=MEGABYTE, memory_bytes=100 * archives.MEBIBYTE)
    with pytest.raises(archives.ArchiveError, match="memory"):
        archives.unpack(many, tmp_path, limits, wanted="x", lock=tmp_path / "lock")


def test_what_a_killed_import_left_is_swept(tmp_path: Path) -> None:
    old, new = tmp_path / "tmp" / "learn-import-old", tmp_path / "tmp" / "learn-import-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "x.md").write_text("x")
    os.utime(old, (time.time() - 200_000, time.time() - 200_000))
    finding._sweep()
    assert leftovers(tmp_path) == [new]


def test_the_child_knows_neither_settings_nor_database() -> None:
    program = f"import runpy, sys; runpy.run_path({archives.__file__!r}); print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
