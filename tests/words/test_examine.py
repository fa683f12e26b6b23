"""What is said of an answer's words: each kind found where it is, and nothing in what only looks like it."""

from __future__ import annotations

import pytest

from learn.rendering import Picture, render
from learn.words import MOST, Finding, Word, bits, examine
from learn.words.links import library_path, links_of, with_addresses
from learn.words.reading import masked, read
from learn.words.sentences import reading_ease, sentences, syllables_of

SENTENCE = "Light travels in straight lines until something stands in its way. "
LONG = "The " + "very " * 45 + "long sentence ends here."


def found(answer: str, **pictures: Picture) -> list[Finding]:
    return examine(answer, render(answer), {f"media/{name}.png": one for name, one in pictures.items()})


@pytest.mark.parametrize(
    ("answer", "kind", "line"),
    [
        ("One.\n\nTwo [](https://example.org/x).", Word.EMPTY_LINK, 3),
        ("[words]()", Word.EMPTY_LINK, 1),
        ("[words](https://)", Word.EMPTY_LINK, 1),
        ("[words](#)", Word.EMPTY_LINK, 1),
        ("[ ](https://example.org)", Word.EMPTY_LINK, 1),
        ("See [the list](https://example.org/a list).", Word.EMPTY_LINK, 1),
        ("[Click here](https://example.org) for more.", Word.VAGUE_LINK, 1),
        ("One\ntwo [here](https://example.org).", Word.VAGUE_LINK, 2),
        ("[*Read more…*](https://example.org)", Word.VAGUE_LINK, 1),
        ("[This link](https://example.org)", Word.VAGUE_LINK, 1),
        ("[Visit the website](https://example.org)", Word.VAGUE_LINK, 1),
        ("[find out more][1]\n\n[1]: https://example.org", Word.VAGUE_LINK, 1),
        ("- One\n- [optics](optics)", Word.LOST_LINK, 2),
        ("[optics](www.example.org/optics)", Word.LOST_LINK, 1),
        ("## Light\n\n[up](#section-dark)", Word.LOST_LINK, 3),
        ("## One\n\n#### Three", Word.SKIPPED_HEADING, 3),
        ("Text.\n\n**The parts**\n\n- one", Word.FAKED_HEADING, 3),
        ("**The parts:**\nOne is this.", Word.FAKED_HEADING, 1),
        ("__The parts__:\n\nOne is this.", Word.FAKED_HEADING, 1),
        ("| | |\n|---|---|\n| a | b |", Word.HEADLESS_TABLE, 1),
        ("One:\n\n| a | b |\n| c | d |", Word.HEADLESS_TABLE, 3),
        ("| a | b |\n|---|\n| c | d |", Word.HEADLESS_TABLE, 1),
        ("Look:\n\n![](media/cell.png)", Word.SILENT_PICTURE, 3),
        ("The terms shown in red in the table below cancel.", Word.COLOUR_ALONE, 1),
        ("All is well.\nThe green rows above are right.", Word.COLOUR_ALONE, 2),
        (r"$\color{red}{x} + y$" + "\n\nThe letter in red is unknown.", Word.COLOUR_ALONE, 3),
        (SENTENCE * 14, Word.WALL, 1),
        (f"One.\n\n- Two.\n- {LONG}", Word.LONG_SENTENCE, 4),
        ("Institutionalisation systematically characterises organisational interdependencies. " * 30, Word.HARD, 1),
    ],
)  # fmt: skip
def test_each_kind_is_found_in_its_line(answer: str, kind: Word, line: int) -> None:
    assert (kind, line) in [(one.kind, one.line) for one in found(answer)]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        SENTENCE,
        "`[](x)` and `[here](y)` are code.\n\n    [here](z)\n\n```\n**Bold**\n\n| a | b |\n| c | d |\n```",
        r"$[a](b)$ and $$\begin{matrix}|a|\\|b|\end{matrix}$$ are formulas.",
        "[Ohm's law](https://example.org), [here and now](/learn/x/questions/y), [mail](mailto:a@example.org).",
        "## Light\n\n[up](#section-light)[^1]\n\n[^1]: [back](#note-1)",
        "<https://example.org/here> and https://example.org",
        "#### Deep first\n\n##### Deeper\n\n## Up again",
        "**Bold words** begin a sentence.\n\n**A whole sentence in bold.**\n\nMore.",
        "- **Item**\n\n  More of it.\n- **Other**\n\n> **Said**\n>\n> so.",
        "Text.\n\n**The end**",
        "**One**\n**two**\n**three**\n\nMore.",
        "**$E = mc^2$**\n\nis an equation.",
        "| Name | |\n|---|---|\n| a | b |",
        "The set {x | x > 0} | y.\nAnother | line.",
        "![What it shows](media/cell.png)",
        "Leaves are green. Loans were marked in red on maps. The word is printed in blue ink.",
        "In the figure the force is shown as an arrow; the red blood cells carry oxygen.",
        "A list: " + "one of them; " * 60 + "and the last.",
        "1. **A label**: " + "It is so. " * 3,
    ],
)
def test_nothing_is_said_of_what_is_right(answer: str) -> None:
    assert [one for one in found(answer) if one.kind != Word.WALL] == []


def test_what_the_library_says_of_a_picture_counts() -> None:
    answer = "![](media/cell.png)"
    silent, said = Picture("/a", 1, 1), Picture("/a", 1, 1, alt="A cell")
    assert bits(found(answer, cell=silent)) == Word.SILENT_PICTURE
    assert (
        bits(found(answer, cell=said))
        == bits(found(answer, cell=Picture("/a", 1, 1, is_decorative=True)))
        == 0
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a [](https://example.org/x) b", "a <https://example.org/x> b"),
        ("a [words]() b", "a words b"),
        ("[optics](www.example.org/a)", "[optics](https://www.example.org/a)"),
        ("## One\n\n#### Three #", "## One\n\n### Three #"),
        ("Text.\n\n**The parts:**\n\n- one", "Text.\n\n### The parts\n\n- one"),
        ("## A\n\n**B**\n\nb\n\n## C\n\nc", "## A\n\n### B\n\nb\n\n## C\n\nc"),
        ("| a | b |\n| c | d |\n", "| a | b |\n| --- | --- |\n| c | d |\n"),
        ("| a | b |\n|---|\n| c | d |\n", "| a | b |\n| --- | --- |\n| c | d |\n"),
        ("😀 $x$ [](https://example.org)", "😀 $x$ <https://example.org>"),
    ],
)
def test_a_repair_mends_what_was_found_and_nothing_else(before: str, after: str) -> None:
    (finding,) = [one for one in found(before) if one.repair]
    start, end, text, label = finding.repair  # type: ignore[misc]
    mended = before[:start] + text + before[end:]
    assert (mended, bool(label)) == (after, True)
    assert finding.kind not in {one.kind for one in found(mended)}


def test_bold_lines_become_headings_of_one_level_one_after_the_other() -> None:
    answer = "**A**\n\na\n\n**B**\n\nb\n\n**C**\n\nc"
    while repairs := [one.repair for one in found(answer) if one.repair]:
        start, end, text, _label = repairs[0]
        answer = answer[:start] + text + answer[end:]
    assert answer == "### A\n\na\n\n### B\n\nb\n\n### C\n\nc"


def test_no_kind_is_told_more_often_than_anybody_mends() -> None:
    assert len(found("[here](https://example.org)\n\n" * 50)) == MOST


@pytest.mark.parametrize(
    "answer",
    ["[" * 20_000, "[](" * 10_000, "**a**\n" * 10_000, "|a|b|\n" * 10_000, "> " * 5_000 + "x", "a. " * 30_000,
     "[a](b " * 10_000, "\x00\ud800[x](\x00)", "- " * 3_000 + "[here](x)", "]: /learn/x" * 5_000],
)  # fmt: skip
def test_hostile_text_neither_raises_nor_takes_long(answer: str) -> None:
    examine(answer, render(answer))
    with_addresses(answer, {"/learn/x": "/learn/y"})


def test_formulas_are_masked_in_their_place() -> None:
    answer = "a $x|y$ b\n\n$$\n1\n$$\nc `$z$`"
    text = masked(answer)
    assert len(text) == len(answer)
    assert [line for line in text.split("\n") if line.isascii()] == ["", "c `$z$`"]


def test_links_are_read_with_lines_words_and_addresses() -> None:
    answer = "One [a *b*](/learn/x?y#z)\ntwo ![p](m.png) [`c`][r]\n\n[r]: https://example.org"
    assert [tuple(link) for link in links_of(read(answer))] == [
        (1, "a b", "/learn/x?y#z"),
        (2, "c", "https://example.org"),
    ]


def test_only_addresses_of_the_library_are_paths_of_it(settings) -> None:
    settings.SITE_URL = "https://learn.example.org"
    assert library_path("/learn/x/questions/y?a=b#c") == "/learn/x/questions/y"
    assert library_path("https://learn.example.org/learn/x#c") == "/learn/x"
    for other in (
        "https://example.org/learn/x",
        "/learning",
        "/about",
        "mailto:a@b",
        "//example.org/learn",
        "",
    ):
        assert library_path(other) == ""


def test_addresses_change_where_they_are_addresses_only() -> None:
    old, new = "/learn/a/questions/b", "/learn/c/questions/d"
    answer = f"[{old}]({old}#x) `[x]({old})` $[x]({old})$ ({old}) [r]\n\n[r]: {old}?q=1\n\n[y]({old}-more)"
    assert with_addresses(answer, {old: new}) == (
        f"[{old}]({new}#x) `[x]({old})` $[x]({old})$ ({old}) [r]\n\n[r]: {new}?q=1\n\n[y]({old}-more)"
    )


def test_sentences_end_where_they_end() -> None:
    text = "Dr. J. K. Smith met e.g. Mr. Lee. Vitamin C helps. He took vitamin C. It worked at 3.5 °C."
    text += " Why? “Because.” Yes; no."
    assert len(list(sentences(text))) == 8


def test_reading_ease_is_fleschs() -> None:
    assert round(reading_ease(100, 5, 150), 3) == round(206.835 - 1.015 * 20 - 84.6 * 1.5, 3)
    counts = {
        "light": 1,
        "table": 2,
        "photosynthesis": 5,
        "walked": 1,
        "wanted": 2,
        "make": 1,
        "areas": 3,
        "7": 1,
    }
    assert {word: syllables_of(word) for word in counts} == {**counts, "areas": 2}  # "ea" is read as one
