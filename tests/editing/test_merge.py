from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from learn.editing.merge import DIVIDER, MINE, THEIRS, has_marks, merge

lines = st.lists(st.sampled_from("abcdef"), max_size=8)
edits = st.lists(st.tuples(st.integers(0, 8), st.sampled_from(["", "x", "y", "z"])), max_size=3)


def edited(base: list[str], changes: list[tuple[int, str]], mark: str) -> str:
    result = list(base)
    for place, line in changes:
        at = min(place, len(result))
        if line:
            result.insert(at, mark + line)
        elif at < len(result):
            del result[at]
    return "\n".join(result)


def test_puts_changes_of_different_places_together() -> None:
    assert merge("a\nb\nc\nd", "A\nb\nc\nd", "a\nb\nc\nD") == ("A\nb\nc\nD", 0)


def test_marks_what_both_changed() -> None:
    merged = merge("a\nb\nc", "a\nmine\nc", "a\ntheirs\nc")
    assert merged.text == f"a\n{MINE}\nmine\n{DIVIDER}\ntheirs\n{THEIRS}\nc"
    assert merged.conflicts == 1
    assert has_marks(merged.text)


def test_an_equal_change_is_no_conflict() -> None:
    assert merge("a\nb", "a\nB", "a\nB") == ("a\nB", 0)


def test_a_rule_of_equals_signs_is_no_mark() -> None:
    assert not has_marks(f"Heading\n{DIVIDER}\n\nText")


def test_enormous_texts_are_left_beside_each_other() -> None:
    base = "\n".join(map(str, range(5_000)))
    merged = merge(base, base + "\nmine", "theirs\n" + base)
    assert merged.conflicts == 1
    assert "mine" in merged.text
    assert "theirs" in merged.text


@given(lines, edits)
def test_where_one_side_changed_that_side_is_taken(base: list[str], changes: list[tuple[int, str]]) -> None:
    before, after = "\n".join(base), edited(base, changes, "")
    assert merge(before, after, before) == (after, 0)
    assert merge(before, before, after) == (after, 0)
    assert merge(before, after, after) == (after, 0)


@given(lines, edits, edits)
def test_no_written_line_is_lost(
    base: list[str], mine: list[tuple[int, str]], theirs: list[tuple[int, str]]
) -> None:
    texts = edited(base, mine, "mine "), edited(base, theirs, "theirs ")
    merged = merge("\n".join(base), *texts)
    written = [line for text in texts for line in text.split("\n") if line.startswith(("mine ", "theirs "))]
    assert set(written) <= set(merged.text.split("\n"))
    assert has_marks(merged.text) == (merged.conflicts > 0)
