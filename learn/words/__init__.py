"""Help with the words of an answer: what its text alone shows to be wrong or hard to read, where, and how to mend it.

Pure: knows no database. `learn.rendering.flaws` decides at every import what is broken; these are matters of writing,
which take ten times as long (some 2 ms for a page of text), and are looked at while somebody writes, at a save, and
outside of requests for all others (learn.editing.wording).
"""

from __future__ import annotations

import logging

from learn.rendering import Pictures, Rendered

from . import colours, links, sentences, structure
from .findings import MOST, Finding, Repair, Word, bits
from .reading import read

__all__ = ["MOST", "RULES", "Finding", "Repair", "Word", "bits", "examine"]

# Stored with what was found. Raise it with every change of a rule: all answers are then looked at again.
RULES = 1

logger = logging.getLogger(__name__)


def examine(answer: str, rendered: Rendered, pictures: Pictures | None = None) -> list[Finding]:
    """What may be said better in `answer` (Markdown), in the order of its lines, at most MOST of each kind.

    `rendered` is what learn.rendering made of it; `pictures`, what is known of its pictures, by their addresses.
    Linear in the length of the answer. Where links of our own lead is asked of the database elsewhere. Never raises: a
    fault of our own must not stop a save, and stands in the log with its traceback.
    """
    try:
        return _examine(answer, rendered, pictures or {})
    except Exception:
        logger.exception("the words of an answer could not be looked at")
        return []


def _examine(answer: str, rendered: Rendered, pictures: Pictures) -> list[Finding]:
    sheet = read(answer)
    found: list[Finding] = []
    for rules in (
        links.findings(sheet, rendered),
        structure.findings(sheet, pictures),
        colours.findings(sheet),
        sentences.findings(sheet),
    ):
        found += rules
    seen: dict[Word, int] = {}
    kept = []
    for finding in sorted(found, key=lambda one: (one.line, one.kind)):
        seen[finding.kind] = seen.get(finding.kind, 0) + 1
        if seen[finding.kind] <= MOST:
            kept.append(finding)
    return kept
