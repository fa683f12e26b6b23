"""Files with pictures: beside the article or below media/, checked as every other file."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from learn.importing import ExitCode, ImportReport, import_articles
from learn.media import library, store
from learn.models import Article, Picture, PictureName, PictureUse
from tests.factories import article_file
from tests.media.images import line_art, picture, png_that_claims

pytestmark = pytest.mark.django_db
URL = "/learn/physics/questions/why"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "stored"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "subjects.yaml").write_text("physics:\n  title: Physics\n")
    return folder


def write(source: Path, path: str, data: bytes) -> Path:
    file = source / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def run(source: Path, **options: Any) -> ImportReport:
    return import_articles([str(source)], jobs=1, **options)


def answer(*addresses: str) -> str:
    return r"\n\n".join(
        ["It looks so:", *(f"![A thing]({address})" for address in addresses), "That is all."]
    )


def messages(report: ImportReport) -> list[str]:
    return [f"{p.path}:{p.line}:{p.column}: {p.message}" for p in report.problems]


def test_pictures_come_from_beside_the_article_and_from_media(source: Path) -> None:
    file = article_file(
        source, URL, answer=answer("prism.png", "media/ring.png", "/media/ring.png", "img/a%20b.png")
    )
    write(file.parent, "prism.png", picture())
    write(file.parent, "img/a b.png", picture(colour=(1, 2, 3)))
    write(source, "media/ring.png", line_art())
    write(source, "media/more/unused.png", picture(colour=(4, 5, 6)))
    report = run(source)
    assert messages(report) == []
    assert sorted(PictureName.objects.values_list("name", flat=True)) == [
        "media/more/unused.png", "media/ring.png", "physics/img/a b.png", "physics/prism.png",
    ]  # fmt: skip
    article = Article.objects.get()
    assert article.answer_html.count("<figure") == 4
    assert article.render_problems == []
    assert PictureUse.objects.count() == 3
    for name in PictureName.objects.select_related("picture"):
        assert store.read(name.picture.original) == (source / name.source_path).read_bytes()
    again = run(source)
    assert (again.unchanged, again.updated, again.problems) == (1, 0, [])


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_brings_its_pictures(source: Path, kind: str, tmp_path: Path) -> None:
    article_file(source, URL, answer=answer("prism.png", "media/ring.png"))
    article = next(source.rglob("why.md"))
    write(article.parent, "prism.png", picture())
    write(source, "media/ring.png", line_art())
    archive = tmp_path / f"all.{kind}"
    files = [file for file in sorted(source.rglob("*")) if file.is_file()]
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as packed:
            for file in files:
                packed.write(file, f"top/{file.relative_to(source)}")
    else:
        with tarfile.open(archive, "w:gz") as tar:
            for file in files:
                tar.add(file, f"top/{file.relative_to(source)}")
    assert messages(run(archive)) == []
    assert Article.objects.get().answer_html.count("<figure") == 2


@pytest.mark.parametrize(
    ("address", "data", "sentence"),
    [
        ("media/none.png", None, "there is no such file"),
        ("media/notes.png", b"some notes", "It is no picture"),
        ("media/cut.png", picture()[:70], "damaged or not complete"),
        ("media/vast.png", png_that_claims(30_000, 30_000), "more than 40 million pixels"),
        ("media/large.png", picture() + bytes(1_000_000), "a picture may have 1,000,000"),
        ("../../../../outside.png", None, "leads out of the source"),
    ],
    ids=["missing", "no picture", "cut", "vast", "large", "outside"],
)
def test_a_picture_that_cannot_be_taken_rejects_its_article(
    source: Path, address: str, data: bytes | None, sentence: str, settings: Any
) -> None:
    settings.PICTURE_MAX_MB = 1
    file = article_file(source, URL, answer=answer(address))
    article_file(source, "/learn/physics/questions/other")
    if data is not None:
        write(source, address, data)
    report = run(source)
    (told,) = [message for message in messages(report) if "why.md" in message]
    lines = file.read_text().split("\n")
    line = next(number for number, text in enumerate(lines, 1) if address in text)
    column = lines[line - 1].index(f"({address}") + 2
    assert told.startswith(f"{file.relative_to(source)}:{line}:{column}: {address}: ")
    assert sentence in told
    assert report.exit_code == ExitCode.REJECTED
    assert [article.slug for article in Article.objects.all()] == ["other"]
    assert not Picture.objects.exists()


def test_a_link_that_leads_out_is_not_followed(source: Path, tmp_path: Path) -> None:
    write(tmp_path, "secret.png", picture())
    file = article_file(source, URL, answer=answer("link.png"))
    (file.parent / "link.png").symlink_to(tmp_path / "secret.png")
    assert "a link that leads out" in messages(run(source))[0]


def test_nothing_is_written_by_a_dry_run_nor_by_a_strict_one_with_a_fault(
    source: Path, settings: Any
) -> None:
    write(source, "media/ring.png", line_art())
    article_file(source, URL, answer=answer("media/ring.png"))
    assert run(source, dry_run=True).created == 1
    article_file(source, "/learn/physics/questions/other", answer=answer("media/none.png"))
    assert run(source, strict=True).exit_code == ExitCode.REJECTED
    assert not Article.objects.exists()
    assert not Picture.objects.exists()
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.png"))


def test_a_changed_picture_changes_the_page_of_an_unchanged_file(source: Path) -> None:
    file = write(source, "media/ring.png", line_art())
    article_file(source, URL, answer=answer("media/ring.png"))
    run(source)
    before = Article.objects.get().answer_html
    file.write_bytes(picture())
    assert run(source).unchanged == 1
    assert Article.objects.get().answer_html != before
    assert PictureName.objects.get().picture.kind == "png"
    assert "plate" not in Article.objects.get().answer_html


def test_what_an_editor_put_there_stays(source: Path) -> None:
    file = write(source, "media/ring.png", line_art())
    article_file(source, URL, answer=answer("media/ring.png"))
    run(source)
    mine = library.take(picture())
    library.put_in_place(["media/ring.png"], mine)
    assert messages(run(source)) == []
    assert PictureName.objects.get().picture == mine
    file.write_bytes(picture(colour=(9, 9, 9)))
    assert "The site's stays" in messages(run(source))[0]
    assert PictureName.objects.get().picture == mine
    run(source, overwrite_edits=True)
    assert PictureName.objects.get().picture_id == library.digest(file.read_bytes())


def test_a_picture_of_the_site_needs_no_file(source: Path) -> None:
    library.add(picture(), "prism.png")
    article_file(source, URL, answer=answer("media/prism.png"))
    assert messages(run(source)) == []
    assert "<figure" in Article.objects.get().answer_html


def test_a_file_that_drops_its_picture_drops_its_use(source: Path) -> None:
    write(source, "media/ring.png", line_art())
    article_file(source, URL, answer=answer("media/ring.png"))
    run(source)
    article_file(source, URL, answer="No picture any more.")
    run(source)
    assert not PictureUse.objects.exists()
