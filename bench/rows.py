"""Fills a database with a generated library directly: a million articles in minutes, without their files.

    python -m bench.rows --articles 1000000 --distinct 5000

The database named by DATABASE_URL must be migrated and hold no article. The rows are those that an import of the
generated files makes, except that only `--distinct` answers differ: with each question comes one of them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, NoReturn

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quicktakes.settings")

from . import generate, words

BATCH = 1_000


def fill(articles: int, seed: int = generate.DEFAULT_SEED, distinct: int = 5_000) -> None:
    """Insert `articles` generated articles, their subjects and links; then tie them together as an import does.

    Raises RuntimeError where the database holds articles already.
    """
    from django.db import transaction  # noqa: PLC0415 Django must be set up first
    from django.db.models import Min  # noqa: PLC0415

    from learn import search  # noqa: PLC0415
    from learn.db import rows  # noqa: PLC0415
    from learn.jobs.workers import Workers  # noqa: PLC0415
    from learn.models import Article, RelatedLink, Subject  # noqa: PLC0415
    from learn.related import similar  # noqa: PLC0415

    if Article.objects.exists():
        raise RuntimeError("the database holds articles already")
    subjects = Subject.objects.bulk_create(
        Subject(title=title, slug=generate.slugify(title), is_listed=listed)
        for title, _weight, listed in words.SUBJECTS
    )
    keys = [(subject.pk, subject.is_listed) for subject in subjects]
    with Workers(None, batch=50) as workers:
        answers = list(
            chain.from_iterable(
                workers.map(partial(_derived, seed), range(min(distinct, articles)), _crashed)
            )
        )
    with Workers(None, batch=1) as workers, search.bulk_load(articles):
        first = 0  # the key of article 0; the others follow one by one
        linking: list[_Link] = []  # one batch behind: links lead to articles a little further on, too
        make = partial(_rows, seed, articles, min(distinct, articles), keys)
        for (batch,) in workers.map(make, range(0, articles, BATCH), _crashed):
            with transaction.atomic():
                rows.insert(Article, [{**row, **answers[answer]} for answer, row in batch.articles])
                first = first or Article.objects.aggregate(first=Min("pk"))["first"]
                rows.insert(RelatedLink, _keyed(linking, first))
            linking = batch.links
        rows.insert(RelatedLink, _keyed(linking, first))
        rows.analyze(Article, RelatedLink)
        Article.objects.choose_canonicals()
    similar.refresh_similar()


# The numbers of an article and of the one it leads to, and the rest of the row.
_Link = tuple[int, int | None, Mapping[str, Any]]


def _keyed(links: Iterable[_Link], first: int) -> list[Mapping[str, Any]]:
    return [
        {**row, "article_id": first + number, "target_id": None if target is None else first + target}
        for number, target, row in links
    ]


@dataclass
class _Batch:
    """Rows of articles, each with the number of the answer that belongs to it, and their links."""

    articles: list[tuple[int, dict[str, Any]]]
    links: list[_Link]


def _crashed(number: int) -> NoReturn:
    raise RuntimeError(f"the process that generated article {number} crashed")


def _derived(seed: int, number: int) -> dict[str, Any]:
    django.setup()
    from learn.derive import derived_fields  # noqa: PLC0415

    article = generate.Article(seed, number)
    derived = derived_fields(article.heading.question, article.answer)
    del derived["content_key"]  # each article's own
    return {"answer": article.answer, **derived}


def _rows(seed: int, articles: int, distinct: int, subjects: list[tuple[int, bool]], start: int) -> _Batch:
    django.setup()
    from learn.identity import digest  # noqa: PLC0415

    batch = _Batch([], [])
    for number in range(start, min(start + BATCH, articles)):
        article = generate.Article(seed, number)
        here = article.heading
        subject, is_listed = subjects[here.subject]
        midnight = dt.datetime.combine(here.date, dt.time(), dt.UTC)
        row = {
            "subject_id": subject,
            "is_indexable": is_listed and not article.is_unanswered,
            "content_key": digest(str(article.original)),
            "publish_at": midnight,
            "modified_at": midnight,
            "slug": here.slug,
            "source_id": here.source_id,
            "source_url": here.url,
            "source_path": f"learn/{here.subject_slug}/{here.slug}.md",
            "source_hash": f"{number:064x}",
            "date": here.date,
            "title": here.question,
            "article_title": here.question,
            "question": here.question,
            "seo_title": f"QuickTakes | {here.subject_title}",
            "description": article.description,
            "keywords": article.keywords,
            "subject_label": here.subject_title,
            "file_name": f"{here.slug}.md",
            "no_index": article.is_unanswered,
            "score": -1.0,
        }
        batch.articles.append((article.original % distinct, row))
        batch.links += _links(article, articles)
    return batch


def _links(article: generate.Article, articles: int) -> Iterator[_Link]:
    for position, link in enumerate(article.links(articles), start=1):
        yield (
            article.number,
            link.target,
            {
                "position": position,
                "source_id": link.source_id,
                "title": link.title,
                "subject": link.subject,
                "url": link.url,
            },
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=generate.DEFAULT_ARTICLES, metavar="N")
    parser.add_argument("--seed", type=int, default=generate.DEFAULT_SEED, metavar="S")
    parser.add_argument("--distinct", type=int, default=5_000, metavar="D", help="different answers (5000)")
    options = parser.parse_args()
    django.setup()
    fill(options.articles, options.seed, options.distinct)
    sys.stdout.write(f"{options.articles:,} articles\n")


if __name__ == "__main__":
    main()
