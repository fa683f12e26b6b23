"""Who may change what visitors see: one table, asked by every page of the desk and by tests that try all of it.

The permissions of Django say who may change a kind of object at all. This table says the same of each field, because
some fields of one object are writing and others are publication: a member of the group Editor writes, a Publisher
(`learn.publish_article`) decides what is on the site, where, and which page search engines are sent to. What an Editor
writes of a published page is a working copy (learn.editing.working_copies) until a publisher makes it live. In a small
team `EDITORS_MAY_PUBLISH` makes publishers of all who may change articles.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.conf import settings

PUBLISH = "learn.publish_article"
ELSEWHERE = "learn.redirect_elsewhere"


class Right(Enum):
    """What changing a field takes besides the permission to change its object."""

    WRITE = "nothing more"
    DRAFT = "nothing more in a draft; to publish, where visitors see it"
    LIVE = "to publish, once visitors have seen the object"
    PUBLISH = "to publish"
    ELSEWHERE = "to lead visitors to other sites, and the host in REDIRECT_HOSTS"
    NOBODY = "nobody: the program sets it"


_WRITE, _DRAFT, _LIVE = Right.WRITE, Right.DRAFT, Right.LIVE
_PUBLISH, _NOBODY = Right.PUBLISH, Right.NOBODY

TABLE: dict[str, dict[str, Right]] = {
    "article": {
        "question": _DRAFT,
        "answer": _DRAFT,
        "description": _DRAFT,
        "keywords": _DRAFT,
        "author": _DRAFT,
        "title": _DRAFT,
        "article_title": _DRAFT,
        "seo_title": _DRAFT,
        "subject_label": _DRAFT,
        "date_format": _DRAFT,
        "post_on_text": _DRAFT,
        "body": _DRAFT,
        "related": _DRAFT,
        # Where it stands; and of copies the one with the earlier date is the one that is indexed.
        "slug": _LIVE,
        "subject": _LIVE,
        "date": _LIVE,
        "publish_at": _PUBLISH,
        "expires": _PUBLISH,
        "expires_to": _PUBLISH,  # another host besides as of a redirect: "elsewhere"
        "no_index": _PUBLISH,
        "is_preferred": _PUBLISH,
        "status": _PUBLISH,
    },
    # Visitors see a subject and a redirect as soon as they are saved.
    "subject": dict.fromkeys(("title", "description", "is_listed", "slug", "position"), _PUBLISH),
    # "gone" and "elsewhere" are destinations.
    "redirect": {
        "old_path": _PUBLISH,
        "leads_to": _PUBLISH,
        "gone": _PUBLISH,
        "elsewhere": Right.ELSEWHERE,
    },
    "searchsynonym": {
        "term": _WRITE,
        "means": _WRITE,
        "both_ways": _WRITE,
        "is_active": _WRITE,
        "source": _NOBODY,
    },
    # A pinned article is one that visitors find anyway: it only comes first.
    "searchpin": {"query": _WRITE, "article": _WRITE, "until": _WRITE, "is_over": _NOBODY},
    # Decisions on near-duplicates: they ask different things; search engines are sent to one of them.
    "duplicategroup": {"different": _WRITE, "canonical": _PUBLISH},
    # What is hidden, where a topic stands and what it is one with decides what search engines see.
    "topic": {
        "title": _WRITE,
        "description": _WRITE,
        "is_pinned": _WRITE,
        "slug": _PUBLISH,
        "is_hidden": _PUBLISH,
        "merge_into": _PUBLISH,
    },
    "topicname": {"name": _PUBLISH, "means": _PUBLISH},
    # What becomes of a changed file: the article stays as it is, or says what the file does.
    "importconflict": {"mine": _WRITE, "file": _DRAFT},
    # What a reader reported stays as it was written.
    "report": {
        "state": _WRITE,
        "answer": _WRITE,
        "kind": _NOBODY,
        "text": _NOBODY,
        "quote": _NOBODY,
        "mail": _NOBODY,
        "version": _NOBODY,
        "times": _NOBODY,
    },
    # Words about a picture are writing; which picture stands in pages that are live is publication.
    "picture": {
        "alt": _WRITE,
        "is_decorative": _WRITE,
        "caption": _WRITE,
        "source": _WRITE,
        "licence": _WRITE,
        "replacement": _PUBLISH,
    },
    "searchlogentry": {"text": _NOBODY, "day": _NOBODY, "times": _NOBODY, "hits": _NOBODY, "opened": _NOBODY},
}


def editors_may_publish() -> bool:
    """Whether whoever may change articles may publish them."""
    return bool(settings.EDITORS_MAY_PUBLISH)


def may_publish(user: Any) -> bool:
    """Whether `user` decides what visitors see."""
    return bool(user.has_perm(PUBLISH) or (editors_may_publish() and user.has_perm("learn.change_article")))


def may_change(user: Any, model: str, field: str, *, is_live: bool = False) -> bool:
    """Whether `user`, who may change this kind of object, may change `field` of one; `is_live`: visitors saw it.

    Raises KeyError for a field that the table does not know, so that none is forgotten.
    """
    match TABLE[model][field]:
        case Right.WRITE | Right.DRAFT:
            return True
        case Right.LIVE:
            return not is_live or may_publish(user)
        case Right.PUBLISH:
            return may_publish(user)
        case Right.ELSEWHERE:
            return bool(user.has_perm(ELSEWHERE))
        case _:
            return False


def closed_fields(user: Any, model: str, *, is_live: bool = False) -> list[str]:
    """The fields of `model` that `user` may not change, in the order of the table."""
    return [field for field in TABLE[model] if not may_change(user, model, field, is_live=is_live)]


def as_markdown() -> str:
    """The table for people: docs/rights.md, which a test holds to it."""
    lines = [
        "# Who may change what visitors see",
        "",
        "Written by `learn.rights.as_markdown()` from the table that the desk asks; a test compares both, and another",
        "one tries every role, address, field and action (tests/attacks/test_rights.py).",
        "",
        "| Object | Field | Besides the permission to change the object it takes |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {model} | {field} | {right.value} |"
        for model, fields in TABLE.items()
        for field, right in fields.items()
    ]
    return "\n".join(lines) + "\n"
