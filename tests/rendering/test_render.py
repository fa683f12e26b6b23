from __future__ import annotations

import pickle
import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.files.newlines import decode
from learn.rendering import RENDER_VERSION, Heading, Rendered, RenderProblem, render
from tests.files.test_newlines import raw_answers

ANSWER = """An **answer** with $x^2$ and `code` for $5.

### Steps

2. First:
   $$
   a = \\frac{b}{c}
   $$
3. Second
   - inner *part*

| A | B |
|---|---|
| 1 | $y$ |

> Quoted

```python
x = 1

print(x)
```
"""


def test_the_text_is_the_answer_without_markup() -> None:
    assert render(ANSWER).text == "\n".join(
        [
            "An answer with x² and code for $5.",
            "Steps",
            "2. First:",
            "a = b/c",
            "3. Second",
            "inner part",
            "A | B",
            "1 | y",
            "Quoted",
            "x = 1",
            "print(x)",
        ]
    )


def test_flags_tell_what_a_page_needs() -> None:
    rendered = render(ANSWER)
    assert (rendered.has_math, rendered.has_code) == (True, True)
    plain = render("Costs $5, see `x`.")
    assert (plain.has_math, plain.has_code) == (False, False)


def test_headings_are_listed_for_contents() -> None:
    assert render(ANSWER).headings == (Heading(3, "section-steps", "Steps"),)


def test_a_rendered_answer_is_frozen_and_travels_between_processes() -> None:
    rendered = render(r"$\bad$ and ![a](b)" + ANSWER)
    assert pickle.loads(pickle.dumps(rendered)) == rendered  # noqa: S301 -- what we pickled in the same line
    assert all(isinstance(problem, RenderProblem) for problem in rendered.problems)
    with pytest.raises(FrozenInstanceError):
        rendered.html = ""  # type: ignore[misc]


def test_the_version_is_a_number() -> None:
    assert isinstance(RENDER_VERSION, int)


def test_nothing_gives_nothing() -> None:
    assert render("") == Rendered("", "", has_math=False, has_code=False, headings=(), problems=())


def test_line_endings_of_a_form_are_line_endings() -> None:
    assert render("a\r\n\r\n- b\r- c") == render("a\n\n- b\n- c")


# Never raises, never breaks the page, whatever the text.

FRAGMENTS = st.sampled_from(
    [
        "$", "$$", "\\(", "\\)", "\\[", "\\]", "`", "```", "```python\n", "~~~", "**", "*", "_", "~~", "[", "](", ")",
        "]", "![", "<", ">", "<b>", "&amp;", "&", "|", "|-|-|", "\n", "\n\n", "- ", "1. ", "> ", "# ", "    ", "\t",
        "a", "x^2", "\\frac{a}{b}", "\\ce{H2O}", "\\text{", "{", "}", "5", "10,000", " ", "\\", "\\\\", "&", "%",
        "\\begin{cases}", "\\end{cases}", "http://a.b", "javascript:x", '"', "'", "é", "\U000f0000", "\0", "\ud800",
        "\u2028", "---", "===", "[a]: b",
    ]
)  # fmt: skip


@given(st.one_of(st.lists(FRAGMENTS, max_size=40).map("".join), st.text(max_size=80)))
def test_any_text_renders_to_well_formed_html_of_allowed_elements(text: str) -> None:
    rendered = render(text)
    assert_well_formed(rendered)


ALLOWED = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "span",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "b", "i", "s", "u",
}  # fmt: skip
ATTRIBUTES = {
    "aria-label", "class", "data-language", "href", "id", "rel", "role", "scope", "start", "tabindex", "title",
}  # fmt: skip


def assert_well_formed(rendered: Rendered) -> None:
    """A browser's parser finds no mistake, only allowed elements, unique ids, and no placeholder anywhere."""
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=True)
    fragment = parser.parseFragment(rendered.html)
    mistakes = [code for _, code, _ in parser.errors if code != "invalid-codepoint"]
    assert mistakes == [], (mistakes, rendered.html)
    ids = []
    for element in fragment.iter():
        if not isinstance(element.tag, str) or "}" not in element.tag:
            continue
        namespace, name = element.tag[1:].split("}")
        if namespace.endswith("MathML"):
            assert not {"style", "id", "href"} & element.attrib.keys()
        else:
            assert name in ALLOWED
            assert element.attrib.keys() <= ATTRIBUTES
            ids += [element.attrib["id"]] if "id" in element.attrib else []
    assert len(ids) == len(set(ids))
    written = rendered.html + rendered.text
    assert not re.search("[\ud800-\udfff\U000f0000-\U0010ffff]", written)
    assert "\0" not in written


def test_every_real_answer_renders_to_well_formed_html(corpus: Path) -> None:
    formulas = failed = 0
    for path, raw in raw_answers(corpus).items():
        rendered = render(decode(raw))
        assert rendered.text, path
        assert_well_formed(rendered)
        formulas += rendered.html.count("<math")
        failed += rendered.html.count("math-source")
    assert failed <= formulas / 1000
