"""Pictures leave the site as they came: exports, archives, backups, published folders, git."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from learn.exporting import export_articles
from learn.importing import import_articles
from learn.media import library, store
from learn.models import Article, Picture, PictureName
from learn.operations.backup import backup, restore
from learn.publishing import publish
from tests.factories import article_file, make_article
from tests.media.images import animation, line_art, photograph, picture, svg

pytestmark = pytest.mark.django_db
COUNT = 12


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "stored"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Articles that name pictures of every kind: beside themselves, and below media/."""
    root = tmp_path / "source"
    kinds = [
        line_art(),
        photograph((90, 60)),
        picture("GIF"),
        picture("WEBP"),
        picture("AVIF"),
        svg(),
        animation(3),
    ]
    suffixes = ["png", "jpg", "gif", "webp", "avif", "svg", "gif"]
    for number in range(COUNT):
        data, suffix = kinds[number % len(kinds)] + bytes(number // len(kinds)), suffixes[number % len(kinds)]
        beside = number % 2
        name = f"p{number}.{suffix}" if beside else f"media/deep/p{number}.{suffix}"
        url = f"/learn/{'physics' if number % 3 else 'biology'}/questions/why-{number}"
        file = article_file(root / "content", url, answer=rf"See:\n\n![Number {number}]({name})")
        target = file.parent / name if beside else root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (root / "subjects.yaml").write_text("physics:\n  title: Physics\nbiology:\n  title: Biology\n")
    return root


def files_of(folder: Path) -> dict[str, bytes]:
    found = {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }
    found.pop("subjects.yaml", None)
    return found


def brought(source: Path) -> None:
    report = import_articles([str(source)], jobs=1)
    assert (report.created, report.problems) == (COUNT, [])


def test_an_export_gives_back_every_byte(source: Path, tmp_path: Path) -> None:
    brought(source)
    before = files_of(source)
    target = tmp_path / "export"
    report = export_articles(target)
    assert report.problems == []
    assert files_of(target) == before
    again = export_articles(target)
    assert (again.written, again.problems) == (0, [])
    assert import_articles([str(target)], jobs=1).created == 0
    assert files_of(source) == before


def test_a_picture_that_an_editor_replaced_goes_into_its_file(source: Path) -> None:
    brought(source)
    name = PictureName.objects.get(name="media/deep/p0.png")
    library.put_in_place([name.name], library.take(picture()))
    library.add(picture(colour=(5, 5, 5)), "new.png")
    make_article(slug="new", answer="![New](media/new.png)")
    report = export_articles(source, everything=False)
    assert report.problems == []
    assert (source / "media/deep/p0.png").read_bytes() == picture()
    assert (source / "media/new.png").read_bytes() == picture(colour=(5, 5, 5))
    assert import_articles([str(source)], jobs=1).problems == []
    name.refresh_from_db()
    assert name.imported_hash == name.picture_id


def test_a_file_that_somebody_changed_is_left_alone(source: Path) -> None:
    brought(source)
    (source / "media/deep/p0.png").write_bytes(picture(colour=(7, 7, 7)))
    report = export_articles(source)
    assert [problem.path for problem in report.problems] == ["media/deep/p0.png"]
    assert (source / "media/deep/p0.png").read_bytes() == picture(colour=(7, 7, 7))


def test_the_archive_of_the_admin_holds_the_pictures(source: Path, admin_client: Client) -> None:
    brought(source)
    response = admin_client.get(reverse("admin:learn_article_export"))
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as archive:
        found = {name: archive.read(name) for name in archive.namelist() if name != "subjects.yaml"}
    assert found == files_of(source)


@pytest.mark.django_db(transaction=True)
def test_a_backup_brings_back_the_pictures(source: Path, tmp_path: Path, settings: Any) -> None:
    brought(source)
    library.prepare()
    before = files_of(Path(settings.MEDIA_ROOT))
    html = list(Article.objects.order_by("pk").values_list("answer_html", flat=True))
    file = backup(tmp_path / "backups")
    settings.MEDIA_ROOT = tmp_path / "another machine"
    Picture.objects.update(alt="changed")
    restore(file, replace=True)
    assert files_of(Path(settings.MEDIA_ROOT)) == before
    assert list(Article.objects.order_by("pk").values_list("answer_html", flat=True)) == html


@pytest.mark.django_db(transaction=True)
def test_a_published_site_has_the_files_that_its_pages_name(
    source: Path, tmp_path: Path, settings: Any
) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    brought(source)
    library.prepare()
    folder = tmp_path / "site"
    assert publish(folder, jobs=1).failed == []
    for found in Picture.objects.all():
        for name in found.file_names:
            assert (folder / "media" / name).read_bytes() == store.read(f"pictures/{name}")
    page = (folder / "learn/physics/questions/why-1.html").read_text()
    assert '<img src="/media/' in page
    assert "css/pictures" in page
