from __future__ import annotations

import re

import pytest

from learn.rendering import render
from learn.rendering.math import protect
from learn.rendering.placeholders import FIRST_PLACEHOLDER, PLACEHOLDER
from learn.rendering.rendered import Problems
from tests.rendering.formulas import bare


def found(text: str) -> list[tuple[str, bool]]:
    return [(formula.tex, formula.is_display) for formula in protect(text, Problems()).formulas]


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        (r"An $x$, a \(y\), a $$z$$", [("x", False), ("y", False), ("z", True)]),
        ("$$\nx\n$$", [("x", True)]),
        ("\\[\nx = 1\n\\]", [("x = 1", True)]),
        ("The area $$A = \\pi r^2$$ of a disc", [("A = \\pi r^2", False)]),
        ("It is: $$A = 1$$", [("A = 1", True)]),
        ("- $$A$$", [("A", True)]),
        ("> $$\n> a\n> + b\n> $$", [("a\n+ b", True)]),
        ("Then\n$$x$$.\nso", [("x\\text{.}", True)]),
        (
            r"\(a\) and \((x, y)\) and \( P'(x', y') \)",
            [("a", False), ("(x, y)", False), ("P'(x', y')", False)],
        ),
        (r"$\text{50% of $x$}$, $y$", [(r"\text{50% of $x$}", False), ("y", False)]),
        (r"$\text{costs $5}$ or $6", [(r"\text{costs $5}", False)]),
        (r"$\text{a $b$ c $d$ e}$", [(r"\text{a $b$ c $d$ e}", False)]),
        (r"\(x \\ y\)", [(r"x \\ y", False)]),
        ("\\(x +\ny\\)", [("x +\ny", False)]),
    ],
)
def test_the_four_pairs_of_delimiters(text: str, formulas: list[tuple[str, bool]]) -> None:
    assert found(text) == formulas


@pytest.mark.parametrize(
    "text",
    [
        "`$x$` and ``a ` $x$``",
        "```\n$x$\n```",
        "~~~\n$$x$$\n~~~",
        "- item\n  ```python\n  a = '$x$'\n  ```",
        "> ```\n> $x$\n> ```",
        "```\n$x$ in a fence that is never closed",
        r"\[citation needed\] and \(see below\)",
        r"\$x\$",
        "$ $",
        "$$$ expensive, $$$ cheap",
        "$$\n\n$$",
        "a $x\ny$ b",
    ],
)
def test_what_is_no_formula(text: str) -> None:
    assert found(text) == []


def test_a_formula_does_not_reach_over_an_empty_line_or_into_the_next_item() -> None:
    problems = Problems()
    text = "\\(a\n\nb\\) and $$x\n\ny$$\n\n- \\(a\n- b\\)"
    assert protect(text, problems).formulas == []
    assert {problem.code for problem in problems.found()} == {"math-unbalanced"}


def test_escaped_brackets_around_prose_are_not_reported() -> None:
    problems = Problems()
    assert protect(r"\(see below\), \[citation needed\] and $\alpha$", problems).text.count("\\") == 4
    assert problems.found() == ()


@pytest.mark.parametrize("text", [r"where \( 0 < |b| < 1 $ stretches it", r"where $ |b| > 1 \) shrinks it"])
def test_mixed_delimiters_are_read_and_reported(text: str) -> None:
    problems = Problems()
    assert len(protect(text, problems).formulas) == 1
    assert [problem.code for problem in problems.found()] == ["math-unbalanced"]


def test_prices_and_shell_variables_are_not_reported() -> None:
    problems = Problems()
    protect("It costs $5. Set $HOME to $ 7, or 5$.", problems)
    assert problems.found() == ()


def test_the_text_can_be_put_together_again() -> None:
    text = "A $x$, then\n$$\ny\n$$.\nand `$z$` \\(w\\)"
    protected = protect(text, Problems())
    assert len(protected.formulas) == 3
    assert protected.restore(protected.text) == text


def test_placeholders_cannot_be_forged() -> None:
    protected = protect(f"{FIRST_PLACEHOLDER} $x$ \U0010fffd \ud800 \0", Problems())
    assert PLACEHOLDER.findall(protected.text) == list(protected.by_placeholder)
    assert protected.text.count("\ufffd") == 4
    assert protected.text.startswith("\ufffd")


def test_math_takes_no_part_in_markdown() -> None:
    html = bare(
        render(
            "**$a*b$** and $a_1$ and $b_2$, | $|x|$\n\n| $|x|$ | y |\n|---|---|\n| $P(A|B)$ | $a * b$ |"
        ).html
    )
    assert "<em>" not in html
    assert html.count("<td>") == 2
    assert html.count("<th ") == 2
    assert html.count("<math>") == 7
    assert "<strong><math>" in html


def test_a_display_formula_stays_in_its_list_item_and_the_next_sentence_does_not() -> None:
    html = bare(render("1. First:\n   $$\n   x\n   $$\n2. Second:\n$$y$$\nwhere y is").html)
    first, second, after = html.partition("</li>")[0], html.partition("</li>")[2], html.partition("</ol>")[2]
    assert "<mi>x</mi>" in first
    assert "<p>" not in first  # the list stays tight
    assert "<mi>y</mi>" not in second.partition("</ol>")[0]
    assert after.startswith('\n<math display="block"><mi>y</mi></math>\n<p>where y is</p>')


def test_an_indented_display_formula_is_no_code() -> None:
    assert (
        bare(render("Text\n\n    $$x$$\n").html) == '<p>Text</p>\n<math display="block"><mi>x</mi></math>\n'
    )


def test_formulas_in_code_that_only_the_parser_sees_are_written_out() -> None:
    rendered = render("Text\n\n    a = '$x$'\n")
    assert "a = '$x$'" in rendered.html
    assert not PLACEHOLDER.search(rendered.html + rendered.text)


def test_formulas_in_addresses_titles_and_labels_are_text() -> None:
    rendered = render(
        '[a](/q?$x$ "T $x^2$") <http://e.org/$x$> ![$x$](/i/$x$)\n\n| $x$ | B |\n|-|-|\n| 1 | 2 |'
    )
    assert 'href="/q?$x$" title="T x²"' in rendered.html
    assert ">http://e.org/$x$</a>" in rendered.html
    assert 'href="/i/$x$"' in rendered.html
    assert 'aria-label="Table: x, B"' in rendered.html


def test_what_stays_wide_scrolls_in_a_named_group_that_the_keyboard_reaches() -> None:
    wide = r"\overline{" + " + ".join(f"x_{{{index}}}" for index in range(20)) + "}"
    html = bare(render(f"$$x$$\n\n$${wide}$$\n\nInline ${wide}$, and text.").html)
    block = '<div class="math-scroll" tabindex="0" role="group" aria-label="Formula"><math display="block">'
    assert html.count(block) == 1
    assert html.count('<span class="math-scroll math-inline" tabindex="0" role="group"') == 1
    assert '\n<math display="block"><mi>x</mi></math>' in f"\n{html}"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("for $n$, and", "for {n,} and"),
        ("for $n$", "for n"),
        ("for $n$ and", "for n and"),
        ("($n$) is", "{(n)} is"),
        ("a $n$-th is", "a {n-th} is"),
        ("a $n$th is", "a {nth} is"),
        ("all “$n$”. So", "all {“n”.} So"),
        ("an $n$-dimensional-and-longer word", "an {n-}dimensional-and-longer word"),
    ],
)
def test_a_line_breaks_neither_before_a_comma_nor_inside_a_word(text: str, kept: str) -> None:
    written = re.sub(r"\bn", "<math><mi>n</mi></math>", kept.replace("an ", "AN "), count=1).replace(
        "AN ", "an "
    )
    written = written.replace("{", '<span class="math-word">').replace("}", "</span>")
    assert bare(render(text).html) == f"<p>{written}</p>\n"


def test_formulas_beside_each_other_and_tags_stay_whole() -> None:
    html = bare(render("$a$$b$, **$c$**. `d`$e$ $f$&amp;").html)
    assert '<math><mi>a</mi></math><span class="math-word"><math><mi>b</mi></math>,</span>' in html
    assert "<strong><math><mi>c</mi></math></strong>." in html
    assert "</code><math>" in html


def test_a_failed_formula_is_shown_as_its_source() -> None:
    rendered = render(r"A $\unknown{<b>}$ and" + "\n\n" + r"$$\unknown{x}$$")
    assert '<code class="math-source">\\unknown{&lt;b&gt;}</code>' in rendered.html
    assert '<p><code class="math-source">\\unknown{x}</code></p>' in rendered.html
    assert [problem.code for problem in rendered.problems] == ["math-failed", "math-failed"]
    assert 'Unknown command "\\unknown"' in rendered.problems[0].message
    assert not rendered.has_math
    assert "\\unknown{x}" in rendered.text


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"a^2 + b^2 = c^2 \tag{3.1}", "a² + b² = c² (3.1)"),
        (r"\tag*{Pythagoras} a^2 + b^2 = c^2", "a² + b² = c² Pythagoras"),
        (r"a = b \\ c = d \tag{4}", "a = b; c = d (4)"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned} \tag{9}", "a = b; c = d (9)"),
        (r"a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p = 0 \tag{7}", "= 0 (7)"),
        (r"\begin{equation} a = b \tag{2} \end{equation}", "a = b (2)"),
    ],
)
def test_the_number_of_an_equation_stands_at_the_edge_of_its_line(tex: str, text: str) -> None:
    rendered = render(f"$${tex}$$")
    assert rendered.text.endswith(text)
    assert re.search(r'<semantics><mrow><mtable [^>]*\bm-full"', rendered.html)
    assert re.search(r'<mtd class="[^"]*m-half[^"]*m-end"><mtext>[^<]+</mtext></mtd>', rendered.html)


def test_the_number_of_a_formula_in_a_line_stands_behind_it() -> None:
    assert render(r"so $a = b \tag{1}$ holds").text == "so a = b (1) holds"
    assert render(r"$$a = b \tag{$\ast$}$$").text == "a = b (∗)"
