"""A new article out of one that is there: a copy of it, or a part of its answer; both lead to each other.

The new one is a draft. What changes of the old one goes into its working copy: no visitor sees either of them before
somebody publishes it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from learn import rights
from learn.db import state
from learn.files.limits import RELATED_MAX_NUMBER, SLUG_MAX_LENGTH
from learn.models import Article

from . import related_links, saving, working_copies
from .forms import ECHOES, ArticleForm

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What a copy says as the article does; the rest (when it is seen, whether it is preferred) is as in a new one.
COPIED = (
    "question", "answer", "subject", "description", "keywords", "author", "date_format", "post_on_text",
    *ECHOES, "seo_title", "subject_label", "body",
)  # fmt: skip
OF_A_PART = ("subject", "author", "date_format", "post_on_text", "subject_label", "body")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


class SplitError(Exception):
    """It cannot be done; the message says why, for people."""


def parts_of(answer: str) -> list[str]:
    """The paragraphs of an answer, each with the empty lines that follow it: together they are the answer.

    A block of code and a displayed formula are never divided, whatever empty lines are in them.
    """
    parts: list[str] = []
    fence, in_formula, is_open = "", False, False
    for line in answer.splitlines(keepends=True):
        is_inside = bool(fence) or in_formula
        if not line.strip() and not is_inside:
            is_open = False
        elif not is_open:
            parts.append("")
            is_open = True
        if parts:
            parts[-1] += line
        else:
            parts.append(line)
        marks = _FENCE.match(line)
        if fence:
            text = line.strip()
            if marks and text.strip(fence[0]) == "" and len(text) >= len(fence):
                fence = ""
        elif marks:
            fence = marks[1]
        elif line.count("$$") % 2:
            in_formula = not in_formula
    return parts


def current_values(article: Article) -> Mapping[str, str]:
    """What the form of `article` shows: its working copy where there is one, else what it says."""
    copy = working_copies.find(article.pk)
    return working_copies.rebase(copy, article).values if copy else working_copies.live_values(article)


def copy(article: Article, user: User) -> Article:
    """A draft that says what `article` says, under an address of its own; each leads to the other.

    Raises SplitError where it cannot be made.
    """
    values = current_values(article)
    new = {name: values[name] for name in COPIED}
    lines = [article.get_absolute_url(), *related_links.parse(values["related"])]
    slug = _free_slug(f"{article.slug[: SLUG_MAX_LENGTH - 12]}-copy", article.subject_id)
    new |= {"slug": slug, "related": "\n".join(lines[:RELATED_MAX_NUMBER])}
    return _make(article, new, {}, user, f"a copy of {article.get_absolute_url()}")


def split_off(article: Article, numbers: Collection[int], question: str, user: User) -> Article:
    """A draft that asks `question`, with the parts of the answer that have these numbers (parts_of), which go from it.

    Raises SplitError where it cannot be made.
    """
    values = current_values(article)
    parts = parts_of(values["answer"])
    taken = [part for number, part in enumerate(parts) if number in numbers]
    left = "".join(part for number, part in enumerate(parts) if number not in numbers).rstrip("\n")
    if not taken or not left.strip():
        raise SplitError("Choose some parts of the answer, but not all of them.")
    new = {name: values[name] for name in OF_A_PART}
    new |= {
        "question": question, "answer": "".join(taken).rstrip("\n"), "slug": "", "related": article.get_absolute_url(),
    }  # fmt: skip
    changes = {"answer": (values["answer"], left)}
    return _make(article, new, changes, user, f"split off from {article.get_absolute_url()}")


def _make(
    article: Article,
    values: Mapping[str, str],
    changes: Mapping[str, tuple[str, str]],
    user: User,
    reason: str,
) -> Article:
    with transaction.atomic():
        state.lock_writes()
        closed = rights.closed_fields(user, "article")
        data = working_copies.live_values(None)
        data |= {name: value for name, value in values.items() if name not in closed}
        form = ArticleForm(data=data)
        if not form.is_valid():
            raise SplitError(
                " ".join(f"{name}: {text}" for name, texts in form.errors.items() for text in texts)
            )
        form.instance.status = Article.Status.DRAFT
        new = saving.save(form, user, reason=reason)
        related = current_values(article)["related"]
        links = related_links.parse(related)
        if len(links) < RELATED_MAX_NUMBER:
            changes = {**changes, "related": (related, "\n".join([*links, new.get_absolute_url()]))}
        kept = working_copies.keep_changes(
            article, changes, user, closed=rights.closed_fields(user, "article", is_live=True)
        )
        if kept.clashes:
            raise SplitError("Somebody is changing the same parts at this moment. Look again.")
        return new


def _free_slug(wanted: str, subject: int) -> str:
    taken = set(
        Article.objects.filter(subject=subject, slug__startswith=wanted).values_list("slug", flat=True)
    )
    names = [wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
