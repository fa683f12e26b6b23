from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from learn.editing.diffs import Line, compare, side_by_side

text = st.text(alphabet="ab \n", max_size=60)


def shown(lines: list[Line]) -> list[str]:
    """Each line with its mark, changed words in brackets."""
    return [
        line.mark + "".join(f"[{piece.text}]" if piece.is_changed else piece.text for piece in line.pieces)
        if line.kind != "gap"
        else "…"
        for line in lines
    ]


def test_equal_texts_have_no_diff() -> None:
    assert compare("a\nb", "a\nb") == []


def test_shows_the_changed_words_with_two_lines_around_them() -> None:
    old = "1\n2\n3\nThe quick brown fox jumps.\n5\n6\n7"
    new = "1\n2\n3\nThe slow brown fox jumps.\n5\n6\n7"
    assert shown(compare(old, new)) == [
        "…", "2", "3", "−The [quick] brown fox jumps.", "+The [slow] brown fox jumps.", "5", "6", "…",
    ]  # fmt: skip


def test_numbers_the_lines_on_both_sides() -> None:
    lines = compare("a\nb", "new\na\nb")
    assert [(line.old_number, line.new_number) for line in lines] == [(0, 1), (1, 2), (2, 3)]


def test_another_sentence_is_not_picked_to_pieces() -> None:
    assert shown(compare("Completely different words here.", "xyz")) == [
        "−[Completely different words here.]",
        "+[xyz]",
    ]


def test_two_columns_hold_what_went_beside_what_came() -> None:
    def column(line: Line | None) -> str:
        return "".join(piece.text for piece in line.pieces) if line else "-"

    rows = side_by_side(compare("one\ntwo\nthree\nfour", "one\n2\nfour\nfive"))
    assert [(column(old), column(new)) for old, new in rows] == [
        ("one", "one"), ("two", "2"), ("three", "-"), ("four", "four"), ("-", "five"),
    ]  # fmt: skip


def test_enormous_texts_are_one_change() -> None:
    old = "\n".join(map(str, range(4_001)))
    assert {line.kind for line in compare(old, "x")} == {"removed", "added"}


@given(text, text)
def test_holds_every_line_that_went_or_came(old: str, new: str) -> None:
    lines = compare(old, new)
    removed = ["".join(piece.text for piece in line.pieces) for line in lines if line.kind == "removed"]
    added = ["".join(piece.text for piece in line.pieces) for line in lines if line.kind == "added"]
    assert bool(lines) == (old != new)
    assert len(new.split("\n")) - len(old.split("\n")) == len(added) - len(removed)
    assert set(removed) <= set(old.split("\n"))
    assert set(added) <= set(new.split("\n"))
