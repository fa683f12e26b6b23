"""A formula as a line of text, in words, as written, and in rows."""

from __future__ import annotations

import re

import pytest

from learn.rendering import render
from learn.rendering.tex import WIDE, convert


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"KE = \frac{1}{2}mv^2", "KE = (1/2)mv²"),
        (r"\frac{a}{b}c", "(a/b)c"),
        (r"\frac{d}{dx}f(x)", "d/dx f(x)"),
        (r"\overbrace{a+b}^{n}", "⏞(a + b)ⁿ"),
        (r"\underbrace{x+y}_{k}", "⏟(x + y)ₖ"),
        (r"\frac{1}{2a}", "1/(2a)"),
        (r"\frac{a+b}{c}", "(a + b)/c"),
        (r"x\frac{1}{2}", "x(1/2)"),
        (r"2\frac{1}{3}", "2 1/3"),
        (r"\sqrt{2}x", "√(2)x"),
        (r"\sqrt{ab}", "√(ab)"),
        (r"\frac{\partial f}{\partial x}", "∂f/∂x"),
        (r"\frac{d^2y}{dx^2}", "d²y/dx²"),
        (r"\frac{a}{b}\frac{c}{d}", "(a/b)(c/d)"),
        (r"\frac{1}{2}^2", "(1/2)²"),
        (r"\overline{a+b+c}", "overline(a + b + c)"),
        (r"\widehat{ABCDE}", "hat(ABCDE)"),
        (r"\binom{n}{k}p^k", "(n choose k)p^k"),
        (r"\frac{\text{km}}{\text{h}}", "km/h"),
        (r"\text{m/s}^2", "m/s²"),
        (r"\frac{\Delta y}{\Delta x}", "Δy/Δx"),
        (r"\frac{1}{\sqrt{2}}", "1/√2"),
        (r"\frac{n!}{k!(n-k)!}", "(n!)/(k!(n − k)!)"),
        ("{a+b}^2", "(a + b)²"),
        (r"\frac{\text{Net Income}}{\text{Total Assets}}", "(Net Income)/(Total Assets)"),
        (r"\cancelto{0}{x}", "x → 0"),
        (r"a \cdot \frac{b}{c}", "a ⋅ b/c"),
        (r"-\frac{1}{2}", "−1/2"),
        (r"\frac{\frac{a}{b}}{c}", "(a/b)/c"),
        (r"A \xrightarrow{k} B", "A →[k] B"),
        (r"120\phase{-78^\circ}", "120∠−78°"),
        (r"\int_0^1 \frac{1}{x}dx", "∫₀¹(1/x)dx"),
    ],
)
def test_the_line_of_text_says_what_the_formula_says(tex: str, text: str) -> None:
    assert convert(tex, is_display=True).text == text


@pytest.mark.parametrize(
    ("tex", "words"),
    [
        ("x^2 + 1", "x squared plus 1"),
        (r"\frac{a}{b}", "a over b"),
        (r"\sqrt{2}", "the square root of 2"),
        (r"\frac{a+b}{c}", "the fraction a plus b over c end fraction"),
        ("x_1 = y", "x sub 1 equals y"),
        (r"\sqrt[3]{x}", "the cube root of x"),
        (r"\vec{v}", "v vector"),
        ("x^{n+1}", "x to the n plus 1 end exponent"),
        (r"\sum_{i=1}^{n} i", "the sum from i equals 1 to n of i"),
        (r"90^\circ", "90 degrees"),
        (r"A \to B", "A to B"),
        (r"\lim_{x \to 0} f", "the limit as x to 0 of f"),
    ],
)
def test_the_formula_in_words(tex: str, words: str) -> None:
    assert convert(tex, is_display=True).spoken == words


def test_the_tex_as_written_and_the_words_stand_in_the_mathml() -> None:
    html = render(r"$\newcommand{\R}{\mathbb{R}} a < \R$ and $$x \& \text{<b>\"}$$").html
    annotations = re.findall(
        r'<annotation encoding="application/x-tex">([^<]*)</annotation></semantics></math>', html
    )
    assert annotations == [
        r"\newcommand{\R}{\mathbb{R}} a &lt; \R",
        r"x \&amp; \text{&lt;b&gt;\"}",
    ]
    assert html.count("<semantics>") == 2
    assert 'alttext="a is less than ℝ"' in html or 'alttext="a is less than R"' in html
    assert "mathbb" not in render(r"$\newcommand{\R}{\mathbb{R}} a < \R$").text


LONG = [
    "E = a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q",
    r"x = \frac{-b \pm \sqrt{b^2-4ac}}{2a} = \frac{-5 \pm \sqrt{25 - 24}}{2} = \frac{-5 \pm 1}{2} = -2",
    r"a = 1,\quad b = 2,\quad c = 3,\quad d = 444444,\quad e=5555555",
    r"\text{Net Profit} = \text{Total Revenue} - \text{Cost of Goods Sold} - \text{Operating Expenses}",
    r"f(x + y + z + u + v + w) = g(x+y+z+u+v+w) \not= h(x+y+z+u+v+w)",
    r"\ce{CH4 + 2O2 -> CO2 + 2H2O + energy + more and more}",
    r"x > 0 \implies y = 2x + 3 \implies z = 5y + 7x + 3 \implies aaaa = bbbb",
]


@pytest.mark.parametrize("tex", LONG)
def test_a_wide_display_formula_is_broken_into_rows_that_fit(tex: str) -> None:
    converted = convert(tex, is_display=True)
    assert converted.mathml.count("<mtr>") > 1
    assert converted.width <= WIDE + 2
    assert ";" not in converted.text
    assert "m-scroll" not in render(f"$${tex}$$").html or converted.width > WIDE


@pytest.mark.parametrize("tex", [LONG[0], LONG[4]])
def test_a_wide_formula_in_a_sentence_is_broken_into_pieces(tex: str) -> None:
    pieces = convert(tex, is_display=False).pieces
    assert len(pieces) > 1
    assert all(piece.startswith('<math><mo form="infix">') for piece in pieces[1:])
    html = render(f"Then ${tex}$, so").html
    assert "math-scroll" not in html
    assert html.count("<annotation") == 1
    assert "</math>,</span> so" in html


@pytest.mark.parametrize(
    "tex",
    [
        r"\overline{a + b + c + d + e + f + g + h + i + j + k + l}",
        r"\left(a + b + c + d + e + f + g + h + i + j + k\right)",
        r"(a + b + c + d + e + f + g + h + i + j + k + l + m)",
        r"|a + b + c + d + e + f + g + h + i + j + k + l|",
        r"\begin{pmatrix}" + "&".join("abcdefghijklmnopqr") + r"\end{pmatrix}",
        r"\sqrt{a + b + c + d + e + f + g + h + i + j + k + l + m}",
    ],
)
def test_nothing_is_broken_inside_brackets(tex: str) -> None:
    html = render(f"$${tex}$$").html
    assert 'class="math-scroll"' in html
    assert "<mtr><mtd" not in html.replace("m-", "") or "pmatrix" in tex


def test_a_formula_that_fits_stays_on_its_line() -> None:
    assert "<mtable" not in convert("E = mc^2 + a + b", is_display=True).mathml
