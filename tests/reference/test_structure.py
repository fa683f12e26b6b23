"""The structure of our HTML is react-markdown's. The reference needs node, and what tests/machine.py installs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.reference.compare import HERE, answers, compare, first_difference, tree

pytestmark = pytest.mark.slow

SAMPLE = 400  # of the real answers; `python -m tests.reference.compare DIR` compares them all

OURS = {
    "lists": "Text:\n- a\n  - b\n    c\n1. d\n\n   e\n2. f\n- g\n\nh",
    "nested lists": "1. a\n   - b\n      - c\n2. d\n    - e\n\n\n      f",
    "tables": "|a|b|\n|:-|-:|\n|1|`|`|\n|c|\\||d|\n\nafter\n|x|\n|-|",
    "code": "```python\na\n```\n~~~\nb\n~~~\n    c\n\n    d\n- ```\n  e\n  ```",
    "quotations": "> a\nb\n> - c\n>\n> d\n\n> > e",
    "inline": "**a *b* c** _d_ ~~e~~ `f` [g](/h 'i') <http://j.k> l\\*m &amp; n  \no\\\np",
    "bold": "**a**: b **c**d **(e)** f **g.**h ** i** **j:** **“k”**, l**m**",
    "headings": "a\n---\n### b\n#### c `d`\nd\n===",
    "references": "[a] [b][a] [c][]\n\n[a]: /x 'y'\n[c]: <z>",
    "tags in a line": "a <b>c</b> d <!-- e --> f",
    "formulas": "1. a\n   $$\n   x\n   $$\n   b\n2. c $y$ d\n$$z$$\ne\n\n> $$\n> w\n> $$\n\n- $$v$$",
    "prices and pipes": "| $5 | $|x|$ |\n|---|---|\n| $a_1$ | *b* |",
}


@pytest.fixture(scope="module")
def reference() -> None:
    if shutil.which("node") and (HERE / "node_modules").is_dir():
        return
    message = "the reference is not there: python tests/machine.py installs it"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message)
    pytest.skip(message)


def test_our_own_texts_have_the_structure_of_the_reference(reference: None) -> None:
    # The reference keeps the levels of headings; ours begin at 3 and skip none.
    result = compare(OURS.items())
    assert result.compared == len(OURS)
    assert result.different.keys() <= {"headings"}


def test_real_answers_have_the_structure_of_the_reference(reference: None, corpus: Path) -> None:
    every = list(answers(corpus))
    result = compare(every[:: max(1, len(every) // SAMPLE)])
    assert result.compared >= SAMPLE
    assert result.different == {}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("<p>a</p>", "<p>b</p>"),
        ("<ul><li>a</li></ul>", "<ol><li>a</li></ol>"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul><li>a</li></ul>", "<ul><li><p>a</p></li></ul>"),
        ('<ol start="2"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ("<p><strong>a</strong></p>", "<p>a</p>"),
        ('<p><a href="/a">b</a></p>', '<p><a href="/c">b</a></p>'),
        ("<pre><code>a\n</code></pre>", "<pre><code>a\n b\n</code></pre>"),
        ('<pre><code class="language-c">a</code></pre>', "<pre><code>a</code></pre>"),
        ("<table><tr><td>a</td></tr></table>", "<table><tr><th>a</th></tr></table>"),
        ('<table><tr><td class="align-left">a</td></tr></table>', "<table><tr><td>a</td></tr></table>"),
    ],
)
def test_the_comparison_sees_what_differs(ours: str, theirs: str) -> None:
    """A comparison that finds nothing different in anything would pass every other test."""
    assert first_difference(tree(ours), tree(theirs))
    assert first_difference(tree(theirs), tree(ours))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ('<h3 id="a">a</h3>\n<p>b\nc</p>\n', "<h3>a</h3><p>b c</p>"),
        (
            '<div class="code"><pre tabindex="0"><code><span class="k">a</span>\n</code></pre></div>',
            "<pre><code>a</code></pre>",
        ),
        (
            '<table><tr><th scope="col" class="align-left">a</th></tr></table>',
            '<table><tr><th style="text-align:left">a</th></tr></table>',
        ),
        ('<p><a href="/a" rel="nofollow noopener">b</a></p>', '<p><a href="/a">b</a></p>'),
    ],
)
def test_the_comparison_leaves_out_what_we_add(ours: str, theirs: str) -> None:
    assert not first_difference(tree(ours), tree(theirs))
