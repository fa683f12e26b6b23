"""Redirects from a table: two columns, the address that was and the address that is, as CSV.

Each row is checked as one made by hand would be: no redirect hides a page, leads in a circle, through another redirect,
or to nothing. A row that is refused is reported with its line and its reason; all others are written.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TextIO
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction

from learn.db.rows import batched
from learn.files.limits import URL_MAX_LENGTH
from learn.models import Article, Redirect

from . import resolve

COLUMNS = ("old_path", "new_path")


class TableError(Exception):
    """The file is no table of redirects."""


class Row(NamedTuple):
    """A line of the table; `new` is empty for an address that is gone for good (410)."""

    line: int
    old: str
    new: str


@dataclass(slots=True)
class Report:
    """What became of the rows: how many redirects were made, changed or there already, and which rows were refused."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[Row, str]] = field(default_factory=list)


def read(lines: TextIO) -> Iterator[Row]:
    """The rows of a CSV file whose first line names the columns old_path and new_path; others are not looked at.

    Raises TableError where the first line does not name them, or a line is no CSV.
    """
    reader = csv.DictReader(lines)
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise TableError(
                f"line 1: no column {' and no column '.join(missing)}. Write: {','.join(COLUMNS)}"
            )
        for values in reader:
            yield Row(reader.line_num, (values["old_path"] or "").strip(), (values["new_path"] or "").strip())
    except csv.Error as error:
        raise TableError(f"line {reader.line_num}: {error}") from error


def load(rows: Iterable[Row], *, dry_run: bool = False) -> Report:
    """Make a redirect of each row that may be one; `dry_run`: only say what would be made.

    Each batch of 500 is one transaction, so a run that was stopped is completed by the next one. A few queries a row.
    """
    report = Report()
    seen: dict[str, int] = {}
    for batch in batched(rows):
        with transaction.atomic():
            _load(batch, seen, report)
            if dry_run:
                transaction.set_rollback(True)
    return report


class Planned(NamedTuple):
    """What a row would do: its redirect as it would be (not saved), where that led before, or why it is refused."""

    row: Row
    redirect: Redirect
    is_new: bool
    before: tuple[int | None, str]  # target and new_path
    reason: str

    @property
    def is_change(self) -> bool:
        """Whether saving the redirect would change anything."""
        return self.is_new or self.before != (self.redirect.target_id, self.redirect.new_path)


def plan(batch: Sequence[Row], seen: dict[str, int]) -> Iterator[Planned]:
    """What each row would do, with all checks; `seen`: the lines of the addresses that came before. Saves nothing.

    Each row is asked when it is its turn, so that it sees what the rows before it did.
    """
    # PostgreSQL would refuse to look up a NUL.
    known = Redirect.objects.in_bulk(
        [old for row in batch if resolve.is_plausible(old := path_of(row.old))], field_name="old_path"
    )
    articles = _articles(path_of(row.new) for row in batch)
    for row in batch:
        old = path_of(row.old)
        redirect = known.get(old) or Redirect(old_path=old)
        before = (redirect.target_id, redirect.new_path)
        if first := seen.get(old):
            yield Planned(
                row, redirect, old not in known, before, f"line {first} is about this address already"
            )
            continue
        seen[old] = row.line
        reason = _why_not(old) or _aim(redirect, row.new, articles)
        yield Planned(row, redirect, old not in known, before, reason)


def _load(batch: list[Row], seen: dict[str, int], report: Report) -> None:
    for planned in plan(batch, seen):
        if planned.reason:
            report.refused.append((planned.row, planned.reason))
        elif not planned.is_change:
            report.unchanged += 1
        else:
            save(planned)
            report.created += planned.is_new
            report.changed += not planned.is_new


def save(planned: Planned) -> None:
    """Make or change the redirect. One that is changed is an editor's from then on."""
    if not planned.is_new:
        planned.redirect.is_automatic = False
    planned.redirect.save()


def path_of(address: str) -> str:
    """`address` as a visitor's request has it: without our own host, decoded, without a slash at the end.

    What is no address of ours stays as it is.
    """
    try:
        parts = urlsplit(address)
    except ValueError:  # such as https://[
        return address
    if address.startswith("//") or (parts.netloc and parts.netloc != urlsplit(settings.SITE_URL).netloc):
        return address
    return unquote(parts.path).rstrip("/") or "/"


def _articles(paths: Iterable[str]) -> dict[str, Article]:
    """The published articles at these paths: two queries."""
    by_path = Article.objects.at_paths(filter(resolve.is_plausible, paths))
    found = Article.objects.published().select_related("subject").only("slug", "subject__slug")
    by_pk = found.in_bulk(set(by_path.values()))
    return {path: by_pk[pk] for path, pk in by_path.items() if pk in by_pk}


def _why_not(old: str) -> str:
    """Why no redirect may begin at `old`; empty where one may."""
    if not old.startswith("/") or old.startswith("//"):
        return "the old address is no path of this site: write one that begins with one slash"
    if not resolve.is_plausible(old):
        return f"the old address is longer than {URL_MAX_LENGTH} characters, or holds a NUL"
    if resolve.has_page(old):
        return "a page stands at the old address: a redirect would never be looked at"
    if resolve.is_reserved(old):
        return "the old address belongs to the site itself: no redirect may stand there"
    if leading_here := Redirect.objects.filter(new_path__in=[old, f"{old}/"]).first():
        return f"the redirect from {leading_here.old_path} leads to this address: let that one lead on first"
    return ""


def _aim(redirect: Redirect, new: str, articles: dict[str, Article]) -> str:
    """Let `redirect` lead to `new`, in one hop; return why it cannot, or nothing."""
    redirect.target, redirect.new_path = None, ""
    if not new:
        return ""
    path = path_of(new)
    if path == redirect.old_path:
        return "it leads back to itself"
    if article := articles.get(path):
        redirect.target = article
        return ""
    if not path.startswith("/") or path.startswith("//"):
        return "the new address is on another host: make such a redirect by hand, in the admin"
    if resolve.has_page(path):
        redirect.new_path = path
        return ""
    return _aim_at_end(redirect, path)


def _aim_at_end(redirect: Redirect, path: str) -> str:
    """Let `redirect` lead to where `path`, which has no page, leads."""
    try:
        end = resolve.destination(path)
    except resolve.GoneError:
        return "what stood at the new address was removed"
    if end is None:
        return "no page stands at the new address"
    if end == redirect.old_path:
        return "it leads in a circle"
    redirect.target = _articles([end]).get(end)
    redirect.new_path = "" if redirect.target else end
    return ""
