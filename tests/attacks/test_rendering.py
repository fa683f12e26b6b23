"""Texts that no author writes by accident: they render to a page, and never end anything but themselves."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from learn import derive, rendering
from learn.importing import ExitCode, import_articles
from learn.importing.reader import load
from learn.importing.sources import SourceFile
from learn.models import Article
from learn.rendering import render
from learn.rendering.placeholders import PLACEHOLDER
from tests.factories import article_file

FIRST, MIDDLE, LAST = "\U000f0000", "\U000f0005", "\U0010fffd"


def spellings(character: str) -> list[str]:
    """Every way in which Markdown lets an author write a character without typing it."""
    number, encoded = ord(character), quote(character)
    return [
        f"&#x{number:X};",
        f"&#X{number:x};",
        f"&#{number};",
        f"&#{number:07d};",
        f"[a](http://a.example/{encoded})",
        f"[a](http://a.example/{encoded.lower()})",
        f"[a](http://a.example/{encoded.replace('%', '&#37;')})",
        f"[a](http://a.example/{encoded.replace('%', chr(92) + '%')})",
        f"<http://a.example/{encoded}>",
        f"[a](/b '&#{number};')",
        f"[a]\n\n[a]: /&#{number}; '&#{number};'",
        f"![&#{number};]({encoded})",
        f"``` &#{number};\ncode\n```",
        f"`&#{number};`",
        f"# &#{number};",
        f"| &#{number}; |\n|---|\n| {encoded} |",
    ]


@pytest.mark.parametrize("formula", ["$x$", "$$x$$", "\\(x\\)", ""])
@pytest.mark.parametrize("character", [FIRST, MIDDLE, LAST])
def test_nobody_can_write_what_stands_for_a_formula(character: str, formula: str) -> None:
    for spelling in spellings(character):
        rendered = render(f"{formula}\n\n{spelling}\n")
        assert "render-failed" not in [problem.code for problem in rendered.problems], spelling
        assert rendered.html.count("<math") == bool(formula), spelling
        assert not PLACEHOLDER.search(rendered.html + rendered.text), spelling


def test_a_text_of_all_of_them_leaves_no_formula_behind() -> None:
    text = "$x$ " + "".join(f"&#{0xF0000 + number};" for number in range(15_000))
    rendered = render(text)
    assert rendered.html.count("<math ") == 1
    assert rendered.html.count("\N{REPLACEMENT CHARACTER}") == 15_000


def test_an_address_keeps_the_character_that_it_encodes() -> None:
    assert "http://a.example/%F3%B0%80%89" in render("$x$ [a](http://a.example/%F3%B0%80%89)").html


def test_what_stands_for_a_formula_is_another_in_every_call() -> None:
    from learn.rendering.math import protect  # noqa: PLC0415 the door has no such name
    from learn.rendering.rendered import Problems  # noqa: PLC0415

    assert len({protect("$x$", Problems()).text for _ in range(20)}) > 10


def test_a_fault_of_the_renderer_is_a_problem_of_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise IndexError

    monkeypatch.setattr(rendering, "to_html", fail)
    rendered = render("A <b>text</b>")
    assert [problem.code for problem in rendered.problems] == ["render-failed"]
    assert "A &lt;b&gt;text&lt;/b&gt;" in rendered.html


def _fail_on_one(question: str, answer: str) -> dict[str, object]:
    if "Two" in question:
        raise ZeroDivisionError
    return _derived_fields(question, answer)


_derived_fields = derive.derived_fields


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.slow
def test_a_fault_in_a_worker_is_the_problem_of_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setattr(derive, "derived_fields", _fail_on_one)
    for number in range(120):  # more than one process takes
        article_file(tmp_path, f"/learn/physics/questions/number-{number}")
    article_file(tmp_path, "/learn/physics/questions/two")
    report = import_articles([str(tmp_path)], jobs=jobs)
    errors = [problem for problem in report.problems if problem.severity == "error"]
    assert [(problem.path, problem.code) for problem in errors] == [("physics/two.md", "load-failed")]
    assert "ZeroDivisionError" in errors[0].message
    assert report.exit_code == ExitCode.REJECTED
    assert Article.objects.count() == 120


def test_a_file_with_such_a_text_is_loaded(tmp_path: Path) -> None:
    path = article_file(tmp_path, answer="$x$ &#xF0005; [a](http://a.example/%F3%B0%80%89)")
    loaded = load(SourceFile("physics/why.md", path))
    assert loaded.values is not None
    assert "<math " in loaded.derived["answer_html"]
