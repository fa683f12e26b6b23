"""The cost of a request in libraries of a thousand to a million articles: one at a time, no page cached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .cost import python, run
from .report import BASE, Report, Row
from .serving import Server
from .sites import PostgreSQL, SQLite
from .web import BROWSERS, tagged, words

TARGET = 1.5  # times what it costs at BASE
SITEMAP = "sitemap of a subject, per 1,000 addresses"


def measure(
    report: Report, database: SQLite | PostgreSQL, sizes: Iterable[int], folder: Path, seconds: int
) -> None:
    """Fill libraries of these `sizes` (or take those that an earlier run kept) and ask each kind of page of them."""
    costs: dict[str, dict[int, float]] = {}
    for size in sizes:
        site, is_kept = database.site(f"scale-{size}", is_kept=True)
        if is_kept and site.facts()["count"] != size:  # an earlier run was stopped
            site, is_kept = database.site(f"scale-{size}")
        if not is_kept:
            run(python("-m", "bench.rows", "--articles", str(size)), site.environment())
            if isinstance(database, PostgreSQL):
                database.settle(site)
        facts = site.facts()
        with site.served(processes=1, PAGE_CACHE_MB="0") as server:
            for page, milliseconds in ask(server, facts, folder, seconds):
                costs.setdefault(page, {})[size] = milliseconds
    report.scale[database.name] = costs
    for page, by_size in costs.items():
        largest = max(by_size)
        if BASE in by_size and largest > BASE:
            ratio = by_size[largest] / by_size[BASE]
            report.add(
                Row(
                    f"Cost at {largest:,} articles", page, database.name,
                    f"{by_size[largest]:.2f} ms", by_size[largest], "ms", ratio, f"{BASE:,}",
                    f"at most {TARGET}", ratio <= TARGET,
                )
            )  # fmt: skip


def ask(server: Server, facts: Mapping[str, Any], folder: Path, seconds: int) -> Iterable[tuple[str, float]]:
    """Each kind of page with the median of its milliseconds."""
    articles: list[str] = facts["articles"]
    subjects: list[tuple[str, int]] = facts["subjects"]
    pages = {
        "article": articles,
        "article as Markdown": [f"{path}.md" for path in articles],
        "304": tagged(server, articles[:200]),
        "subject, first page": [f"/learn/{slug}" for slug, _last in subjects],
        "subject, last page": [f"/learn/{slug}" + (f"?page={last}" if last > 1 else "") for slug, last in subjects],
        "library": ["/learn"],
        "search": [f"/learn/search?q={words(question)}" for question in facts["questions"]],
        "feed of a subject": [f"/learn/{slug}/feed.atom" for slug, _last in subjects],
        "sitemap, index": ["/sitemap.xml"],
    }  # fmt: skip
    for name, urls in pages.items():
        yield name, _median(server, urls, folder, seconds)
    path, addresses = max(facts["sitemaps"], key=lambda entry: entry[1])
    yield SITEMAP, _median(server, [path], folder, seconds) / addresses * 1_000
    cookie = f"sessionid={facts['session']}"
    yield "editors' list", _median(server, ["/admin/learn/article/"], folder, seconds, cookie=cookie)


def _median(server: Server, urls: list[str], folder: Path, seconds: int, *, cookie: str = "") -> float:
    # As on a site that has run for a while: the first time, most of a million articles comes from the disk.
    while not server.load(
        urls, folder, seconds=seconds, connections=1, encoding=BROWSERS, cookie=cookie
    ).rate:
        pass
    measured = server.load(urls, folder, seconds=seconds, connections=1, encoding=BROWSERS, cookie=cookie)
    if measured.failed or not measured.rate:
        raise RuntimeError(f"{urls[0]}: {measured.failed} requests failed, {measured.rate} a second answered")
    return measured.p50
