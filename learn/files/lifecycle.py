"""What a file may say of its page's life: draft, published, publish_at, expires, expires_to, is_preferred, aliases.

These keys stand among the unknown ones (`ArticleDocument.extra`), so that a file that does not use them has none. Keys
with which other tools say such things and that mean nothing here are warned about: nobody should rely on them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from learn.http import is_web_address

from .limits import URL_MAX_LENGTH

DRAFT, PUBLISHED, UNPUBLISHED = "draft", "published", "unpublished"
KEYS = ("draft", "published", "publish_at", "expires", "expires_to", "is_preferred", "aliases")
# Keys of other tools -> what to write instead.
FOREIGN = {
    "expiryDate": "expires", "expiry_date": "expires", "unpublish_at": "expires", "unpublishDate": "expires",
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
    expires: dt.datetime | None = None


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
        moment(extra.get("expires")),
    )


def written(
    extra: Mapping[str, Any],
    *,
    status: str,
    publish_at: dt.datetime | None,
    expires: dt.datetime | None,
    is_preferred: bool,
) -> dict[str, Any]:
    """`extra` with the keys that say this; keys that say it already stay as they are.

    That an article was taken down because it expired, its `expires` says.
    """
    said, result = read(extra), dict(extra)
    if said.expires != expires:
        result.pop("expires", None)
        if expires is not None:
            result["expires"] = _written(expires)
    is_over = status == UNPUBLISHED and expires is not None and expires <= dt.datetime.now(dt.UTC)
    if said.status != status and not (is_over and said.status == PUBLISHED):
        result.pop("draft", None)
        result.pop("published", None)
        if status != PUBLISHED:
            result |= {"draft": True} if status == DRAFT else {"published": False}
    if publish_at is not None and said.publish_at != publish_at:
        result["publish_at"] = _written(publish_at)
    if said.is_preferred != is_preferred:
        result.pop("is_preferred", None)
        if is_preferred:
            result["is_preferred"] = True
    return result


def expires_to(extra: Mapping[str, Any]) -> str:
    """Where visitors are led once the page has expired: a path or the address of another site; empty for nowhere."""
    address = extra.get("expires_to")
    if not isinstance(address, str) or len(address) > URL_MAX_LENGTH:
        return ""
    return address if _is_path(address) or is_web_address(address) else ""


def _written(moment: dt.datetime) -> str:
    """To the second, unless it has parts of one, so that it is read as the same moment."""
    text = moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="auto")
    return f"{text}Z"


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
    for key in ("publish_at", "expires"):
        if key in extra and moment(extra[key]) is None:
            yield key, "lifecycle", f"`{key}` is no moment: write {key}: 2026-01-31T12:00:00Z"
    begins, ends = moment(extra.get("publish_at")), moment(extra.get("expires"))
    if begins and ends and ends <= begins:
        yield (
            "expires",
            "lifecycle",
            "`expires` is not after `publish_at`, so that nobody will ever see the page",
        )
    yield from _faults_of_addresses(extra)
    for key in extra:
        if key in FOREIGN:
            yield key, "not-honoured", f"`{key}` is kept but means nothing here: write `{FOREIGN[key]}`"


def _faults_of_addresses(extra: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    if "expires_to" in extra and not expires_to(extra):
        message = (
            "`expires_to` is no address: write a path such as /learn/physics, or https://www.example.org/page"
        )
        yield "expires_to", "lifecycle", message
    if "aliases" in extra:
        aliases = extra["aliases"]
        if not isinstance(aliases, list) or not all(map(_is_path, aliases)):
            message = (
                "`aliases` holds what is no path of this site: write a list of paths such as /old/address"
            )
            yield "aliases", "lifecycle", message


def _is_path(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.startswith("/")
        and not value.startswith("//")
        and len(value) <= URL_MAX_LENGTH
    )
