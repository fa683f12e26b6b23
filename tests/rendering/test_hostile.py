"""Texts made to cost much. Each is 100,000 characters: a renderer whose time grows with the square never ends here."""

from __future__ import annotations

import html
import re

import pytest

from learn.rendering import render
from learn.rendering.code import MAX_TOTAL

LENGTH = 100_000
UNITS = [
    "$", "$$", "$ ", "$a", "$a$ ", "$5 to ", "$x $5 ", "`", "` ", "`` ` ", "```\n", "```a\n```\n", "~~~\n", "[", "[]",
    "[a](", "![", "[[a]]", "](", "[a][", "[a]: b\n", "*", "*a ", "a*", "**a", "** ", "_", "_a", "~~a", "***a** ", "<",
    "<a", "<http://a", "&", "&amp;", "&#1", "\\", "\\\\", "\\(", "\\( x ", "\\[ x ", "\\)", "$\\frac{", "$$\\left( ",
    "$\\text{", "$x^{", "$$(", "\\ce{H2O} $", "$\\ce{H2O}$ ", ">", "> ", ">a\n", "- ", "- a\n", "1. ", "# a\n", "|", "|a",
    "a|", "\n|", "|a|b|\n|-|-|\n|c|d|\n\n", "---\n", "a\n---\n", "\n", " ", "\t", "    a\n\n", "a", "é", "\0", "\U000f0000",
    "<b>", "<!--", "![a](b)", "<http://a.b>", "*_`[$\\(", "- $x$\n", "$$x$$\n", "$$x$$ ", "a\\.b",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_a_hundred_thousand_characters_of_it_render(unit: str) -> None:
    rendered = render((unit * LENGTH)[:LENGTH])
    assert rendered.html or not unit.strip("\n\t ")
    assert len(rendered.html) < 100 * LENGTH


@pytest.mark.parametrize("mark", ["> ", "- ", "1. ", ">", "- > "])
def test_what_is_nested_too_deep_is_shown_as_it_was_written(mark: str) -> None:
    text = mark * 200 + "the end"
    rendered = render(text)
    assert [problem.code for problem in rendered.problems] == ["too-deep"]
    assert html.unescape(re.sub("<[^>]*>", "", rendered.html)).strip() == text
    assert rendered.text == text


def test_ten_levels_of_lists_are_not_too_deep() -> None:
    rendered = render("\n".join(f"{'  ' * level}- level {level}" for level in range(15)))
    assert rendered.problems == ()
    assert rendered.html.count("<ul>") == 15


def test_what_is_too_long_is_shown_as_it_was_written() -> None:
    rendered = render("**a** " * 40_000)
    assert [problem.code for problem in rendered.problems] == ["too-long"]
    assert "<strong>" not in rendered.html
    assert "**a** **a**" in rendered.html


def test_more_formulas_than_there_are_placeholders_stay_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from learn.rendering import math

    monkeypatch.setattr(math, "_LAST", math._FIRST + 2)
    assert render("$a$ $b$ $c$ $d$").html.count("<math>") == 3


@pytest.mark.parametrize(
    "language", ["c", "cpp", "csharp", "java", "javascript", "python", "perl", "lua", "make", "ruby"]
)
@pytest.mark.parametrize("unit", ["\n", "a\n", '\\"', "_", "[=", "a<", "/*", " \\"])
def test_code_that_a_lexer_is_slow_at_is_shown_without_colours(language: str, unit: str) -> None:
    block = f"```{language}\n{(unit * MAX_TOTAL)[:2_900]}\n```\n\n"
    rendered = render(block * 10)
    assert rendered.html.count('<div class="code"') == 10


def test_headings_and_tables_of_the_same_name_are_numbered_in_one_pass() -> None:
    rendered = render("# a\n\n" * 5_000 + "|a|b|\n|-|-|\n|c|d|\n\n" * 3_000)
    assert rendered.headings[-1].id == "section-a-5000"
    assert 'aria-label="Table: a, b (3000)"' in rendered.html
