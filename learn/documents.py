"""Between `ArticleDocument`, which is what a file says, and the columns of `Article`, which is what we keep."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from learn.files.document import ArticleDocument, RelatedArticle, Seo
from learn.identity import article_path, digest

if TYPE_CHECKING:
    from learn.models import Article, RelatedLink

# Column -> attribute of ArticleDocument, for those that are copied as they are.
COPIED = {
    "source_id": "id",
    "schema_name": "schema_name",
    "date": "date",
    "title": "title",
    "article_title": "article_title",
    "date_format": "date_format",
    "post_on_text": "post_on_text",
    "author": "author",
    "question": "question",
    "answer": "answer",
    "subject_label": "subject",
    "file_name": "file_name",
    "score": "score",
    "no_index": "no_index",
    "body": "body",
    "extra": "extra",
    "layout": "layout",
}
COPIED_FROM_SEO = {
    "seo_title": "title",
    "description": "page_description",
    "keywords": "page_keywords",
}
FILE_COLUMNS = (*COPIED, *COPIED_FROM_SEO)


class Related(NamedTuple):
    """The columns of a RelatedLink that a file sets."""

    position: int
    source_id: int | None
    title: str
    subject: str
    url: str


def row_values(document: ArticleDocument) -> dict[str, Any]:
    """The columns of Article that `document` sets (FILE_COLUMNS), without subject and slug, which are its URL."""
    values = {column: getattr(document, attribute) for column, attribute in COPIED.items()}
    for column, attribute in COPIED_FROM_SEO.items():
        values[column] = getattr(document.seo, attribute)
    return values


def related_values(document: ArticleDocument) -> list[Related]:
    return [Related(link.number, link.id, link.title, link.subject, link.url) for link in document.related]


def import_key(path: str, values: dict[str, Any], related: Iterable[Related]) -> str:
    """A digest of everything that a file says, as the database holds it.

    The import keeps it with the row. When the row's own digest differs from it later, by whatever way it was
    changed, somebody edited the article since.
    """
    # Sorted: a database hands JSON objects back in an order of its own.
    content = [path, [values[column] for column in FILE_COLUMNS if column != "layout"], sorted(related)]
    return digest(json.dumps(content, default=_as_text, ensure_ascii=False, sort_keys=True))


def import_key_of(article: Article) -> str:
    """The digest of the row as it is now; reads its subject and `related_links`, so prefetch them for many."""
    return import_key(
        article_path(article.subject.slug, article.slug),
        {column: getattr(article, column) for column in FILE_COLUMNS},
        [related_of(link) for link in article.related_links.all()],
    )


def related_of(link: RelatedLink) -> Related:
    return Related(link.position, link.source_id, link.title, link.subject, link.url)


def document_of(article: Article) -> ArticleDocument:
    """What the file of `article` has to say; reads its subject and `related_links`, so prefetch them for many.

    Raises pydantic's ValidationError where the row says what no file may, such as an empty answer.
    """
    return document_from(
        {column: getattr(article, column) for column in FILE_COLUMNS},
        [related_of(link) for link in article.related_links.all()],
        article_path(article.subject.slug, article.slug),
    )


def document_from(values: dict[str, Any], related: Iterable[Related], path: str) -> ArticleDocument:
    """What a file has to say that has these columns (FILE_COLUMNS), links and address. Raises ValidationError."""
    return ArticleDocument(
        **{attribute: values[column] for column, attribute in COPIED.items()},
        seo=Seo(**{attribute: values[column] for column, attribute in COPIED_FROM_SEO.items()}),
        url=path,
        related=tuple(
            RelatedArticle(
                number=link.position, id=link.source_id, title=link.title, subject=link.subject, url=link.url
            )
            for link in related
        ),
    )


def _as_text(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in front matter")
