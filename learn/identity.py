"""What identifies an article: its path, and the digests by which texts are compared. Knows no model."""

from __future__ import annotations

import hashlib
import re

ARTICLE_PATH = re.compile(r"/learn/([^/]+)/questions/([^/]+)\Z")


def article_path(subject_slug: str, slug: str) -> str:
    """The path of an article's page. Written out rather than reversed: lists and imports ask for thousands."""
    return f"/learn/{subject_slug}/questions/{slug}"


def row_key(text: str) -> int | None:
    """The key of a row, or a version, that a visitor's `text` names: digits 0 to 9 that a column can hold, or None.

    `str.isdigit` takes “²” for one, which `int` refuses; 4,300 digits are too many for `int`, 19 for a column.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def digest(*parts: str) -> str:
    """128 bits of BLAKE2b over `parts`, as 32 hexadecimal digits: equal for equal texts, short to index."""
    return hashlib.blake2b("\0".join(parts).encode(errors="surrogatepass"), digest_size=16).hexdigest()
