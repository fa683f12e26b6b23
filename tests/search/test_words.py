from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.search.words import COMMON_WORDS, beginning, fold, stem, tokens


@pytest.mark.parametrize(
    ("words", "common"),
    [
        (["energy", "energies"], "energi"),
        (["relate", "relates", "related", "relating", "relation", "relational"], "relat"),
        (["hop", "hopping", "hopped"], "hop"),
        (["fail", "failing", "failed"], "fail"),
        (["agree", "agreed"], "agre"),
        (["happy", "happiness"], "happi"),
        (["ecology", "ecological"], "ecolog"),
        (["possible", "possibly"], "possibl"),
        (["hope", "hopeful", "hopefulness"], "hope"),
        (["control", "controlling"], "control"),
    ],
)
def test_forms_of_a_word_have_one_stem(words: list[str], common: str) -> None:
    assert {stem(word) for word in words} == {common}


@pytest.mark.parametrize("word", ["sky", "is", "x", "2024", "größe", "thing", "sing", "c"])
def test_what_is_no_form_stays_as_it_is(word: str) -> None:
    assert stem(word) == word


def test_words_are_letters_and_digits_without_case_and_accents() -> None:
    assert tokens("Schrödinger's ÉTAT_2: x², naïve—C++") == [
        "schrodinger",
        "s",
        "etat",
        "2",
        "x2",
        "naive",
        "c",
    ]


@given(st.text())
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_every_word_has_a_stem_and_begins_as_its_forms_do(word: str) -> None:
    assert stem(word)
    assert beginning(word)
    assert word.startswith(beginning(word))
    assert stem(word).startswith(beginning(word))


def test_common_words_are_folded_words() -> None:
    assert all(tokens(word) == [word] for word in COMMON_WORDS)
