"""Ask the search of this process's database the judged queries of a folder, and score what it answers.

    DATABASE_URL=... python -m bench.judged FOLDER     # JSON on standard output

The files, one JSON object a line: known_item (kind, query, relevant), topics (query, grades), misspellings (query,
meant), spelling_variants (query, us), related (question, related), near_duplicates (addresses). A hit counts for an
address where it is that article or its original: the search shows no copies.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

FILES = ("known_item", "topics", "misspellings", "spelling_variants", "related", "near_duplicates")
ENOUGH = 0.9  # of what the American form finds, for a British form to count as found

Figures = dict[str, float]


def read(folder: Path, name: str) -> list[Any]:
    """The lines of a file of judgements. Raises FileNotFoundError."""
    lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def main() -> None:
    import django  # noqa: PLC0415 only this process has settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quicktakes.settings")
    django.setup()
    folder = Path(sys.argv[1])
    sys.stdout.write(json.dumps(Judge().figures({name: read(folder, name) for name in FILES})))


class Judge:
    def __init__(self) -> None:
        from learn.models import Article  # noqa: PLC0415 after django.setup()

        rows = Article.objects.values_list("pk", "canonical_id", "subject__slug", "slug", "question")
        self.original: dict[str, int] = {}
        self.by_question: dict[str, int] = {}
        for pk, canonical, subject, slug, question in rows:
            self.original[f"/learn/{subject}/questions/{slug}"] = canonical or pk
            self.by_question.setdefault(question, canonical or pk)
        self.times: list[float] = []
        self.processor: list[float] = []  # of this process: what the clock says depends on what else runs

    def figures(self, judged: dict[str, list[Any]]) -> dict[str, Figures]:
        """For each kind of query its figures, in their order."""
        figures: dict[str, Figures] = {}
        self.found("warm up")
        self.times.clear()
        self.processor.clear()
        known = judged["known_item"]
        for kind in dict.fromkeys(line["kind"] for line in known):
            figures[kind] = ranks(self.rank(line) for line in known if line["kind"] == kind)
        figures["all but phone"] = ranks(self.rank(line) for line in known if line["kind"] != "phone")
        gains = [self.gains(line) for line in judged["topics"]]
        figures["topics"] = {f"nDCG@{top}": mean(ndcg(*one, top) for one in gains) for top in (5, 10)}
        right = sum(map(self.is_corrected, judged["misspellings"]))
        figures["misspellings"] = {"corrected": right, "of": len(judged["misspellings"])}
        right = sum(map(self.is_variant, judged["spelling_variants"]))
        figures["spelling variants"] = {"found": right, "of": len(judged["spelling_variants"])}
        figures["time"] = percentiles(self.times)
        figures["time of the processor"] = percentiles(self.processor)
        figures["suggestions"] = percentiles(self.suggest(line["query"]) for line in known)
        figures["related"] = self.related(judged["related"])
        figures["near-duplicates"] = self.near_duplicates(judged["near_duplicates"])
        return figures

    def found(self, text: str) -> list[int]:
        """The primary keys of the first ten hits."""
        from learn import search  # noqa: PLC0415

        started, worked = time.perf_counter(), time.process_time()
        results = search.search(text, page_size=10)
        self.times.append(time.perf_counter() - started)
        self.processor.append(time.process_time() - worked)
        return [hit.article.pk for hit in results.hits]

    def rank(self, line: Any) -> int:
        """At which place the wanted article stands; 0: not among the first ten."""
        wanted = {self.original[address] for address in line["relevant"] if address in self.original}
        places = (place for place, pk in enumerate(self.found(line["query"]), 1) if pk in wanted)
        return next(places, 0)

    def gains(self, line: Any) -> tuple[list[int], list[int]]:
        """The grades of the hits, and all grades, the best first; of copies the best grade counts, once."""
        grades: dict[int, int] = {}
        for address, grade in line["grades"].items():
            if address in self.original:
                pk = self.original[address]
                grades[pk] = max(grade, grades.get(pk, 0))
        hits = [grades.get(pk, 0) for pk in self.found(line["query"])]
        return hits, sorted(grades.values(), reverse=True)

    def is_corrected(self, line: Any) -> bool:
        from learn import search  # noqa: PLC0415
        from learn.search.words import stem  # noqa: PLC0415

        results = search.search(line["query"], page_size=1)
        return stem(results.query.lower()) == stem(line["meant"])

    def is_variant(self, line: Any) -> bool:
        from learn import search  # noqa: PLC0415

        here, there = (search.search(line[form], page_size=200) for form in ("query", "us"))
        wanted = {hit.article.pk for hit in there.hits}
        both = wanted & {hit.article.pk for hit in here.hits}
        return here.total >= ENOUGH * there.total and len(both) >= ENOUGH * len(wanted)

    def suggest(self, text: str) -> float:
        from learn import search  # noqa: PLC0415

        started = time.perf_counter()
        search.suggest(text)
        return time.perf_counter() - started

    def related(self, lines: list[Any]) -> Figures:
        """What each page shows, by the grades it was given: those judged useless, those that repeat the question."""
        from learn.models import Article  # noqa: PLC0415
        from learn.related.shown import SHOWN, related_questions  # noqa: PLC0415

        useless = gone = repeated = shown = 0
        grades: list[int] = []
        fewest = 99
        for line in lines:
            article = Article.objects.get(pk=self.by_question[line["question"]])
            questions = [related.question for related in related_questions(article)][:SHOWN]
            fewest = min(fewest, len(questions))
            shown += len(questions)
            for one in line["related"]:
                grade = str(one["grade"])
                is_shown = one["question"] in questions
                useless += grade == "0"
                gone += grade == "0" and not is_shown
                repeated += grade == "D" and is_shown
                if is_shown and grade in "012":
                    grades.append(int(grade))
        return {
            "mean grade of the judged": mean(grades) if grades else 0.0, "judged and shown": len(grades),
            "useless": useless, "of them gone": gone, "near-duplicates shown": repeated, "fewest": fewest,
            "shown": shown,
        }  # fmt: skip

    def near_duplicates(self, groups: list[list[str]]) -> Figures:
        """How many of the judged groups stand within one group that was found; how many were found in all."""
        from learn.related.duplicates import members  # noqa: PLC0415

        group_of = members()
        right = 0
        for addresses in groups:
            pks = {self.original[address] for address in addresses if address in self.original}
            numbers = {group_of.get(pk) for pk in pks}
            right += len(pks) < 2 or (len(numbers) == 1 and None not in numbers)
        return {"found": right, "of": len(groups), "groups": len(set(group_of.values()))}


def ranks(places: Iterable[int]) -> Figures:
    """MRR@10 and success within the first 1, 5 and 10, of the places of wanted articles (0: not found)."""
    places = list(places)
    figures: Figures = {"MRR@10": mean(1 / place if place else 0.0 for place in places)}
    for top in (1, 5, 10):
        figures[f"success@{top}"] = mean(0 < place <= top for place in places)
    return {**figures, "queries": len(places)}


def ndcg(hits: Sequence[int], best: Sequence[int], top: int) -> float:
    """Normalised discounted cumulative gain of the first `top`, gain 2^grade - 1."""

    def gain(grades: Sequence[int]) -> float:
        return math.fsum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:top]))

    return gain(hits) / gain(best) if gain(best) else 0.0


def percentiles(seconds: Iterable[float]) -> Figures:
    """Median and 95th percentile, in milliseconds."""
    times = sorted(seconds)
    at: Callable[[float], float] = lambda share: 1000 * times[min(len(times) - 1, int(share * len(times)))]  # noqa: E731
    return {"p50 ms": at(0.5), "p95 ms": at(0.95), "most ms": 1000 * times[-1]}


if __name__ == "__main__":
    main()
