"""Edits as commits: a stream for `git fast-import`, on top of what the branch holds."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterable

from django.contrib.admin.models import LogEntry
from django.utils import timezone

from learn.exporting import subjects_changed
from learn.exporting.pictures import changed_names, picture_files
from learn.files.roots import SUBJECTS_FILE

from .history import Author, Step, author_of, the_site
from .incoming import Tree, in_tree
from .outgoing import REGULAR, Edit
from .report import Outgoing
from .repository import NEXT, Entry, Repository

SUBJECT_LENGTH = 72  # of a message's first line, as git's own tools show it


class Stream:
    """Commits, each on top of the one before; `start` is the commit that the first one follows."""

    def __init__(self, start: str) -> None:
        self.parent = start
        self.parts: list[bytes] = []
        self.count = 0

    def commit(
        self, author: Author, moment: dt.datetime, message: str, changes: Iterable[bytes], *, merged: str = ""
    ) -> None:
        self.count += 1
        text = message.encode()
        site = the_site()
        stamp = f"{int(moment.timestamp())} +0000"
        head = [
            f"commit {NEXT}",
            f"mark :{self.count}",
            f"author {author} {stamp}",
            f"committer {site} {stamp}",
            f"data {len(text)}",
        ]
        self.parts += ["\n".join(head).encode(), b"\n", text, b"\n", f"from {self.parent}\n".encode()]
        if merged:
            self.parts.append(f"merge {merged}\n".encode())
        self.parts += changes
        self.parts.append(b"\n")
        self.parent = f":{self.count}"

    def bytes(self) -> bytes:
        return b"".join((*self.parts, b"done\n"))


def write(path: str, data: bytes, mode: str) -> bytes:
    return b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), _quoted(path), len(data), data)


def keep(path: str, entry: Entry) -> bytes:
    return b"M %s %s %s\n" % (entry.mode.encode(), entry.blob.encode(), _quoted(path))


def remove(path: str) -> bytes:
    return b"D %s\n" % _quoted(path)


def _quoted(path: str) -> bytes:
    escaped = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%s"' % escaped


def add_edits(
    stream: Stream, edits: list[Edit], tip: dict[str, Entry], former: dict[str, str]
) -> list[Outgoing]:
    """A commit for each edit; what `tip` has keeps its mode, what was renamed (`former` paths) too."""
    told = []
    for edit in edits:
        author = edit.author or the_site()
        message = message_of(edit)
        changes = []
        for path, data in sorted(edit.paths.items(), key=lambda item: item[1] is not None):
            if data is None:
                changes.append(remove(path))
            else:
                known = tip.get(path) or tip.get(former.get(path, ""))
                changes.append(write(path, data, known.mode if known else REGULAR))
        stream.commit(author, edit.moment, message, changes)
        told.append(Outgoing(author.name, message.partition("\n")[0], tuple(sorted(edit.paths))))
    return told


def message_of(edit: Edit) -> str:
    """The change note, or a sentence that tells what changed; below it the articles, where those are several."""
    sentences = list(dict.fromkeys(step.what for step in edit.steps))
    subject = edit.note[:1].upper() + edit.note[1:] if edit.note else sentences[0]
    count = len(edit.steps)
    if not edit.note and count > 1:
        verbs = {sentence.partition(" “")[0].removesuffix(" of") for sentence in sentences}
        subject = f"{verbs.pop() if len(verbs) == 1 else 'Change'}: {count:,} articles"
    body = sentences if edit.note or count > 1 else []
    if len(subject) > SUBJECT_LENGTH:
        body = [subject, *body]
        subject = f"{subject[: SUBJECT_LENGTH - 1]}…"
    return "\n\n".join(filter(None, [subject, "\n".join(body[:100])]))


def merge_of(
    stream: Stream, repository: Repository, head: Tree, review: str, wanted: dict[str, bytes | None]
) -> dict[str, Entry]:
    """Bring the branch for review up to the head: a merge commit; return its files.

    What the branch changed and the head did not stays. Where both changed a file, it says what the site says, in which
    both changes are together already; a file that waits for a decision says what the head does.
    """
    base = repository.merge_base(review, head.commit)
    before = repository.tree(base) if base else {}
    theirs = repository.tree(review)
    files = dict(head.entries)
    changes = []
    for path in sorted({*before, *theirs}):
        if theirs.get(path) == before.get(path) or files.get(path) == theirs.get(path):
            continue
        is_free = head.entries.get(path) == before.get(path)
        if is_free and path in theirs:
            changes.append(keep(path, theirs[path]))
            files[path] = theirs[path]
        elif is_free:
            changes.append(remove(path))
            files.pop(path, None)
        elif (data := wanted.get(path)) is not None:
            known = head.entries.get(path) or theirs.get(path)
            changes.append(write(path, data, known.mode if known else REGULAR))
            files[path] = Entry(known.mode if known else REGULAR, repository.blob_of(data))
    message = "Bring what waits for review up to the branch it is for"
    stream.commit(the_site(), dt.datetime.now(dt.UTC), message, changes, merged=review)
    return files


def subjects_edit(head: Tree, tip: dict[str, Entry]) -> Edit | None:
    """What the site changed of subjects.yaml, as an edit by whoever did it last; None where that is nothing."""
    path = in_tree(head, head.root.name, SUBJECTS_FILE)
    present, imported = (head.repository.read(entries.get(path)) for entries in (tip, head.entries))
    data, changed, _left = subjects_changed(present, imported)
    if not changed or data == present:
        return None
    keys = [str(subject.pk) for subject in changed]
    entries = LogEntry.objects.filter(content_type__app_label="learn", content_type__model="subject")
    last = entries.filter(object_id__in=keys).select_related("user").order_by("-action_time").first()
    titles = ", ".join(subject.title for subject in changed)
    what = f"Change the subject{'s' if len(changed) > 1 else ''} {titles}"
    moment = last.action_time if last else timezone.now()
    author = author_of(last.user) if last else None
    return Edit(moment, author, "", [Step(moment, author, "", path, data, what)], {path: data})


def pictures_edit(head: Tree, tip: dict[str, Entry], prefix: str) -> Edit | None:
    """The pictures that were added or replaced on the site, as an edit; None where the branch has all of them.

    A file that somebody else changed on the branch since it was imported is left alone.
    """
    paths: dict[str, bytes | None] = {}
    author: Author | None = None
    for file in picture_files(changed_names(), prefix):
        path = in_tree(head, head.root.name, file.path)
        present = head.repository.read(tip.get(path))
        if file.data is None or present == file.data:
            continue
        if present is not None and hashlib.sha256(present).hexdigest() != file.name.imported_hash:
            continue
        paths[path] = file.data
        author = author or author_of(file.name.picture.added_by)
    if not paths:
        return None
    count = f"{len(paths):,} pictures" if len(paths) > 1 else f"the picture {next(iter(paths))}"
    moment = timezone.now()
    steps = [Step(moment, author, "", path, data, f"Change {count}") for path, data in paths.items()]
    return Edit(moment, author, "", steps[:1], paths)
