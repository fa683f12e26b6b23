"""What the site says and the branch does not yet: which files have to become what, by whom, in which steps."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q
from pydantic import ValidationError

from learn.db.rows import batched
from learn.exporting import changed_here, file_bytes, placing
from learn.exporting.placing import Folder
from learn.files.problems import Problem
from learn.models import Article, DeletedArticle, ExportedFile, FileSource, ImportConflict, ImportedFile

from .history import Author, Step, steps_of
from .incoming import Tree, below_top
from .joining import joined
from .repository import Entry

REGULAR = "100644"
AT_A_TIME = 100  # articles whose whole history is looked at together


@dataclass
class Wanted:
    """What the file of an article has to be: None where it has to go. `former`: paths that it leaves."""

    key: int
    path: str
    data: bytes | None
    base: placing.Base | None = None
    former: list[str] = field(default_factory=list)
    deleted: DeletedArticle | None = None
    is_joined: bool = False  # with what somebody else wrote on the branch that is pushed to
    created_at: dt.datetime | None = None
    edited_at: dt.datetime | None = None


@dataclass
class Edit:
    """One change of the tree by one person: path -> bytes, or None where it is removed."""

    moment: dt.datetime
    author: Author | None
    note: str
    steps: list[Step] = field(default_factory=list)
    paths: dict[str, bytes | None] = field(default_factory=dict)


class Collector:
    """Finds out what has to be pushed. `head` is what was imported last, `tip` what is pushed on top of."""

    def __init__(
        self, head: Tree, tip: dict[str, Entry], *, branch: str, since: int = 0, pushed: str = ""
    ) -> None:
        self.head, self.tip, self.since = head, tip, since
        self.pushed = pushed
        self.root = head.root
        self.below = below_top(head, self.root.name)
        self.manifest = f"{self.root.name} {branch}"
        self.written = {row.path: row for row in ExportedFile.objects.filter(folder=self.manifest)}
        self.folder = Folder(head.start, self.root.name, "", self.written)
        self.problems: list[Problem] = []
        self.edits: dict[tuple[object, ...], Edit] = {}
        self.final: dict[str, bytes | None] = {}  # what is at each path in the end
        self.keys: dict[str, int] = {}  # path -> key of its article, of what is written
        self.pending: list[str] = []  # paths where the branch that was imported says something else
        self._blobs: dict[str, bytes] = {}

    def collect(self) -> list[Edit]:
        """The edits, in the order in which they were made."""
        for batch in batched(self._wanted(), AT_A_TIME):
            self._read([path for wanted in batch for path in (wanted.path, *wanted.former)])
            todo = []
            for wanted in batch:
                if self._is_open(wanted):
                    changed = self._compare(wanted)
                    if changed is not None:
                        todo.append(changed)
            for wanted, steps in zip(todo, steps_of(todo, self), strict=True):
                self._note(wanted, steps)
        return self._ordered()

    def wanted(self) -> dict[str, bytes | None]:
        """What the site says of each file that it changed or removed."""
        return {wanted.path: wanted.data for wanted in self._wanted()}

    # --- What has to be where ---------------------------------------------------------------------------------

    def _wanted(self) -> Iterable[Wanted]:
        known = {row.article_key for row in self.written.values()}
        for batch in batched(self._articles(known)):
            rows = Article.objects.filter(pk__in=batch).order_by("pk")
            together = list(rows.select_related("subject").prefetch_related("related_links"))
            bases = placing.bases_of(article.pk for article in together)
            for article in together:
                if wanted := self._of_article(article, bases.get(article.pk, [])):
                    yield wanted
        yield from self._of_deleted()

    def _articles(self, known: set[int]) -> list[int]:
        """Keys of the articles that say something else than their files here, or were pushed and may do so again."""
        own = ImportedFile.objects.filter(article_key=OuterRef("pk"), source__name=self.root.name)
        # What another repository or a named source brought is kept there.
        elsewhere = ImportedFile.objects.filter(
            article_key=OuterRef("pk"), source__kind__in=[FileSource.Kind.GIT, FileSource.Kind.NAMED]
        ).exclude(source__name=self.root.name)
        waiting = ImportConflict.objects.filter(article=OuterRef("pk"), resolved_at=None)
        # What was taken down because its file is gone does not come back as a file, unless somebody published it.
        there = Article.objects.filter(Q(missing_since=None) | Q(status=Article.Status.PUBLISHED))
        there = there.filter(Exists(own) | ~Exists(elsewhere)).exclude(Exists(waiting))
        found = set(changed_here(there, self.root.name).values_list("pk", flat=True))
        for batch in batched(sorted(known)):
            found |= set(there.filter(pk__in=batch).values_list("pk", flat=True))
        return sorted(found)

    def _of_article(self, article: Article, bases: list[placing.Base]) -> Wanted | None:
        own = [base for base in bases if base.source == self.root.name]
        base = placing.own_base(
            [*(base for base in bases if base.source != self.root.name), *own], self.folder
        )
        is_own = base is not None and base.source == self.root.name
        if is_own:
            below = placing.path_of(article, base, self.folder)
        else:
            below = "/".join(filter(None, (self.prefix, article.subject.slug, f"{article.slug}.md")))
        path = self.below + below
        try:
            # The bytes of the file as an upload or another folder had it are as good a beginning as any.
            data = file_bytes(article, base)
        except ValidationError as error:
            message = (
                f"cannot be written: {error.errors(include_url=False)[0]['msg']}. Correct it in the admin."
            )
            self.problems.append(Problem(path, 1, 1, "error", "invalid", message))
            return None
        former = [self.below + other.path for other in own if other.path != below]
        former += [
            row.path for row in self.written.values() if row.article_key == article.pk and row.path != path
        ]
        return Wanted(
            article.pk,
            path,
            data,
            base if is_own else None,
            former,
            created_at=article.created_at,
            edited_at=article.edited_at,
        )

    @property
    def prefix(self) -> str:
        """The folder of the subjects, below the content root."""
        if ImportedFile.objects.filter(source__name=self.root.name).exists():
            return self.folder.prefix
        return self.head.prefix.removeprefix(self.below.rstrip("/")).strip("/") or placing.DEFAULT_FOLDER

    def _of_deleted(self) -> Iterable[Wanted]:
        waiting = ImportConflict.objects.filter(deleted=OuterRef("pk"), resolved_at=None)
        paths = defaultdict(list)
        for written in self.written.values():
            paths[written.article_key].append(written.path)
        own = ImportedFile.objects.filter(source__name=self.root.name)
        deleted = DeletedArticle.objects.exclude(Exists(waiting)).select_related("deleted_by")
        keys = {row.article_key: row for row in deleted}
        for batch in batched(sorted(keys)):
            for key, path in own.filter(article_key__in=batch).values_list("article_key", "path"):
                paths[key].append(self.below + path)
        for key, row in keys.items():
            for path in dict.fromkeys(paths.get(key, ())):
                yield Wanted(key, path, None, deleted=row)

    # --- Compared with what is there ---------------------------------------------------------------------------

    def _read(self, paths: Iterable[str]) -> None:
        blobs = {
            entry.blob
            for path in paths
            for tree in (self.tip, self.head.entries)
            if (entry := tree.get(path))
        }
        self._blobs = dict(self.head.repository.blobs(blobs))

    def at_head(self, path: str) -> bytes | None:
        entry = self.head.entries.get(path)
        return self._blobs.get(entry.blob) if entry else None

    def at_tip(self, path: str) -> bytes | None:
        entry = self.tip.get(path)
        return self._blobs.get(entry.blob) if entry else None

    def _is_open(self, wanted: Wanted) -> bool:
        """Whether what is at the head was imported: a file that was rejected, or belongs to another, is left alone."""
        present = self.at_head(wanted.path)
        if present is None:
            return True
        digest = hashlib.sha256(present).hexdigest()
        known = ImportedFile.objects.filter(
            source__name=self.root.name, path=wanted.path.removeprefix(self.below)
        )
        if known.filter(hash=digest, article_key=wanted.key).exists() or present == wanted.data:
            return True
        message = (
            "what the site says cannot be written: the file at the head of the branch was not imported. Correct it, or "
            "settle its conflict on the desk"
        )
        self.problems.append(Problem(wanted.path, 1, 1, "error", "changed", f"{message}."))
        return False

    def is_ours(self, path: str, present: bytes | None) -> bool:
        """Whether nobody but us changed the file on the branch that is pushed to."""
        if present is None or self.tip.get(path) == self.head.entries.get(path):
            return True
        row = self.written.get(path)
        return row is not None and hashlib.sha256(present).hexdigest() in (row.hash, row.next_hash)

    def _compare(self, wanted: Wanted) -> Wanted | None:
        """What is still to be done of it; None where the branch says it already, or somebody else's word stands."""
        if wanted.data != self.at_head(wanted.path):
            self.pending.append(wanted.path)
        present = self.at_tip(wanted.path)
        wanted.former = [
            path
            for path in dict.fromkeys(wanted.former)
            if path in self.tip and self._may_go(path, wanted.key)
        ]
        if present != wanted.data and not self.is_ours(wanted.path, present):
            if wanted.data is None:
                self._refuse(wanted.path)
                return None
            before = self._last_word(wanted.path) or self.at_head(wanted.path)
            together = joined(before, present or b"", wanted.data, wanted.path)
            if together is None:
                self._refuse(wanted.path)
                return None
            wanted.data = together
            wanted.is_joined = True
        return wanted if wanted.former or present != wanted.data else None

    def _last_word(self, path: str) -> bytes | None:
        """The file as the site pushed it last, before somebody else changed it there."""
        row = self.written.get(path)
        return self.head.repository.version(self.pushed, path, row.hash) if row and self.pushed else None

    def _may_go(self, path: str, key: int) -> bool:
        present = self.at_tip(path)
        row = self.written.get(path)
        if row and row.article_key != key:
            return False
        # A file that a writer added or changed since speaks for itself.
        at_head = self.at_head(path)
        known = row is not None or at_head is None or ImportedFile.objects.filter(
            source__name=self.root.name, path=path.removeprefix(self.below), article_key=key,
            hash=hashlib.sha256(at_head).hexdigest(),
        ).exists()  # fmt: skip
        return known and self.is_ours(path, present)

    def _refuse(self, path: str) -> None:
        message = (
            "somebody changed this file on the branch for review, and the site says something else. Merge or discard "
            "the branch there first"
        )
        self.problems.append(Problem(path, 1, 1, "error", "changed", f"{message}."))

    # --- Who did it ----------------------------------------------------------------------------------------------

    def _note(self, wanted: Wanted, steps: list[Step]) -> None:
        former = wanted.former
        for step in steps:
            key = (step.moment, step.author and step.author.pk, step.note)
            edit = self.edits.setdefault(key, Edit(step.moment, step.author, step.note))
            edit.steps.append(step)
            for path in former:
                if path != step.path:
                    edit.paths.setdefault(path, None)
            edit.paths[step.path] = step.data
            former = [step.path]
        self.final[wanted.path] = wanted.data
        if wanted.data is not None and not wanted.is_joined:
            self.keys[wanted.path] = wanted.key

    def _ordered(self) -> list[Edit]:
        """The edits in their order; where two articles changed places, the last sets right what one took away."""
        edits = sorted((edit for edit in self.edits.values() if edit.paths), key=lambda edit: edit.moment)
        said: dict[str, bytes | None] = {}
        for edit in edits:
            said.update(edit.paths)
        for path, data in self.final.items():
            if data is not None and said[path] != data:
                edits[-1].paths[path] = data
        return edits
