"""A report tells its warnings by kind, so that the few that matter do not drown in the many."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from learn.files.problems import Problem
from learn.importing.kinds import kinds_of
from tests.factories import article_file

pytestmark = pytest.mark.django_db


def test_errors_come_first_then_what_visitors_see_then_the_many() -> None:
    problems = [Problem(f"{n}.md", 1, 1, "warning", "related-repeated", "twice") for n in range(30)]
    problems += [Problem("b.md", 4, 1, "warning", "future-date", "write publish_at")] * 2
    problems += [
        Problem("c.md", 1, 1, "warning", "conflict", "decide"),
        Problem("d.md", 1, 1, "error", "yaml", "mend"),
    ]
    kinds = kinds_of(problems)
    assert [(kind.code, kind.count, kind.files) for kind in kinds] == [
        ("yaml", 1, 1), ("future-date", 2, 1), ("conflict", 1, 1), ("related-repeated", 30, 30),
    ]  # fmt: skip
    assert kinds[1].line() == "      2 future-date, for example b.md:4:1: write publish_at"


def test_many_warnings_are_summed_up(tmp_path: Path) -> None:
    for number in range(25):
        url = f"/learn/physics/questions/why-{number}"
        related = {
            "id": 1,
            "title": "Where?",
            "subject": "Physics",
            "url": "/learn/physics/questions/nowhere",
        }
        article_file(tmp_path, url, related_article1=related)
    article_file(tmp_path, "/learn/physics/questions/soon", date="2999-01-01")
    errors = StringIO()
    report = tmp_path / "report.json"
    call_command("import_articles", str(tmp_path), "--jobs=1", f"--report={report}", stderr=errors)
    lines = [line.split() for line in errors.getvalue().splitlines() if " for example " in line]
    assert [(line[0], line[1]) for line in lines] == [("1", "future-date,"), ("25", "dead-link,")]
    kinds = json.loads(report.read_text())["kinds"]
    assert [(kind["code"], kind["count"]) for kind in kinds] == [("future-date", 1), ("dead-link", 25)]
    errors = StringIO()
    call_command("import_articles", str(tmp_path), "--jobs=1", "--force", "-v2", stderr=errors)
    assert errors.getvalue().count(": warning: ") == 26
