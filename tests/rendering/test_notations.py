"""What people and chat tools write: which of it is a formula, and where it then stands."""

from __future__ import annotations

import pytest

from learn.rendering import render
from learn.rendering.math import protect
from learn.rendering.rendered import Problems
from tests.rendering.formulas import bare


def found(text: str) -> list[str]:
    return [formula.tex for formula in protect(text, Problems()).formulas]


def codes(text: str) -> list[str]:
    return [problem.code for problem in render(text).problems]


@pytest.mark.parametrize(
    "formula",
    [
        r"V_{out}/V_{in}",
        r"P_{in} = P_{out}",
        r"I_{on}/I_{off}",
        "k_{off}/k_{on}",
        "E_{in} - E_{out} = E_{on}",
        "V_in",
        r"2SO_2 + O_2 \rightarrow 2SO_3",
        r"^9Be + ^4He \rightarrow ^{12}C + n",
        "As_2O_3 + In_2O_3",
        "He^+ + He",
        "NO_2 + SO_3",
        r"\text{in m/s}",
        "x_{of}",
        "Net Profit = Revenue - Cost of Goods Sold",
        "2x = 4,",
        r"Items = \{Wolf, Goat, Cabbage\}",
        "P(X > 5) = 0.3",
        r"x^2 \text{ if } x \text{ is in } A",
        "i_1",
        "a_{as}b_{at}",
    ],
)
def test_words_in_scripts_and_elements_are_no_prose(formula: str) -> None:
    assert found(f"The value ${formula}$, and ${formula}$ is shown.") == [formula, formula]


@pytest.mark.parametrize(
    "text",
    [
        "In PHP, $first_name and $last_name are set; read $_GET and $_POST.",
        "Set $db_host and $db_port; $_SESSION holds state.",
        "Use ${HOME} or $PATH, then $(pwd).",
        "In Perl, $array[0] and $hash{key}, and $other_var.",
        "export $MY_VAR=$OTHER_VAR",
        '"$user_name:$pass_word" > $file_name',
        "$this->first_name = $first_name; return $this->last_name;",
        "jQuery $.ajax and $('#id').hide() and $elem",
        'mkdir $(dirname "$0")/$(basename "$1")',
    ],
)
def test_variables_of_programs_are_no_formulas(text: str) -> None:
    assert found(text) == []
    assert bare(render(text).html).count("$") == text.count("$")


@pytest.mark.parametrize(
    "text",
    [
        "It rose from $1.5 million in 2019 to $2.7 million in 2020.",
        "It costs $5\nand then $6 more",
        "pay $20 now\n= $40 later",
        "US $1 = $1.35 CAD; A$3",
        "Profit = $500 - $300 = $200",
        "Spent $x_1 million and $y_2 million",
        "Tickets cost $12.50/adult and $8/child.",
        "$1.00, $2.00, and $3.00",
        "a $x\n- y$ b",
        "a $x\n\ny$ b",
    ],
)
def test_prices_stay_prices_on_one_line_and_on_two(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("The value $a +\nb$ is wrapped.", ["a +\nb"]),
        ("The sum $\\sum_{i=1}^n\ni^2$ goes on", ["\\sum_{i=1}^n\ni^2"]),
        ("> The value $a +\n> b$ here", ["a +\nb"]),
        ("- item $a +\n  b$ here", ["a +\n  b"]),
        ("The $`x^2`$ and $``a`b``$ forms", ["x^2", "a`b"]),
        ("`$`x`", []),
        ("```math\nx^2\n```", ["x^2"]),
        ("~~~ math\nx\n\ny\n~~~", ["x\ny"]),
        ("> ```math\n> z\n> ```", ["z"]),
        ("- x\n  ```math\n  y^2\n  ```", ["y^2"]),
        ("```latex\n\\frac{a}{b}\n```", []),
        ("```math\nnever closed", []),
        ("\\begin{equation}\nE = m\n\\end{equation}", ["\\begin{equation}\nE = m\n\\end{equation}"]),
        ("So \\begin{cases} a & b \\end{cases} holds", ["\\begin{cases} a & b \\end{cases}"]),
        ("\\begin{itemize}\n\\item a\n\\end{itemize}", []),
        ("$$\na = b\n\n+ c\n$$", ["a = b\n+ c"]),
        ("\\[\nx\n\n= y\n\\]", ["x\n= y"]),
        ("$$\nThis is some long prose here.\n\nMore of the prose.\n$$", []),
    ],
)
def test_other_ways_to_write_a_formula(text: str, formulas: list[str]) -> None:
    assert found(text) == formulas


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (r"See [sets](https://e.org/Set_\(mathematics\)).", "https://e.org/Set_(mathematics)"),
        (r"See [a](</x_\(y\)>) and \(z\)", "/x_(y)"),
        (r"See [a](/x_\[y\])", "/x_[y]"),
        ("[a]\n\n[a]: /x_\\(y\\)", "/x_(y)"),
    ],
)
def test_escaped_brackets_in_an_address_are_brackets(text: str, address: str) -> None:
    html = render(text).html.replace("%5B", "[").replace("%5D", "]")
    assert f'href="{address}"' in html
    assert render(text).problems == ()


def test_display_formulas_at_the_margin_stay_in_their_numbered_item() -> None:
    html = bare(
        render(
            "1. First step:\n$$ x = 1 $$\ncontinued\n2. Second step\n\n$$y$$\n\n3. Third\n$$z$$\nafter"
        ).html
    )
    assert html.count("<ol") == 1
    assert html.count("<li>") == 3
    assert html.index("continued") < html.index("Second step")
    assert html.endswith('</ol>\n<math display="block"><mi>z</mi></math>\n<p>after</p>\n')


@pytest.mark.parametrize(
    "text",
    [
        "1. First\n$$x$$\n### Heading\n2. Second",
        "1. First\n$$x$$\n3. Third",
        "1. First\n$$x$$\n- bullet\n2. Second",
        "```\n1. First\n$$x$$\n2. Second\n```",
    ],
)
def test_a_list_does_not_go_on_behind_something_else(text: str) -> None:
    assert "  " not in protect(text, Problems()).text


@pytest.mark.parametrize(
    "text",
    [
        r"The value \frac{a}{b} is",
        r"when \alpha \leq 1",
        r"as $x_{1 is",
        r"\begin{align} without an end",
        r"\sqrt{2}",
    ],
)
def test_tex_left_as_text_is_reported(text: str) -> None:
    assert codes(text) == ["math-unbalanced"]


@pytest.mark.parametrize(
    "text", [r"C:\Users\name", r"\*no emphasis\*", r"the \n escape", "`\\frac{a}{b}`", "a\\\nb"]
)
def test_other_backslashes_are_not_reported(text: str) -> None:
    assert codes(text) == []


def test_footnotes_stand_at_the_end_and_lead_back() -> None:
    rendered = render(
        "One[^a], two[^b], one[^a].\n\n[^b]: Second $x$.\n[^a]: First\n    goes on.\n\n    And on.\n\nEnd."
    )
    assert rendered.html.count('<a href="#note-1"') == 2
    assert '<li id="note-1"><p>First' in rendered.html
    assert rendered.html.index('id="note-1"') < rendered.html.index('id="note-2"')
    assert rendered.html.count("Back to the text") == 3
    assert rendered.text.endswith("End.\n[1] First goes on.\nAnd on.\n[2] Second x.")
    assert rendered.problems == ()


def test_a_footnote_that_nothing_refers_to_is_shown_and_reported() -> None:
    assert codes("Text.\n\n[^a]: Note.") == ["note-unused"]
    assert "Note." in render("Text.\n\n[^a]: Note.").html
    assert "[^b]" in render("Text[^b].").html


def test_tasks_are_open_or_done() -> None:
    rendered = render("- [ ] open $x$\n- [x] done\n- [y] neither\n\n[ ] no item")
    assert rendered.html.count('class="task"') == 2
    assert rendered.text == "☐ open x\n☑ done\n[y] neither\n[ ] no item"


@pytest.mark.parametrize(("answer", "lists"), [
    ("1. a\n$$ x $$\n1. b\n\n$$ y $$\n\n1. c", 1),  # who leaves the counting to Markdown
    ("1. a\n\n$$ x $$\n\nNow the others.\n\n1. b", 2),
])  # fmt: skip
def test_a_list_whose_items_are_all_the_first_goes_on_behind_a_formula(answer: str, lists: int) -> None:
    assert render(answer).html.count("<ol") == lists
