from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.rendering import flaws, render
from learn.rendering.flaws import Flaw, LinkFlaw, bits, examine, link_bits

LONG = "This sentence is here to make the answer long enough. " * 20


def found(answer: str, words: int = 500) -> dict[Flaw, int]:
    """The flaws of an answer with their lines, as if it had so many words."""
    rendered = replace(render(answer), text="word " * words)
    return {finding.flaw: finding.line for finding in examine(answer, rendered)}


@pytest.mark.parametrize(
    "answer",
    [
        "A plain sentence.",
        "Ends in a quotation: “so it goes.”",
        "Ends in bold. **Really.**",
        "A list:\n\n- red\n- green\n- blue",
        "Steps:\n\n1. Open it\n2. Read it",
        "Code:\n\n```python\nprint('$$ \\( `')\n```",
        "A formula:\n\n$$\nx^2\n$$",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "It says so.\n\nWIKIPEDIA",
        "Read https://example.org/path",
        "Prices are $5 and $7.",
        "Inline `a` and ``b ` c`` and `\\\\`.",
        "An escaped \\` backtick.",
        "Both \\(x\\) and \\[y\\] and \\begin{align}a &= b\\end{align}.",
        "A line break in a matrix: $$\\begin{matrix}1 \\\\ 2\\end{matrix}$$",
        "In a quotation:\n\n> ```\n> code\n> ```\n\nDone.",
        "Researchers gathered data in the field.",
        "",
    ],
)
def test_finds_nothing_where_nothing_is_wrong(answer: str) -> None:
    assert found(answer) == {}


@pytest.mark.parametrize(
    ("answer", "flaw", "line"),
    [
        ("First.\n\nThe formula \\(x is open.", Flaw.UNBALANCED_MATH, 3),
        ("First.\n\nOnce more: $$\\frac{1}{2}.", Flaw.UNBALANCED_MATH, 3),
        ("First.\n\nIt is $\\frac{1}$ of all.", Flaw.FORMULA, 3),
        ("First.\n\nTwo **asterisks here.", Flaw.MARKUP, 3),
        ("First.\n\n```c\nint x;\n\nstill code.", Flaw.UNBALANCED_CODE, 3),
        ("First.\n\nUse `this and that.", Flaw.UNBALANCED_CODE, 3),
        ("~~~\ncode\n```\n", Flaw.UNBALANCED_CODE, 1),
        ("First.\n\nAnd the second reason is", Flaw.CUT_OFF, 3),
        ("The reasons are:", Flaw.CUT_OFF, 1),
        ("- One.\n- Two.\n- Three and", Flaw.CUT_OFF, 3),
        ("1. **A**:\n   - One.\n2. **B:**\n   - Two and", Flaw.CUT_OFF, 4),
        ("I cannot answer this question based on what I have.", Flaw.REFUSAL, 1),
        ("Based on the gathered information, it rains.", Flaw.LEAK, 1),
        ("It rains.\n\nFeel free to ask more questions.", Flaw.LEAK, 3),
        ("Certainly! It rains.", Flaw.LEAK, 1),
    ],
)  # fmt: skip
def test_finds_what_is_wrong_and_where(answer: str, flaw: Flaw, line: int) -> None:
    assert found(answer) == {flaw: line}


def test_a_refusal_far_into_the_answer_is_none() -> None:
    assert found(LONG + "Physics cannot answer this question.") == {}


def test_counts_words() -> None:
    assert found("Short.", words=flaws.THIN_WORDS - 1) == {Flaw.THIN: 1}
    assert found("Short.", words=flaws.THIN_WORDS) == {}


def test_bits_add_up() -> None:
    answer = "The reasons `are"
    findings = examine(answer, render(answer))
    assert bits(findings) == Flaw.UNBALANCED_CODE | Flaw.CUT_OFF | Flaw.THIN
    assert bits([]) == 0


@given(st.text(alphabet="`~$\\()[]{}abe \n-*>|.", max_size=300))
def test_takes_any_text(answer: str) -> None:
    for finding in examine(answer, render(answer)):
        assert 1 <= finding.line <= answer.count("\n") + 1


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ([], LinkFlaw.NONE),
        (["/learn/a/questions/self"], LinkFlaw.NONE),
        (["/x"], 0),
        (["/x", "/y"], 0),
        (["/x", "/y", "/x"], LinkFlaw.REPEATED),
        (["/x", "/learn/a/questions/self"], LinkFlaw.REPEATED),
    ],
)
def test_links_are_flawed_where_there_are_none_or_one_twice(urls: list[str], expected: int) -> None:
    assert link_bits("/learn/a/questions/self", urls) == expected
