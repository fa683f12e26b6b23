from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from learn.files.newlines import decode, encode, is_escapable

# What each text is in the file, and what its author meant.
MEANT = {
    "plain newlines": (r"One.\n\nTwo.", "One.\n\nTwo."),
    "no newline": ("One.", "One."),
    "newline before a word": (r"Area:\nwhere r is the radius", "Area:\nwhere r is the radius"),
    "newline before a capital": (r"A.\nNow B.", "A.\nNow B."),
    "newline before a list": (r"Steps:\n- cut\n- fold", "Steps:\n- cut\n- fold"),
    "tabs and returns are LaTeX": (r"$\text{a} \times \rho$\n$\theta$", "$\\text{a} \\times \\rho$\n$\\theta$"),
    "a command no word is": (r"$a \neq b$", r"$a \neq b$"),
    "a command outside any formula": (r"so 4 \neq 9 holds", r"so 4 \neq 9 holds"),
    "a command that begins a formula": (r"$\nabla f$ and \( \neg p \)", r"$\nabla f$ and \( \neg p \)"),
    "a command on a line of its own": (r"$$\n\neg (p \land q)\n$$", "$$\n\\neg (p \\land q)\n$$"),
    "a word that begins as a command": (r"First:\nnegative numbers\nnuclear", "First:\nnegative numbers\nnuclear"),
    "nu in a formula": (r"energy $E = h\nu$ of light", r"energy $E = h\nu$ of light"),
    "nu closed on its line": (r"Then\n$$\nu = 5$$", "Then\n$$\\nu = 5$$"),
    "nu in brackets": (r"\(\nu\) is the frequency", r"\(\nu\) is the frequency"),
    "the variable u on the first line": (r"Let:\n\n$$\nu = px + q\n$$", "Let:\n\n$$\nu = px + q\n$$"),
    "the variable u after a row break": (r"$$\na = b \\\nu = c\n$$", "$$\na = b \\\\\nu = c\n$$"),
    "nu after an empty line in a formula": (r"$$\n\nu + 1\n$$", "$$\n\\nu + 1\n$$"),
    "ne in a formula and in a list": (r"$a \ne b$\n\ne) Silicon", "$a \\ne b$\n\ne) Silicon"),
    "a definition in a formula": (r"$$\nE = mc^2\ne = 2.7\n$$", "$$\nE = mc^2\ne = 2.7\n$$"),
    "a variable with an exponent": (r"$$\n\frac{a}{b}\ne^{x}\ni^2\n$$", "$$\n\\frac{a}{b}\ne^{x}\ni^2\n$$"),
    "an abbreviated equation": (r"As in\neq. 1 says", "As in\neq. 1 says"),
    "a command for a page": (r"\noindent So\n\newpage\nA $\nicefrac12$", "\\noindent So\n\\newpage\nA $\\nicefrac12$"),
    "exists between prices": (r"It costs $5\nexists in $10 packs", "It costs $5\nexists in $10 packs"),
    "not before another command": (r"$P \not\equiv Q$", r"$P \not\equiv Q$"),
    "a row break and a newline": (r"$$\nx &= 1 \\\n0 &= y\n$$", "$$\nx &= 1 \\\\\n0 &= y\n$$"),
    "a folder and a newline": (r"cd Documents\\nls", "cd Documents\\\nls"),
    "a string in C": (r'```c\nprintf("Hi\n");\nreturn 0;\n```', '```c\nprintf("Hi\\n");\nreturn 0;\n```'),
    "a string with several escapes": (
        r'```python\nprint("a\nb\n\nc\n")\nx = 1\n```',
        '```python\nprint("a\\nb\\n\\nc\\n")\nx = 1\n```',
    ),
    "two strings on a line": (r'```c\nf("a\n", "b\n");\ng();\n```', '```c\nf("a\\n", "b\\n");\ng();\n```'),
    "an escaped quote in a string": (r'```c\nf("say \"x\"\n");\ng();\n```', '```c\nf("say \\"x\\"\\n");\ng();\n```'),
    "a character in C": (r"```c\nif (c == '\n') {\n  n++;\n}\n```", "```c\nif (c == '\\n') {\n  n++;\n}\n```"),
    "a string in apostrophes": (
        r"```sh\nfind . -printf '%p\n' | sort\nls\n```",
        "```sh\nfind . -printf '%p\\n' | sort\nls\n```",
    ),
    "an apostrophe in a comment": (r"```python\n# don't\nx = 'a'\n```", "```python\n# don't\nx = 'a'\n```"),
    "a quote in a comment": (r'```c\n// 5" wide\nf("a");\n```', '```c\n// 5" wide\nf("a");\n```'),
    "a string of several lines": (r'```python\n"""One.\n\nTwo."""\n```', '```python\n"""One.\n\nTwo."""\n```'),
    "a quoted symbol in Lisp": (
        r"```scheme\n(define x '(1 2))\n(define y '(3))\n```",
        "```scheme\n(define x '(1 2))\n(define y '(3))\n```",
    ),
    "a lifetime in Rust": (
        r"```rust\nfn f(x: &'a str)\nlet y: &'a str\n```",
        "```rust\nfn f(x: &'a str)\nlet y: &'a str\n```",
    ),
    "a command as a name in a program": (r"```python\nx = 1\neq = Eq(x)\n```", "```python\nx = 1\neq = Eq(x)\n```"),
    "LaTeX in a fence": (r"```latex\na \neq b\n```", "```latex\na \\neq b\n```"),
    "an escape in a code span": (r"It matches `a\nb`.\nThen", "It matches `a\\nb`.\nThen"),
    "an escape alone in a code span": (r"A newline is `\n` here.\nThen", "A newline is `\\n` here.\nThen"),
    "escapes in code spans before punctuation": (
        r"**`\n`**: newline\n(`\n`), `\r\n`, `\n\n`. End\nThen",
        "**`\\n`**: newline\n(`\\n`), `\\r\\n`, `\\n\\n`. End\nThen",
    ),
    "an escape at the end of a code span": (r"Use `[^\n`, then\n`x`.", "Use `[^\\n`, then\n`x`."),
    "a stray backtick before a code span": (r"A stray ` here\n`x`, `y`", "A stray ` here\n`x`, `y`"),
    "code spans on two lines": (r"Use `a`\nand `b`.", "Use `a`\nand `b`."),
    "a stray backtick": (r"It`s\nuse `x` or `y`", "It`s\nuse `x` or `y`"),
    "a code span and a list": (r"Open ` here\n- `x` is", "Open ` here\n- `x` is"),
    "an escape in quotation marks": (r'The "\n" ends a line.\nThen', 'The "\\n" ends a line.\nThen'),
    "an escape in parentheses": (r"The escape (\n) ends a line.\nThen", "The escape (\\n) ends a line.\nThen"),
    "parentheses in a program": (r"```c\nf(\n)\n```", "```c\nf(\n)\n```"),
    "a return and a newline": (r"Windows writes \r\n here.\nThen", "Windows writes \\r\\n here.\nThen"),
    "two lines of speech": (r'"Yes."\n"No."', '"Yes."\n"No."'),
    "a fence in a list": (r'1. A\n   ```c\n   f("\n");\n   ```\n2. B', '1. A\n   ```c\n   f("\\n");\n   ```\n2. B'),
    "an unclosed fence": (r"```python\nx = 1\ny = 2", "```python\nx = 1\ny = 2"),
    "a text with real newlines is taken as it is": ("One \\n\nTwo", "One \\n\nTwo"),
}  # fmt: skip

FRAGMENTS = st.sampled_from(
    [
        "\\n", "\\n", "\\n\\n", "\\", "\\\\", "`", "```", "```c", "~~~", "$", "$$", "\\(", "\\)", "\\[", "\\]", '"',
        "'", '"""', "neq", "u", "e", "i", "ot", "abla", "exists", "x", " ", "- ", "1. ", ">", "=", "5", "where", "//",
        "#", "\\begin{a}", "t", "r", "é",
    ]
)  # fmt: skip
ONE_LINE = st.lists(FRAGMENTS, max_size=40).map("".join)


@pytest.mark.parametrize(("written", "meant"), MEANT.values(), ids=MEANT)
def test_decode_gives_what_the_author_meant(written: str, meant: str) -> None:
    assert decode(written) == meant


@pytest.mark.parametrize(("written", "meant"), MEANT.values(), ids=MEANT)
def test_encode_undoes_decode(written: str, meant: str) -> None:
    if "\n" not in written:
        assert encode(meant) == written


@given(ONE_LINE)
def test_encode_undoes_decode_of_any_line(written: str) -> None:
    assert encode(decode(written)) == written


@given(st.text(alphabet=st.sampled_from("\n\\n`$\"'uex ~-=()[]{}#/5"), max_size=60))
def test_is_escapable_tells_what_survives(text: str) -> None:
    assert is_escapable(text) == (decode(encode(text)) == text)


@pytest.mark.parametrize("text", [r"Open C:\new and look", "first\neq (1)", r"C:\Users\nina", "$a\nu$"])
def test_what_would_be_read_otherwise_is_not_escapable(text: str) -> None:
    assert not is_escapable(text)


@pytest.mark.parametrize("text", ["", "One.", "One.\n\nTwo.\n", "a\nnu", r"$a \neq b$", r"a `\n` b"])
def test_what_is_read_back_is_escapable(text: str) -> None:
    assert is_escapable(text)


@pytest.mark.parametrize(
    "unit",
    [
        "\\n",
        "\\nu",
        "$\\nu",
        "\\(\\nu ",
        "`\\n",
        '```c\\n"',
        '"\\n',
        "'\\n",
        "\\\\n",
        "$$\\n",
        "``` \\n",
        "\\n\\neq",
    ],
)
def test_a_long_hostile_line_is_decoded(unit: str) -> None:
    written = unit * (200_000 // len(unit))
    assert encode(decode(written)) == written


# The real files.


def raw_answers(corpus: Path) -> dict[str, str]:
    raw = {}
    for path in sorted(corpus.glob("learn/*/*.md")):
        front_matter = path.read_text(encoding="utf-8").split("\n---\n", 1)[0].removeprefix("---\n")
        raw[str(path.relative_to(corpus / "learn"))] = yaml.load(front_matter, Loader=yaml.CSafeLoader)[
            "answer"
        ]
    return raw


def test_every_real_answer_goes_out_as_it_came_in(corpus: Path) -> None:
    answers = raw_answers(corpus)
    assert answers
    changed = [
        path for path, raw in answers.items() if encode(decode(raw)) != raw or not is_escapable(decode(raw))
    ]
    assert changed == []


def test_every_verdict_of_a_reader_is_ours(corpus: Path) -> None:
    """``truth/newline.jsonl`` beside the corpus: hand-read escapes, by file and offset in the escaped answer."""
    truth = corpus.parent / "truth" / "newline.jsonl"
    if not truth.exists():
        pytest.skip(f"{truth} is not there: the hand-read verdicts were not compared")
    answers = raw_answers(corpus)
    verdicts = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    wrong = [
        verdict
        for verdict in verdicts
        if is_newline_at(answers[verdict["file"]], verdict["offset"]) != (verdict["verdict"] == "newline")
    ]
    assert len(verdicts) > 200
    assert wrong == []


def is_newline_at(raw: str, offset: int) -> bool:
    """Whether the escape at an offset of the raw text became a newline."""
    decoded = iter(decode(raw))
    position = 0
    for character in decoded:
        if position == offset:
            return character == "\n"
        position += 1 if character == raw[position] else 2
    raise AssertionError(f"offset {offset} is behind the text")
