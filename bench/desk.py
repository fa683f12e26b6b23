"""What the editors' pages cost in the library that DATABASE_URL names: queries, and the median of so many milliseconds.

    DEBUG=true DATABASE_URL=sqlite:///library.sqlite3 python -m bench.desk

Django answers without a server, as an administrator who is there for the length of the measurement only. The forms are
those of the longest answers.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quicktakes.settings")
ARTICLES = 20
TIMES = 3  # each page


def measure(ask: Callable[[str], object], paths: list[str]) -> tuple[int, float]:
    """The most queries of one of `paths`, and the median of the milliseconds of all."""
    from django.db import connection  # noqa: PLC0415 Django must be set up first
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    queries, times = 0, []
    for path in paths:
        ask(path)
        with CaptureQueriesContext(connection) as captured:
            ask(path)
        queries = max(queries, len(captured))
        for _time in range(TIMES):
            began = time.perf_counter()
            ask(path)
            times.append((time.perf_counter() - began) * 1000)
    return queries, statistics.median(times)


def main() -> int:
    django.setup()
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415
    from django.db.models.functions import Length  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from learn.models import Article, Subject  # noqa: PLC0415

    with transaction.atomic():
        user = User.objects.create_superuser("bench-desk")
        client = Client(SERVER_NAME="localhost")
        client.force_login(user)

        def ask(path: str) -> None:
            response = client.get(path)
            if response.status_code != 200:
                raise SystemExit(f"{path} answers {response.status_code}.")

        keys = list(Article.objects.order_by(Length("answer").desc()).values_list("pk", flat=True)[:ARTICLES])
        largest = max(Subject.objects.all(), key=lambda subject: subject.articles.count())
        words = Article.objects.get(pk=keys[0]).question.split()[-1].strip("?")
        pages = {
            "the list of articles": ["/admin/learn/article/"],
            "its last page": ["/admin/learn/article/?p=300"],
            "the list of the largest subject": [f"/admin/learn/article/?subject__id__exact={largest.pk}"],
            "a search in the list": [f"/admin/learn/article/?q={words}"],
            "the form of an article": [f"/admin/learn/article/{key}/change/" for key in keys],
        }
        sys.stdout.write(f"{Article.objects.count():,} articles\n")
        for name, paths in pages.items():
            queries, milliseconds = measure(ask, paths)
            sys.stdout.write(f"{name:34} {queries:3} queries  {milliseconds:7.1f} ms\n")
        transaction.set_rollback(True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
