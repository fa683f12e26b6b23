"""The export: what was imported, value for value, with what was edited and nothing else."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from learn.exporting import export_articles
from learn.files.frontmatter import read_front_matter
from learn.importing import import_articles
from learn.models import Article, Subject
from tests.conftest import FIXTURES
from tests.factories import article_file, make_article, related

pytestmark = pytest.mark.django_db

WHY, HOW = "/learn/physics/questions/why", "/learn/physics/questions/how"


def matter(path: Path) -> list[tuple[str, Any]]:
    """The parsed front matter with its order, and the body."""

    def ordered(value: Any) -> Any:
        return [(key, ordered(item)) for key, item in value.items()] if isinstance(value, dict) else value

    front = read_front_matter(path.read_bytes())
    return [*ordered(front.values), ("body", front.body)]


def differing(source: Path, copy: Path) -> list[str]:
    """The files below `source` that do not say the same in `copy`, value for value and key for key."""
    return [
        str(path.relative_to(source))
        for path in sorted(source.rglob("*.md"))
        if path.name != "README.md"
        and (
            not (copy / path.relative_to(source)).exists()
            or matter(path) != matter(copy / path.relative_to(source))
        )
    ]


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    import_articles([str(FIXTURES / "articles")], jobs=1)
    export_articles(tmp_path)
    again = export_articles(tmp_path)
    assert (again.written, again.unchanged) == (0, Article.objects.count() + 1)  # and subjects.yaml


def test_of_an_edited_article_exactly_the_edited_fields_differ(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    path = article_file(
        source,
        WHY,
        related_article1=related(HOW),
        reviewed_by={"name": "Ada", "on": "2025-01-01"},
        score=None,
    )
    import_articles([str(source)], jobs=1)
    article = Article.objects.get()
    article.description = "Edited: with a colon, “quotes” and a # sign"
    article.answer = 'Line one\n\n    printf("a\\n");\n\nand $\\nu$\n'
    article.save()
    export_articles(copy)
    before, after = dict(matter(path)), dict(matter(copy / "physics/why.md"))
    assert list(before) == list(after)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"seo", "answer"}
    assert dict(after["seo"])["page_description"] == article.description
    import_articles([str(copy)], jobs=1, overwrite_edits=True)
    assert Article.objects.get().answer == article.answer


HOSTILE = [
    "a", "\\n", "a\\nb", "\\\\n", "a\n\\neq b", "$\\nu$", "```c\nprintf(\"a\\n\");\n```", " leading", "trailing ",
    "a\n\nb\n", "# not a comment", "- dash: colon", "'quotes\" both", "tab\there", "emoji 🙂 and ü", "null",
    "---\nfence", "a\n...\nb", "x" * 5_000, "word " * 400, "\n\nbegins empty", "  two\n four\n      six", "%TAG",
    "&anchor *alias !tag", "{a: b}", "|-\n", ">",
]  # fmt: skip


@pytest.mark.parametrize("answer", HOSTILE)
@pytest.mark.slow
def test_any_answer_that_an_editor_saves_comes_back_as_it_is(tmp_path: Path, answer: str) -> None:
    make_article(slug="why", answer=answer, question="Why: “this”? # yes", description="- a\n- b")
    report = export_articles(tmp_path)
    assert report.problems == []
    imported = import_articles([str(tmp_path)], jobs=1)
    assert (imported.unchanged, imported.conflicts, imported.rejected) == (1, 0, 0)
    Article.objects.all().delete()
    import_articles([str(tmp_path)], jobs=1, revive_deleted=True)
    assert Article.objects.get().answer == answer


def test_drafts_and_unpublished_articles_say_so_in_their_files(tmp_path: Path) -> None:
    make_article(slug="why")
    make_article(slug="draft", status="draft")
    make_article(slug="gone", status="unpublished")
    report = export_articles(tmp_path)
    assert (report.written, report.left_out) == (4, 0)
    folder = tmp_path / "learn" / "physics"
    assert "\ndraft: True\n" in (folder / "draft.md").read_text()
    assert "\npublished: False\n" in (folder / "gone.md").read_text()
    assert "publish" not in (folder / "why.md").read_text()
    Article.objects.all().delete()
    import_articles([str(tmp_path)], jobs=1, revive_deleted=True)
    assert dict(Article.objects.values_list("slug", "status")) == {
        "why": "published",
        "draft": "draft",
        "gone": "unpublished",
    }
    assert yaml.safe_load((tmp_path / "subjects.yaml").read_text()) == {
        "physics": {"title": "Physics", "listed": True}
    }


def test_one_subject_and_what_changed_since(tmp_path: Path) -> None:
    make_article(slug="why")
    make_article(slug="why", subject="optics")
    export_articles(tmp_path / "one", subject=Subject.objects.get(slug="optics"))
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")] == ["one/learn/optics/why.md"]
    Article.objects.filter(subject__slug="physics").update(updated_at=timezone.now() - dt.timedelta(days=3))
    export_articles(tmp_path / "new", changed_since=timezone.now() - dt.timedelta(days=1))
    assert [path.name for path in (tmp_path / "new").rglob("*.*")] == ["why.md"]


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "folder"
    (folder / "learn").mkdir(parents=True)
    (folder / "learn" / "physics").symlink_to(outside)
    make_article(slug="why")
    make_article(slug="how", subject="optics", source_path="../../elsewhere/optics/how.md")
    report = export_articles(folder)
    assert [problem.code for problem in report.problems] == ["unwritable"]
    assert list(outside.iterdir()) == []
    assert (folder / "learn/optics/how.md").exists()


def test_a_file_that_is_a_link_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    file = tmp_path / "folder/learn/physics/why.md"
    file.parent.mkdir(parents=True)
    file.symlink_to(target)
    make_article(slug="why")
    export_articles(tmp_path / "folder")
    assert target.read_text() == "precious"
    assert not file.is_symlink()
    assert not list((tmp_path / "folder").rglob(".*"))
    assert file.stat().st_mode & 0o777 == 0o644


def test_an_article_that_the_format_forbids_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    article = make_article(slug="why")
    Article.objects.filter(pk=article.pk).update(answer="a\x0b")
    make_article(slug="how")
    report = export_articles(tmp_path)
    assert [(problem.path, problem.code) for problem in report.problems] == [
        ("learn/physics/why.md", "invalid")
    ]
    assert "`answer` holds the control character U+000B: remove it" in report.problems[0].message
    assert (tmp_path / "learn/physics/how.md").exists()


def test_the_command(tmp_path: Path) -> None:
    make_article(slug="why")
    out = StringIO()
    call_command("export_articles", str(tmp_path), stdout=out, stderr=StringIO())
    assert out.getvalue() == "2 files written, 0 unchanged.\n"
    with pytest.raises(CommandError, match=r"no subject nowhere.*physics"):
        call_command("export_articles", str(tmp_path), subject="nowhere")
    with pytest.raises(CommandError, match="is no date"):
        call_command("export_articles", str(tmp_path), changed_since="soon")
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError) as error:
        call_command("export_articles", str(tmp_path / "file"))
    assert error.value.returncode == 3
