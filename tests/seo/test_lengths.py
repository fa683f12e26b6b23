from __future__ import annotations

import pytest

from learn.seo.lengths import DESCRIPTION, TITLE, described, titled

LONG = "Light bends where it enters glass because its speed changes there"


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("Why does light bend?", "Why does light bend? — QuickTakes"),
        ("W" * (TITLE - len(" — QuickTakes")), "W" * (TITLE - len(" — QuickTakes")) + " — QuickTakes"),
        ("Why does light bend where it enters water or glass?", "Why does light bend where it enters water or glass?"),
        (f"{LONG}, and why?", f"{LONG}, and why?"),
    ],
)  # fmt: skip
def test_the_name_of_the_site_goes_before_any_of_the_question(heading: str, title: str) -> None:
    assert titled(heading) == title


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"{LONG}.", f"{LONG}."),
        (f"{LONG}. {LONG}. {LONG}.", f"{LONG}. {LONG}."),
        (f"{LONG}. {LONG} of wavelengths, which is 1,500 times greater than that.", f"{LONG}. {LONG} of wavelengths…"),
        (f"{LONG} and {LONG} (by Snell's law) and nowhere else.", f"{LONG} and {LONG}…"),
        (f"{LONG} and {LONG} as in all the others that are not known.", f"{LONG} and {LONG} as in all the others…"),
        ("x" * 300, "x" * 159 + "…"),
    ],
)  # fmt: skip
def test_a_description_ends_at_a_sentence_a_clause_or_a_word(text: str, kept: str) -> None:
    assert described(text) == kept
    assert len(kept) <= DESCRIPTION
