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
        ("dddd, Do MMMM Y", "Saturday, 8th February 2025"),
        ("ddd dd d do E e", "Sat Sa 6 6th 6 6"),
        ("DDDD DDDo DDD", "039 39th 39"),
        ("Q Qo [quarter]", "1 1st quarter"),
        ("GGGG-[W]WW", "2025-W06"),
        ("gggg ww wo w", "2025 06 6th 6"),
        ("L | l | LL | ll", "02/08/2025 | 2/8/2025 | February 8, 2025 | Feb 8, 2025"),
        ("[Day] D [of] [MMMM]", "Day 8 of MMMM"),
        (r"\Do \DD DD", "Do DD 08"),
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


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (dt.date(2024, 12, 28), "2024 52"),
        (dt.date(2024, 12, 29), "2025 1"),  # the Sunday of the week that holds January 1
        (dt.date(2025, 1, 4), "2025 1"),
        (dt.date(2025, 1, 5), "2025 2"),
    ],
)
def test_english_weeks_begin_on_sunday(date: dt.date, expected: str) -> None:
    assert format_moment(date, "gggg w") == expected


@given(st.dates(), st.text())
def test_any_text_is_a_format(date: dt.date, pattern: str) -> None:
    assert isinstance(format_moment(date, pattern), str)


@given(st.dates(), st.text(alphabet=st.characters(exclude_characters="[]")))
def test_text_in_brackets_stands_as_it_is(date: dt.date, text: str) -> None:
    assert format_moment(date, f"[{text}]") == text
