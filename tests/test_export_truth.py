"""An export can be trusted: it changes what the site changed, where it was changed, and nobody else's work."""

from __future__ import annotations

import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from learn.exporting import ExportReport, export_articles
from learn.files.packing import pack, unpack
from learn.files.patch import patch_document
from learn.files.reading import read_document
from learn.importing import ImportReport, import_articles
from learn.models import Article, ExportedFile, Redirect, Subject
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import confirm
from tests.factories import article_file, make_article, make_subject

pytestmark = pytest.mark.django_db

WHY, HOW, INDEED = (f"/learn/physics/questions/{slug}" for slug in ("why", "how", "why-indeed"))
BY_HAND = """---
# Written by hand.
id: 7
date: 2025-02-08
question: "Why?"   # the title follows from it

seo:
  page_description: 'Because.'
  page_keywords: "one, two"
answer: |-
  First.

  Second.

  Third.
# The address:
url: /learn/physics/questions/why
author: 'Ada'

---

&nbsp;
"""


def by_hand(folder: Path) -> Path:
    path = folder / "learn" / "physics" / "why.md"
    path.parent.mkdir(parents=True)
    path.write_text(BY_HAND)
    path.chmod(0o600)
    return path


def export(folder: Path, **options: object) -> ExportReport:
    return export_articles(folder, everything=False, **options)  # type: ignore[arg-type]


def run(folder: Path, **options: object) -> ImportReport:
    return import_articles([str(folder)], jobs=1, **options)  # type: ignore[arg-type]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def save(**values: object) -> Article:
    article = Article.objects.get()
    for name, value in values.items():
        setattr(article, name, value)
    article.save()
    return article


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.md"))


def test_what_was_packed_comes_out_again() -> None:
    for data in (b"", BY_HAND.encode(), bytes(range(256)) * 100):
        assert unpack(pack(data)) == data


def test_an_unedited_file_comes_out_byte_for_byte(tmp_path: Path) -> None:
    path = by_hand(tmp_path)
    run(tmp_path)
    export_articles(tmp_path)
    assert path.read_text() == BY_HAND
    export_articles(tmp_path / "copy")
    assert (tmp_path / "copy" / "learn" / "physics" / "why.md").read_text() == BY_HAND
    assert export(tmp_path).written == 0


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ({"author": "Eve's"}, {"author: 'Ada'": "author: 'Eve''s'"}),
        ({"answer": "First.\n\nThe second.\n\nThird."}, {"  Second.": "  The second."}),
        ({"no_index": True}, {}),
        (
            {"description": "Because it is."},
            {"page_description: 'Because.'": "page_description: 'Because it is.'"},
        ),
    ],
)
def test_only_the_lines_of_edited_keys_change(
    tmp_path: Path, values: dict[str, object], lines: dict[str, str]
) -> None:
    path = by_hand(tmp_path)
    run(tmp_path)
    save(**values)
    assert export(tmp_path).written == 2  # and subjects.yaml
    before, after = BY_HAND.splitlines(), path.read_text().splitlines()
    gone, come = [x for x in before if x not in after], [x for x in after if x not in before]
    for old, new in lines.items():
        assert any(old in line for line in gone)
        assert any(new in line for line in come)
    assert len(gone) <= 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert "# The address:" in after
    assert run(tmp_path).unchanged == 1
    assert export(tmp_path).written == 0


def test_a_writers_change_since_the_import_is_not_overwritten(tmp_path: Path) -> None:
    path = by_hand(tmp_path)
    run(tmp_path)
    edit(path, "Third.", "The third.")
    export_articles(tmp_path)
    assert "The third." in path.read_text()
    save(author="Eve")
    report = export_articles(tmp_path)
    assert [(p.path, p.code) for p in report.problems] == [("learn/physics/why.md", "changed")]
    assert "'Ada'" in path.read_text()
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("export_articles", str(tmp_path), stdout=out, stderr=StringIO())


def test_merge_puts_both_changes_into_the_file(tmp_path: Path) -> None:
    path = by_hand(tmp_path)
    run(tmp_path)
    edit(path, "Third.", "The third.")
    save(author="Eve", answer="The first.\n\nSecond.\n\nThird.")
    report = export(tmp_path, merge=True)
    assert (report.merged, report.problems) == (1, [])
    expected = (
        BY_HAND.replace("Third.", "The third.").replace("First.", "The first.").replace("'Ada'", "'Eve'")
    )
    assert path.read_text() == expected
    report = run(tmp_path)
    assert (report.conflicts, Article.objects.get().answer) == (0, "The first.\n\nSecond.\n\nThe third.")
    assert export(tmp_path).problems == []


def test_a_clash_is_not_merged(tmp_path: Path) -> None:
    path = by_hand(tmp_path)
    run(tmp_path)
    edit(path, "Third.", "Their third.")
    before = path.read_text()
    save(answer="First.\n\nSecond.\n\nMy third.")
    report = export(tmp_path, merge=True)
    assert "answer" in report.problems[0].message
    assert path.read_text() == before


def test_what_an_export_wrote_it_may_write_again(tmp_path: Path) -> None:
    path = by_hand(tmp_path)
    run(tmp_path)
    for author in ("Eve", "Eva"):
        save(author=author)
        assert export(tmp_path).problems == []
        assert f"author: '{author}'" in path.read_text()
    edit(path, "Third.", "The third.")
    save(author="Evi")
    assert len(export(tmp_path).problems) == 1


def test_a_killed_export_knows_its_files(tmp_path: Path) -> None:
    by_hand(tmp_path)
    run(tmp_path)
    save(author="Eve")
    export(tmp_path)
    ExportedFile.objects.update(hash="")  # killed between the file and the row
    save(author="Eva")
    assert export(tmp_path).problems == []


def test_the_file_of_a_moved_article_is_renamed_and_the_round_trip_keeps_one_article(
    tmp_path: Path, client: Client
) -> None:
    by_hand(tmp_path)
    run(tmp_path)
    save(slug="why-indeed", subject=make_subject("optics"))
    report = export(tmp_path)
    assert (files(tmp_path), report.removed) == (["learn/optics/why-indeed.md"], 1)
    report = run(tmp_path, prune=True, prune_limit="100%")
    assert (report.created, report.unpublished, report.superseded, Article.objects.count()) == (0, 0, 0, 1)
    assert client.get(WHY).headers["Location"] == "/learn/optics/questions/why-indeed"
    assert export(tmp_path).written == 0


def test_the_file_of_a_moved_article_that_a_writer_changed_is_left(tmp_path: Path) -> None:
    path = by_hand(tmp_path)
    run(tmp_path)
    edit(path, "Third.", "The third.")
    save(slug="why-indeed")
    report = export(tmp_path)
    assert [p.code for p in report.problems] == ["changed"]
    assert "The third." in path.read_text()


def test_the_file_of_a_deleted_article_is_removed_unless_it_was_changed(tmp_path: Path) -> None:
    path = by_hand(tmp_path)
    run(tmp_path)
    Article.objects.get().delete()
    edit(path, "Third.", "The third.")
    assert [p.code for p in export(tmp_path).problems] == ["changed"]
    path.write_text(BY_HAND)
    assert export(tmp_path).removed == 1
    assert files(tmp_path) == []


@pytest.mark.parametrize("part", ["file", "subject", "zip", "upload"])
def test_an_export_goes_back_to_where_the_file_belongs(tmp_path: Path, part: str, client: Client) -> None:
    content = tmp_path / "content"
    path = article_file(content / "learn", WHY)
    options: dict[str, object] = {}
    match part:
        case "file":
            given = path
        case "subject":
            given = path.parent
        case "zip":
            given = tmp_path / "main.zip"
            with zipfile.ZipFile(given, "w") as archive:
                archive.write(path, "content-main/learn/physics/why.md")
        case _:
            given = tmp_path / "upload"
            given.mkdir()
            (given / "why.md").write_bytes(path.read_bytes())
            options = {"partial_source": True, "source_name": "uploads", "source_kind": "upload"}
    run(given, **options)
    save(author="Ada")
    export(content)
    assert files(content) == ["learn/physics/why.md"]
    assert "author: Ada" in path.read_text()
    report = run(content, prune=True, prune_limit="100%")
    assert (report.rejected, report.unpublished, report.created) == (0, 0, 0)
    assert client.get(WHY).status_code == 200


def test_a_new_article_goes_beside_its_like(tmp_path: Path) -> None:
    article_file(tmp_path / "content" / "learn", WHY)
    (tmp_path / "subjects.yaml").write_text("physics:\n  title: Physics\n")
    run(tmp_path)
    make_article(slug="how")
    export(tmp_path)
    assert files(tmp_path) == ["content/learn/physics/how.md", "content/learn/physics/why.md"]
    assert run(tmp_path).unchanged == 2


def test_answers_can_stand_on_lines_of_their_own(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY, answer="First.\\n\\nSecond.")
    run(tmp_path)
    export_articles(tmp_path, answers="block")
    assert "answer: |-\n  First.\n\n  Second.\n" in path.read_text()
    assert run(tmp_path).unchanged == 1
    save(answer="First.\n\nThe second.")
    before = path.read_text()
    export(tmp_path)
    assert path.read_text() == before.replace("  Second.", "  The second.")


def test_saving_without_a_change_marks_nothing_as_edited(tmp_path: Path) -> None:
    path = by_hand(tmp_path)
    run(tmp_path)
    save()
    assert Article.objects.get().edited_at is None
    edit(path, "Third.", "The third.")
    assert (run(tmp_path).updated, run(tmp_path).unchanged) == (1, 1)


def test_a_patched_file_keeps_its_windows_line_breaks_and_its_byte_order_mark() -> None:
    data = b"\xef\xbb\xbf" + BY_HAND.replace("\n", "\r\n").encode()
    document, _warnings = read_document(data, "why.md")
    changed = patch_document(data, document.model_copy(update={"author": "Eve"}))
    assert changed == data.replace(b"'Ada'", b"'Eve'")


# --- Subjects ---------------------------------------------------------------------------------------------------


def test_a_renamed_subject_leads_on_in_one_hop_and_its_files_say_the_new_name(
    tmp_path: Path, client: Client
) -> None:
    path = article_file(tmp_path / "learn", WHY)
    (tmp_path / "subjects.yaml").write_text("physics:\n  title: Physics\n")
    run(tmp_path)
    subject = Subject.objects.get()
    as_publisher = logged_in(make_user("paul", "Publisher"))
    url = reverse("admin:learn_subject_change", args=[subject.pk])
    for title, slug in (("Light", "light"), ("Optics", "optics")):
        values = {"title": title, "slug": slug, "description": "", "is_listed": "on"}
        confirm(as_publisher, as_publisher.post(url, values))
    for old in ("/learn/physics", "/learn/light"):
        assert client.get(old).headers["Location"] == "/learn/optics"
        assert client.get(f"{old}/questions/why").headers["Location"] == "/learn/optics/questions/why"
    assert client.get("/learn/optics/questions/why").status_code == 200
    assert run(tmp_path).unchanged == 1  # the files still say the former name
    article_file(tmp_path / "learn", HOW)
    assert run(tmp_path).created == 1  # of a writer who does not know of it yet
    assert [s.slug for s in Subject.objects.all()] == ["optics"]

    export(tmp_path)
    assert files(tmp_path) == ["learn/optics/how.md", "learn/optics/why.md"]
    text = (tmp_path / "learn" / "optics" / "why.md").read_text()
    assert "subject: Optics" in text
    assert "url: /learn/optics/questions/why" in text
    assert "physics" not in text.lower().replace("quicktakes | physics", "")
    assert "optics:" in (tmp_path / "subjects.yaml").read_text()
    assert not path.exists()
    report = run(tmp_path, prune=True, prune_limit="100%")
    assert (report.created, report.unpublished, Article.objects.count()) == (0, 0, 2)
    assert Redirect.objects.filter(old_path=WHY).exists()


def test_an_editor_may_not_rename_a_subject() -> None:
    subject = make_subject()
    as_editor = logged_in(make_user("edna", "Editor"))
    url = reverse("admin:learn_subject_change", args=[subject.pk])
    as_editor.post(url, {"title": "Physics", "slug": "light", "description": ""})
    subject.refresh_from_db()
    assert subject.slug == "physics"
