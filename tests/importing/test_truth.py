"""Files and editors are two doors to one library: what was done at one is not undone at the other."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from learn.importing import ExitCode, ImportReport, import_articles
from learn.importing.cases import TABLE, Case, File, Row, decide
from learn.models import (
    Article,
    DeletedArticle,
    FileSource,
    ImportConflict,
    ImportedFile,
    Redirect,
    Revision,
    Subject,
)
from tests.conftest import ROOT
from tests.factories import article_file, make_article

pytestmark = pytest.mark.django_db

WHY, HOW, INDEED = (f"/learn/physics/questions/{slug}" for slug in ("why", "how", "why-indeed"))
LINES = "First.\\n\\nSecond.\\n\\nThird."


def run(source: Path, **options: object) -> ImportReport:
    return import_articles([str(source)], jobs=1, **options)  # type: ignore[arg-type]


def codes(report: ImportReport) -> list[str]:
    return [problem.code for problem in report.sorted_problems()]


def article() -> Article:
    return Article.objects.select_related("subject").get()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# --- The table of cases -----------------------------------------------------------------------------------------


def test_every_case_is_in_the_table_and_in_the_documentation() -> None:
    assert set(TABLE) == {(file, row) for file in File for row in Row}
    documented = (ROOT / "docs" / "importing.md").read_text()
    for (file, row), case in TABLE.items():
        assert f"| {file} | {row} | {case} |" in documented
    assert decide(File.SAME, Row.EDITED) == Case.UNCHANGED


# --- Decisions last ---------------------------------------------------------------------------------------------


def test_a_deleted_article_stays_deleted_when_its_unchanged_file_is_imported(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    run(tmp_path)
    article().delete()
    for options in ({}, {"force": True}):
        report = run(tmp_path, **options)
        assert (report.kept_deleted, report.created, report.exit_code) == (1, 0, ExitCode.DONE)
        assert not Article.objects.exists()
    assert Redirect.objects.get(old_path=WHY).target is None


def test_the_unchanged_file_of_a_deleted_article_is_known_from_an_archive_too(tmp_path: Path) -> None:
    path = article_file(tmp_path / "content" / "learn", WHY)
    run(tmp_path / "content")
    article().delete()
    with zipfile.ZipFile(tmp_path / "main.zip", "w") as archive:
        archive.write(path, "content-main/learn/physics/why.md")
    assert run(tmp_path / "main.zip").kept_deleted == 1
    assert not Article.objects.exists()


def test_the_changed_file_of_a_deleted_article_waits_for_a_decision(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    run(tmp_path)
    key = article().pk
    article().delete()
    edit(path, "Because of why", "Because it is so")
    for _ in range(2):
        report = run(tmp_path)
        assert (report.conflicts, report.exit_code, codes(report)) == (1, ExitCode.CONFLICTS, ["conflict"])
        assert "deleted on the site" in report.problems[0].message
    conflict = ImportConflict.objects.get()
    assert (conflict.article, conflict.deleted) == (None, DeletedArticle.objects.get())
    assert "Because it is so" in conflict.document

    report = run(tmp_path, revive_deleted=True)
    assert (report.revived, report.exit_code) == (1, ExitCode.DONE)
    assert (article().pk, article().status) == (key, "published")
    assert article().answer.startswith("Because it is so")
    assert not DeletedArticle.objects.exists()
    assert not Redirect.objects.filter(old_path=WHY).exists()
    assert [row.history_type for row in Revision.objects.filter(id=key).order_by("history_id")] == [
        "+",
        "-",
        "~",
    ]
    assert run(tmp_path).unchanged == 1


def test_who_writes_a_new_article_at_the_address_of_a_deleted_one_is_not_overwritten(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    run(tmp_path)
    article().delete()
    make_article(subject="physics", slug="why", answer="Another one.")
    assert run(tmp_path).created == 0
    assert article().answer == "Another one."


# --- Moves ------------------------------------------------------------------------------------------------------


def test_an_article_moved_on_the_site_never_stands_at_two_addresses(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    run(tmp_path)
    moved = article()
    moved.slug = "why-indeed"
    moved.save()
    new = path.with_name("why-indeed.md")  # what an export writes
    new.write_text(path.read_text().replace(WHY, INDEED).replace("why.md", "why-indeed.md"))

    report = run(tmp_path)
    assert (report.created, report.superseded) == (0, 1)
    assert [(p.path, p.code) for p in report.problems] == [("physics/why.md", "superseded")]
    assert INDEED in report.problems[0].message
    assert article().get_absolute_url() == INDEED
    assert Redirect.objects.get(old_path=WHY).target == moved

    path.unlink()
    report = run(tmp_path, prune=True, prune_limit="100%")
    assert (report.unchanged, report.superseded, report.unpublished) == (1, 0, 0)
    assert Redirect.objects.get(old_path=WHY).target == moved


def test_a_writer_who_still_changes_the_former_file_of_a_moved_article_is_heard(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    run(tmp_path)
    moved = article()
    moved.slug = "why-indeed"
    moved.save()
    new = path.with_name("why-indeed.md")
    new.write_text(path.read_text().replace(WHY, INDEED).replace("why.md", "why-indeed.md"))
    edit(path, "Because of why", "Because it is so")
    report = run(tmp_path)
    assert (report.created, report.conflicts) == (0, 1)
    assert "Because it is so" in ImportConflict.objects.get().document


def test_a_new_article_at_an_address_that_its_writer_moved_away_from_is_new(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    run(tmp_path)
    path.write_text(path.read_text().replace(WHY, HOW))
    run(tmp_path)
    article_file(tmp_path, INDEED).rename(path.with_name("other.md"))
    path.rename(path.with_name("how.md"))
    edit(path.with_name("other.md"), INDEED, WHY)
    report = run(tmp_path)
    assert (report.created, report.superseded) == (1, 0)


# --- The truthful base ------------------------------------------------------------------------------------------


def test_an_upload_is_not_reverted_by_the_unchanged_folder(tmp_path: Path) -> None:
    path = article_file(tmp_path / "content", WHY)
    run(tmp_path / "content")
    upload = tmp_path / "upload" / "why.md"
    upload.parent.mkdir()
    shutil.copy(path, upload)
    edit(upload, "Because of why", "Because it was corrected")
    report = run(upload.parent, partial_source=True, source_name="uploads", source_kind="upload")
    assert report.updated == 1
    for _ in range(2):
        report = run(tmp_path / "content")
        assert (report.unchanged, report.updated, report.conflicts) == (1, 0, 0)
        assert article().answer.startswith("Because it was corrected")
    assert {(file.source.kind, file.path) for file in ImportedFile.objects.all()} == {
        ("folder", "physics/why.md"),
        ("upload", "learn/physics/why.md"),
    }


def test_what_upload_and_folder_changed_in_different_places_is_put_together(tmp_path: Path) -> None:
    path = article_file(tmp_path / "content", WHY, answer=LINES)
    run(tmp_path / "content")
    upload = tmp_path / "upload" / "why.md"
    upload.parent.mkdir()
    shutil.copy(path, upload)
    edit(upload, "First.", "The first.")
    run(upload.parent, partial_source=True, source_name="uploads", source_kind="upload")
    edit(path, "Third.", "The third.")
    edit(path, "author: QuickTakes", "author: Ada")
    report = run(tmp_path / "content")
    assert (report.updated, report.merged, report.conflicts) == (1, 1, 0)
    assert (article().answer, article().author) == ("The first.\n\nSecond.\n\nThe third.", "Ada")
    assert article().edited_at is not None
    assert run(tmp_path / "content").unchanged == 1


def test_an_editor_and_a_writer_who_change_the_same_line_are_in_conflict(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY, answer=LINES)
    run(tmp_path)
    mine = article()
    mine.answer = mine.answer.replace("Second.", "My second.")
    mine.save()
    edit(path, "Second.", "Their second.")
    edit(path, "author: QuickTakes", "author: Ada")
    report = run(tmp_path)
    assert (report.conflicts, report.updated, report.exit_code) == (1, 0, ExitCode.CONFLICTS)
    assert "answer" in report.problems[0].message
    assert (article().answer, article().author) == (mine.answer, "QuickTakes")
    assert run(tmp_path, overwrite_edits=True).updated == 1
    assert article().author == "Ada"


@pytest.mark.parametrize("part", ["whole", "learn", "subject", "file", "zip", "above"])
def test_a_file_keeps_its_path_whatever_part_of_the_source_is_given(tmp_path: Path, part: str) -> None:
    content = tmp_path / "content"
    path = article_file(content / "learn", WHY)
    (content / "subjects.yaml").write_text("physics:\n  title: Physics\n  listed: false\n")
    with zipfile.ZipFile(tmp_path / "main.zip", "w") as archive:
        for file in (path, content / "subjects.yaml"):
            archive.write(file, f"content-main/{file.relative_to(content)}")
    given = {
        "whole": content, "learn": content / "learn", "subject": content / "learn" / "physics", "file": path,
        "zip": tmp_path / "main.zip", "above": tmp_path,
    }[part]  # fmt: skip
    (tmp_path / "main.zip").rename(given) if part == "zip" else (tmp_path / "main.zip").unlink()
    assert run(given).created == 1
    assert ImportedFile.objects.get().path == "learn/physics/why.md"
    assert article().source_path == "learn/physics/why.md"
    assert not Subject.objects.get().is_listed


def test_without_subjects_file_the_url_tells_the_content_root(tmp_path: Path) -> None:
    article_file(tmp_path / "content" / "learn", WHY)
    run(tmp_path / "content" / "learn" / "physics")
    assert ImportedFile.objects.get().path == "learn/physics/why.md"
    assert FileSource.objects.get().name == str((tmp_path / "content").resolve())
    assert run(tmp_path / "content").unchanged == 1
    assert ImportedFile.objects.count() == 1


def test_a_git_repository_is_remembered_by_where_it_came_from(tmp_path: Path) -> None:
    for name in ("one", "two"):
        article_file(tmp_path / name / "content" / "learn", WHY, id=1)
        subprocess.run(["git", "init", "-q", str(tmp_path / name)], check=True)
        origin = "https://somebody:secret@example.com/content.git"
        subprocess.run(["git", "-C", str(tmp_path / name), "remote", "add", "origin", origin], check=True)
    run(tmp_path / "one")
    assert run(tmp_path / "two" / "content").unchanged == 1
    assert FileSource.objects.get().name == "https://example.com/content"
    assert ImportedFile.objects.get().path == "content/learn/physics/why.md"


def test_the_bytes_of_a_file_are_kept_once_and_survive_a_change_of_their_keeper(tmp_path: Path) -> None:
    path = article_file(tmp_path / "one", WHY, answer=LINES)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    old = path.read_bytes()
    run(tmp_path / "one")
    run(tmp_path / "two")
    assert ImportedFile.objects.filter(data=None).count() == 1
    edit(path, "First.", "The first.")
    run(tmp_path / "one")
    other = ImportedFile.objects.get(source__name__endswith="two")
    assert ImportedFile.objects.bytes_of(article().pk, other.hash) == old


def test_a_database_without_bases_keeps_working(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    run(tmp_path)
    ImportedFile.objects.all().delete()  # as an earlier release left it
    assert run(tmp_path).unchanged == 1
    assert ImportedFile.objects.get().data
    ImportedFile.objects.all().delete()
    edit(path, "Because of why", "Because it is so")
    assert run(tmp_path).updated == 1
    ImportedFile.objects.all().delete()
    Article.objects.update(answer="An editor's.")
    edit(path, "Because it is so", "Because we say so")
    assert run(tmp_path).conflicts == 1


def test_prune_leaves_up_what_an_editor_changed_and_what_was_only_uploaded(tmp_path: Path) -> None:
    content = tmp_path / "content"
    article_file(content, WHY)
    path = article_file(content, HOW)
    run(content)
    article_file(tmp_path / "upload", INDEED)
    run(tmp_path / "upload", partial_source=True, source_name="uploads", source_kind="upload")
    edited = Article.objects.get(slug="how")
    edited.answer = "An editor's."
    edited.save()
    path.unlink()
    report = run(content, prune=True, prune_limit="100%")
    assert (report.unpublished, report.kept, codes(report)) == (0, 1, ["gone-but-edited"])
    assert Article.objects.published().count() == 3


# --- Never by accident ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["", "  "])
def test_an_empty_source_is_a_usage_error(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    article_file(tmp_path, WHY)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="is a variable not set"):
        import_articles([source], jobs=1)
    with pytest.raises(CommandError, match="is a variable not set") as ended:
        call_command("import_articles", source)
    assert ended.value.returncode == ExitCode.USAGE
    assert not Article.objects.exists()


def test_the_same_folder_twice_is_one(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    report = import_articles([str(tmp_path), f"{tmp_path}/", str(path)], jobs=1)
    assert (report.created, report.rejected) == (1, 0)


def test_a_file_that_was_named_and_is_deleted_takes_its_article_down(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    other = article_file(tmp_path, HOW)
    run(tmp_path)
    path.unlink()
    edit(other, "Because of how", "Because it is so")
    report = import_articles([str(path), str(other), str(tmp_path / "physics" / "never.md")], jobs=1)
    assert (report.updated, report.unpublished, report.exit_code) == (1, 1, ExitCode.REJECTED)
    assert codes(report) == ["not-found"]
    assert Article.objects.get(slug="why").status == "unpublished"
