"""Values as other tools write them -> values as the format wants them; each raises UnfitError where it cannot be."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from learn.identity import digest

from .document import URL_PATTERN
from .limits import SLUG_MAX_LENGTH

# Not every `{{`: formulas have them, too.
TEMPLATE_CODE = re.compile(r"(?:\{\{[<%]|\{\{-? ?(?:site|page|layout|include|post)\.|\{%-? ).{0,40}")
_OWN_URL = re.compile(URL_PATTERN)
_NAME_WITH_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})-(.+)")  # https://jekyllrb.com/docs/posts/
_ZONE = re.compile(r"\s*(?:(UTC|GMT|Z)|([+-]\d{2}):?(\d{2}))$", re.IGNORECASE)
_DAYS_IN_WORDS = ("%b %d %Y", "%b %d, %Y", "%B %d %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%Y/%m/%d")
_INDEX = ("index", "_index")


class UnfitError(Exception):
    """The value is not what the key needs; the message goes on after “`key` is ”."""

    def __init__(self, message: str, code: str = "wrong-type") -> None:
        super().__init__(message)
        self.code = code


def line(value: Any) -> str:
    """A text on one line; a list's texts with commas."""
    if isinstance(value, list):
        return ", ".join(line(item) for item in value)
    if isinstance(value, dict):
        name = next((value[key] for key in ("name", "title") if isinstance(value.get(key), str)), None)
        if name is None:
            raise UnfitError("a mapping, not text: write text")
        return line(name)
    return " ".join(str(value).split())


def block(value: Any) -> str:
    """A text of several lines."""
    if not isinstance(value, str):
        raise UnfitError("no text: write the answer in Markdown")
    return value.replace("\r\n", "\n").strip("\n").rstrip()


def first(value: Any) -> str:
    """A text, or the first of a list; of nested categories (a/b) the outermost."""
    if isinstance(value, list):
        return first(value[0]) if value else ""
    return line(value).partition("/")[0]


def whole_number(value: Any) -> int | None:
    """A whole number; None for one of another kind, such as a UUID: then the id is made of the file's place."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,17}", value) else None


def number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise UnfitError("no number: write one such as -1.0") from error


def truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    said = str(value).strip().lower()
    if said in ("true", "yes", "1", "on"):
        return True
    if said in ("false", "no", "0", "off"):
        return False
    raise UnfitError("neither true nor false: write one of these")


def is_draft(value: Any) -> bool:
    """True or false, or a status: everything but published and its like is a draft."""
    if isinstance(value, str) and value.strip().lower() in (
        "published",
        "publish",
        "live",
        "public",
        "future",
    ):
        return False
    if isinstance(value, str) and value.strip().lower() in (
        "draft",
        "in_review",
        "pending",
        "private",
        "review",
    ):
        return True
    return truth(value)


def is_published(value: Any) -> bool | None:
    """True or false; None for a date, which some write there: it says when, and not whether."""
    if isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}", value.strip()):
        return None
    return truth(value)


def is_hidden(value: Any) -> bool:
    """True or false, or what a robots key says."""
    if isinstance(value, str) and "index" in value.lower():
        return "noindex" in value.lower().replace(" ", "").replace("-", "")
    return truth(value)


def day(value: Any) -> str:
    """The day of a date or a moment, as it is written: no zone moves it."""
    text = str(value).strip()
    if re.match(r"\d{4}-\d{2}-\d{2}(?:[T ]|\Z)", text):
        moment(text)  # what follows the day has to be right, too
        return text[:10]
    return _in_words(text).isoformat()


def moment(value: Any) -> str:
    """A moment in UTC (without a zone it is UTC), or a day where no time is given."""
    text = str(value).strip()
    if not re.match(r"\d{4}-\d{2}-\d{2}(?:[T ]|\Z)", text):
        return _in_words(text).isoformat()
    zone = _ZONE.search(text[10:])
    said = text[: 10 + zone.start()] if zone else text
    said += (f"{zone[2]}:{zone[3]}" if zone[2] else "+00:00") if zone else ""
    try:
        if len(text) == 10:
            return dt.date.fromisoformat(text).isoformat()
        found = dt.datetime.fromisoformat(said)
    except ValueError as error:
        raise _no_day(text) from error
    found = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    try:
        return found.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError as error:
        raise _no_day(text) from error


def _in_words(text: str) -> dt.date:
    for form in _DAYS_IN_WORDS:
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 a day has no zone
        except ValueError:
            continue
    raise _no_day(text)


def _no_day(text: str) -> UnfitError:
    message = f"the text “{text[:60]}”, no date: write one such as 2025-02-08 or 2025-02-08T12:00:00Z"
    return UnfitError(message, "wrong-date")


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError as error:
        raise UnfitError(
            f"the text “{address[:60]}”, no address: write a path such as /old/address"
        ) from error


def paths(value: Any, place: str = "") -> list[str]:
    """Former addresses as paths of this site: of whole addresses the path; relative ones from the file's folder."""
    found = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, str):
            raise UnfitError("no list of paths: write paths such as /old/address")
        path = _path(item.strip()).strip()
        if not path:
            continue
        if not path.startswith("/"):
            folder = of_place(place)["$folder"] or ""
            path = f"/{folder}/{path}" if folder else f"/{path}"
        path = path.rstrip("/") if path == path.lower() else path  # others are found under their plain form
        if path.strip("/"):
            found.append(path)
    return found


def address(value: Any) -> str:
    text = line(value)
    _path(text)
    return text


def last_part(address: str) -> str:
    """What a former address calls the page."""
    parts = _path(address).rstrip("/").split("/")
    name = parts[-1].removesuffix(".html").removesuffix(".htm")
    return parts[-2] if name == "index" and len(parts) > 1 else name


def own_url(text: str) -> str | None:
    """The address of an article in `text`; None where it is none of ours."""
    path = _path(text).rstrip("/")
    return path if _OWN_URL.match(path) else None


def slug_of(text: str) -> str:
    """A slug: lower-case letters and digits of ASCII, hyphens between them; empty where none can be made."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’]", "", plain)).strip("-")[:SLUG_MAX_LENGTH].strip("-")


def number_of(text: str) -> int:
    """A number for an article that has none: the same for the same text, of at most 15 digits."""
    return int(digest(text)[:12], 16) + 1


def of_place(place: str) -> dict[str, Any]:
    """What the name and the folders of a file say: `$name`, `$date`, `$folder`, `$is_draft`."""
    path = PurePosixPath(place)
    folders = [part.lstrip("_") for part in path.parts[:-1] if part not in ("_posts", "_drafts")]
    name = path.name.partition(".")[0]
    if name in _INDEX and folders:  # a folder that holds a page and its pictures
        name = folders.pop()
    dated = _NAME_WITH_DAY.fullmatch(name)
    structural = ("content", "src", "learn")
    return {
        "$name": dated[2] if dated else name,
        "$date": dated[1] if dated else None,
        "$folder": folders[-1] if folders and folders[-1] not in structural else None,
        "$is_draft": True if "_drafts" in path.parts else None,
    }
