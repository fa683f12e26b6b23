"""Two writers with clones and two editors on the desk, who do whatever they like; both doors are held to one truth."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from learn import documents, files
from learn.editing import import_conflicts, trash
from learn.exporting import export_articles
from learn.importing import ExitCode, import_articles
from learn.models import Article, DeletedArticle, ImportConflict, Redirect, Revision, RevisionDetails, Subject
from learn.sync import SyncReport
from tests.factories import article_file, make_article

from .conftest import GIT, Clone, Remote, editor, sync

LINES = 6  # of an answer
WORD = re.compile(r"word\d+x")
TEXTS = ("question", "answer", "author")
SUBJECTS = ("physics", "optics", "waves")
OPEN = (ExitCode.DONE, ExitCode.REJECTED, ExitCode.CONFLICTS)
MOST_LINES = 16  # of a file that one edit may touch: a move changes url, file_name and the subject's names
number = st.integers(0, 10_000)
which = st.integers(0, 1)


def lay_out(clone: Clone, count: int) -> None:
    """The library that all runs begin with: half of the answers on lines of their own, half on one."""
    for index in range(count):
        url = f"/learn/{SUBJECTS[index % 3]}/questions/q-{index}"
        lines = [f"Line {line} of {index}." for line in range(LINES)]
        path = article_file(clone.folder, url, id=10_000 + index, answer="\\n\\n".join(lines))
        if index % 2:
            text = path.read_text()
            head, _key, rest = text.partition("answer:")
            _answer, _key, tail = rest.partition("subject:")
            block = "\n\n".join(f"  {line}" for line in lines)
            path.write_text(f"{head}# Written by hand.\nanswer: |-\n{block}\nsubject:{tail}")


class Doors(RuleBasedStateMachine):
    """`snapshot` holds the repository and the clones as they were when the database was filled."""

    snapshot: Path
    place: Path

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.snapshot, self.place, symlinks=True)
        self.remote = Remote.__new__(Remote)
        self.remote.path = self.place / "content.git"
        self.writers = [self._clone(name) for name in ("ada", "bob")]
        self.editors: list[User] = [editor("eve"), editor("ann")]
        self.words = 0
        self.said_here: set[str] = set()  # words that editors wrote
        self.said_there: set[str] = set()  # words of writers that were at the head when it was imported
        self.seen: set[str] = set(self.git("rev-list", "--all").split())

    def teardown(self) -> None:
        """Every run ends with both kinds of a sync: in a short one none may have come up."""
        try:
            self.synchronise_for_review()
            self.synchronise()
        finally:
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def _clone(self, name: str) -> Clone:
        clone = Clone.__new__(Clone)
        clone.path, clone.remote = self.place / name, self.remote.path
        clone.folder = clone.path / "content" / "learn"
        return clone

    def git(self, *arguments: str, at: Path | None = None, check: bool = True) -> str:
        command = ["git", "-C", str(at or self.remote.path), *arguments]
        done = subprocess.run(command, env=GIT, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, f"{arguments}: {done.stderr}"
        return done.stdout if done.returncode == 0 else ""

    def word(self) -> str:
        self.words += 1
        return f"word{self.words}x"

    def said(self) -> str:
        """A word that an editor writes."""
        word = self.word()
        self.said_here.add(word)
        return word

    def file(self, writer: Clone, at: int) -> Path | None:
        found = sorted(writer.folder.rglob("*.md"))
        return found[at % len(found)] if found else None

    def article(self, at: int) -> Article | None:
        pks = list(Article.objects.order_by("pk").values_list("pk", flat=True))
        if not pks:
            return None
        return Article.objects.select_related("subject").get(pk=pks[at % len(pks)])

    # --- Writers ----------------------------------------------------------------------------------------------

    @rule(who=which, at=number, line=st.integers(0, LINES - 1))
    def write_line(self, who: int, at: int, line: int) -> None:
        if path := self.file(self.writers[who], at):
            self._replace(path, lambda lines: _with_word(lines, line, self.word()))

    @rule(who=which, at=number)
    def write_author(self, who: int, at: int) -> None:
        if path := self.file(self.writers[who], at):
            text = path.read_text().splitlines(keepends=True)
            path.write_text(
                "".join(f"author: {self.word()}\n" if x.startswith("author:") else x for x in text)
            )

    def _replace(self, path: Path, change: Callable[[list[str]], list[str]]) -> None:
        document, _warnings = files.read_document(path.read_bytes(), path.name)
        before = document.answer.split("\n\n")
        text = path.read_text()
        for old, new in zip(before, change(list(before)), strict=True):
            if old != new and old in text:
                path.write_text(text.replace(old, new, 1))

    @rule(who=which)
    def write_new(self, who: int) -> None:
        name = self.word()
        url = f"/learn/{SUBJECTS[self.words % 3]}/questions/{name}"
        article_file(self.writers[who].folder, url, id=50_000 + self.words, answer=f"New {name}.\\n\\nMore.")

    @rule(who=which, at=number)
    def remove_file(self, who: int, at: int) -> None:
        if path := self.file(self.writers[who], at):
            path.unlink()

    @rule(who=which, at=number, is_changed=st.booleans())
    def rename_file(self, who: int, at: int, is_changed: bool) -> None:
        if path := self.file(self.writers[who], at):
            name = self.word()
            text = path.read_text()
            url = files.peek_url(path.read_bytes())
            if url is None:
                return
            text = text.replace(url, f"{url.rpartition('/')[0]}/{name}").replace(
                f"{path.stem}.md", f"{name}.md"
            )
            if is_changed:
                text = text.replace("author: ", f"author: {self.word()} ", 1)
            path.unlink()
            path.with_name(f"{name}.md").write_text(text)

    @rule(who=which)
    def push(self, who: int) -> None:
        self._push(self.writers[who])

    def _push(self, writer: Clone, merged: str = "") -> None:
        writer.commit()
        self.git("fetch", "-q", "origin", at=writer.path)
        for branch in ("origin/main", merged):
            if branch and self.git("rev-parse", "--verify", "-q", branch, at=writer.path, check=False):
                self._merge(writer, branch)
        self.git("push", "-q", "origin", "HEAD:main", at=writer.path)

    def _merge(self, writer: Clone, branch: str) -> None:
        arguments = ("merge", "-q", "--no-edit", "-X", "theirs", branch)
        command = ["git", "-C", str(writer.path), *arguments]
        if subprocess.run(command, env=GIT, capture_output=True, check=False).returncode:
            # One removed what the other changed, or both renamed it: what is on the branch stands.
            self.git("merge", "--abort", at=writer.path, check=False)
            self.git("merge", "-q", "--no-edit", "-s", "ours", branch, at=writer.path)
            self.git("read-tree", "-u", "--reset", branch, at=writer.path)
            self.git("commit", "-q", "--amend", "--no-edit", "--allow-empty", at=writer.path)

    # --- Editors ----------------------------------------------------------------------------------------------

    @rule(who=which, at=number, line=st.integers(0, LINES - 1))
    def edit_line(self, who: int, at: int, line: int) -> None:
        if article := self.article(at):
            lines = article.answer.split("\n\n")
            article.answer = "\n\n".join(_with_word(lines, line, self.said()))
            self._save(article, who)

    @rule(who=which, at=number)
    def edit_author(self, who: int, at: int) -> None:
        if article := self.article(at):
            article.author = self.said()
            self._save(article, who)

    @rule(who=which, at=number)
    def move(self, who: int, at: int) -> None:
        if article := self.article(at):
            article.slug = self.word()
            if self.words % 2:
                article.subject = Subject.objects.get(slug=SUBJECTS[self.words % 3])
            self._save(article, who)

    def _save(self, article: Article, who: int) -> None:
        article.save(source=RevisionDetails.Source.ADMIN, user=self.editors[who])

    @rule(who=which, at=number)
    def delete(self, who: int, at: int) -> None:
        if article := self.article(at):
            trash.delete(article, self.editors[who])

    @rule()
    def add(self) -> None:
        make_article(slug=self.word(), answer=f"Added {self.said()}.\n\nMore.")

    @rule(at=number)
    def upload(self, at: int) -> None:
        """An editor downloads a file, corrects it and uploads it."""
        if path := self.file(self.writers[0], at):
            folder = self.place / "upload"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            copy = folder / path.name
            shutil.copy(path, copy)
            word = self.said()
            self._replace(copy, lambda lines: _with_word(lines, 0, word))
            if word not in copy.read_text():  # its first line stands there in another way
                self.said_here.remove(word)
            import_articles(
                [str(folder)], jobs=1, partial_source=True, source_name="uploads", source_kind="upload"
            )

    @rule(at=number, how=st.sampled_from(["mine", "file", "merged"]))
    def decide(self, at: int, how: str) -> None:
        waiting = list(ImportConflict.objects.filter(resolved_at=None).order_by("pk"))
        if not waiting:
            return
        conflict = waiting[at % len(waiting)]
        if conflict.deleted_id:
            trash.decide(conflict, self.editors[0], revive=how == "file")
        else:
            import_conflicts.resolve_many([conflict], how, self.editors[0])

    # --- Both doors -------------------------------------------------------------------------------------------

    @rule(who=which)
    def prune_from_a_clone(self, who: int) -> None:
        """A clone is imported by hand, as it is at the head."""
        writer = self.writers[who]
        self._push(writer)
        import_articles([str(writer.path / "content")], jobs=1, prune=True, prune_limit="100%")

    @rule(who=which)
    def export_into_a_clone(self, who: int) -> None:
        writer = self.writers[who]
        self._push(writer)
        export_articles(writer.path / "content", everything=False, merge=True)
        self._push(writer)

    @rule()
    def synchronise_for_review(self) -> None:
        self.said_there |= self._words_at_the_head()
        self._check_ended(sync(self.remote, prune_limit="100%"))
        again = sync(self.remote, prune_limit="100%")
        assert again.outgoing == [], "what was pushed is not pushed again"
        self._nothing_is_lost()

    @rule(who=which)
    def take_what_waits_for_review(self, who: int) -> None:
        self._push(self.writers[who], "origin/from-the-site")

    @rule()
    def synchronise(self) -> None:
        self.said_there |= self._words_at_the_head()
        report = sync(self.remote, push_to_main=True, prune_limit="100%")
        self._check_ended(report)
        self._both_say_the_same(report)
        self._nothing_is_lost()

    def _words_at_the_head(self) -> set[str]:
        return set(WORD.findall(self.git("grep", "-hI", "word", "main", "--", "*.md", check=False)))

    def _nothing_is_lost(self) -> None:
        """Every text that anybody wrote is at the head, in a conflict or in the history of the site or the branch."""
        found = self._words_at_the_head()
        for model, columns in ((Article, TEXTS), (Revision, TEXTS), (ImportConflict, ("document",))):
            for row in model.objects.values_list(*columns):
                found.update(WORD.findall(" ".join(row)))
        assert self.said_here - found == set(), "editors' words are nowhere"
        for word in sorted(self.said_there - found):
            assert self.git("log", "--all", "-S", word, "--format=%h"), f"{word} is nowhere"

    def _check_ended(self, report: SyncReport) -> None:
        assert report.exit_code in OPEN, report.message
        commits = [
            name for name in self.git("rev-list", "--all", "--no-merges").split() if name not in self.seen
        ]
        for commit in commits:
            self.seen.add(commit)
            if self.git("show", "-s", "--format=%ce", commit).strip() != "noreply@testserver":
                continue
            for line in self.git("show", "--format=", "--numstat", "-M30%", commit).splitlines():
                added, removed, path = line.split("\t")
                is_whole = "0" in (added, removed)
                assert is_whole or int(added) + int(removed) <= MOST_LINES, f"{commit}: {line}"
                assert path.startswith(("content/learn/", "subjects.yaml"))

    def _both_say_the_same(self, report: SyncReport) -> None:
        """Every file at the head is its article, and every article that is not down has its file."""
        waiting = ImportConflict.objects.filter(resolved_at=None)
        excused = set(waiting.exclude(article=None).values_list("article", flat=True))
        paths = set(waiting.values_list("source_path", flat=True))
        paths |= {problem.path for done in report.imports for problem in done.problems}
        paths |= {problem.path for problem in report.problems}
        by_url = {}
        rows = Article.objects.select_related("subject").prefetch_related("related_links")
        for article in rows:
            by_url[article.get_absolute_url()] = article
        told = set()
        for path, blob in self.remote.files().items():
            if not path.endswith(".md"):
                continue
            data = self.git("cat-file", "blob", blob)
            document, _warnings = files.read_document(data.encode(), path)
            row = by_url.get(document.url)
            if row is None and path in paths:
                continue
            if row is None:
                assert path in self._not_taken(document.url), f"{path} has no article"
                continue
            told.add(row.pk)
            if row.pk not in excused and path not in paths:
                side = documents.import_key(
                    document.url, documents.row_values(document), documents.related_values(document)
                )
                assert side == documents.import_key_of(row), f"{path} says something else than its article"
        for article in by_url.values():
            if article.pk not in told | excused and article.missing_since is None:
                raise AssertionError(f"{article.get_absolute_url()} has no file")

    def _not_taken(self, url: str) -> set[str]:
        """Paths of files that stay though their articles were deleted: a superseded copy, a decision that waits."""
        if Redirect.objects.filter(old_path=url, target__isnull=False).exists():
            return set(self.remote.files())
        gone = DeletedArticle.objects.filter(url=url) | DeletedArticle.objects.filter(source_url=url)
        return set(self.remote.files()) if gone.exists() else set()

    @invariant()
    def no_article_stands_at_two_addresses(self) -> None:
        ids = Article.objects.filter(source_id__lt=1_000_000).values_list("source_id", flat=True)
        repeated = [key for key, count in Counter(ids).items() if count > 1]
        assert repeated == []


def _with_word(lines: list[str], line: int, word: str) -> list[str]:
    at = line % len(lines)
    return [*lines[:at], f"{lines[at].partition(' word')[0].rstrip('.')} {word}.", *lines[at + 1 :]]


RUNS, STEPS, ARTICLES = (int(x) for x in os.environ.get("SYNC_RUNS", "4,20,24").split(","))
