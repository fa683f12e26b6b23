from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from learn import search
from learn.jobs.progress import progress_on
from learn.models import Article, ArticleToPlace
from learn.related.similar import refresh_similar
from learn.topics.placing import place_articles


class Command(BaseCommand):
    help = (
        "Choose the similar questions of the articles that changed since the last run and of those they concern, find "
        "near-duplicates, and bring "
        "the vocabulary that spelling is corrected to and the topics up to date. An import does so at its end; "
        "run this now and then for what editors change. Stop and repeat it at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all",
            action="store_true",
            help="compare all articles, changed or not, and give them their topics anew",
        )
        parser.add_argument(
            "--reindex",
            action="store_true",
            help="make the search index anew, too (it follows the articles by itself)",
        )

        parser.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: one per core)")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["reindex"]:
                search.rebuild()
            with progress_on(self.stderr, "Relating", quiet=options["verbosity"] == 0) as progress:
                done = refresh_similar(everything=options["all"], jobs=options["jobs"], progress=progress)
            if options["all"]:
                ArticleToPlace.objects.note(Article.objects.values_list("pk", flat=True))
            with progress_on(self.stderr, "Topics", quiet=options["verbosity"] == 0) as progress:
                placed = place_articles(progress=progress)
        except KeyboardInterrupt:
            self.stderr.write("Interrupted. Run relate_articles again for the rest.")
            sys.exit(130)
        if options["verbosity"] > 0:
            articles = f"{done.changed:,} article{'' if done.changed == 1 else 's'}"
            self.stdout.write(
                f"{articles} compared with all others; the similar questions of {done.articles:,} articles changed. "
                f"{done.groups:,} groups of near-duplicates wait on the health page. "
                f"{placed.topics:,} topics changed."
            )
