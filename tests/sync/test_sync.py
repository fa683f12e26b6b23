"""A branch of git and the desk are kept in step: what changed at one is at the other, with who did it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from learn.editing import trash
from learn.importing import ExitCode
from learn.models import Article, ImportConflict, ImportedFile, Redirect, Subject, SyncRun
from learn.sync.run import REVIEW
from tests.factories import make_article

from .conftest import Clone, Remote, edit, editor, git, sync

pytestmark = pytest.mark.django_db

WHY, HOW, INDEED = (f"/learn/physics/questions/{slug}" for slug in ("why", "how", "why-indeed"))
LINES = "First.\\n\\nSecond.\\n\\nThird."
FILE = "content/learn/physics/why.md"


@pytest.fixture
def library(writer: Clone, remote: Remote) -> None:
    """Two articles at both sides."""
    writer.write(WHY, answer=LINES)
    writer.write(HOW, answer=LINES)
    writer.push()
    assert sync(remote).exit_code == ExitCode.DONE


def changed_lines(remote: Remote, branch: str) -> list[str]:
    """The lines that the last commit of a branch removes and adds."""
    diff = git(remote.path, "show", "--format=", "--unified=0", branch)
    return [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


# --- From git ----------------------------------------------------------------------------------------------------


def test_the_first_run_imports_everything_and_the_second_nothing(writer: Clone, remote: Remote) -> None:
    writer.write(WHY)
    (writer.path / "README.md").write_text("No article.\n")
    (writer.path / "notes.md").write_text("Below no prefix, so that it is none either.\n")
    writer.push()
    report = sync(remote)
    assert (report.count("created"), report.exit_code, report.prefix) == (1, ExitCode.DONE, "content/learn")
    assert ImportedFile.objects.get().path == FILE
    report = sync(remote)
    assert (report.imports, report.outgoing, report.exit_code) == ([], [], ExitCode.DONE)
    assert remote.branches() == ["main"]


def test_what_changed_in_git_is_imported(library: None, writer: Clone, remote: Remote) -> None:
    writer.edit(WHY, "Second.", "The second.")
    writer.write(INDEED)
    writer.file(HOW).unlink()
    writer.push()
    report = sync(remote)
    assert [report.count(name) for name in ("created", "updated", "unpublished")] == [1, 1, 1]
    assert Article.objects.get(slug="why").answer == "First.\n\nThe second.\n\nThird."
    assert Article.objects.get(slug="how").status == "unpublished"
    assert report.outgoing == []
    writer.write(HOW, answer=LINES)
    writer.push()
    sync(remote)
    assert Article.objects.get(slug="how").status == "published"


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_file_renamed_in_git_is_a_move(
    library: None, writer: Clone, remote: Remote, is_changed: bool
) -> None:
    key = Article.objects.get(slug="why").pk
    writer.edit(WHY, WHY, INDEED)
    if is_changed:
        writer.edit(WHY, "Why?", "Why indeed?")
        writer.edit(WHY, "Second.", "The second.")
    writer.file(WHY).rename(writer.file(INDEED))
    writer.push()
    report = sync(remote)
    assert (report.count("moved"), report.count("created"), report.count("unpublished")) == (1, 0, 0)
    article = Article.objects.get(slug="why-indeed")
    assert (article.pk, article.status) == (key, "published")
    assert Redirect.objects.get(old_path=WHY).target == article
    assert sorted(ImportedFile.objects.values_list("path", flat=True)) == [
        "content/learn/physics/how.md",
        "content/learn/physics/why-indeed.md",
    ]


def test_a_file_that_only_changed_its_place_keeps_its_article(
    library: None, writer: Clone, remote: Remote
) -> None:
    (writer.folder / "more").mkdir()
    writer.file(WHY).rename(writer.folder / "more" / "why.md")
    writer.push()
    report = sync(remote)
    assert (report.count("unpublished"), report.count("created")) == (0, 0)
    file = ImportedFile.objects.get(path__startswith="content/learn/more")
    assert file.data is not None
    edit("why", author="Eve")
    report = sync(remote)
    assert report.outgoing[0].paths == ("content/learn/more/why.md",)


# --- Both sides --------------------------------------------------------------------------------------------------


def test_different_fields_and_different_lines_are_put_together(
    library: None, writer: Clone, remote: Remote
) -> None:
    edit("why", author="Eve", answer="The first.\n\nSecond.\n\nThird.")
    writer.edit(WHY, "Third.", "The third.")
    writer.edit(WHY, "title: Why?", "title: Why indeed?")
    writer.push()
    report = sync(remote)
    assert (report.count("merged"), report.exit_code) == (1, ExitCode.DONE)
    article = Article.objects.get(slug="why")
    assert article.answer == "The first.\n\nSecond.\n\nThe third."
    assert (article.author, article.title) == ("Eve", "Why indeed?")
    text = remote.read(FILE, REVIEW)
    assert "The first.\\n\\nSecond.\\n\\nThe third." in text
    assert remote.log(REVIEW) == [("eve", "Change author, answer of “Why?”")]


def test_a_true_clash_waits_on_the_desk_and_is_not_pushed(
    library: None, writer: Clone, remote: Remote
) -> None:
    edit("why", answer="First.\n\nMine.\n\nThird.")
    edit("how", author="Eve")
    writer.edit(WHY, "Second.", "Theirs.")
    writer.push()
    report = sync(remote)
    assert (report.conflicts, report.exit_code) == (1, ExitCode.CONFLICTS)
    assert "Theirs." in ImportConflict.objects.get().document
    assert Article.objects.get(slug="why").answer == "First.\n\nMine.\n\nThird."
    assert "Theirs." in remote.read(FILE, REVIEW)
    assert [commit.paths for commit in report.outgoing] == [("content/learn/physics/how.md",)]
    assert sync(remote).exit_code == ExitCode.CONFLICTS


# --- To git ------------------------------------------------------------------------------------------------------


def test_each_editor_and_change_is_a_commit_for_review(library: None, writer: Clone, remote: Remote) -> None:
    ann = editor("ann", first_name="Ann", last_name="Lee", email="ann@example.org")
    edit("why", answer="First.\n\nThe second.\n\nThird.")
    edit("why", ann, "corrected after a reader wrote", answer="First.\n\nThe second.\n\nThe third.")
    edit("how", ann, author="Ann")
    report = sync(remote)
    assert remote.log(REVIEW) == [
        ("eve", "Change answer of “Why?”"),
        ("Ann Lee", "Corrected after a reader wrote"),
        ("Ann Lee", "Change author of “How?”"),
    ]
    assert report.for_review == 2
    emails = git(remote.path, "log", "--format=%ae %ce", f"main..{REVIEW}").split("\n")
    assert emails[0] == "ann@example.org noreply@testserver"
    first = git(remote.path, "show", "--format=", "--name-only", f"{REVIEW}~2").split()
    assert first == [FILE]
    assert "The second.\\n\\nThird." in remote.read(FILE, f"{REVIEW}~2")
    assert changed_lines(remote, REVIEW) == ["-author: QuickTakes", "+author: Ann"]
    assert remote.log("main", since=f"{REVIEW}~3") == []

    report = sync(remote)  # nothing more to say
    assert (report.outgoing, report.for_review) == ([], 2)
    edit("how", author="Eve")
    assert [commit.message for commit in sync(remote).outgoing] == ["Change author of “How?”"]
    writer.pull(REVIEW)
    writer.push()
    report = sync(remote)
    assert (report.outgoing, report.for_review, report.conflicts) == ([], 0, 0)
    assert not Article.objects.exclude(edited_at=None).exists()


def test_moves_deletions_and_new_articles_go_to_git(library: None, remote: Remote) -> None:
    edit("why", slug="why-indeed")
    trash.delete(Article.objects.get(slug="how"), editor("ann"))
    make_article(slug="when", question="When?", answer="Now.")
    Subject.objects.filter(slug="physics").update(description="Of nature.")
    sync(remote, push_to_main=True)
    assert sorted(remote.files()) == [
        "content/learn/physics/when.md",
        "content/learn/physics/why-indeed.md",
        "subjects.yaml",
    ]
    assert remote.log("main", since="main~4") == [
        ("eve", "Move “Why?”"),
        ("ann", "Delete “How?”"),
        ("QuickTakes", "Add “When?”"),
        ("QuickTakes", "Change the subject Physics"),
    ]
    report = sync(remote, push_to_main=True)
    assert (report.outgoing, report.imports, report.exit_code) == ([], [], ExitCode.DONE)
    assert {article.get_absolute_url() for article in Article.objects.all()} == {
        INDEED,
        "/learn/physics/questions/when",
    }
    assert Redirect.objects.get(old_path=HOW).target is None


def test_an_edit_that_is_taken_back_is_taken_back_for_review(library: None, remote: Remote) -> None:
    edit("why", author="Eve")
    sync(remote)
    edit("why", author="QuickTakes")
    sync(remote)
    assert remote.read(FILE, REVIEW) == remote.read(FILE)
    assert sync(remote).for_review == 0


def test_a_reviewers_change_on_the_branch_is_kept(library: None, writer: Clone, remote: Remote) -> None:
    edit("why", answer="First.\n\nThe second.\n\nThird.")
    sync(remote)
    git(writer.path, "fetch", "-q", "origin")
    git(writer.path, "checkout", "-q", REVIEW)
    writer.edit(WHY, "The second.", "The very second.")
    writer.commit()
    git(writer.path, "push", "-q", "origin", REVIEW)
    edit("why", author="Eve")
    sync(remote)
    text = remote.read(FILE, REVIEW)
    assert "The very second." in text
    assert "author: Eve" in text
    git(writer.path, "checkout", "-q", "main")
    writer.pull(REVIEW)
    writer.push()
    report = sync(remote)
    assert report.exit_code == ExitCode.DONE
    assert Article.objects.get(slug="why").answer == "First.\n\nThe very second.\n\nThird."


def test_the_branch_for_review_follows_the_one_it_is_for(
    library: None, writer: Clone, remote: Remote
) -> None:
    edit("why", author="Eve")
    sync(remote)
    writer.edit(WHY, "Third.", "The third.")
    writer.edit(HOW, "Third.", "The third.")
    writer.push()
    edit("how", author="Eve")
    report = sync(remote)
    assert report.for_review == 2
    for path in (FILE, "content/learn/physics/how.md"):
        assert "The third." in remote.read(path, REVIEW)
        assert "author: Eve" in remote.read(path, REVIEW)
    assert git(remote.path, "merge-base", "main", REVIEW) == git(remote.path, "rev-parse", "main")


def test_a_branch_that_was_squashed_is_followed(library: None, writer: Clone, remote: Remote) -> None:
    edit("why", author="Eve")
    sync(remote)
    git(writer.path, "fetch", "-q", "origin")
    git(writer.path, "merge", "-q", "--squash", f"origin/{REVIEW}")
    writer.push("All of it")
    assert sync(remote).outgoing == []
    edit("why", author="Eve and Ada")
    report = sync(remote)
    assert [commit.message for commit in report.outgoing] == ["Change author of “Why?”"]
    git(writer.path, "fetch", "-q", "origin")
    assert "author: Eve and Ada" in remote.read(FILE, REVIEW)
    diff = git(remote.path, "diff", "--stat", "main", REVIEW)
    assert "1 file changed, 1 insertion(+), 1 deletion(-)" in diff


def test_a_remote_that_moves_before_the_push_is_pulled_first(
    library: None, writer: Clone, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    from learn.sync.repository import Repository  # noqa: PLC0415 beside what replaces its method

    edit("why", author="Eve")
    pushed = Repository.push

    def push_late(self: Repository, commit: str, branch: str) -> None:
        if not (writer.path / "late").exists():
            (writer.path / "late").touch()
            writer.edit(HOW, "Third.", "The third.")
            writer.push()
        pushed(self, commit, branch)

    monkeypatch.setattr(Repository, "push", push_late)
    report = sync(remote, push_to_main=True)
    assert report.exit_code == ExitCode.DONE
    assert len(report.outgoing) == 1
    assert "author: Eve" in remote.read(FILE)
    assert "The third." in remote.read("content/learn/physics/how.md")
    assert Article.objects.get(slug="how").answer.endswith("The third.")


def test_the_plan_writes_nothing(library: None, writer: Clone, remote: Remote) -> None:
    edit("why", author="Eve")
    writer.write(INDEED)
    writer.push()
    runs = SyncRun.objects.count()
    report = sync(remote, plan=True)
    assert report.count("created") == 1
    assert [commit.message for commit in report.outgoing] == ["Change author of “Why?”"]
    assert not Article.objects.filter(slug="why-indeed").exists()
    assert remote.branches() == ["main"]
    assert SyncRun.objects.count() == runs


def test_a_lost_copy_is_made_again(library: None, writer: Clone, remote: Remote, tmp_path: Path) -> None:
    writer.file(HOW).unlink()
    writer.push()
    shutil.rmtree(tmp_path / "sync")
    # The history was cut, too, so that the last commit is nowhere any more.
    git(writer.path, "checkout", "-q", "--orphan", "again")
    git(writer.path, "commit", "-q", "-m", "Begin again")
    git(writer.path, "push", "-q", "--force", "origin", "again:main")
    report = sync(remote)
    assert (report.count("unpublished"), report.count("created"), report.outgoing) == (1, 0, [])
