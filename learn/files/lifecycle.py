"""What a file may say of its page's life: draft, published, publish_at, is_preferred, aliases.

These keys stand among the unknown ones (`ArticleDocument.extra`), so that a file that does not use them has none. Keys
with which other tools say such things and that mean nothing here are warned about: nobody should rely on them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .limits import URL_MAX_LENGTH

DRAFT, PUBLISHED, UNPUBLISHED = "draft", "published", "unpublished"
KEYS = ("draft", "published", "publish_at", "is_preferred", "aliases")
# Keys of other tools -> what to write instead; None: there is no such thing here.
FOREIGN: dict[str, str | None] = {
    "expires": None, "expiryDate": None, "expiry_date": None, "unpublish_at": None, "unpublishDate": None,
    "publishDate": "publish_at", "publishdate": "publish_at", "publish_date": "publish_at", "pubDate": "publish_at",
    "redirect_from": "aliases", "redirects": "aliases", "alias": "aliases", "unlisted": "no_index",
    "noindex": "no_index", "status": "draft", "private": "draft", "permalink": "url", "hidden": "draft",
}  # fmt: skip


@dataclass(frozen=True)
class Lifecycle:
    """`publish_at` None: the day of the article's date. `aliases`: paths that lead to the article.

    `lastmod`: when its file says that it last changed; of a new article the site says so, too.
    """

    status: str = PUBLISHED
    publish_at: dt.datetime | None = None
    is_preferred: bool = False
    aliases: tuple[str, ...] = ()
    lastmod: dt.datetime | None = None


def read(extra: Mapping[str, Any]) -> Lifecycle:
    """What these unknown keys of a file say; a value that says nothing clear counts as not there (see `faults`)."""
    status = UNPUBLISHED if extra.get("published") is False else PUBLISHED
    if extra.get("draft") is True:
        status = DRAFT
    aliases = extra.get("aliases")
    return Lifecycle(
        status,
        moment(extra.get("publish_at")),
        extra.get("is_preferred") is True,
        tuple(path for path in aliases if _is_path(path)) if isinstance(aliases, list) else (),
        moment(extra.get("lastmod")),
    )


def written(
    extra: Mapping[str, Any], *, status: str, publish_at: dt.datetime | None, is_preferred: bool
) -> dict[str, Any]:
    """`extra` with the keys that say this; keys that say it already stay as they are."""
    said, result = read(extra), dict(extra)
    if said.status != status:
        result.pop("draft", None)
        result.pop("published", None)
        if status != PUBLISHED:
            result |= {"draft": True} if status == DRAFT else {"published": False}
    if publish_at is not None and said.publish_at != publish_at:
        result["publish_at"] = publish_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if said.is_preferred != is_preferred:
        result.pop("is_preferred", None)
        if is_preferred:
            result["is_preferred"] = True
    return result


def moment(value: object) -> dt.datetime | None:
    """A day or a moment as a file writes it; without a zone it is UTC. None for anything else."""
    try:
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=dt.UTC) if found and found.tzinfo is None else found


def faults(extra: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, code and message of what an author of these keys may be mistaken about."""
    for key in ("draft", "published", "is_preferred"):
        if key in extra and not isinstance(extra[key], bool):
            yield (
                key,
                "lifecycle",
                f"`{key}` is neither true nor false, and means nothing so: write {key}: true",
            )
    if "publish_at" in extra and moment(extra["publish_at"]) is None:
        yield "publish_at", "lifecycle", "`publish_at` is no moment: write publish_at: 2026-01-31T12:00:00Z"
    if "aliases" in extra:
        aliases = extra["aliases"]
        if not isinstance(aliases, list) or not all(map(_is_path, aliases)):
            message = (
                "`aliases` holds what is no path of this site: write a list of paths such as /old/address"
            )
            yield "aliases", "lifecycle", message
    for key in extra:
        if key in FOREIGN:
            better = FOREIGN[key]
            advice = f"write `{better}`" if better else "unpublish the article when its time has come"
            yield key, "not-honoured", f"`{key}` is kept but means nothing here: {advice}"


def _is_path(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.startswith("/")
        and not value.startswith("//")
        and len(value) <= URL_MAX_LENGTH
    )
