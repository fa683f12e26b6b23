"""Texts made to be slow. Each is 100,000 characters: a renderer whose time grows with the square never ends here."""

from __future__ import annotations

import html
import re

import pytest

from learn.rendering import placeholders, render
from learn.rendering.code import MAX_BLOCK

LENGTH = 100_000
UNITS = [
    "$", "$a", "$5 to ", "$$", "\\(", "\\( x ", "\\[ x ", "$x^{", "`", "`` ` ", "```a\n```\n", "[", "![", "[a](",
    "[[a]]", "[a][", "*", "*a ", "**a", "_a", "~~a", ">", "> ", ">a\n", "- ", "- a\n", "1. ",
    "|a|b|\n|-|-|\n|c|d|\n\n", "<", "&", "\\", "# a\n", "*_`[$\\(",
]  # fmt: skip
# These differ little from the ones above: a quarter of the length shows the same.
MORE_UNITS = [
    "$ ", "$a$ ", "$x $5 ", "` ", "```\n", "~~~\n", "[]", "](", "[a]: b\n", "a*", "** ", "_", "***a** ", "<a",
    "<http://a", "&amp;", "&#1", "\\\\", "\\)", "$\\frac{", "$$\\left( ", "$\\text{", "$$(", "\\ce{H2O} $",
    "$\\ce{H2O}$ ", "|", "|a", "a|", "\n|", "---\n", "a\n---\n", "\n", " ", "\t", "    a\n\n", "a", "é", "\0",
    "\U000f0000", "<b>", "<!--", "![a](b)", "<http://a.b>", "- $x$\n", "$$x$$\n", "$$x$$ ", "a\\.b",
]  # fmt: skip
TEXTS = {unit: (unit * LENGTH)[:LENGTH] for unit in UNITS}
TEXTS |= {unit: (unit * LENGTH)[: LENGTH // 4] for unit in MORE_UNITS}


@pytest.mark.parametrize("text", TEXTS.values(), ids=map(repr, TEXTS))
@pytest.mark.slow
def test_a_text_of_one_piece_repeated_renders(text: str) -> None:
    rendered = render(text)
    assert rendered.html or not text.strip()
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
    monkeypatch.setattr(placeholders, "_LAST", placeholders._FIRST + 2)
    assert render("$a$ $b$ $c$ $d$").html.count("<math ") == 3


@pytest.mark.parametrize(
    ("language", "unit"),
    [("c", "\n"), ("csharp", "a\n"), ("java", "\n"), ("javascript", '\\"'), ("make", "_"), ("lua", "[=")],
)
@pytest.mark.slow
def test_no_more_code_is_coloured_than_a_slow_lexer_can_bear(language: str, unit: str) -> None:
    block = f"```{language}\n{(unit * MAX_BLOCK)[: MAX_BLOCK - 100]}\n```\n\n"
    assert render(block * 10).html.count('<div class="code"') == 10


def test_headings_and_tables_of_the_same_name_are_numbered_in_one_pass() -> None:
    rendered = render("# a\n\n" * 5_000 + "|a|b|\n|-|-|\n|c|d|\n\n" * 3_000)
    assert rendered.headings[-1].id == "section-a-5000"
    assert 'aria-label="Table: a, b (3000)"' in rendered.html
