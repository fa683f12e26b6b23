from __future__ import annotations

import pytest

from learn.topics.general import core, is_general
from learn.topics.names import keywords_of, name_of
from learn.topics.score import keywords


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tide Pools", "tide pool"),
        ("Kepler's Laws", "kepler’s law"),
        ("laws of motion", "Law of Motion"),
        ("the cell theory", "cell theory"),
        ("colour vision", "color vision"),
        ("urbanisation", "urbanization"),
        ("haemoglobin", "hemoglobin"),
        ("self-esteem", "self esteem"),
        ("Non-verbal cues", "nonverbal cue"),
        ("body mass index (BMI)", "Body Mass Index"),
        ("supply & demand", "supply and demand"),
        ("café culture", "cafe culture"),
        ("hypotheses", "hypothesis"),
        ("U.S. senate", "US senate"),
        ("  risk   factors. ", "risk factor"),
        ("β-blockers", "beta blocker"),
    ],
)
def test_ways_of_writing_one_thing_have_one_name(one: str, other: str) -> None:
    assert name_of(one) == name_of(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C++", "C"),
        ("C#", "C"),
        ("physics", "physic"),
        ("glass", "glas"),
        ("DNA", "RNA"),
        ("ethics", "ethic"),
    ],
)
def test_different_things_keep_different_names(one: str, other: str) -> None:
    assert name_of(one) != name_of(other)


@pytest.mark.parametrize(
    "keyword", ["", "1895", "…", "-", "how to find the one true answer to this", "x" * 61]
)
def test_numbers_and_sentences_are_no_names(keyword: str) -> None:
    assert name_of(keyword) == ""


@pytest.mark.parametrize(
    "word", ["analysis", "promise", "exercise", "controlled", "series", "lens", "thermodynamics"]
)
def test_words_that_look_like_plurals_or_british_stay(word: str) -> None:
    assert name_of(word) == word


def test_keywords_are_split_and_tidied() -> None:
    assert keywords_of("tides,  moon ;tides,\n ,sea level.") == ["tides", "moon", "sea level"]


def test_general_words_are_no_topic() -> None:
    assert is_general("importance of context")
    assert is_general("key benefit")
    assert is_general("healthy")
    assert not is_general("healthy relationship")
    assert not is_general("benefit of exercise of choirs")
    assert not is_general("critical thinking")
    assert core("complexity of addiction") == "addiction"
    assert core("important example") == core("seasonal impact") == ""


def test_an_article_is_about_what_it_names() -> None:
    found = keywords(
        "Why do tides follow the moon?",
        "The pull of the moon raises the sea.",
        "Gravity pulls. Gravity is weak. A harbour is deep.",
        "tides, gravity, volcano, moon, harbours",
    )
    by_name = {keyword.name: keyword for keyword in found}
    assert "volcano" not in by_name  # named nowhere
    assert by_name["tide"].is_asked
    assert not by_name["gravity"].is_asked
    assert "harbor" in by_name  # once, but the others are few
    assert by_name["tide"].score > by_name["gravity"].score > by_name["harbor"].score


def test_a_question_about_nothing_else_is_more_central() -> None:
    def score(question: str) -> int:
        return keywords(question, "", "", "erosion")[0].score

    assert score("What is erosion?") > score(
        "How did erosion change the valleys of the northern mountain ranges?"
    )
