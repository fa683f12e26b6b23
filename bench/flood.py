"""Everything at once against a site: slow clients, guessed passwords, floods of searches and of missing pages.

    python -m bench.flood                                 # on the sample articles, 20 seconds
    python -m bench.flood --source library.tar.gz         # on a whole library

Behind one trusted proxy, which these clients play: each attacker has an address of its own in X-Forwarded-For.
Meanwhile readers ask for articles, and an editor, who logged in before, logs in again and saves, from a process of
their own: what they wait is the server's doing. Prints what readers waited, what attackers were answered, what the
editor could do, and the memory of the server.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.form_fields import FormFields

from .serving import Server
from .sites import Site, SQLite

SLOW, SEARCHERS, GUESSERS, READERS = 500, 50, 50, 10
GUESSES_A_SECOND = 100
PAUSE = 0.1  # seconds between the requests of one reader, on average
USER, PASSWORD = "edna", "a password that nobody guesses"
TOKEN = "flood" * 6 + "ed"  # a cookie and a field that agree, as Django's protection asks for
SLOW_STARTS = ("", "GET /learn HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A", "POST /admin/login/ HTTP/1.1\r\nHost: ")
ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Answer:
    status: int
    headers: str
    body: str

    def cookies(self) -> dict[str, str]:
        return dict(re.findall(r"(?im)^set-cookie:\s*([^=;]+)=([^;\r\n]*)", self.headers))


@dataclass
class Flood:
    """The clients of one run, and what they were answered."""

    port: int
    articles: list[str]
    ends_at: float
    answers: dict[str, Counter[int | str]] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    edits: list[float] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.ends_at

    async def ask(
        self,
        path: str,
        address: str,
        data: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own. Raises OSError where the connection fails."""
        body = urlencode(data).encode() if data is not None else b""
        lines = [
            f"{'POST' if data is not None else 'GET'} {path} HTTP/1.0",  # whose answers are not chunked
            "Host: 127.0.0.1",
            f"X-Forwarded-For: {address}",
            "Connection: close",
            f"Cookie: {'; '.join(f'{name}={value}' for name, value in (cookies or {}).items())}",
            f"Content-Length: {len(body)}",
            "Content-Type: application/x-www-form-urlencoded",
        ]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"(?im)^content-length:\s*(\d+)", head)
            text = await (reader.readexactly(int(length[1])) if length else reader.read())
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError from error
        finally:
            writer.close()
        return Answer(int(head.split()[1]), head, text.decode(errors="replace"))

    async def attack(self, kind: str, path: str, address: str, data: dict[str, str] | None = None) -> None:
        counts = self.answers.setdefault(kind, Counter())
        try:
            answer = await self.ask(path, address, data, {"csrftoken": TOKEN} if data else None)
        except OSError:
            counts["no answer"] += 1
        else:
            counts[answer.status] += 1

    async def stay_silent(self, number: int) -> None:
        """Hold a connection on which a request begins and never ends; take another one when it is closed."""
        while not self.is_over:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(SLOW_STARTS[number % len(SLOW_STARTS)].encode())
                await asyncio.wait_for(reader.read(), max(0.1, self.ends_at - time.monotonic()))
                writer.close()
            except (OSError, TimeoutError):
                await asyncio.sleep(0.05)

    async def guess(self) -> None:
        """GUESSES_A_SECOND passwords, of names that exist and of others, whether or not earlier ones are answered."""
        tasks = set()
        for number in count():
            if self.is_over:
                break
            name = USER if number % 2 else f"user{number % 17}"
            data = {"username": name, "password": f"guess {number}", "csrfmiddlewaretoken": TOKEN}
            address = f"203.0.113.{number % GUESSERS}"
            tasks.add(asyncio.create_task(self.attack("login", "/admin/login/", address, data)))
            await asyncio.sleep(1 / GUESSES_A_SECOND)
        await asyncio.gather(*tasks)

    async def search(self, number: int) -> None:
        for turn in count():
            if self.is_over:
                return
            query = urlencode({"q": f"how does energy {turn} change in a cell {number}"})
            await self.attack("search", f"/learn/search?{query}", f"198.51.100.{number}")

    async def scan(self) -> None:
        for turn in count():
            if self.is_over:
                return
            await self.attack("missing pages", f"/learn/physics/questions/never-was-{turn}", "192.0.2.7")

    async def read(self, number: int) -> None:
        """Read articles one after the other, each reader from another one on, out of step with the others."""
        chance = random.Random(number)  # noqa: S311 the same each time
        for turn in count(number * len(self.articles) // READERS):
            if self.is_over:
                return
            began = time.monotonic()
            try:
                status: int | str = (
                    await self.ask(self.articles[turn % len(self.articles)], f"10.1.{number}.1")
                ).status
            except OSError:
                status = "no answer"
            self.waits.append(time.monotonic() - began)
            self.answers.setdefault("articles", Counter())[status] += 1
            await asyncio.sleep(PAUSE * chance.uniform(0.5, 1.5))

    async def edit(self, known: dict[str, str]) -> None:
        """Log in with a browser that the account knows, and save an article, again and again."""
        counts = self.answers.setdefault("editor's saves", Counter())
        while not self.is_over:
            began = time.monotonic()
            cookies = await self.log_in(dict(known))
            counts[await self.save(cookies) if "sessionid" in cookies else "not logged in"] += 1
            self.edits.append(time.monotonic() - began)
            await asyncio.sleep(1)

    async def log_in(self, cookies: dict[str, str]) -> dict[str, str]:
        """The cookies that a browser with `cookies` has after logging in; without a session where it was refused."""
        cookies = {**cookies, "csrftoken": TOKEN}
        cookies.pop("sessionid", None)
        data = {"username": USER, "password": PASSWORD, "csrfmiddlewaretoken": TOKEN}
        answer = await self.ask("/admin/login/", "10.2.0.1", data, cookies)
        return {**cookies, **answer.cookies()}

    async def save(self, cookies: dict[str, str]) -> int:
        url = "/admin/learn/article/1/change/"
        form = FormFields("article_form")
        form.feed((await self.ask(url, "10.2.0.1", cookies=cookies)).body)
        form.values |= {"description": f"Saved at {time.time()}.", "_continue": "1"}
        form.values["csrfmiddlewaretoken"] = cookies["csrftoken"]
        return (await self.ask(url, "10.2.0.1", form.values, cookies)).status

    def attackers(self) -> Iterator[Coroutine[Any, Any, None]]:
        yield from (self.stay_silent(number) for number in range(SLOW))
        yield self.guess()
        yield from (self.search(number) for number in range(SEARCHERS))
        yield self.scan()

    def people(self, known: dict[str, str]) -> Iterator[Coroutine[Any, Any, None]]:
        yield from (self.read(number) for number in range(READERS))
        yield self.edit(known)


def attack(port: int, seconds: int) -> dict[str, Counter[int | str]]:
    """What the attackers of so many seconds were answered."""

    async def run() -> None:
        await asyncio.gather(*flood.attackers())

    flood = Flood(port, [], time.monotonic() + seconds)
    asyncio.run(run())
    return flood.answers


def visit(server: Server, articles: list[str], seconds: int) -> Flood:
    """What readers and the editor find in so many seconds."""

    async def run() -> None:
        known = await flood.log_in({})
        await asyncio.gather(*flood.people(known))

    flood = Flood(server.port, articles, time.monotonic() + seconds)
    asyncio.run(run())
    return flood


def at(waits: list[float], share: float) -> float:
    """The wait, in milliseconds, below which this share of them lies."""
    return sorted(waits)[int(share * (len(waits) - 1))] * 1000


def prepare(site: Site, source: str) -> list[str]:
    """Give a site its static files, the articles of `source` and the editor; return what readers ask for."""
    site.manage("collectstatic", "--no-input", "--verbosity=0")
    site.manage("import_articles", source, "--verbosity=0")
    site.manage(
        "createsuperuser", "--no-input", "--email=edna@example.org", f"--username={USER}",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )  # fmt: skip
    return list(site.facts()["articles"])[:2000]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", default=str(ROOT / "fixtures" / "articles"), help="what to import")
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="learn-flood-") as folder:
        site, _was_there = SQLite(Path(folder)).site("flood")
        articles = prepare(site, options.source)
        with site.served(RATE_LIMITS="true", TRUSTED_PROXY_COUNT="1", SECURE_COOKIES="false") as server:
            idle = visit(server, articles, 5)
            before = server.memory
            with ProcessPoolExecutor(1) as other:
                attacked = other.submit(attack, server.port, options.seconds)
                flood = visit(server, articles, options.seconds)
                answers = {**flood.answers, **attacked.result()}
            after = server.memory
    say = sys.stdout.write
    for name, one in (("idle", idle), ("flood", flood)):
        p50, p99 = at(one.waits, 0.5), at(one.waits, 0.99)
        say(f"{name}: {len(one.waits):,} article pages, p50 {p50:.1f} ms, p99 {p99:.1f} ms\n")
    for kind, counts in answers.items():
        say(
            f"{kind}: " + ", ".join(f"{status}: {number:,}" for status, number in counts.most_common()) + "\n"
        )
    say(
        f"editor: login and save p50 {at(flood.edits, 0.5):.0f} ms, longest {max(flood.edits) * 1000:.0f} ms\n"
    )
    say(f"memory of the server: {before:.0f} MB before, {after:.0f} MB after\n")


if __name__ == "__main__":
    main()
