"""What of a run's problems was told before: so that a nightly import tells only what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from learn.files.problems import Problem
from learn.identity import digest
from learn.models import ImportRun

RUNS = 30  # of the same source that are looked at: an import tells nothing of files that did not change


def keys_of(problems: Iterable[Problem]) -> list[str]:
    """A short key of each problem, without its place: a line above it does not make it new."""
    return [digest(problem.path, problem.code, problem.message)[:12] for problem in problems]


def last_runs(source: str) -> list[ImportRun]:
    """The runs of this source that came to their end, the newest first."""
    runs = ImportRun.objects.filter(source=source, finished_at__isnull=False)
    return list(runs.order_by("-pk").only("finished_at", "problem_keys")[:RUNS])


def set_apart(problems: Sequence[Problem], runs: Iterable[ImportRun]) -> tuple[list[Problem], list[Problem]]:
    """The problems that none of these runs told, and those that one did; as many of each as it told of them."""
    told: Counter[str] = Counter()
    for run in runs:
        told |= Counter(run.problem_keys)
    new: list[Problem] = []
    known: list[Problem] = []
    for problem, key in zip(problems, keys_of(problems), strict=True):
        if told[key] > 0:
            told[key] -= 1
            known.append(problem)
        else:
            new.append(problem)
    return new, known
