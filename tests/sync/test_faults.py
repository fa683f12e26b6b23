"""What can go wrong with a repository: a clear message, the right exit code, and nothing half done."""

from __future__ import annotations

import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from learn.importing import ExitCode
from learn.jobs.lock import only_process
from learn.models import Article, SyncedBranch, SyncRun
from learn.sync import sync_articles
from learn.sync.report import SyncExitCode
from learn.sync.repository import Repository
from learn.sync.run import REVIEW, lock_of
from learn.sync.waiting import sync_when_free

from .conftest import GIT, Clone, Remote, edit, git, sync

pytestmark = pytest.mark.django_db

WHY, HOW = (f"/learn/physics/questions/{slug}" for slug in ("why", "how"))
FILE = "content/learn/physics/why.md"


@pytest.fixture
def library(writer: Clone, remote: Remote) -> None:
    writer.write(WHY)
    writer.push()
    assert sync(remote).exit_code == ExitCode.DONE


@pytest.mark.parametrize(
    "address",
    ["", "  ", "--upload-pack=touch /x", "-x", "ext::sh -c id", "fd::17", "nowhere", "a\nb"],
)
def test_what_is_no_repository_is_a_usage_error(address: str) -> None:
    with pytest.raises(ValueError, match=r"REPO is empty|not the address|no such folder"):
        Repository.at(address)
    with pytest.raises(CommandError) as ended:
        call_command("sync_articles", f"./{address}" if address.startswith("-") else address)
    assert ended.value.returncode == ExitCode.USAGE


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://me:secret@example.com/content.git", "https://example.com/content"),
        ("git@example.com:learn/content.git", "git@example.com:learn/content"),
        ("ssh://git@example.com/content", "ssh://example.com/content"),
    ],
)
def test_an_address_is_remembered_without_credentials(address: str, name: str) -> None:
    assert Repository.at(address).name == name


@pytest.mark.parametrize(
    "branch", ["-f", "a b", "a..b", "a:b", "/a", "a/", "a.lock", "a~1", "", "refs/heads/.a"]
)
def test_what_is_no_branch_is_a_usage_error(remote: Remote, branch: str) -> None:
    with pytest.raises(ValueError, match=r"--branch: .* is no name of a branch"):
        sync(remote, branch=branch)
    if branch:
        with pytest.raises(ValueError, match=r"--push: .* is no name of a branch"):
            sync(remote, push=branch)
    with pytest.raises(ValueError, match="say --push-to-main"):
        sync(remote, push="main")


def test_a_wrong_branch_says_which_there_are(library: None, remote: Remote) -> None:
    report = sync(remote, branch="master")
    assert report.exit_code == ExitCode.UNREADABLE
    assert "the branch master is not there. Branches: main" in report.message
    assert SyncedBranch.objects.count() == 1


def test_a_branch_that_vanished_is_told_and_noted(library: None, remote: Remote) -> None:
    git(remote.path, "branch", "-m", "main", "trunk")
    report = sync(remote)
    assert report.exit_code == ExitCode.UNREADABLE
    assert "the branch main is not there any more. Branches: trunk" in report.message
    run = SyncRun.objects.first()
    assert run
    assert (run.message, run.exit_code) == (report.message, 3)
    assert Article.objects.published().count() == 1


def test_a_remote_that_is_down_is_told_and_the_next_run_goes_on(
    library: None, writer: Clone, remote: Remote
) -> None:
    edit("why", author="Eve")
    away = remote.path.with_name("away")
    remote.path.rename(away)
    remote.path.mkdir()
    assert sync(remote).exit_code == ExitCode.UNREADABLE
    remote.path.rmdir()
    report = sync_articles("https://127.0.0.1:9/content.git")
    assert report.exit_code == ExitCode.UNREADABLE
    assert "127.0.0.1" in report.message
    away.rename(remote.path)
    assert len(sync(remote).outgoing) == 1


def test_a_shallow_clone_is_refused(library: None, writer: Clone, tmp_path: Path) -> None:
    writer.edit(WHY, "Because of why", "Because it is so")
    writer.push()
    shallow = tmp_path / "shallow"
    origin = f"file://{writer.remote}"
    subprocess.run(["git", "clone", "-q", "--depth=1", origin, str(shallow)], env=GIT, check=True)
    for address in (str(shallow), f"file://{shallow}"):
        report = sync_articles(address)
        assert report.exit_code == ExitCode.UNREADABLE
        assert "shallow" in report.message
    assert "Because of why" in Article.objects.get().answer


def test_a_folder_that_is_not_there_is_told(library: None, remote: Remote) -> None:
    report = sync(remote, prefix="content/larn")
    assert report.exit_code == ExitCode.UNREADABLE
    assert "there is no folder content/larn on main" in report.message


def test_an_empty_repository_has_no_branch(remote: Remote) -> None:
    report = sync(remote)
    assert (report.exit_code, "Branches: none" in report.message) == (ExitCode.UNREADABLE, True)


def test_a_broken_file_at_the_head_is_tried_until_it_is_mended(
    library: None, writer: Clone, remote: Remote
) -> None:
    edit("why", author="Eve")
    writer.edit(WHY, "date: 2025-02-08", "date: 2025-02-30")
    writer.write(HOW)
    writer.push()
    for number in range(2):
        report = sync(remote)
        assert report.exit_code == ExitCode.REJECTED
        assert [problem.path for problem in report.imports[0].problems] == [FILE]
        assert report.count("created") == (number == 0)
        assert [problem.path for problem in report.problems] == [FILE]
        assert report.outgoing == []  # what the site says of it is not written over what nobody could read
    assert SyncedBranch.objects.get().rejected == [FILE]
    writer.edit(WHY, "date: 2025-02-30", "date: 2025-03-01")
    writer.push()
    report = sync(remote)
    assert report.exit_code == ExitCode.DONE
    assert "author: Eve" in remote.read(FILE, REVIEW)
    assert "date: 2025-03-01" in remote.read(FILE, REVIEW)


def test_too_many_deletions_stop_the_run(writer: Clone, remote: Remote) -> None:
    for number in range(30):
        writer.write(f"/learn/physics/questions/why-{number}")
    writer.push()
    sync(remote)
    before = SyncedBranch.objects.get().commit
    for number in range(25):
        writer.file(f"/learn/physics/questions/why-{number}").unlink()
    writer.push()
    report = sync(remote)
    assert (report.exit_code, Article.objects.published().count()) == (ExitCode.PRUNE_GUARD, 30)
    assert "25 of 30 files are gone" in report.message
    assert SyncedBranch.objects.get().commit == before
    assert sync(remote, prune_limit="100%").count("unpublished") == 25


def test_a_push_that_is_refused_is_told_and_tried_again(library: None, remote: Remote) -> None:
    edit("why", author="Eve")
    hook = remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no pushes on Sundays >&2\nexit 1\n")
    hook.chmod(0o755)
    report = sync(remote)
    assert (report.exit_code, report.outgoing) == (SyncExitCode.NOT_PUSHED, [])
    assert "no pushes on Sundays" in report.message
    hook.unlink()
    assert len(sync(remote).outgoing) == 1


def test_hooks_of_ours_and_links_in_the_tree_do_nothing(
    library: None, writer: Clone, remote: Remote, tmp_path: Path
) -> None:
    (writer.folder / "physics" / "link.md").symlink_to("/etc/passwd")
    writer.push()
    hooks = tmp_path / "templates" / "hooks"
    hooks.mkdir(parents=True)
    for name in (
        "pre-push",
        "pre-auto-gc",
        "post-checkout",
        "post-rewrite",
    ):  # all others are the remote's own
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (hooks / name).chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(f"[init]\n\ttemplateDir = {hooks.parent}\n[core]\n\thooksPath = {hooks}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        edit("why", author="Eve")
        report = sync(remote)
    assert [problem.code for problem in report.imports[0].problems] == ["symlink"]
    assert len(report.outgoing) == 1
    assert not (tmp_path / "ran").exists()


def test_only_one_run_at_a_time_and_only_one_that_waits(library: None, remote: Remote) -> None:
    place = lock_of(Repository.at(str(remote.path)))
    with only_process(place):
        with pytest.raises(CommandError) as ended:
            call_command("sync_articles", str(remote.path))
        assert ended.value.returncode == ExitCode.BUSY
        with only_process(place.with_suffix(".waiting")):
            assert sync_when_free(str(remote.path)) is None
    report = sync_when_free(str(remote.path), jobs=1)
    assert report
    assert report.exit_code == ExitCode.DONE


def test_a_stale_lock_of_a_killed_git_is_no_obstacle(library: None, writer: Clone, remote: Remote) -> None:
    folder = Repository.at(str(remote.path)).folder
    for name in ("refs/heads/main.lock", "packed-refs.lock", "config.lock"):
        (folder / name).touch()
    writer.write(HOW)
    writer.push()
    assert sync(remote).count("created") == 1
    shutil.rmtree(folder / "objects")
    assert sync(remote).exit_code == ExitCode.DONE


def test_the_command_prints_the_plan_and_the_report(library: None, writer: Clone, remote: Remote) -> None:
    edit("why", author="Eve")
    writer.write(HOW)
    writer.push()
    out, errors = StringIO(), StringIO()
    call_command("sync_articles", str(remote.path), "--plan", "--jobs=1", stdout=out, stderr=errors)
    assert out.getvalue().splitlines() == [
        f"created: {HOW}",
        "push: Change author of “Why?” (eve)",
        f"  {FILE}",
    ]
    assert errors.getvalue().startswith("Would be: 1 created from main at ")
    out = StringIO()
    call_command(
        "sync_articles", str(remote.path), "--report=-", "--jobs=1", "-v0", stdout=out, stderr=errors
    )
    assert '"version": 1' in out.getvalue()
