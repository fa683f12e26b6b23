"""Fills a database with a generated library directly: a million articles in minutes, without their files.

    python -m bench.rows --articles 1000000 --distinct 5000

The rows are those that an import of the generated files makes, except that only `--distinct` answers differ: with
each question comes one of them, rendered once. The database named by DATABASE_URL must be migrated and empty.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quicktakes.settings")

from . import generate, words

BATCH = 2_000


def fill(articles: int, seed: int = generate.DEFAULT_SEED, distinct: int = 5_000) -> None:
    """Insert `articles` generated articles, their subjects and links; then tie them together as an import does.

    Raises RuntimeError where the database holds articles already.
    """
    from django.db import transaction  # noqa: PLC0415 Django must be set up first

    from learn import links  # noqa: PLC0415
    from learn.models import Article, RelatedLink, Subject  # noqa: PLC0415

    if Article.objects.exists():
        raise RuntimeError("the database holds articles already")
    with (
        ProcessPoolExecutor() as pool
    ):  # before the first query: a forked worker must not share the connection
        derived = list(pool.map(partial(_derived, seed), range(min(distinct, articles)), chunksize=50))
    subjects = Subject.objects.bulk_create(
        Subject(title=title, slug=generate.slugify(title), is_listed=listed)
        for title, _weight, listed in words.SUBJECTS
    )
    numbers = iter(range(articles))
    linking: list[generate.Article] = []  # one batch behind: links lead to articles a little further on, too
    while batch := [generate.Article(seed, number) for number in islice(numbers, BATCH)]:
        with transaction.atomic():
            Article.objects.bulk_create(
                Article(pk=article.number + 1, subject=subjects[article.heading.subject], **values)
                for article in batch
                for values in [_values(article, derived[article.original % len(derived)])]
            )
            RelatedLink.objects.bulk_create(_links(linking, articles))
        linking = batch
    RelatedLink.objects.bulk_create(_links(linking, articles))
    links.choose_canonicals()


def _derived(seed: int, number: int) -> dict[str, Any]:
    django.setup()
    from learn.articles import derived_fields  # noqa: PLC0415

    article = generate.Article(seed, number)
    return {"answer": article.answer, **derived_fields(article.heading.question, article.answer)}


def _values(article: generate.Article, derived: dict[str, Any]) -> dict[str, Any]:
    from learn.articles import content_key  # noqa: PLC0415

    here = article.heading
    return {
        **derived,
        "content_key": content_key(here.question, derived["answer"]),
        "slug": here.slug,
        "source_id": here.source_id,
        "source_url": here.url,
        "source_path": f"learn/{here.subject_slug}/{here.slug}.md",
        "source_hash": f"{article.number:064x}",
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


def _links(batch: list[generate.Article], articles: int) -> Iterator[Any]:
    from learn.models import RelatedLink  # noqa: PLC0415

    for article in batch:
        for position, link in enumerate(article.links(articles), start=1):
            yield RelatedLink(
                article_id=article.number + 1,
                position=position,
                target_id=None if link.target is None else link.target + 1,
                source_id=link.source_id,
                title=link.title,
                subject=link.subject,
                url=link.url,
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
