from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from learn.rendering import tex
from learn.rendering.tex import CLASSES, FormulaError, convert

STYLESHEET = Path(__file__).resolve().parents[2] / "static" / "css" / "site.css"


def text_of(source: str) -> str:
    return convert(source, is_display=True).text


@pytest.mark.parametrize("source", [r"\text{", r"\num{", r"\SI{", r"\ce{"])
def test_a_brace_that_is_opened_and_holds_nothing_is_no_formula(source: str) -> None:
    with pytest.raises(FormulaError, match="never closed"):
        convert(source, is_display=False)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"\text{95% CI}", "95% CI"),
        (r"50% of x", "50% of x"),
        (r"50\% \text{ of } x", "50% of x"),
        (r"a = b \tag{1}", "a = b (1)"),
        (r"a = b \tag*{(i)}", "a = b (i)"),
        ("B_n_{(s)}", "Bₙ₍ₛ₎"),
        ("G^*^2", "G^∗²"),
        ("x''^2", "x″²"),
        (r"\text{Rate", "Rate"),
        (r"\frac{a}{b", "a/b"),
        (r"a}", "a"),
        (r"\left(a + b", "(a + b"),
        (r"\text{a_b & c}", "a_b & c"),
        (r"\text{in m^2 of $5}", "in m² of $5"),
        (r"\text{for $x_1$ in}", "for x₁ in"),
        (r"a &= b \\ &= c", "a = b; = c"),
        (r"x = 1 \\ y = 2", "x = 1; y = 2"),
        (r"f \colon A \\ a \mapsto b", "f:A; a ↦ b"),
        (r"a \\[2em] b", "a; b"),
        (r"\begin{split}a&=b\end{split}", "a = b"),
        (r"\begin{alignat}{2}a&=b\end{alignat}", "a = b (1)"),
        (r"\begin{smallmatrix}1&2\end{smallmatrix}", "1 2"),
        (r"\large x", "x"),
        ("√2", "√2"),
        (r"\left<a\right>", "⟨a⟩"),
        (r"x\label{eq:1} \eqref{eq:1}", "x(eq:1)"),
        ("10,000 - 1,500 = 8,500", "10,000 − 1,500 = 8,500"),
        ("(2,300)", "(2, 300)"),
        ("(1,000)", "(1,000)"),
        (r"\{100,200\}", "{100, 200}"),
        ("Net Profit = Revenue - Total Costs", "Net Profit = Revenue − Total Costs"),
        ("P_{effective}", "P_effective"),
        (r"x > 0 and y < 5", "x > 0 and y < 5"),
        ("abcd + ABCD", "abcd + ABCD"),
        ("Bxy", "Bxy"),
        (r"\mbox{a} \pmb{x} \mathds{1}", "ax1"),
    ],
)
def test_repairs(source: str, text: str) -> None:
    assert text_of(source) == text


@pytest.mark.parametrize(
    "source",
    [
        r"\begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}", r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}",
        r"\begin{align*} a &= b \\ c &= d \end{align*}", r"\left[\begin{array}{cc|c} 1 & 2 & 3 \end{array}\right]",
        r"\xrightarrow[b]{a}", r"\mathbb{R} \mathcal{L} \mathbf{x}", r"\sum_{i=1}^{n} \int_0^1 \lim_{x \to 0}",
        r"\binom{n}{k} \sqrt[3]{x} \overline{AB} \vec{v} \hat{y}", r"\underbrace{a}_{b} \overset{!}{=} \boxed{x}",
        r"\dv{y}{x} \pdv{f}{t} \int f \dd{x}", r"\SI{5}{kg} \qty{9.8}{m/s^2} \num{1000} \unit{m}",
        r"20\celsius, 5\angstrom", r"\lcm(a, b) \sgn x \Var(X)", r"\Q \subset \C", r"1, \hdots, n \centerdot m",
        r"x\textsuperscript{2}", r"5\percent", r"\fcolorbox{red}{white}{x} \mathnormal{x}",
        r"a \thickapprox b \varpropto c", r"\smallint\intop \adots",
    ],
)  # fmt: skip
def test_what_answers_use_is_converted(source: str) -> None:
    assert convert(source, is_display=True).mathml.startswith('<math display="block">')
    assert convert(source, is_display=False).mathml.startswith("<math>")


STYLED = [
    r"\begin{array}{|c|c||}\hline a & b \\ \hdashline c & d \\ \hline\end{array}", r"a\!b\negmedspace\negthickspace c",
    r"\begin{align}a&=b\end{align}", r"\begin{multline}a\\b\end{multline}", r"\begin{gather}a\\b\end{gather}",
    r"\begin{cases}a&b\\c\end{cases}", r"\textcolor{red}{x}", r"\text{\small a \Large b}", r"\textsc{a}", r"\cfrac12",
    r"\substack{a\\b}", r"\mathbin{x}", r"\cramped{x}", r"\kern 3pt x \hspace{-1em}", r"\boxed{x}", r"\cancel{x}",
    r"\bcancel{x} \xcancel{x} \phase{x}", r"\overline{\underline{AB}}", r"\begin{array}{l:r}a&b\end{array}",
    r"\textsf{x}", r"\texttt{x}", r"\begin{align}x\label{a}\end{align}\eqref{a}",
]  # fmt: skip


@pytest.mark.parametrize("source", STYLED)
def test_no_style_no_id_and_no_link_comes_out(source: str) -> None:
    mathml = convert(source, is_display=True).mathml
    assert " style=" not in mathml
    assert " id=" not in mathml
    assert "<a" not in mathml
    assert "menclose" not in mathml
    used = {name for names in re.findall(r' class="([^"]*)"', mathml) for name in names.split()}
    assert used <= CLASSES.keys() | {"math-core-sans-serif-font", "math-core-serif-font"}


def test_the_stylesheet_defines_every_class_of_formulas() -> None:
    stylesheet = STYLESHEET.read_text(encoding="utf-8")
    assert [name for name in CLASSES if not re.search(rf"\.{name}\b", stylesheet)] == []


def test_an_operator_between_words_keeps_its_space() -> None:
    mathml = convert(r"\frac{\text{Cost} - \text{Value}}{\text{Useful Life}}", is_display=True).mathml
    assert "<mrow><mi></mi><mtext>Cost</mtext><mo>−</mo><mtext>Value</mtext></mrow>" in mathml
    assert (
        "<mi></mi>"
        not in convert(r"\frac{\text{a} - b}{\text{c} + \text{d} + \text{e}}", is_display=True).mathml
    )


def test_a_colour_is_an_attribute() -> None:
    assert 'mathcolor="#FF0000"' in convert(r"\textcolor{red}{x}", is_display=False).mathml


def test_a_minus_behind_an_opening_bar_is_a_sign() -> None:
    sign, operator = '<mo lspace="0" rspace="0">−</mo>', "<mo>−</mo>"
    mathml = convert("|x| = |-x| - |y|", is_display=False).mathml
    assert (mathml.count(sign), mathml.count(operator)) == (1, 1)


def test_a_last_hline_closes_the_table_without_a_row_of_its_own() -> None:
    mathml = convert(r"\begin{array}{|c|}\hline a \\ \hline\end{array}", is_display=True).mathml
    assert mathml.count("<mtr>") == 1
    assert "m-line-bottom" in mathml


def test_lines_over_a_formula_are_drawn_as_borders() -> None:
    mathml = convert(r"\overline{\bar{x} + \overline{CD}}", is_display=False).mathml
    assert mathml.count('<mrow class="m-overline">') == 2
    assert mathml.count("<mover") == 1


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (r"\struct{x}", 'Unknown command "\\struct".'),
        ("{" * 5000, "longer than"),
        ("{" * 100 + "}" * 100, "nested"),
        (r"\sqrt" * 100 + " x", "nested"),
        ("(" * 100, "brackets"),
        (r"\pmod\frac{a}{b}" * 50, "brackets"),
        (r"\newcommand{\a}{b}", "defines a command"),
        (r"\def\a{\a\a}\a", "defines a command"),
    ],
)
def test_what_cannot_be_converted_says_why(source: str, message: str) -> None:
    with pytest.raises(FormulaError) as failure:
        convert(source, is_display=True)
    assert message in str(failure.value)


@pytest.mark.parametrize(
    "unit",
    [
        r"\frac{",
        "x^{",
        "{",
        r"\sqrt ",
        r"\left(",
        r"\begin{matrix}",
        r"\text{",
        r"\not",
        r"\vec ",
        "_",
        "^",
        r"\mathbf",
        "&",
    ],
)  # fmt: skip
def test_the_deepest_formula_does_not_end_the_process_even_on_a_small_stack(unit: str) -> None:
    """math-core reads groups by recursion and looks for brackets by trying: it would crash, or never end."""
    outcomes: list[str] = []

    def deepest() -> None:
        for count in (tex.MAX_DEPTH // 2, tex.MAX_DEPTH, tex.MAX_LENGTH // len(unit), 10 * tex.MAX_LENGTH):
            try:
                convert((unit * count)[: tex.MAX_LENGTH + 1], is_display=True)
                outcomes.append("converted")
            except FormulaError:
                outcomes.append("refused")

    previous = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=deepest)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(previous)
    assert len(outcomes) == 4


def test_entities_of_html_are_their_signs() -> None:
    assert (
        convert("x &lt; y &amp;&gt; z", is_display=False).text == convert("x < y &> z", is_display=False).text
    )
    assert "lt" not in convert("x &lt; y", is_display=False).mathml.replace("&lt;", "")


@pytest.mark.parametrize(
    ("source", "tex"),
    [
        ("[A]₀ = 2H₂O", "[A]_{0} = 2H_{2}O"),
        ("x₁₂^2 + Aᵀ", "x_{12}^2 + A^{T}"),
        ("10⁻³", "10^{-3}"),
        ("x^² + 10^{⁻³} + a_{ₙ₊₁}", "x^{2} + 10^{-3} + a_{n+1}"),  # raised twice, meant once
        ("x^{-1}⁻¹", "x^{-1}{}^{-1}"),  # a second exponent is an error of TeX
        (r"\text{H₂O}", r"\text{H₂O}"),
        ("⁴He → ¹²C", "^4He \\to ^{12}C"),
    ],
)
def test_raised_and_lowered_characters_are_exponents_and_indices(source: str, tex: str) -> None:
    """Not characters of their own, which fonts lack and nobody says as such."""
    assert convert(source, is_display=True).mathml == convert(tex, is_display=True).mathml


def test_no_row_begins_inside_a_number() -> None:
    rows = convert(r"\text{Gross Profit} = 46,500 - 30,000 = 16,500, \quad x", is_display=True).mathml
    assert rows.count("<mtr>") > 1
    assert all(f"<mn>{number}</mn>" in rows for number in ("46,500", "30,000", "16,500"))
