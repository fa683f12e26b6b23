"""Pictures in step with a branch of git, both ways."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from learn.importing import ExitCode
from learn.media import library
from learn.models import Article, PictureName
from learn.sync.run import REVIEW
from tests.factories import make_article
from tests.media.images import line_art, picture

from .conftest import GIT, Clone, Remote, edit, editor, sync

pytestmark = pytest.mark.django_db
WHY = "/learn/physics/questions/why"
ANSWER = r"See:\n\n![Ring](media/ring.png)\n\n![Beside](beside.png)"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "stored"


@pytest.fixture
def both(writer: Clone, remote: Remote) -> None:
    """An article with two pictures, at both sides."""
    file = writer.write(WHY, answer=ANSWER)
    (file.parent / "beside.png").write_bytes(picture())
    (writer.path / "media").mkdir()
    (writer.path / "media/ring.png").write_bytes(line_art())
    writer.push()
    report = sync(remote)
    assert (report.exit_code, report.outgoing) == (ExitCode.DONE, [])


def at(remote: Remote, path: str, branch: str) -> bytes:
    command = ["git", "-C", str(remote.path), "show", f"{branch}:{path}"]
    return subprocess.run(command, env=GIT, capture_output=True, check=True).stdout


def test_a_branch_brings_pictures_and_their_changes(both: None, writer: Clone, remote: Remote) -> None:
    assert Article.objects.get().answer_html.count("<figure") == 2
    (writer.path / "media/ring.png").write_bytes(line_art((90, 90)))
    writer.push()
    assert sync(remote).exit_code == ExitCode.DONE
    assert 'width="90"' in Article.objects.get().answer_html
    assert sync(remote).imports == []


def test_an_article_waits_for_its_picture(writer: Clone, remote: Remote) -> None:
    writer.write(WHY, answer=r"See:\n\n![Ring](media/ring.png)")
    writer.push()
    assert sync(remote).count("rejected") == 1
    (writer.path / "media").mkdir()
    (writer.path / "media/ring.png").write_bytes(line_art())
    writer.push()
    assert sync(remote).count("created") == 1
    assert "<figure" in Article.objects.get().answer_html


def test_what_editors_add_and_replace_is_pushed_byte_for_byte(
    both: None, writer: Clone, remote: Remote
) -> None:
    library.put_in_place(["media/ring.png"], library.take(picture(colour=(1, 1, 1)), user=editor()))
    library.add(picture(colour=(2, 2, 2)), "new.png", user=editor())
    edit(
        "why",
        editor(),
        "",
        answer="![New](media/new.png)\n\n![Ring](media/ring.png)\n\n![Beside](beside.png)",
    )
    report = sync(remote)
    assert (report.exit_code, report.problems) == (ExitCode.DONE, [])
    assert at(remote, "media/ring.png", REVIEW) == picture(colour=(1, 1, 1))
    assert at(remote, "media/new.png", REVIEW) == picture(colour=(2, 2, 2))
    assert sync(remote).outgoing == []
    writer.pull(REVIEW)
    writer.push()
    assert sync(remote).exit_code == ExitCode.DONE
    name = PictureName.objects.get(name="media/ring.png")
    assert name.imported_hash == name.picture_id == library.digest(picture(colour=(1, 1, 1)))
    assert sync(remote).outgoing == []


def test_an_article_of_the_site_takes_its_picture_along(both: None, remote: Remote) -> None:
    library.add(picture(colour=(3, 3, 3)), "own.png")
    make_article(slug="own", answer="![Own](media/own.png)")
    assert sync(remote).exit_code == ExitCode.DONE
    assert at(remote, "media/own.png", REVIEW) == picture(colour=(3, 3, 3))
