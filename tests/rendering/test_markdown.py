from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest
from django.test import override_settings
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdownify.templatetags.markdownify import markdownify

from learn.checks import check_markdownify_profile
from learn.files.newlines import decode
from learn.rendering import markdown, render
from learn.rendering.formulas import Protected
from learn.rendering.rendered import Problems
from learn.rendering.writer import Writer
from tests.files.test_newlines import raw_answers


def html(text: str) -> str:
    return render(text).html


def test_a_list_needs_no_empty_line_before_it_and_nests_by_two_spaces() -> None:
    assert html("Steps:\n- a\n  - b\n- c") == (
        "<p>Steps:</p>\n<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n<li>c</li>\n</ul>\n"
    )


def test_a_list_begins_with_its_number() -> None:
    assert html("3. a\n4. b").startswith('<ol start="3">\n<li>a</li>')


def test_a_line_end_is_no_break() -> None:
    assert html("a\nb  \nc\\\nd") == "<p>a\nb<br>\nc<br>\nd</p>\n"


def test_emphasis_code_and_strikethrough() -> None:
    assert html("**a** *b* ~~c~~ `d<e` **f *g* h**") == (
        "<p><strong>a</strong> <em>b</em> <del>c</del> <code>d&lt;e</code> <strong>f <em>g</em> h</strong></p>\n"
    )


def test_an_answer_leaves_nothing_to_the_garbage_collector() -> None:
    html("**a** $x$")
    gc.collect()
    gc.disable()
    try:
        html("**b** `c` [d](e) $y$\n\n- f")
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_raw_html_and_entities_are_text() -> None:
    assert html("<b>a</b> &amp; <img src=x onerror=x()> <!-- c --> &lt;i&gt;") == (
        "<p>&lt;b&gt;a&lt;/b&gt; &amp; &lt;img src=x onerror=x()&gt; &lt;!-- c --&gt; &lt;i&gt;</p>\n"
    )
    assert html("<div>\n\n*a*\n\n</div>") == "<p>&lt;div&gt;</p>\n<p><em>a</em></p>\n<p>&lt;/div&gt;</p>\n"


@pytest.mark.parametrize(
    ("levels", "written"),
    [
        ("1", "3"),
        ("12", "34"),
        ("34", "34"),
        ("2342", "3453"),
        ("3534", "3434"),
        ("123456", "345666"),
        ("31", "33"),
    ],
)
def test_headings_begin_below_h2_and_skip_no_level(levels: str, written: str) -> None:
    rendered = render("\n\n".join(f"{'#' * int(level)} T{index}" for index, level in enumerate(levels)))
    assert "".join(str(heading.level) for heading in rendered.headings) == written
    for heading in rendered.headings:
        assert f'<h{heading.level} id="{heading.id}">{heading.text}</h{heading.level}>' in rendered.html


def test_ids_of_headings_are_unique_readable_and_stable() -> None:
    rendered = render(
        "# A & B\n\n# a b\n\n# A B 2\n\n# a b\n\n# Ärger mit *x*\n\n# $x^2$\n\n# !?\n\n# " + "long " * 40
    )
    ids = [heading.id for heading in rendered.headings]
    assert ids == [
        "section-a-b", "section-a-b-2", "section-a-b-2-2", "section-a-b-3", "section-ärger-mit-x", "section-x2",
        "section-untitled", "section-" + "-".join(["long"] * 12),
    ]  # fmt: skip
    assert [heading.text for heading in rendered.headings[4:6]] == ["Ärger mit x", "x²"]


def test_tables_have_scopes_alignments_and_a_named_region() -> None:
    written = html("| A | B | |\n|:--|:-:|--:|\n| 1 | 2 | 3 |\n\n|A|B||\n|-|-|-|\n|1|2|3|")
    assert written.startswith(
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Table: A, B"><table>'
    )
    assert '<th scope="col" class="align-left">A</th><th scope="col" class="align-center">B</th>' in written
    assert '<td class="align-right"></td></tr>' in written  # a heading without a word is an empty cell
    assert '<td class="align-center">2</td><td class="align-right">3</td>' in written
    assert 'aria-label="Table: A, B (2)"' in written
    assert "style=" not in written


def test_code_names_its_language_and_is_coloured() -> None:
    written = html("```python\ndef f():\n    return '<b>'\n```")
    assert written.startswith(
        '<div class="code" data-language="Python"><pre tabindex="0"><code class="language-python"><span class="k">def'
    )
    assert "'&lt;b&gt;'" in written


@pytest.mark.parametrize(
    ("info", "attributes"),
    [
        ("", '<div class="code"><pre tabindex="0"><code>'),
        ("text", '<div class="code"><pre tabindex="0"><code class="language-text">'),
        ("C++", 'data-language="C++"><pre tabindex="0"><code class="language-cpp">'),
        ("c#", 'data-language="C#"><pre tabindex="0"><code class="language-csharp">'),
        ("pseudocode", 'data-language="pseudocode"><pre tabindex="0"><code class="language-pseudocode">'),
        ('"><script>', 'data-language="&quot;><script>"><pre tabindex="0"><code class="language-script">'),
        ("python {1,2} title", 'data-language="Python"><pre tabindex="0"><code class="language-python">'),
    ],
)
def test_a_language_is_named_also_where_it_is_unknown(info: str, attributes: str) -> None:
    assert attributes in html(f"```{info}\na\n```").replace("&gt;", ">").replace("&lt;", "<")


def test_long_code_is_shown_without_colours() -> None:
    short, long = "x = 1\n", "x = 1\n" * 1000
    assert 'class="mi"' in html(f"```python\n{short}```")
    assert 'class="mi"' not in html(f"```python\n{long}```")
    assert html(f"```python\n{long}```").count("x = 1") == 1000


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://example.org/a?b=c&d", 'href="https://example.org/a?b=c&amp;d" rel="nofollow noopener"'),
        ("//example.org", 'href="//example.org" rel="nofollow noopener"'),
        ("http://testserver/learn", 'href="http://testserver/learn"'),
        ("http://testserver@evil.example/", 'href="http://testserver@evil.example/" rel="nofollow noopener"'),
        ("http://testserver.evil.example", 'href="http://testserver.evil.example" rel="nofollow noopener"'),
        ("/learn/x", 'href="/learn/x"'),
        ("#section-a", 'href="#section-a"'),
        ("mailto:a@example.org", 'href="mailto:a@example.org"'),
    ],
)
def test_links_to_other_sites_are_marked(address: str, written: str) -> None:
    assert html(f"[a]({address})") == f"<p><a {written}>a</a></p>\n"


@pytest.mark.parametrize(
    "address", ["javascript:x()", "JaVaScRiPt:x()", "data:text/html,x", "vbscript:x", "ftp://a.b", "tel:1"]
)
def test_other_schemes_make_no_link(address: str) -> None:
    assert "<a" not in html(f"[a]({address}) <{address}>")


def test_bare_addresses_are_no_links() -> None:
    assert "<a" not in html("See www.example.org, https://example.org, a@example.org, hello.sh and tk.Tk.")
    assert "<a" in html("See <https://example.org>.")


def test_an_image_becomes_a_link_and_a_warning() -> None:
    rendered = render("![A cell](https://example.org/cell.png) ![](/b.png)")
    assert '<a href="https://example.org/cell.png" rel="nofollow noopener">A cell</a>' in rendered.html
    assert '<a href="/b.png">/b.png</a>' in rendered.html
    assert "<img" not in rendered.html
    assert {problem.code for problem in rendered.problems} == {"image"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\nx = 1", "code-unclosed"),
        ("- a\n  ```\n  b\n- c", "code-unclosed"),
        ("An `open tick", "code-unbalanced"),
        ("Two ** stars", "emphasis-unbalanced"),
        ("[" * 2500 + "](x", "too-many-brackets"),
        ("> " * 50 + "a", "too-deep"),
        ("- " * 30 + "a", "too-deep"),
        ("a" * 200_001, "too-long"),
    ],
)
def test_what_an_editor_should_fix_is_reported(text: str, code: str) -> None:
    problems = render(text).problems
    assert [problem.code for problem in problems] == [code]
    assert len(problems[0].excerpt) <= 80


@pytest.mark.parametrize(
    "text", ["```\na\n```", "~~~~\na\n~~~~~", "1. a\n   ```\n   b\n   ```", "> ```\n> a\n> ```", "```\n```"]
)
def test_a_closed_fence_is_not_reported(text: str) -> None:
    assert render(text).problems == ()


# The quick reading of bold text must never differ from the parser's.

PIECES = st.sampled_from(
    [
        "**",
        "**",
        "*",
        "a",
        "B",
        "é",
        "1",
        " ",
        " ",
        ".",
        ":",
        ",",
        "(",
        ")",
        '"',
        "”",
        "-",
        "\u00a0",
        "\U000f0000",
        "_",
        "~",
        "!",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
@example("**a****b**")
@example("**a**b**c**")
def test_quick_bold_is_the_parsers_bold(content: str) -> None:
    quick = markdown._in_bold(content)
    if quick is None:
        return
    slow: list[Token] = []
    parser = markdown._new_parser()
    parser.inline.parse(content, parser, {}, slow)
    assert quick == Writer(Protected(content)).write_inline(slow)


LINES = st.sampled_from(
    [
        "", "", "Text", "**Bold** text", "More *text*", "- item", "- **b** item", "* item",
        "+ item", "-", "- -", "---", "===", "1. one", "2. two", "7) seven", "1.", "> quoted",
        "# heading", "| a | b |", "a | b", "--- | ---", "|---|---|", "```", "    code", "[a]: /b",
        "***", "**", "* * *", "1.text", "-text", "Ünï", "9 nine", "<b>", "~~~", "word  ", "a\tb",
        "\ttab", "\u00a0space", "[^1]: note",
    ]
)  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "", " ", "  ", "   ", "    ", "      ", "> "]), LINES), max_size=12
    )
)
@example([("", "Text"), ("", "- -")])
@example([("", "- item"), ("  ", "Text"), ("", "- item")])
def test_quick_paragraphs_are_the_parsers_paragraphs(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(map("".join, lines))
    quick, slow = markdown._new_parser(), markdown._new_parser()
    slow.disable(["line"])
    assert blocks(quick, text) == blocks(slow, text)


def blocks(parser: MarkdownIt, text: str) -> list[tuple[object, ...]]:
    return [
        (token.type, token.tag, token.content, token.map, token.hidden, token.level, token.info)
        for token in parser.parse(text, {"protected": Protected(text), "problems": Problems()})
    ]


def test_quick_bold_is_the_parsers_bold_in_the_real_files(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [decode(raw) for raw in raw_answers(corpus).values()]
    quick = [html(text) for text in texts]
    monkeypatch.setattr(markdown, "_in_bold", lambda _content: None)
    assert [index for index, text in enumerate(texts) if html(text) != quick[index]] == []


# The filter's profile.


def test_the_profile_is_right() -> None:
    assert check_markdownify_profile(app_configs=None) == []


@pytest.mark.parametrize(
    "profiles",
    [
        {},
        {"default": {}},
        {"answer": {"BLEACH": False, "LINKIFY_TEXT": {"PARSE_URLS": False}}},
        {
            "answer": {
                "MARKDOWN_EXTENSIONS": ["learn.rendering.markdown:CommonMarkExtension"],
                "BLEACH": False,
            }
        },
        {
            "answer": {
                "MARKDOWN_EXTENSIONS": ["learn.rendering.markdown:CommonMarkExtension"],
                "LINKIFY_TEXT": {"PARSE_URLS": False},
            }
        },
    ],
)
def test_another_profile_is_an_error(profiles: dict[str, object]) -> None:
    with override_settings(MARKDOWNIFY=profiles):
        assert [message.id for message in check_markdownify_profile(app_configs=None)] == ["learn.E001"]


def test_answers_pass_through_the_filter() -> None:
    with override_settings(MARKDOWNIFY=json.loads("{}")):
        # Its defaults remove paragraphs: proof that the filter is asked.
        assert "<p>" not in html("a *b*")


def test_the_filter_alone_serves_any_text() -> None:
    assert markdownify("a **b**\n- c", "answer") == "<p>a <strong>b</strong></p>\n<ul>\n<li>c</li>\n</ul>\n"
    assert markdownify("", "answer") == ""
