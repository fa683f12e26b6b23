"""Commands that are drawn by elements of ours, written as other TeX, or refused."""

from __future__ import annotations

import re

import pytest

from learn.rendering import render
from learn.rendering.macros import MAX_LENGTH, MacroError, Macros
from learn.rendering.tex import FormulaError, convert
from learn.rendering.wraps import unwrap


def mathml(tex: str, *, is_display: bool = True) -> str:
    return convert(tex, is_display=is_display).mathml


@pytest.mark.parametrize(
    ("tex", "part"),
    [
        (r"\sqrt{\smash[b]{y}}", '<msqrt><mpadded depth="0"><mi>y</mi></mpadded></msqrt>'),
        (r"\smash[t]{y}", '<mpadded height="0"><mi>y</mi></mpadded>'),
        (r"\smash{y}", '<mpadded height="0" depth="0"><mi>y</mi></mpadded>'),
        (r"120\phase{-78.2^\circ}", '<mrow class="m-phase">'),
        (r"a_{\angl n}", '<msub><mi>a</mi><mrow class="m-angl"><mi>n</mi></mrow></msub>'),
        (r"a_{\angln}", '<mrow class="m-angl"><mi>n</mi></mrow>'),
        (r"\begin{smallmatrix}a&b\\c&d\end{smallmatrix}", '<mrow class="m-small-matrix"><mtable'),
        (r"\begin{psmallmatrix}a&b\end{psmallmatrix}", '<mo>(</mo><mrow class="m-small-matrix">'),
        (r"\Large x", '<mrow class="m-larger"><mi>x</mi></mrow>'),
        (r"{\tiny x} y", '<mrow class="m-tiny"><mi>x</mi></mrow><mi>y</mi>'),
        (
            r"\Huge x \small y",
            '<mrow class="m-huger"><mi>x</mi></mrow><mrow class="m-small"><mi>y</mi></mrow>',
        ),
        (r"\text{\Large x}", '<mtext class="m-larger">x</mtext>'),
        (r"\boldsymbol{12}", "<mi>𝟏𝟐</mi>"),
        (r"\boldsymbol{2x}", "𝟐"),
        (r"\boldsymbol{x+\nabla}", '<mrow class="m-bold">'),
        (r"\color{green} x", '<mrow mathcolor="#008000"><mi>x</mi></mrow>'),
        (r"{\color{red} x} y", '<mrow mathcolor="#FF0000"><mi>x</mi></mrow><mi>y</mi>'),
        (r"\textcolor{#00f}{x}", '<mrow mathcolor="#0000FF"><mi>x</mi></mrow>'),
        (r"\color{#ff0000}{x}", '<mrow mathcolor="#FF0000">'),
        (r"\textcolor[RGB]{0,128,0}{x}", '<mrow mathcolor="#008000">'),
        (r"\textcolor[HTML]{AABBCC}{x}", '<mrow mathcolor="#AABBCC">'),
        (r"\textcolor[rgb]{1,0,0}{x}", '<mrow mathcolor="#FF0000">'),
        (
            r"\colorbox{yellow}{$x$}",
            '<mrow class="m-ground" mathbackground="#FFFF00" mathcolor="#000000"><mi>x</mi></mrow>',
        ),
        (r"\colorbox{navy}{a $x$}", 'mathcolor="#FFFFFF"'),
        (r"\fcolorbox{red}{aqua}{A}", '<mrow class="m-frame" mathcolor="#FF0000"><mrow class="m-ground"'),
        (r"\fbox{Hi $x$}", '<mrow class="m-box">'),
        (r"\cancelto{0}{x}", '<msup><mrow class="m-strike-to"><mi>x</mi></mrow><mn>0</mn></msup>'),
        (r"\blueD{x}", '<mrow mathcolor="#11ACCD"><mi>x</mi></mrow>'),
        (r"\sixptsize x", '<mrow class="m-sixpt"><mi>x</mi></mrow>'),
        (r"\mathreflectbox{E}", '<mrow class="m-reflectbox"><mi>E</mi></mrow>'),
        (r"\htmlId{a}{x}", "<mi>x</mi>"),
        (r"a\kern{1em}b", '<mi>a</mi><mspace width="1em"/><mi>b</mi>'),
        (r"a\hspace*{2em}b", '<mspace width="2em"/>'),
        (r"a\mskip{18mu}b", '<mspace width="1em"/>'),
        (r"\begin{matrix*}[r]1 & -2 \\ -10 & 3\end{matrix*}", '<mtd class="m-end"><mn>1</mn></mtd>'),
        (r"\begin{bmatrix*}a & b\end{bmatrix*}", "<mo>[</mo><mtable"),
        (r"{a \above{2pt} b}", '<mfrac linethickness="0.2em">'),
        (r"\sout{x}", '<mrow class="m-sout"><mi>x</mi></mrow>'),
        (r"\mathop{\overline{\lim}}\limits_{x}", "<munder>"),
        (r"\mathop{\star}\limits^{a}", "<mover>"),
        (r"\varlimsup_{x} f", '<mrow class="m-overline">'),
        (r"\varliminf f", '<mrow class="m-underline">'),
        (r"\mathrlap{/}=", '<mpadded width="0"><mrow>'),
        (r"=\mathllap{/}", '<mpadded width="0"><mrow class="m-pull">'),
        (r"\sum_{\mathclap{1\le i}} x", '<mpadded width="0"><mrow class="m-pull-half">'),
        (
            r"\rule[6pt]{2ex}{1ex}",
            '<mpadded voffset="0.6em"><mspace class="m-rule" width="0.862em" height="0.431em"',
        ),
        (r"\raisebox{0.25em}{$a$}", '<mpadded voffset="0.25em"><mi>a</mi></mpadded>'),
        (r"\overlinesegment{AB}", '<mrow class="m-overlinesegment">'),
        (r"\ce{A\bond{~-}B}", 'class="m-bond-dash-line"'),
        (r"\surd", "√"),
        (r"\mathchoice{D}{T}{S}{SS}", "<mi>D</mi>"),
        (r"\red{x}", '<mrow mathcolor="#DF0030">'),
        (r"\htmlClass{a}{x}", "<mi>x</mi>"),
        (
            r"\begin{matrix}a\cr b\end{matrix}",
            "<mtr><mtd><mi>a</mi></mtd></mtr><mtr><mtd><mi>b</mi></mtd></mtr>",
        ),
        (r"^9Be + ^4He", "<mo>+</mo><msup><mrow></mrow><mn>4</mn></msup>"),
        (r"a &= \text{b} \\ c &= \text{d}", "<mi></mi><mo>=</mo><mtext>b</mtext>"),
        (r"a & \quad = \text{b}", '<mi></mi><mspace width="1em"/><mo'),
    ],
)
def test_what_tex_has_no_other_words_for_is_an_element(tex: str, part: str) -> None:
    assert part in mathml(tex)
    assert "\ue000" not in mathml(tex)


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"A \smallsetminus B", "A ∖ B"),
        (r"\text{\textdegree}", "°"),
        (r"5\textdegree", "5°"),
        (r"\verb|a_b|", "a_b"),
        (r'\char`A \char"263a', "A☺"),
        (r"\unicode{x263a}", "☺"),
        (r"\LaTeX", "LaTeX"),
        (r"\allowbreak x", "x"),
        (r"x \tag{1} = y", "x = y (1)"),
        (r"\tag*{a} x", "x a"),
        (r"\mapsfrom", "↤"),
        (r"\AA", "Å"),
        (r"\text{\AA\ and \textcopyright}", "Å and ©"),
        (r"\circledR", "®"),
        (r"\injlim_n x", "inj lim"),
        (r"\text{pages 3--5 --- all}", "pages 3–5 — all"),
        (r"\text{\textcircled a and \textcircled{7}}", "ⓐ and ⑦"),
        (r"\text{\TextOrMath{a}{b}}\TextOrMath{a}{b}", "ab"),
        (r"\text{if \(x>0\)}", "if x > 0"),
        (r"\verb!a^b\c!", "aˆb\\c"),
        (r"\mathsfit{Ab}", "Ab"),
        (r"∠ABC = 90° ∴ AB ⊥ BC", "∠ABC = 90° ∴ AB ⟂ BC"),
        (r"{a \above{2pt} b+1}", "a/(b + 1)"),
        (r"c + {a \above 1pt b}", "c + a/b"),
        (r"a \coloneq b", "a∶−b"),
    ],
)
def test_signs_and_names(tex: str, text: str) -> None:
    assert convert(tex, is_display=True).text.startswith(text)


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{https://e.org}{x}",
        r"\url{https://e.org}",
        r"\includegraphics{a}",
        r"\htmlStyle{color:red}{x}",
        r"\bond{?}",
        r"\ce{A\bond{?}B}",
        r"\textcolor{nocolour}{x}",
        r"\colorbox{nocolour}{x}",
        r"\rule{999em}{1em}",
        r"\begin{CD}A @>a> B\end{CD}",
        r"\begin{CD}A @?? B\end{CD}",
        r"\begin{pmatrix*}[x]a\end{pmatrix*}",
        r"{a \above{nothing} b}",
        r"\unicode{x0}",
        r'\char"D800',
        r"\textcircled{a}",
        r"\qty{5}{\foo}",
        r"\si{\kilo\foo}",
        r"\struct{x}",
        r"\raisebox{1}{x}",
    ],
)
def test_what_would_be_another_formula_is_refused(tex: str) -> None:
    with pytest.raises(FormulaError):
        mathml(tex)


def test_a_mark_cannot_be_forged() -> None:
    assert "<x>" not in mathml("\\overset{\\text{\ue0000\ue001}}{a} \\smash{b}")
    assert unwrap("<mover><mi>a</mi><mtext>\ue0000\ue001</mtext></mover>", []).startswith("<mover>")


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\SI{9.81}{\metre\per\second\squared}", "9.81 m s⁻²"),
        (r"\qty{1.2e-3}{\kilo\gram\per\cubic\metre}", "1.2 × 10⁻³ kg m⁻³"),
        (r"\num{12345.67891}", "12 345.678 91"),
        (r"\num{1234}", "1234"),
        (r"\num{-1.5(2)e6}", "−1.5(2) × 10⁶"),
        (r"\num{1.0 +- 0.2}", "1.0 ± 0.2"),
        (r"\ang{30;15}", "30°15′"),
        (r"\si{kg.m^{-3}}", "kg m⁻³"),
        (r"\unit{m/s^2}", "m/s²"),
        (r"\SIrange{1}{5}{\celsius}", "1 °C to 5 °C"),
        (r"\numlist{1;2;3}", "1, 2, and 3"),
        (r"\qty{25}{\degreeCelsius}", "25 °C"),
        (r"\SI{5}{kg}", "5 kg"),
        (r"\num{2x3}", "2 × 3"),
        (r"\qty[per-mode=symbol]{3}{\mega\hertz}", "3 MHz"),
        (r"\qty[per-mode=symbol]{8}{\joule\per\mole\per\kelvin}", "8 J/(mol K)"),
        (r"\unit[per-mode = fraction]{\metre\per\second}", "m/s"),
        (r"\qty{1.5}{\micro m}", "1.5 µm"),
        (r"\unit{\raiseto{4}\metre\of{a}}", "mₐ⁴"),
        (r"\qtyproduct{2 x 3}{\metre}", "2 m × 3 m"),
        (r"\qty{x}{\kibi\byte}", "x KiB"),
        (r"\numrange{1}{2}", "1 to 2"),
        (r"\complexnum{1+2i}", "1 + 2i"),
        (r"\complexnum{-i}", "−i"),
        (r"\complexqty{2i}{\ohm}", "2i Ω"),
        (r"\SI{9.8}{m/s²}", "9.8 m/s²"),
        (r"\SI{5}{\meter²}", "5 m²"),
        (r"\unit{J/(mol.K)}", "J/(mol K)"),
        (r"\complexqty{1.2-3e4j}{\ohm}", "(1.2 − 3 × 10⁴j) Ω"),
    ],
)
def test_numbers_and_units(tex: str, text: str) -> None:
    assert convert(tex, is_display=True).text == text


@pytest.mark.parametrize(
    "tex", [r"\num[round-precision=2]{3.14159}", r"\complexnum{3:60}", r"\complexnum{}", r"\qty{5}{\metre_2}"]
)
def test_what_siunitx_would_write_otherwise_is_refused(tex: str) -> None:
    with pytest.raises(FormulaError):
        convert(tex, is_display=True)


@pytest.mark.parametrize(
    ("formulas", "written"),
    [
        ([r"\newcommand{\R}{\mathbb{R}}", r"x \in \R^n"], ["", r"x \in \mathbb{R}^n"]),
        ([r"\newcommand\norm[1]{\lVert #1\rVert} \norm{x}"], [r"\lVert x\rVert"]),
        ([r"\newcommand{\p}[2][z]{#1+#2} \p{b}, \p[c]{d}"], ["z+b, c+d"]),
        ([r"\def\foo#1#2{#1+#2}\foo ab"], ["a+b"]),
        ([r"\DeclareMathOperator*{\argmax}{arg\,max}\argmax_x"], [r"\operatorname*{arg\,max}_x"]),
        ([r"\let\eps=\varepsilon \eps"], [r"\varepsilon"]),
        ([r"\renewcommand{\vec}[1]{\mathbf{#1}}\vec{x}"], [r"\mathbf{x}"]),
        ([r"\newcommand{\a}{b}", r"x_\a \\ \alpha"], ["", r"x_{b} \\ \alpha"]),
    ],
)
def test_definitions_hold_for_the_rest_of_the_answer(formulas: list[str], written: list[str]) -> None:
    macros = Macros()
    assert [macros.expand(formula).strip() for formula in formulas] == written


@pytest.mark.parametrize(
    "tex",
    [
        r"\def\a{\a\a}\a",
        r"\def\a{\b\b}\def\b{\a\a}\a",
        r"\newcommand{\a}[1]{#1#1}" + r"\a{" * 20 + "x" + "}" * 20,
        r"\newcommand{\begin}{x}",
        r"\def\a[#1]{x}",
        r"\newcommand{a}{b}",
        r"\newcommand{\a}[12]{b}",
    ],
)
def test_definitions_are_bounded(tex: str) -> None:
    with pytest.raises(MacroError):
        Macros().expand(tex)


def test_definitions_end_with_their_answer() -> None:
    assert render(r"$\newcommand{\R}{\mathbb{R}}\R$ and $\R$").text == "ℝ and ℝ"
    assert render(r"$\newcommand{\foo}{x}$").html == "<p></p>\n"
    assert [problem.code for problem in render(r"$\foo$").problems] == ["math-failed"]
    assert MAX_LENGTH < 10_000


def test_a_diagram_is_a_table_of_objects_and_arrows() -> None:
    converted = convert(
        r"\begin{CD} A @>f>g> B @. Z \\ @VhVV @| @AAkA \\ C @= D @<<< E \end{CD}", is_display=True
    )
    rows = re.findall(r"<mtr>(.*?)</mtr>", converted.mathml)
    cells = [
        [
            re.sub(r"<mphantom>.*?</mphantom>|<[^>]*>|\s", "", cell)
            for cell in re.findall(r"<mtd.*?</mtd>", row)
        ]
        for row in rows
    ]
    assert cells == [["A", "→gf", "B", "", "Z"], ["h↓", "", "‖", "", "↑k"], ["C", "=", "D", "←", "E"]]


def test_a_definition_ends_no_command_before_it() -> None:
    html = render(r"$\def\a{xy} \sin\a + \sqrt\a + \alpha\a$").text
    assert html == "sin xy + √(xy) + αxy"
