from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from learn.files.newlines import decode
from learn.rendering.dollars import is_formula
from learn.rendering.formulas import Protected
from learn.rendering.math import protect
from learn.rendering.placeholders import PLACEHOLDER
from learn.rendering.rendered import Problems
from tests.files.test_newlines import raw_answers

FORMULAS = [
    "x", "5", " x ", "2x + 3", " 2 ", "2^2", "5x - 10 = 5", "2(y + 3)", "E", "D_T", r"\alpha", "ab", "AB",
    "(a, b)", "x > 0", "f(x)", "3:4", "0.05", "10\\%", "n!", "|x|", "x, y", "a to b = 5", "P(A and B) = 0.5",
    r"\text{cost in dollars}", "1/2", "-3", "3 \\times 4 of \\text{them}", "x = \\text{rate of change}", "sin x",
]  # fmt: skip
PRICES = [
    "80,000 and has accumulated depreciation of ", "5.50 per hour = ", "10,000 in revenue and ", "5 to ", "5, ", "5; ",
    "100 million, while the other raised ", " or ", ", and ", ") costs more than (", "5 each; ", "20 for a book and ",
    " is the symbol of the American dollar and ", "1 million of file_names and the rest is ",
]  # fmt: skip


@pytest.mark.parametrize("body", FORMULAS)
def test_a_formula_is_told_from_a_price(body: str) -> None:
    assert is_formula(body, " ")


@pytest.mark.parametrize("body", PRICES)
def test_a_price_is_told_from_a_formula(body: str) -> None:
    assert not is_formula(body, "1")
    assert not is_formula(body, " ")


def test_a_digit_behind_the_second_dollar_makes_it_a_price() -> None:
    assert not is_formula("300 | ", "2")
    assert is_formula("300 | x", "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It costs $5 and $10.", []),
        ("It costs $5, or $x$ dollars.", ["x"]),
        ("Between $5-$10 for $n$ pieces", ["n"]),
        ("| $300 | $200 |", []),
        ("| $x$ | $y$ |", ["x", "y"]),
        ("US$ 5 and A$ 7", []),
        ("It was 5$ and then 6$ more", []),
        (r"An escaped \$5 and \$6", []),
        ("With $5,000 at a rate $r$ for $t$ years", ["r", "t"]),
        ("From $2^2$ to $3^2$", ["2^2", "3^2"]),
        ("Set `$a` and `$b`.", []),
        ("Costs $5 for `$x$` and $y$", ["y"]),
        ("Set $HOME/bin and $USER, then $price*$tax, too", []),
        ("A fee of $20 when $ x $ is 1, at $5 $ y $", ["x", "y"]),
        (r"A fee of $20 ($\infty$ units) and $5 if \(y\) is $z$", [r"\infty", "y", "z"]),
        ("The cell =$A$1+$B$2 or $A$1:$B$10 is fixed", []),
        ("From $x = 1 to $y = 2", []),
        ("Prices $P_1 = $5 and $Q = 3$", ["Q = 3"]),
        (r"The $n$th and $ n $th of 5 $\times$10", ["n", "n", r"\times"]),
        ("Adjacent $a$$b$ formulas", ["a", "b"]),
        ("A $x$ at $5 and $y$", ["x", "y"]),
        ('Write foo="$2"; cd "$(dirname "$(pwd)")" or "$3" and "${HOME}"', []),
        ("Print $@ $# $? and $! but $ ! $ is the factorial", ["!"]),
    ],
)
def test_dollars_pair_from_left_to_right(text: str, found: list[str]) -> None:
    assert [formula.tex for formula in protect(text, Problems()).formulas] == found


def test_every_verdict_of_a_reader_is_ours(corpus: Path) -> None:
    """``truth/currency.jsonl`` beside the corpus: hand-read dollar signs, by file and their surroundings."""
    truth = corpus.parent / "truth" / "currency.jsonl"
    if not truth.exists():
        pytest.skip(f"{truth} is not there: the hand-read verdicts were not compared")
    answers = raw_answers(corpus)
    verdicts = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    wrong = [
        verdict for verdict in verdicts if verdict_of(answers[verdict["file"]], verdict) != verdict["verdict"]
    ]
    assert len(verdicts) > 15
    assert wrong == []


def verdict_of(raw: str, verdict: dict[str, str]) -> str:
    """What we take the dollar sign for that stands at the named column of the line that holds the context."""
    text = decode(raw)
    line_start = next(
        start
        for start in line_starts(text)
        if verdict["context"] in text[start:].split("\n", 1)[0]
        and text[start + int(verdict["column"])] == "$"
    )
    position = line_start + int(verdict["column"])
    return "math" if position in formula_positions(protect(text, Problems())) else "currency"


def line_starts(text: str) -> Iterator[int]:
    yield 0
    yield from (index + 1 for index, character in enumerate(text) if character == "\n")


def formula_positions(protected: Protected) -> set[int]:
    """Every position of the original text that a formula covers."""
    covered: set[int] = set()
    position = 0
    for character in protected.text:
        length = 1
        if PLACEHOLDER.match(character):
            length = len(protected.by_placeholder[character].source)
            covered.update(range(position, position + length))
        position += length
    return covered
