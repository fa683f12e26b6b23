"""What the reader of a broken address may have been looking for."""

from __future__ import annotations

import re

from .models import Article

LIMIT = 5
PLACE = re.compile(r"/learn/([^/]+)/(?:.*/)?([^/]+)/*\Z")


def nearest_questions(path: str, limit: int = LIMIT) -> tuple[str, list[Article]]:
    """The words in the last part of `path`, and at most `limit` articles whose slug begins with some of them.

    Looks in the subject of the path for the longest beginning that any slug shares: at most four queries, each
    a range of the index on (subject, slug).
    """
    words = re.findall(r"[a-z0-9]+", path.rstrip("/").rpartition("/")[2].lower())[:12]
    query = " ".join(words)
    place = PLACE.match(path.lower())
    if place is None or "\0" in path:
        return query, []
    peers = Article.objects.indexable().filter(subject__slug=place[1]).for_listing().order_by("slug")
    for length in (6, 4, 3, 2):
        if len(words) >= length:
            start = "-".join(words[:length])
            if found := list(peers.filter(slug__gte=start, slug__lt=start + "{")[:limit]):
                return query, found
    return query, []
