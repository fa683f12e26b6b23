"""Questions and descriptions: with formulas, code and emphasis on pages, and without any mark elsewhere."""

from __future__ import annotations

import re

import pytest
from django.utils.safestring import SafeString

from learn.rendering import render_line
from tests.rendering.formulas import bare
from tests.rendering.payloads import ADDRESSES, VECTORS


@pytest.mark.parametrize(
    "text",
    [
        "How does 'S*** in a Hat' end?",
        "How are V_OL, V_OH and V_in measured?",
        "Who was Keali`i Reichel?",
        "Is a*b*c = c*b*a?",
        "What is F = k * (q_1 * q_2) / r^2?",
        "What do __init__ and __str__ do?",
        "When does a function take *args and **kwargs?",
        "What does a tax of $6 on a price of $20 do?",
        "Why do $first_name and $last_name differ?",
        "Is C:\\new a \\ folder?",
        "What is [a link](/b), ![c](/d) or <http://e.org>?",
        "Tom &amp; Jerry <b>bold</b>",
    ],
)
def test_prose_stays_as_it_is_written(text: str) -> None:
    line = render_line(text)
    assert line.text == text
    if isinstance(line.html, SafeString):
        assert line.html == text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    else:
        assert line.html == text


@pytest.mark.parametrize(
    ("text", "html", "plain"),
    [
        ("Use `if x < 1`", "Use <code>if x &lt; 1</code>", "Use if x < 1"),
        ("Who wrote *Ulysses*?", "Who wrote <em>Ulysses</em>?", "Who wrote Ulysses?"),
        ("Who wrote _Ulysses_?", "Who wrote <em>Ulysses</em>?", "Who wrote Ulysses?"),
        ("**Why** not?", "<strong>Why</strong> not?", "Why not?"),
        (r"It costs \$5, not \$6", "It costs $5, not $6", "It costs $5, not $6"),
        (r"2 \* 3 \_", "2 * 3 _", "2 * 3 _"),
        ("Is $x$ odd?", "Is <math><mi>x</mi></math> odd?", "Is x odd?"),
        ("`$x$` and *a_b*", "<code>$x$</code> and <em>a_b</em>", "$x$ and a_b"),
    ],
)
def test_markup_is_rendered_on_pages_and_gone_elsewhere(text: str, html: str, plain: str) -> None:
    line = render_line(text)
    assert isinstance(line.html, SafeString)
    assert bare(line.html) == html
    assert line.text == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"Why is $E_k = \frac{1}{2}mv^2$?", "Why is Eₖ = (1/2)mv²?"),
        (r"What is \(\sqrt{2}x\)?", "What is √(2)x?"),
        (r"Find $$\frac{a}{b}c$$ quickly", "Find (a/b)c quickly"),
        (r"Solve \[x^2 = 4\]", "Solve x² = 4"),
        (r"Is $`\ce{H2O}`$ polar?", "Is H₂O polar?"),
        (r"A \$5 note and $x$", "A $5 note and x"),
    ],
)
def test_a_formula_reads_on_one_line(text: str, plain: str) -> None:
    line = render_line(text)
    assert line.text == plain
    assert "<math " in line.html
    assert 'display="block"' not in line.html


def test_a_formula_in_a_title_takes_no_focus() -> None:
    """A title may stand in a link, which may hold nothing that can be focused."""
    line = render_line(r"$\text{" + "a very wide text without any break " * 3 + "}$")
    assert "math-scroll" in line.html
    assert "tabindex" not in line.html


def test_what_cannot_be_drawn_is_shown_as_written_and_reported() -> None:
    line = render_line(r"Is $\nosuchcommand{x}$ it?")
    assert line.text == r"Is \nosuchcommand{x} it?"
    assert line.html == r'Is <code class="math-source">\nosuchcommand{x}</code> it?'
    assert [problem.code for problem in line.problems] == ["math-failed"]


def test_a_title_is_shown_whatever_it_holds() -> None:
    for text in ("", "$", "*" * 4000, "$" * 6000, "`" * 999, "\\", "_*" * 2000, "$x" * 2000, "\ud800$x$\0"):
        assert isinstance(render_line(text).text, str)


def test_no_tag_of_an_author_is_one() -> None:
    """Every vector: beside a formula, in one, in its text, in code and in emphasis."""
    ours = {
        "<strong>", "</strong>", "<em>", "</em>", "<code>", "</code>", '<code class="math-source">', "</span>",
        '<span class="math-word">', '<span class="math-scroll math-inline">',
    }  # fmt: skip
    for vector in [*VECTORS.values(), *ADDRESSES.values()]:
        for text in (f"{vector} $x$", f"$x_1 {vector}$", f"$\\text{{{vector}}}$", f"`{vector}` *{vector}*"):
            without_formulas = re.sub(r"<math[ >].*?</math>", "", render_line(text).html, flags=re.DOTALL)
            assert set(re.findall(r"<[^<>]*>?", without_formulas)) <= ours, text
