"""What is wrong in subjects.yaml is said at its place, and the other entries are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from learn.importing import import_articles
from learn.models import Subject
from tests.factories import article_file

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("Not A Slug:\n  title: Words\n", "Not A Slug"),
        ("chemistry: Chemistry\n", "not a mapping"),
        ("chemistry:\n  colour: red\n", "unknown key colour"),
        ("chemistry:\n  title: [a, b]\n", "title is not text"),
        ("chemistry:\n  description: 5\n", "description is not text"),
        ("chemistry:\n  listed: often\n", "neither true nor false"),
    ],
)
def test_a_mistaken_entry_is_told_with_its_line(tmp_path: Path, entry: str, message: str) -> None:
    article_file(tmp_path, "/learn/physics/questions/why")
    place = next(tmp_path.rglob("physics")).parent / "subjects.yaml"
    place.write_text(f"physics:\n  title: Natural philosophy\n{entry}")
    report = import_articles([str(tmp_path)], jobs=1)
    [problem] = [problem for problem in report.sorted_problems() if problem.severity == "error"]
    assert (problem.line, problem.column) == (3, 1)
    assert message in problem.message
    assert list(Subject.objects.values_list("title", flat=True)) == ["Natural philosophy"]
