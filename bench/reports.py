"""Reports of mistakes by the thousand: what is stored, what is answered, and what readers wait meanwhile.

    python -m bench.reports                               # on the sample articles, 10,000 in a minute, twice
    python -m bench.reports --source library.tar.gz       # on a whole library

First one address sends them all, then 1,000 addresses do. Each form has a token of its own that is valid, names one of
200 articles and says something new, which is the dearest that a form can be. The site runs as in production, behind one
trusted proxy, which these clients play. Ends with 1 where more was stored than the limits say.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from .flood import READERS, ROOT, Flood, at
from .sites import Site, SQLite

REPORTED = 200  # articles
ADDRESSES = (1, 1_000)
# Signs tokens and counts rows where the site's key and database are.
TOKENS = """
import json
from learn.feedback import tokens
from learn.models import Article
articles = list(Article.objects.indexable().select_related("subject").order_by("pk")[:{articles}])
print(json.dumps([
    [each.get_absolute_url() + "/report", tokens.issue(each.pk, each.version)]
    for number in range({number}) for each in [articles[number % len(articles)]]
]))
"""
STORED = """
import json
from django.db import connection
from django.db.models import Count, Max
from learn.feedback import reports
from learn.models import FeedbackUse, Report
with connection.cursor() as cursor:
    cursor.execute("VACUUM")
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
most = Report.objects.values("article").annotate(number=Count("pk")).aggregate(Max("number"))["number__max"] or 0
print(json.dumps([Report.objects.count(), most, FeedbackUse.objects.count(), reports.REPORTS_OF_ADDRESS,
    reports.REPORTS_ON_ARTICLE, reports.REPORTS]))
"""


def asked(site: Site, code: str) -> list[int]:
    """What `code` prints last, run with the site's settings."""
    found: list[int] = json.loads(site.manage("shell", "--verbosity=0", "-c", code).output.splitlines()[-1])
    return found


def send(
    port: int, forms: list[tuple[str, str]], addresses: int, seconds: int
) -> tuple[Counter[int | str], float]:
    """Send the forms evenly over so many seconds, whether or not earlier ones are answered; answers, seconds taken."""

    async def run() -> None:
        tasks = set()
        began = time.monotonic()
        for number, (path, token) in enumerate(forms):
            await asyncio.sleep(max(0, began + number * seconds / len(forms) - time.monotonic()))
            data = {"kind": "fact", "text": f"Line {number} is wrong. " + "x" * 900, "token": token}
            who = number % addresses
            tasks.add(
                asyncio.create_task(flood.attack("reports", path, f"203.0.{who // 250}.{who % 250}", data))
            )
        await asyncio.gather(*tasks)

    flood = Flood(port, [], 0)
    began = time.monotonic()
    asyncio.run(run())
    return flood.answers["reports"], time.monotonic() - began


def read(port: int, articles: list[str], seconds: int) -> Flood:
    """What readers wait in so many seconds."""

    async def run() -> None:
        await asyncio.gather(*(flood.read(number) for number in range(READERS)))

    flood = Flood(port, articles, time.monotonic() + seconds)
    asyncio.run(run())
    return flood


def told(name: str, flood: Flood) -> str:
    answers = ", ".join(f"{status}: {number:,}" for status, number in flood.answers["articles"].most_common())
    return (
        f"{name}: articles {answers}, p50 {at(flood.waits, 0.5):.1f} ms, p99 {at(flood.waits, 0.99):.1f} ms\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", default=str(ROOT / "fixtures" / "articles"), help="what to import")
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    say = sys.stdout.write
    too_many = False
    for addresses in ADDRESSES:
        with tempfile.TemporaryDirectory(prefix="learn-reports-") as folder:
            site, _was_there = SQLite(Path(folder)).site("reports")
            site.manage("collectstatic", "--no-input", "--verbosity=0")
            site.manage("import_articles", options.source, "--verbosity=0")
            articles = list(site.facts()["articles"])
            half = (
                len(articles) // 2
            )  # readers read another half each time, so that as many pages have to be made
            listed = site.manage(
                "shell", "--verbosity=0", "-c", TOKENS.format(articles=REPORTED, number=options.reports)
            )
            forms = json.loads(listed.output.splitlines()[-1])
            asked(site, STORED)
            database = Path(site.url.removeprefix("sqlite:///"))
            before = database.stat().st_size
            with site.served(RATE_LIMITS="true", TRUSTED_PROXY_COUNT="1") as server:
                usual = read(server.port, articles[:half], options.seconds)
                with ProcessPoolExecutor(1) as other:
                    sent = other.submit(send, server.port, forms, addresses, options.seconds)
                    meanwhile = read(server.port, articles[half:], options.seconds)
                    answers, took = sent.result()
            stored, most, uses, of_address, on_article, of_all = asked(site, STORED)
            grown = (database.stat().st_size - before) / 1000
        limit = min(of_address * addresses, on_article * REPORTED, of_all)
        say(f"{options.reports:,} reports of {addresses:,} addresses in {took:.0f} s: ")
        say(", ".join(f"{status}: {number:,}" for status, number in answers.most_common()) + "\n")
        say(f"stored {stored:,} (limit {limit:,}), on one article {most} (limit {on_article}), ")
        say(f"{uses:,} counts; the database grew by {grown:,.0f} KB\n")
        say(told("usual", usual) + told("meanwhile", meanwhile))
        too_many |= stored > limit or most > on_article
    return int(too_many)


if __name__ == "__main__":
    raise SystemExit(main())
