"""What a reader copies of an answer is its Markdown, with the author's TeX."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from learn.files import read_document
from learn.rendering import render
from tests.browser.conftest import KINDS, PHONE

OpenPage = Callable[..., Page]

# Answers of our own, as authors write them: each comes back as it was written.
KINDS_OF_CONTENT = {
    "fractions": (
        "The mean speed is $v = \\frac{s}{t}$, so a path of half the length takes half the time.\n\n"
        "$$\nt = \\frac{\\frac{s}{2}}{v} = \\frac{s}{2v}\n$$\n\nNothing else changes."
    ),
    "chemistry": (
        "Hydrogen burns to water:\n\n$$\n\\ce{2H2 + O2 -> 2H2O}\n$$\n\nThe ion $\\ce{SO4^2-}$ takes no part."
    ),
    "matrices": (
        "A turn by a right angle is\n\n$$\nR = \\begin{pmatrix} 0 & -1 \\\\ 1 & 0 \\end{pmatrix}\n$$\n\n"
        "and $R^4$ is the identity, as $\\begin{vmatrix} 0 & -1 \\\\ 1 & 0 \\end{vmatrix} = 1$ lets one hope."
    ),
    "tables": (
        "Compare:\n\n| Gas | Formula | Mass |\n| --- | :-: | --: |\n| oxygen | $O_2$ | 32.00 |\n"
        "| **water** | $H_2O$ | 18.02 |\n| a\\|b | `x` | 1 |\n\nMasses in grams per mole."
    ),
    "code": (
        "Read it aloud:\n\n```python\ndef area(r):\n    if r < 0:\n        raise ValueError(r)\n\n"
        "    return 3.14 * r**2\n```\n\nHere `r**2` is a power and ``a`b`` a name."
    ),
    "plain code": "Type this:\n\n```\n$ ls *.md\n```\n\nDone.",
    "lists": (
        "1. **Look** for the unknown.\n2. Write what is known:\n   - the mass $m$\n   - the force $F$\n"
        "     1. its size\n"
        "     2. its direction\n3. Solve for $a = \\frac{F}{m}$.\n\nThen check the units."
    ),
    "loose lists": (
        "3. The first step.\n\n   It has two paragraphs.\n\n   $$\n   x = 1\n   $$\n\n"
        "4. The second step.\n\n- Another list."
    ),
    "quotations and links": (
        "> To be, or *not* to be.\n>\n> - a choice\n\nSee [the text](https://example.org/hamlet_1) and ~~nothing~~ "
        "***all*** else.[^1]\n\n---\n\n[^1]: Act three.\n"
    ),
    "headings and breaks": (
        "### What it is\n\nOne line  \nand the next\nand a third.\n\n"
        "### What it costs\n\nFrom $5 to $10, or 5 * 3 = 15.\n\n"
        "- [ ] open\n- [x] done"
    ),
    "long formula in a line": (
        "It is $a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u+v+w+x+y+z = 5$, and no less.\n\n"
        "$$\n\\begin{aligned} a &= b + c \\\\ &= d \\end{aligned}\n$$"
    ),
    "signs that are no markup": (
        "Write \\*this\\* and \\_that\\_ as they are, 2\\*3\\*4 too, "
        "snake_case_names and \\[brackets\\](not an address)."
    ),
}  # fmt: skip


def shown(page: Page, markdown: str) -> None:
    """Put another answer into the page, as the site would show it."""
    page.locator(".answer").evaluate("(element, html) => { element.innerHTML = html }", render(markdown).html)


ALL = "getSelection().selectAllChildren(document.querySelector('.answer'))"
PART = """([start, from, end, to]) => {
  const found = (selector) => document.querySelector(selector);
  getSelection().setBaseAndExtent(found(start), from, found(end), to);
}"""


def pasted(page: Page, select: str = ALL, *arguments: object) -> str:
    """What a text field shows that this selection is copied and pasted into, with the keyboard."""
    page.locator("#field").evaluate_all("fields => fields.forEach(field => field.remove())")
    page.evaluate(select, *arguments)
    page.evaluate("import(document.querySelector('.answer').dataset.converter).then(() => null)")
    page.keyboard.press("Control+c")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<textarea id=field aria-label=field></textarea>')"
    )
    page.locator("#field").focus()
    page.keyboard.press("Control+v")
    return page.locator("#field").input_value()


@pytest.fixture
def article(open_page: OpenPage) -> Page:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(KINDS["math"])
    return page


def test_what_is_copied_equals_the_markdown_of_that_part(article: Page) -> None:
    for kind, markdown in KINDS_OF_CONTENT.items():
        shown(article, markdown)
        assert pasted(article) == markdown.strip(), kind


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (["p:nth-of-type(1) math mn", 0, "p:nth-of-type(1) math mi", 1], "$v = 2$"),
        (["ol li:nth-child(2)", 0, "ol li:nth-child(3)", 1], "2. two $x$\n3. three"),
        (["table tbody tr:nth-child(1)", 0, "table tbody tr:nth-child(2)", 2], "| 1 | $y$ |\n| 3 | 4 |"),
        (["ol li:nth-child(2)", 0, "ol li:nth-child(2)", 2], "two $x$"),
        (["pre code", 0, "pre code", 1], "a = 1\nb = 2\n"),
        (["p:nth-of-type(1)", 0, "ol li:nth-child(1)", 1], "The speed is $v = 2$.\n\n1. one"),
    ],
)
def test_parts_keep_their_context(article: Page, place: list[object], expected: str) -> None:
    shown(
        article,
        "The speed is $v = 2$.\n\n1. one\n2. two $x$\n3. three\n\n| a | b |\n|---|---|\n| 1 | $y$ |\n| 3 | 4 |\n\n"
        "```\na = 1\nb = 2\n```",
    )
    place[0], place[2] = f".answer {place[0]}", f".answer {place[2]}"
    assert pasted(article, PART, place) == expected


def test_who_copies_before_the_converter_has_arrived_gets_the_same(article: Page) -> None:
    article.route("**/markdown*.js", lambda route: (time.sleep(1), route.continue_())[1])
    article.reload()
    shown(article, "It is $\\frac{1}{2}$.")
    before = "what was copied before"
    article.evaluate("text => navigator.clipboard.writeText(text)", before)
    article.evaluate(ALL)
    article.keyboard.press("Control+c")
    deadline = time.monotonic() + 30
    while (
        text := article.evaluate("navigator.clipboard.readText()")
    ) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert text == "It is $\\frac{1}{2}$."


def test_a_formula_in_a_table_keeps_its_bars(article: Page) -> None:
    shown(article, "| norm | a |\n| --- | --- |\n| $\\|x\\|$ | b |")
    assert "$\\|x\\|$" in pasted(article)


def test_the_passage_that_is_reported_has_its_formula_as_tex(article: Page) -> None:
    shown(article, "It is $\\frac{1}{2}$.")
    article.evaluate(ALL)
    article.evaluate("import(document.querySelector('.answer').dataset.converter).then(() => null)")
    report = article.locator("[data-report]")
    report.dispatch_event("pointerdown")
    assert "frac" in unquote(report.get_attribute("href") or "")


def test_the_whole_page_selected_gives_the_question_and_the_answer(article: Page) -> None:
    shown(article, "It is $x$.")
    question = article.locator("h1").inner_text()
    article.locator("h1").click()
    article.keyboard.press("Control+a")
    assert pasted(article, "null") == f"# {question}\n\nIt is $x$."


def test_the_html_that_is_copied_holds_mathml_and_no_button(article: Page) -> None:
    shown(article, "Half: $\\frac{1}{2}$ of\n\n1. one")
    pasted(article)
    html = article.evaluate(
        "navigator.clipboard.read().then(items => items[0].getType('text/html')).then(blob => blob.text())"
    )
    assert "<mfrac><mn>1</mn><mn>2</mn></mfrac>" in html
    assert "<li>one</li>" in html
    assert "<button" not in html


def test_each_formula_and_the_answer_can_be_copied(article: Page) -> None:
    formula = article.locator(".answer math[display=block]").first
    button = article.get_by_role("button", name="Copy the formula as TeX").first
    button.focus()
    article.keyboard.press("Enter")
    expect(article.get_by_role("status")).to_have_text("Copied to the clipboard")
    tex = article.evaluate("navigator.clipboard.readText()")
    assert tex == formula.locator("annotation").text_content()
    article.get_by_role("button", name="Copy as Markdown").click()
    expect(article.get_by_role("button", name="Copied").last).to_be_visible()
    twin = article.request.get(f"{KINDS['math']}.md").text()
    copied = article.evaluate("navigator.clipboard.readText()")
    assert twin.endswith(f"\n\n{copied}")
    assert not copied.startswith(("---", "# "))


def test_a_system_that_shares_is_asked_to(open_page: OpenPage, site: str) -> None:
    page = open_page(viewport=PHONE)
    page.add_init_script("navigator.share = async (what) => { window.shared = what }")
    page.goto(KINDS["math"])
    page.get_by_role("button", name="Share").click()
    assert page.evaluate("shared.url") == f"{site}{KINDS['math']}"


def test_real_answers_come_back_as_they_were_written(article: Page, corpus: Path) -> None:
    """Of the real files that the site shows without a complaint, nearly all, to the letter."""
    files = sorted(corpus.rglob("*.md"))[::80]
    for path in files:
        html = render(read_document(path.read_bytes(), str(path))[0].answer).html
        shown_html = "(element, html) => { element.innerHTML = html }"
        article.locator(".answer").evaluate(shown_html, html)
        again = article.evaluate(
            """async () => {
                const answer = document.querySelector(".answer");
                const range = document.createRange();
                range.selectNodeContents(answer);
                return (await import(answer.dataset.converter)).markdownOf(range);
            }"""
        )
        assert without_source(render(again).html) == without_source(html), path.name
    assert len(files) > 40


def without_source(html: str) -> str:
    """HTML without the TeX beside its formulas, of which lines may begin further in."""
    return re.sub(r"<annotation.*?</annotation>", "", html, flags=re.DOTALL)
