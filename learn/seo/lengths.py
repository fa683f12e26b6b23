"""Titles and descriptions as long as a result of a search engine shows them; the page itself says all of it.

Results are cut by width, at about 600 and 920 pixels on a desk: 60 and 160 characters of usual text.
https://developers.google.com/search/docs/appearance/title-link and …/appearance/snippet
"""

from __future__ import annotations

import re

from django.conf import settings

TITLE, DESCRIPTION = 60, 160
LEAST = 100  # of a description that was cut: cut sooner, it is too often that of another question
# Where a sentence ends, or else a clause: but no number ("1,000", "3.5") and no initial ("Edgar F. Codd").
SENTENCE = re.compile(r"(?<=[^\W\d_]{2}[.?!])\s|(?<=[)”\"][.?!])\s")
CLAUSE = re.compile(r"[,;:](?=\s)|\s(?=[(—–])")


def titled(heading: str) -> str:
    """`heading` and the site's name, or without the name where that would be cut.

    The heading stays whole: of 32,322 questions 1,138 begin with the same 60 characters as another one.
    """
    title = f"{heading} — {settings.SITE_NAME}"
    return title if len(title) <= TITLE else heading


def described(text: str) -> str:
    """`text` to its last sentence, clause or word within 160 characters."""
    if len(text) <= DESCRIPTION:
        return text
    if end := last(SENTENCE, text, DESCRIPTION):
        return text[:end]
    end = last(CLAUSE, text, DESCRIPTION - 1) or text.rfind(" ", 1, DESCRIPTION)
    return f"{text[: end if end > 0 else DESCRIPTION - 1].rstrip(' ,;:.—–(')}…"


def last(boundary: re.Pattern[str], text: str, most: int) -> int:
    """The last place of `boundary` between LEAST and `most` characters of `text`; 0 without one."""
    return max((match.start() for match in boundary.finditer(text, LEAST, most + 1)), default=0)
