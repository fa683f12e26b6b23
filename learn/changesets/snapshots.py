"""What articles say, as JSON: before a change and after it, and what differs.

A snapshot holds what a revision keeps of an article, with the slug of its subject instead of a key (a subject may be
deleted and made again), and its related links.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from learn.models import Article, Revision, Subject
from learn.models.revisions import related_of, tracked

Snapshot = dict[str, Any]
_LEFT_OUT = ("id", "version", "subject_id", "source_id")


def take(pks: Iterable[int]) -> dict[int, Snapshot]:
    """The snapshots of those of these articles that are there, by key: three queries. At most 500."""
    pks = list(pks)
    names = [field.attname for field in Revision.tracked_fields if field.attname not in _LEFT_OUT]
    articles = list(tracked(Article.objects.filter(pk__in=pks)))
    related = related_of([article.pk for article in articles])
    subjects = dict(
        Subject.objects.filter(pk__in={article.subject_id for article in articles}).values_list("pk", "slug")
    )
    return {
        article.pk: plain(
            {
                **{name: getattr(article, name) for name in names},
                "subject": subjects[article.subject_id],
                "related": related[article.pk],
            }
        )
        for article in articles
    }


def of_revision(revision: Any, subjects: Mapping[int, str]) -> Snapshot:
    """What an article said at this revision; `subjects`: the slugs by their keys."""
    names = [field.attname for field in Revision.tracked_fields if field.attname not in _LEFT_OUT]
    return plain(
        {
            **{name: getattr(revision, name) for name in names},
            "subject": subjects.get(revision.subject_id, ""),
            "related": revision.related,
        }
    )


def plain(values: Mapping[str, Any]) -> Snapshot:
    """The values as JSON stores them."""
    stored: Snapshot = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return stored


def difference(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot]:
    """What of two snapshots differs, on either side."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def fingerprint(snapshot: Snapshot) -> str:
    """Equal for equal snapshots alone."""
    text = json.dumps(snapshot, sort_keys=True)
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def put_back(article: Article, values: Snapshot) -> None:
    """Set the columns of `article` that `values` name; subject and related links are the caller's."""
    for name, value in values.items():
        if name not in ("subject", "related"):
            field: Any = Article._meta.get_field(name)
            setattr(article, name, field.to_python(value))
