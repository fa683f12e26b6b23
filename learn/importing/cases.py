"""What becomes of a file: the one table of cases. docs/importing.md says the same in prose.

Three things are compared: the base (what this file was when it was last imported), the file as it is now, and the
article as it is now. The rule behind the table: whoever changed something since the base, wins; who changed nothing,
never does; where both changed, their changes are put together, and what cannot be put together waits for a person.
"""

from __future__ import annotations

from enum import StrEnum


class File(StrEnum):
    """The file, against what it was when it was last imported."""

    NEW = "new"  # never imported from this place of this source
    SAME = "same"  # byte for byte, or another import brought exactly these bytes
    CHANGED = "changed"
    GONE = "gone"  # it was imported, and is not in the source any more


class Row(StrEnum):
    """The article, against what the file says now and what it said when it was last imported."""

    NONE = "none"  # no article, and none that was deleted
    AS_BASE = "as the base"
    AGREES = "as the file"  # it says what the file says now
    EDITED = "edited"  # it says something else than both
    DELETED = "deleted"  # on the site
    MOVED = "moved"  # it stands elsewhere, and a file at its new address speaks for it


class Case(StrEnum):
    """What is done. MERGED becomes CONFLICT where both changed the same thing in different ways."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    MERGED = "merged"
    CONFLICT = "conflict"
    SUPERSEDED = "superseded"
    KEPT_DELETED = "kept_deleted"
    MISSING = "missing"  # reported; with --prune taken down
    KEPT = "kept"  # reported; stays up also with --prune
    # What may come with one of these, or in its place:
    MOVED = "moved"  # an update gave the article another address
    REVIVED = "revived"  # --revive-deleted brought a deleted article back


TABLE: dict[tuple[File, Row], Case] = {
    (File.NEW, Row.NONE): Case.CREATED,
    (File.NEW, Row.AS_BASE): Case.UPDATED,  # another source brought the article, nobody edited it since
    (File.NEW, Row.AGREES): Case.UNCHANGED,
    (File.NEW, Row.EDITED): Case.CONFLICT,
    (File.NEW, Row.DELETED): Case.CONFLICT,
    (File.NEW, Row.MOVED): Case.SUPERSEDED,
    (File.SAME, Row.NONE): Case.CREATED,
    (File.SAME, Row.AS_BASE): Case.UNCHANGED,
    (File.SAME, Row.AGREES): Case.UNCHANGED,
    (File.SAME, Row.EDITED): Case.UNCHANGED,
    (File.SAME, Row.DELETED): Case.KEPT_DELETED,
    (File.SAME, Row.MOVED): Case.SUPERSEDED,
    (File.CHANGED, Row.NONE): Case.CREATED,
    (File.CHANGED, Row.AS_BASE): Case.UPDATED,
    (File.CHANGED, Row.AGREES): Case.UNCHANGED,
    (File.CHANGED, Row.EDITED): Case.MERGED,
    (File.CHANGED, Row.DELETED): Case.CONFLICT,
    (File.CHANGED, Row.MOVED): Case.CONFLICT,
    (File.GONE, Row.NONE): Case.UNCHANGED,
    (File.GONE, Row.AS_BASE): Case.MISSING,
    (File.GONE, Row.AGREES): Case.MISSING,
    (File.GONE, Row.EDITED): Case.KEPT,
    (File.GONE, Row.DELETED): Case.UNCHANGED,
    (File.GONE, Row.MOVED): Case.UNCHANGED,
}


def decide(file: File, row: Row) -> Case:
    """The case of a file and its article."""
    return TABLE[file, row]
