from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.views.dates import format_moment

FEBRUARY = dt.date(2025, 2, 8)  # a Saturday


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("MMM DD, YYYY", "Feb 08, 2025"),  # what every real file asks for
        ("MMMM D, YYYY", "February 8, 2025"),
        ("M/D/YY", "2/8/25"),
        ("dddd, Do MMMM YYYY", "Saturday, 8th February 2025"),
        ("ddd D.MM.", "Sat 8.02."),
        ("YYYY-MM-DD", "2025-02-08"),
        ("DMMM", "8Feb"),
        ("[Day] D [of] [MMMM]", "Day 8 of MMMM"),
        ("Q w HH:mm", "Q w HH:mm"),  # no tokens of ours
        ("", ""),
        ("·—…", "·—…"),
    ],
)
def test_writes_the_tokens_of_moment(pattern: str, expected: str) -> None:
    assert format_moment(FEBRUARY, pattern) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"),
     (22, "22nd"), (23, "23rd"), (30, "30th")],
)  # fmt: skip
def test_ordinals(day: int, expected: str) -> None:
    assert format_moment(dt.date(2025, 1, day), "Do") == expected


@given(st.dates(), st.text())
def test_any_text_is_a_format(date: dt.date, pattern: str) -> None:
    assert isinstance(format_moment(date, pattern), str)


@given(st.dates(), st.text(alphabet=st.characters(exclude_characters="[]")))
def test_text_in_brackets_stands_as_it_is(date: dt.date, text: str) -> None:
    assert format_moment(date, f"[{text}]") == text
