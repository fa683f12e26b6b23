"""The questions nearest to the words of an address without a page."""

from __future__ import annotations

import re
from urllib.parse import unquote

from learn import search
from learn.models import Article

LIMIT = 5
MOST_WORDS = 12  # each costs a look-up in the index; a longer slug says what it is about before its end
# Words of addresses, not of questions.
NOT_WORDS = {"learn", "questions", "undefined", "null", "index", "html", "php", "md", "www"}


def nearest_questions(path: str, limit: int = LIMIT) -> tuple[str, list[Article]]:
    """The words in the last part of `path`, and at most `limit` public articles that hold most of them.

    A search (learn.search) for an address of the library; nothing is looked for elsewhere, where nobody but
    a scanner asks for what is not there.
    """
    place = path.lower().rstrip("/").rpartition("/")[2]
    words = [word for word in re.findall(r"[^\W_]+", unquote(place)) if word not in NOT_WORDS][:MOST_WORDS]
    query = " ".join(words)
    if not words or not path.lower().startswith("/learn/"):
        return query, []
    return query, [hit.article for hit in search.search(query, page_size=limit).hits]
