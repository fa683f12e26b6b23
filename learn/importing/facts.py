"""What an import knows before it does anything: of files, of articles, and what it plans to do with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from learn.files.problems import Problem
from learn.identity import article_path
from learn.models import Article, DeletedArticle
from learn.models.querysets import ArticleQuerySet

from .bases import Adoption, Base
from .sources import SourceFile


class Known(NamedTuple):
    """What the plan needs to know of an article in the database."""

    pk: int
    source_path: str
    source_hash: str
    source_url: str  # the address under which the files know it
    path: str  # where it stands now
    is_published: bool
    is_missing: bool
    is_edited: bool


class Task(NamedTuple):
    """A file to load; `pk` is the article that it may update. `moved`: that article stands elsewhere.

    `base` is the file as it was when it was last imported. `deleted`: the key of the article that was deleted here.
    `superseded`: a file at the article's new address speaks for it, so that this one may only be a conflict.
    """

    source: SourceFile
    pk: int | None = None
    moved: bool = False
    base: Base | None = None
    deleted: int | None = None
    superseded: bool = False


@dataclass(slots=True)
class Plan:
    tasks: list[Task] = field(default_factory=list)
    unchanged: int = 0
    kept_deleted: list[str] = field(default_factory=list)  # paths of files
    superseded: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # path, its url, where the article stands
    returned: list[int] = field(default_factory=list)  # unchanged, but unpublished as missing: publish again
    missing: list[Known] = field(default_factory=list)
    named: list[Known] = field(
        default_factory=list
    )  # missing, and their files were named: taken down unasked
    kept: list[Known] = field(default_factory=list)  # missing, but edited here: they stay
    adopted: list[Adoption] = field(default_factory=list)  # bases of files that were known from elsewhere
    stale: list[int] = field(
        default_factory=list
    )  # bases of files that are gone and speak for nothing any more
    problems: list[Problem] = field(default_factory=list)
    urls: set[str] = field(
        default_factory=set
    )  # of the articles looked at, as they stand and as the files know them
    in_scope: int = 0  # published articles of which the source speaks: what --prune-limit is a share of
    deleted: dict[int, DeletedArticle] = field(default_factory=dict)


@dataclass(slots=True)
class Seen:
    """A file that could be read; `url` is None where its front matter is beyond reading."""

    source: SourceFile
    source_hash: str
    url: str | None
    source_id: int | None = None
    base: Base | None = None
    article: Known | None = None
    deleted: int | None = None
    is_known: bool = False  # exactly these bytes were imported into its article before
    is_superseded: bool = False

    @property
    def has_own_base(self) -> bool:
        """Whether `base` is of the place where the file is, not of one that it was renamed from."""
        return self.base is not None and self.base.path == self.source.place


def known_articles(scope: ArticleQuerySet | None = None) -> list[Known]:
    """What the plan needs of these articles, or of all."""
    articles = Article.objects.all() if scope is None else scope
    missing = set(articles.filter(missing_since__isnull=False).values_list("pk", flat=True))
    edited = set(articles.filter(edited_at__isnull=False).values_list("pk", flat=True))
    # No column that Django has to convert: to read a moment takes it longer than all else here.
    rows = articles.order_by("pk").values_list(
        "pk", "source_path", "source_hash", "source_url", "subject__slug", "slug", "status"
    )
    return [
        Known(
            pk,
            source_path,
            source_hash,
            source_url or "",
            article_path(subject, slug),
            status == Article.Status.PUBLISHED,
            pk in missing,
            pk in edited,
        )
        for pk, source_path, source_hash, source_url, subject, slug, status in rows.iterator(2000)
    ]
