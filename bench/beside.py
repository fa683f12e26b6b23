"""What an editor and readers wait while a change set of thousands of articles runs.

    python -m bench.beside --source library.tar.gz                            # 5,000 articles, on SQLite
    python -m bench.beside --source library.tar.gz --database postgresql

For so many seconds readers and an editor are alone; then, with each kind of set, until that has run. The editor opens
one article after the other and saves it, published at once; the set has other articles. Sets are run by a process of
their own, as `make serve` starts it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.form_fields import FormFields

from .cost import python
from .flood import READERS, ROOT, USER, Flood, at, prepare
from .serving import Server
from .sites import Site, databases

ALONE = 30  # seconds
SAVES = 0.5  # seconds between the end of a save and the next one
LAST = 900  # seconds that a set may take
# Makes a set and confirms it. Of articles with the highest keys: the editor saves those with the lowest.
MAKE = """
from django.contrib.auth.models import User
from learn.changesets import making, running
from learn.models import Article, Subject
kind, number = {kind!r}, {number}
options = dict(
    move=dict(subject=Subject.objects.order_by("-pk").first().pk),
    replace=dict(find="the", replace="that", is_pattern=False, whole_words=True, match_case=True, where="everywhere",
        fields=["description"], into="live"),
    unpublish={{}},
)[kind]
articles = Article.objects.published().order_by("-pk").values_list("pk", flat=True)[:number]
change_set = making.create(
    kind, kind.title(), User.objects.get(username={user!r}), making.of_articles(articles), options=options
)
while change_set.state == "checking":
    running.check_some(change_set.pk)
    change_set.refresh_from_db()
if not making.confirm(change_set, change_set.ready):
    raise SystemExit(f"{{change_set.state}}: {{change_set.message}}")
"""
DONE = """
import json
from learn.models import ChangeSet
done = ChangeSet.objects.order_by("pk").last()
print(json.dumps([done.state, done.changed, done.done, done.refused, done.message]))
"""


@dataclass
class Beside(Flood):
    """Readers, and an editor whose saves are timed; until `is_done` says so."""

    is_done: Callable[[], bool] = field(default=lambda: False)
    faults: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.ends_at or self.is_done()

    async def edit(self, known: dict[str, str]) -> None:
        counts = self.answers.setdefault("editor's saves", Counter())
        for key in count(1):
            if self.is_over:
                return
            url = f"/admin/learn/article/{key % 500 + 1}/change/"
            form = FormFields("article_form")
            form.feed((await self.ask(url, "10.2.0.1", cookies=known)).body)
            form.values |= {
                "description": f"Saved at {time.time()}.", "_publish": "1", "csrfmiddlewaretoken": known["csrftoken"]
            }  # fmt: skip
            began = time.monotonic()
            answer = await self.ask(url, "10.2.0.1", form.values, known)
            self.edits.append(time.monotonic() - began)
            counts[answer.status] += 1
            await asyncio.sleep(SAVES)


def visit(
    server: Server, articles: list[str], seconds: float, is_done: Callable[[], bool] = lambda: False
) -> Beside:
    """What readers and the editor find, for so many seconds or until it is done."""

    async def run() -> None:
        known = await people.log_in({})
        if "sessionid" not in known:
            raise RuntimeError("the editor cannot log in")
        await asyncio.gather(*people.people(known))

    people = Beside(server.port, articles, time.monotonic() + seconds, is_done=is_done)
    asyncio.run(run())
    return people


def measure(site: Site, articles: list[str], kinds: list[str], number: int) -> None:
    say = sys.stdout.write
    usual = 0.0
    with site.served(RATE_LIMITS="true", TRUSTED_PROXY_COUNT="1", SECURE_COOKIES="false") as server:
        visit(server, articles, 5)
        for kind in ["", *kinds]:
            began = time.monotonic()
            if kind:
                site.manage("shell", "-v0", "-c", MAKE.format(kind=kind, number=number, user=USER))
                environment = site.environment()
                began = time.monotonic()
                worker = subprocess.Popen(python("manage.py", "run_change_sets", "-v0"), env=environment)
                people = visit(server, articles, LAST, lambda: worker.poll() is not None)  # noqa: B023
                worker.wait(LAST)
            else:
                people = visit(server, articles, ALONE)
            took = time.monotonic() - began
            what = f"{kind} of {number:,}" if kind else "alone"
            waits, saves = at(people.waits, 0.99), at(people.edits, 0.99)
            usual = usual or waits
            say(
                f"{site.where}, {what}, {took:.0f} s: {len(people.edits)} saves p50 {at(people.edits, 0.5):.0f} ms, "
            )
            say(
                f"p99 {saves:.0f} ms, longest {max(people.edits) * 1000:.0f} ms; {len(people.waits):,} pages "
            )
            say(f"p50 {at(people.waits, 0.5):.1f} ms, p99 {waits:.1f} ms ({waits / usual:.2f})\n")
            say("  " + "; ".join(f"{name}: {dict(found)}" for name, found in people.answers.items()))
            if kind:
                listed = site.manage("shell", "-v0", "-c", DONE).output.splitlines()[-1]
                say(f"; the set: {json.loads(listed)}")
            say("\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", default=str(ROOT / "fixtures" / "articles"), help="what to import")
    parser.add_argument("--articles", type=int, default=5_000, help="in a set")
    parser.add_argument("--kinds", nargs="+", default=["move", "replace", "unpublish"])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="learn-beside-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another account
        with databases(folder, [options.database]) as found:
            site, _was_there = found[0].site("beside")
            articles = prepare(site, options.source)
            sys.stdout.write(f"{READERS} readers, an editor, two processes\n")
            measure(site, articles, options.kinds, options.articles)


if __name__ == "__main__":
    main()
