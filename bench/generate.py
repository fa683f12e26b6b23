"""A library of study questions for measuring: any number of articles in the format of the real files.

    python -m bench.generate DIR --articles 36000 --seed 1

Writes DIR/subjects.yaml and DIR/learn/<subject>/<slug>.md. An article is a function of the seed and its
number alone: a corpus of any size streams in constant memory, a link can name an article that is not written
yet, and the first thousand articles of a small and of a large corpus differ only in links beyond the end.

The distributions are those of the real library: answers of 2,540 characters (1st percentile 900, 99th 3,750);
11 % with formulas (nine of them), 1.1 % with code, 0.1 % with a table, 1.3 % with prices, 22 % with headings;
2.9 related links (27 % of the articles have none, 9 % repeat one, 0.3 % lead nowhere); 7 % filed a second
time under another subject; 0.2 % unanswered and marked `no_index`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import sys
from bisect import bisect
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple

from . import words

DEFAULT_ARTICLES = 36_000
DEFAULT_SEED = 1
CHUNK = 1_000  # articles per task of a worker process
COPY_EVERY = 14  # each 14th article files the one before it under another subject
TRIPLE_EVERY = COPY_EVERY * 30
UNANSWERED_EVERY = 535
PER_DAY = 300
FIRST_DATE = dt.date(2015, 1, 1)
FIRST_ID = 100_000

_WEIGHTS = list(accumulate(weight for _title, weight, _listed in words.SUBJECTS))
_QUESTIONS = len(words.QUESTIONS)
# Every question is one of these combinations, visited in a scattered order without repeating any.
_COMBINATIONS = _QUESTIONS * len(words.ADJECTIVES) * len(words.NOUNS) * len(words.ASPECTS) * len(words.NOUNS)
_STRIDE = 7_368_787_589  # a prime, and no divisor of the number of combinations: the walk meets each one once


class Heading(NamedTuple):
    """What other files and the lists know of an article."""

    number: int
    source_id: int
    subject: int  # index into words.SUBJECTS
    question: str
    topic: str
    date: dt.date

    @property
    def subject_title(self) -> str:
        return words.SUBJECTS[self.subject][0]

    @property
    def subject_slug(self) -> str:
        return slugify(self.subject_title)

    @property
    def slug(self) -> str:
        return slugify(self.question)

    @property
    def url(self) -> str:
        return f"/learn/{self.subject_slug}/questions/{self.slug}"


class Link(NamedTuple):
    """One `related_articleN`, and the number of the article that it leads to; None where it leads nowhere."""

    source_id: int
    title: str
    subject: str
    url: str
    target: int | None


@lru_cache(maxsize=4096)
def slugify(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


@dataclass(frozen=True)
class Article:
    """Article `number` of the corpus with this `seed`."""

    seed: int
    number: int

    @cached_property
    def original(self) -> int:
        """The number of the article that this one repeats under another subject, or its own."""
        if self.number % TRIPLE_EVERY == TRIPLE_EVERY - 1:
            return self.number - 2
        if self.number % COPY_EVERY == COPY_EVERY - 1 or self.number % TRIPLE_EVERY == TRIPLE_EVERY - 2:
            return self.number - 1
        return self.number

    @cached_property
    def heading(self) -> Heading:
        rng = Random(self.seed * 1_000_003 + self.original)  # noqa: S311 nothing here is secret
        subject = bisect(_WEIGHTS, rng.random() * _WEIGHTS[-1])
        place = (self.seed * 104_729 + self.original * _STRIDE) % _COMBINATIONS
        place, question = divmod(place, _QUESTIONS)
        place, adjective = divmod(place, len(words.ADJECTIVES))
        place, noun = divmod(place, len(words.NOUNS))
        other, aspect = divmod(place, len(words.ASPECTS))
        topic = f"{words.ADJECTIVES[adjective]} {words.NOUNS[noun]}"
        text = words.QUESTIONS[question].format(
            adjective=words.ADJECTIVES[adjective],
            noun=words.NOUNS[noun],
            aspect=words.ASPECTS[aspect],
            other=words.NOUNS[other],
            field=words.SUBJECTS[subject][0].lower(),
        )
        subject = (subject + self.number - self.original) % len(words.SUBJECTS)
        date = FIRST_DATE + dt.timedelta(days=self.number // PER_DAY)
        return Heading(self.number, FIRST_ID + self.original, subject, text, topic, date)

    @cached_property
    def is_unanswered(self) -> bool:
        return self.original % UNANSWERED_EVERY == UNANSWERED_EVERY - 1

    @cached_property
    def answer(self) -> str:
        """Markdown with real newlines; equal for an article and its copies."""
        return _Answer(self.seed, Article(self.seed, self.original)).text

    @cached_property
    def description(self) -> str:
        return _Answer(self.seed + 1, Article(self.seed, self.original)).prose(165)

    @cached_property
    def keywords(self) -> str:
        rng = Random(self.seed * 1_000_003 + self.original)  # noqa: S311
        terms = [self.heading.topic, *(_term(rng) for _ in range(rng.randint(7, 16)))]
        return ", ".join(dict.fromkeys(terms))

    def links(self, articles: int) -> list[Link]:
        """The related links of this article in a corpus of that many `articles`."""
        rng = Random(-1 - self.seed * 1_000_003 - self.number)  # noqa: S311
        count = rng.choices((0, 1, 2, 3, 4, 5), (27, 5, 6, 8, 16, 38))[0]
        links: list[Link] = []
        for _ in range(count):
            target = self.number + rng.choice((-1, 1)) * rng.randint(1, 60)
            if links and rng.random() < 0.115:
                links.append(links[-1])
            elif 0 <= target < articles and target != self.number:
                there = Article(self.seed, target).heading
                wrong_id = rng.random() < 0.028
                is_dead = rng.random() < 0.003
                url = f"{there.url}-no-longer" if is_dead else there.url
                links.append(
                    Link(
                        there.source_id + wrong_id, there.question, there.subject_title, url,
                        None if is_dead else target,
                    )
                )  # fmt: skip
        return links

    def file_text(self, articles: int) -> str:
        """The Markdown file, as the real ones are written: a folded scalar per text, `\\n` for a newline."""
        here = self.heading
        lines = [
            "---", "_schema: default", f"id: {here.source_id}", f"date: {here.date}",
            "title: >-", f"    {here.question}", "article_title: >-", f"    {here.question}",
            "date_format: MMM DD, YYYY", "post_on_text: Posted on", "seo:",
            f"  title: QuickTakes | {here.subject_title}",
            "  page_description: >-", f"    {self.description}",
            "  page_keywords: >-", f"    {self.keywords}",
            "author: QuickTakes", "question: >-", f"    {here.question}",
        ]  # fmt: skip
        if self.is_unanswered:
            lines.append("no_index: True")
        answer = self.answer.replace("\n", "\\n")
        lines += [
            "answer: >-", f"    {answer}", f"subject: {here.subject_title}", f"file_name: {here.slug}.md",
            f"url: {here.url}",
        ]  # fmt: skip
        if self.number % 100 < 78:
            lines.append("score: -1.0")
        for position, link in enumerate(self.links(articles), start=1):
            lines += [
                f"related_article{position}:", f"    id: {link.source_id}", "    title: >-",
                f"        {link.title}", f"    subject: {link.subject}", f"    url: {link.url}",
            ]  # fmt: skip
        return "\n".join([*lines, "---", "", "&nbsp;"])


class _Answer:
    """Writes the answer of one article, block by block, until it is as long as its target."""

    def __init__(self, seed: int, article: Article) -> None:
        self.rng = Random((seed * 1_000_003 + article.number) * 2 + 1)  # noqa: S311
        self.article = article
        kind = self.rng.random()
        self.delimiter = ("", "$", "\\(")[(kind < 0.109) + (kind < 0.027)]
        self.has_code = 0.109 <= kind < 0.12
        self.has_prices = 0.12 <= kind < 0.133
        self.has_table = 0.133 <= kind < 0.1345
        self.has_inline_code = 0.1345 <= kind < 0.148

    def fill(self, pattern: str) -> str:
        """`pattern` with its letters replaced by words; each letter once, drawn anew for each call."""
        rng = self.rng
        noun, other = _skewed(rng, words.NOUNS), _skewed(rng, words.NOUNS)
        first, second = _skewed(rng, words.ADJECTIVES), _skewed(rng, words.ADJECTIVES)
        aspect, rare = _skewed(rng, words.ASPECTS), words.COINED[int(len(words.COINED) * rng.random() ** 2)]
        return pattern.format(
            t=self.article.heading.topic, f=self.article.heading.subject_title.lower(),
            n=noun, m=other, a=first, b=second, s=aspect, c=rare, d=rng.randint(2, 98),
            v=_skewed(rng, words.VERBS), w=_skewed(rng, words.VERBS),
            N=noun.title(), M=other.title(), A=first.title(), S=aspect.title(), C=rare.title(),
            x=rng.choice(words.LETTERS), y=rng.choice(words.LETTERS),
            k=rng.randint(2, 9), j=rng.randint(2, 60),
        )  # fmt: skip

    def prose(self, length: int) -> str:
        """Whole sentences, of about `length` characters together."""
        sentences: list[str] = []
        while length > 0:
            sentences.append(self.fill(self.rng.choice(words.SENTENCES)))
            length -= len(sentences[-1]) + 1
        return " ".join(sentences)

    def passage(self, length: int) -> str:
        """Prose with what is rare in it: a formula, a price, a name of code."""
        text = self.prose(length)
        if self.delimiter and self.rng.random() < 0.8:
            opening, closing = ("$", "$") if self.delimiter == "$" else ("\\(", "\\)")
            formula = self.fill(self.rng.choice(words.FORMULAS))
            text += f" This holds for {opening}{formula}{closing} in particular."
        if self.has_prices and self.rng.random() < 0.5:
            text += f" It cost ${self.rng.randint(2, 90)},500 at first and ${self.rng.randint(2, 900)} later."
        if self.has_inline_code and self.rng.random() < 0.4:
            text += self.fill(" In a script it is called `{n}_{m}`.")
        return text

    @property
    def text(self) -> str:
        rng = self.rng
        if self.article.is_unanswered:
            return words.UNANSWERED.format(t=self.article.heading.topic)
        target = min(4_900, max(200, rng.gauss(2_400, 500)))
        blocks = [self.fill(rng.choice(words.OPENINGS)) + " " + self.passage(rng.randint(80, 260))]
        shape = rng.random()
        sections = (self._headed if shape < 0.22 else self._plain if shape < 0.34 else self._numbered)()
        while sum(map(len, blocks)) < target - 330:
            blocks.append(next(sections))
        blocks.extend(self._rare())
        blocks.append(self.fill(rng.choice(words.CLOSINGS)) + " " + self.prose(120))
        return "\n\n".join(blocks)

    def _numbered(self) -> Iterator[str]:
        """Numbered points with a bold lead; in three articles of ten each has bullets of its own."""
        nested = self.rng.random() < 0.3
        number = 0
        while True:
            number += 1
            point = f"{number}. **{self.fill(self.rng.choice(words.LEADS))}**: {self.passage(180)}"
            if nested:
                point += "".join(f"\n   - {self.prose(90)}" for _ in range(self.rng.randint(2, 3)))
            yield point
            if self.delimiter and self.rng.random() < 0.35:
                yield f"   $$\n   {self.fill(self.rng.choice(words.DISPLAYS))}\n   $$"

    def _headed(self) -> Iterator[str]:
        """Sections under a heading: a paragraph, then bullets."""
        while True:
            yield f"### {self.fill(self.rng.choice(words.LEADS))}"
            yield self.passage(220)
            yield "\n".join(
                f"- **{self.fill(self.rng.choice(words.LEADS))}**: {self.passage(90)}"
                for _ in range(self.rng.randint(2, 5))
            )
            if self.delimiter:
                yield f"$$\n{self.fill(self.rng.choice(words.DISPLAYS))}\n$$"

    def _plain(self) -> Iterator[str]:
        while True:
            yield self.passage(self.rng.randint(250, 500))
            if self.delimiter and self.rng.random() < 0.5:
                yield f"$$\n{self.fill(self.rng.choice(words.DISPLAYS))}\n$$"

    def _rare(self) -> Iterator[str]:
        if self.has_code:
            language, program = self.rng.choice(words.PROGRAMS)
            yield f"```{language}\n{self.fill(program)}\n```"
        if self.has_table:
            rows = [self.fill("| {N} | {s} | {d} |") for _ in range(self.rng.randint(3, 7))]
            yield "\n".join([self.fill("| {A} {n} | {S} | {M} |"), "| --- | --- | --- |", *rows])


def _skewed(rng: Random, choices: list[str]) -> str:
    """One of `choices`, the first far more often than the last, as words are."""
    return choices[int(len(choices) * rng.random() ** 2)]


def _term(rng: Random) -> str:
    return f"{_skewed(rng, words.ADJECTIVES)} {_skewed(rng, words.NOUNS)}"


def write(folder: Path, articles: int, seed: int = DEFAULT_SEED, jobs: int | None = None) -> int:
    """Write `articles` files below `folder`, in `jobs` processes (None: one per core); return their bytes."""
    learn = folder / "learn"
    for title, _weight, _listed in words.SUBJECTS:
        (learn / slugify(title)).mkdir(parents=True, exist_ok=True)
    (folder / "subjects.yaml").write_text(
        "".join(
            f"{slugify(title)}:\n  title: {title}\n  listed: {str(listed).lower()}\n"
            for title, _weight, listed in words.SUBJECTS
        )
    )
    with ProcessPoolExecutor(jobs or os.cpu_count()) as pool:
        write_chunk = partial(_write_chunk, learn, articles, seed)
        return sum(pool.map(write_chunk, range(0, articles, CHUNK)))


def _write_chunk(learn: Path, articles: int, seed: int, start: int) -> int:
    size = 0
    for number in range(start, min(start + CHUNK, articles)):
        article = Article(seed, number)
        data = article.file_text(articles).encode()
        (learn / article.heading.subject_slug / f"{article.heading.slug}.md").write_bytes(data)
        size += len(data)
    return size


def revise(files: Iterable[Path], seed: int = DEFAULT_SEED) -> None:
    """Add a sentence to the answer of each of these files, generated or real."""
    for number, path in enumerate(files):
        addendum = _Answer(seed + 2, Article(seed, number)).fill(words.ADDENDUM)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("\nsubject: ", f"\\n\\n{addendum}\nsubject: ", 1), encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="the folder to write to; made where it is missing"
    )
    parser.add_argument("--articles", type=int, default=DEFAULT_ARTICLES, metavar="N")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="S")
    parser.add_argument(
        "--jobs", type=int, default=None, metavar="J", help="processes; one per core if not given"
    )
    options = parser.parse_args(arguments)
    size = write(options.folder, options.articles, options.seed, options.jobs)
    sys.stdout.write(f"{options.articles:,} articles, {size / 1e6:,.1f} MB, in {options.folder}\n")


if __name__ == "__main__":
    main()
