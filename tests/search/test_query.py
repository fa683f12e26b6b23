from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.search.query import MAX_LENGTH, MAX_WORDS, parse, tidy


def wanted(text: str) -> list[str]:
    return [" ".join(phrase.words) for (phrase,) in parse(text).required]


def excluded(text: str) -> list[str]:
    return [" ".join(phrase.words) for phrase in parse(text).excluded]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("photosynthesis", ["photosynthesis"]),
        ("What is the speed of light?", ["speed", "light"]),
        ('"speed of light" vacuum', ["speed of light", "vacuum"]),
        ("“speed of light”", ["speed of light"]),
        ('"photosynthesis"', ["photosynthesis"]),
        ("newton's laws", ["newton", "laws"]),
        ("well-known TCP/IP c++", ["well", "known", "TCP", "IP", "c"]),
        ("energy energies ENERGY", ["energy"]),
        ('unbalanced "quote here', ["unbalanced", "quote"]),
        ("the who", ["the", "who"]),
        ("-only -minus", []),
        ("", []),
        ("  \n\t ", []),
        ("!!! ??? ++ '", []),
        ('""', []),
    ],
)
def test_words_and_phrases(text: str, words: list[str]) -> None:
    assert wanted(text) == words
    assert bool(parse(text)) == bool(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cells -animal", ["animal"]),
        ('cells -"animal cells" -plant', ["animal cells", "plant"]),
        ("5 -3", []),
        ("a-b x - y", []),
        ("cells -the", []),
    ],
)
def test_a_minus_before_a_word_excludes_it(text: str, words: list[str]) -> None:
    assert excluded(text) == words


def test_only_common_words_are_looked_for_where_there_is_nothing_else() -> None:
    assert parse("what is the").is_common
    assert not parse("what is energy").is_common
    assert parse('"to be or not to be"').is_common
    assert not parse('"to be or not to be" Hamlet').is_common
    assert not parse('"the theory of the firm"').is_common


def test_a_text_is_tidied_and_cut() -> None:
    assert tidy("  what\x00 is\r\n“this”\ud800 ") == 'what is "this"'
    assert len(tidy("word " * 1000)) <= MAX_LENGTH
    assert len(parse(" ".join(f"w{number}" for number in range(500))).required) <= MAX_WORDS


def test_words_know_where_they_stand() -> None:
    query = parse("  the  Elastisity of -demand")
    assert [(place.word, query.text[place.start : place.end]) for place in query.spans] == [
        (word, word) for word in ("the", "Elastisity", "of")
    ]


@given(st.text())
def test_any_text_can_be_parsed(text: str) -> None:
    query = parse(text)
    query.text.encode()
    for phrases in (*query.required, query.excluded):
        for phrase in phrases:
            assert phrase.words
            assert all(word.isalnum() for word in phrase.words)
