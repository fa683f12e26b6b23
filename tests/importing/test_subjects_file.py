"""What is wrong in subjects.yaml is said at its place, and the other entries are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from learn.editing.subjects import lead_from
from learn.exporting import export_articles
from learn.exporting.subjects import subjects_changed
from learn.importing import import_articles
from learn.importing.report import ExitCode, ImportReport
from learn.models import Subject
from tests.factories import article_file

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("Not A Slug:\n  title: Words\n", "Not A Slug"),
        ("chemistry: Chemistry\n", "not a mapping"),
        ("chemistry:\n  colour: red\n", "unknown key colour"),
        ("chemistry:\n  title: [a, b]\n", "title is not text"),
        ("chemistry:\n  description: 5\n", "description is not text"),
        ("chemistry:\n  listed: often\n", "neither true nor false"),
        ("chemistry:\n  position: first\n", "position is not a whole number"),
        ("chemistry:\n  position: 32768\n", "position is not a whole number"),
        ("chemistry:\n  position: true\n", "position is not a whole number"),
    ],
)
def test_a_mistaken_entry_is_told_with_its_line(tmp_path: Path, entry: str, message: str) -> None:
    article_file(tmp_path, "/learn/physics/questions/why")
    place = next(tmp_path.rglob("physics")).parent / "subjects.yaml"
    place.write_text(f"physics:\n  title: Natural philosophy\n{entry}")
    report = import_articles([str(tmp_path)], jobs=1)
    [problem] = [problem for problem in report.sorted_problems() if problem.severity == "error"]
    assert (problem.line, problem.column) == (3, 1)
    assert message in problem.message
    assert list(Subject.objects.values_list("title", flat=True)) == ["Natural philosophy"]


def _import(
    folder: Path, entry: str = "", *, dry_run: bool = False, overwrite_edits: bool = False
) -> ImportReport:
    """Import a folder whose subjects.yaml says `entry` of physics; empty: what it said before."""
    folder.mkdir(exist_ok=True)
    if not list(folder.rglob("*.md")):
        article_file(folder, "/learn/physics/questions/why")
    if entry:
        (folder / "subjects.yaml").write_text(f"physics: {{{entry}}}\n")
    return import_articles([str(folder)], jobs=1, dry_run=dry_run, overwrite_edits=overwrite_edits)


def _said() -> tuple[str, str, bool, int | None]:
    return Subject.objects.values_list("title", "description", "is_listed", "position").get(slug="physics")


def test_a_position_comes_in_and_goes_out(tmp_path: Path) -> None:
    _import(tmp_path / "a", "title: Physics, position: 7")
    assert _said() == ("Physics", "", True, 7)
    export_articles(tmp_path / "out", everything=True)
    assert (
        tmp_path / "out/subjects.yaml"
    ).read_text() == "physics:\n  title: Physics\n  listed: true\n  position: 7\n"
    Subject.objects.update(position=2)
    assert _import(tmp_path / "a").conflicts == 0
    assert _said()[3] == 2, "the file did not change"
    written, subjects, _left = subjects_changed(*[(tmp_path / "a/subjects.yaml").read_bytes()] * 2)
    assert b"position: 2" in written
    assert len(subjects) == 1
    _import(tmp_path / "a", "title: Physics")
    assert _said()[3] == 2, "taken out of the file, changed on the site: a conflict"
    Subject.objects.update(position=7)
    _import(tmp_path / "a")
    assert _said()[3] is None


def test_what_the_file_and_the_site_changed_is_put_together_key_by_key(tmp_path: Path) -> None:
    _import(tmp_path, "title: Physics, description: Old")
    Subject.objects.update(description="Of the desk", position=3)
    report = _import(tmp_path, "title: Natural philosophy, description: Old, listed: false")
    assert report.conflicts == 0
    assert _said() == ("Natural philosophy", "Of the desk", False, 3)
    Subject.objects.update(title="Physics again")
    assert _import(tmp_path).conflicts == 0
    assert _said()[0] == "Physics again", "nothing changed in the file"


@pytest.mark.parametrize("end", ["file gives way", "site gives way", "overwrite"])
def test_a_key_that_both_changed_waits_until_both_say_the_same(tmp_path: Path, end: str) -> None:
    _import(tmp_path, "title: Physics, description: Old")
    Subject.objects.update(title="Of the desk")
    told = 'title: "Of the file" here, "Of the desk" on the site'
    entry = "title: Of the file, description: New"
    assert _import(tmp_path, entry, dry_run=True).conflicts == 1
    assert _said()[:2] == ("Of the desk", "Old")
    for _time in range(2):
        report = _import(tmp_path, entry)
        [problem] = [problem for problem in report.problems if problem.code == "conflict"]
        assert told in problem.message
        assert (problem.line, problem.column, report.exit_code) == (1, 1, ExitCode.CONFLICTS)
        assert _said()[:2] == ("Of the desk", "New"), "what does not clash is taken"
    data = (tmp_path / "subjects.yaml").read_bytes()
    changed = subjects_changed(data, data)
    assert changed[:2] == (data, []), "an export leaves the entry alone meanwhile"
    assert [subject.slug for subject in changed.left] == ["physics"]
    if end == "file gives way":
        report = _import(tmp_path, "title: Of the desk, description: New")
    elif end == "site gives way":
        Subject.objects.update(title="Of the file")
        report = _import(tmp_path)
    else:
        report = _import(tmp_path, overwrite_edits=True)
    assert (report.conflicts, report.exit_code) == (0, ExitCode.DONE)
    assert _said()[:2] == ("Of the desk" if end == "file gives way" else "Of the file", "New")
    assert _import(tmp_path).conflicts == 0


def test_an_entry_that_a_release_without_its_values_imported_is_still_known(tmp_path: Path) -> None:
    _import(tmp_path, "title: Physics, description: Old")
    Subject.objects.update(imported_entry={}, description="Of the desk")
    assert _import(tmp_path).conflicts == 0
    assert _said()[1] == "Of the desk"
    Subject.objects.update(imported_entry={}, description="Old")
    _import(tmp_path, "title: Physics, description: New")
    assert _said()[1] == "New"
    Subject.objects.update(imported_entry={}, description="Of the desk", position=4)
    assert _import(tmp_path, "title: Physics, description: Newer").conflicts == 1
    assert _said() == ("Physics", "Of the desk", True, 4)


def test_an_export_changes_the_entries_that_the_site_changed_and_nothing_else(tmp_path: Path) -> None:
    article_file(tmp_path, "/learn/biology/questions/why")
    _import(tmp_path, "title: Physics")
    place = tmp_path / "subjects.yaml"
    place.write_text(
        "# Written by hand.\nphysics: {title: Physics} # short\nbiology:\n  title: 'Biology'  # mine\n"
    )
    _import(tmp_path)
    assert export_articles(tmp_path).written == 0
    Subject.objects.filter(slug="physics").update(position=1)
    assert export_articles(tmp_path).written == 1
    kept = (
        "# Written by hand.\nphysics:\n  title: Physics\n  listed: true\n  position: {}\n"
        "biology:\n  title: 'Biology'  # mine\n"
    )
    assert place.read_text() == kept.format(1)
    Subject.objects.filter(slug="physics").update(position=2)
    export_articles(tmp_path)
    assert place.read_text() == kept.format(2), "what an export wrote, the next one may change"
    place.write_text(kept.format(5).replace("'Biology'", "'Life'"))
    report = export_articles(tmp_path)
    assert [(problem.code, "physics" in problem.message) for problem in report.problems] == [
        ("changed", True)
    ]
    assert place.read_text() == kept.format(5).replace("'Biology'", "'Life'"), "a writer's change is not lost"


def test_the_entry_of_a_subject_that_was_merged_into_another_says_nothing_of_that(tmp_path: Path) -> None:
    _import(tmp_path, "title: Physics}\nnatural-philosophy: {title: Natural philosophy")
    Subject.objects.filter(slug="natural-philosophy").delete()
    lead_from("natural-philosophy", "physics")
    for _time in range(2):
        assert _import(tmp_path).conflicts == 0
        assert _said()[0] == "Physics"
    assert Subject.objects.count() == 1
    export_articles(tmp_path)
    assert (tmp_path / "subjects.yaml").read_text() == "physics: {title: Physics}\n", "an export takes it out"
