"""What people type and do not mean letter by letter: spellings, synonyms, signs, words that only ask."""

from __future__ import annotations

import pytest

from learn import search
from learn.models import SearchSynonym
from learn.search.synonyms import spelled_out
from learn.search.variants import spellings
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def make(question: str, **values: object) -> str:
    make_article(question=question, **{"answer": "An answer.", "description": "", "keywords": "", **values})
    return question


def found(text: str) -> list[str]:
    return [hit.article.question for hit in search.search(text).hits]


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("behaviour", "behavior"), ("organisation", "organization"), ("analysing", "analyzing"), ("centre", "center"),
        ("centred", "centered"), ("defence", "defense"), ("catalogue", "catalog"), ("modelling", "modeling"),
        ("anaemia", "anemia"), ("judgement", "judgment"), ("fulfil", "fulfill"), ("artefact", "artifact"),
    ],
)  # fmt: skip
def test_british_and_american_forms_are_one_word(british: str, american: str) -> None:
    assert american in spellings(british)
    assert british in spellings(american)
    for number in range(2):
        make(f"Why {british} {number}?")
        make(f"Why {american} {number}?")
    search.refresh_vocabulary()
    assert len(found(british)) == 4
    assert found(british) == found(american)


def test_synonyms_of_the_starter_set_and_of_editors_are_found_both_ways() -> None:
    war = make("What ended World War II?")
    make("Which world is this?")
    search.refresh_vocabulary()
    assert found("ww2")[0] == war
    make("Why do marsupials have pouches?")
    SearchSynonym.objects.create(term="kangaroos", means="marsupials")
    assert found("kangaroos") == ["Why do marsupials have pouches?"]


def test_acronyms_are_learnt_where_articles_spell_them_out() -> None:
    text = "The body mass index (BMI) and the rate of return (ROR) say little (ART)."
    assert list(spelled_out(text)) == [("bmi", "body mass index"), ("ror", "rate of return")]
    for number in range(2):
        make(f"What is measured {number}?", answer=f"The body mass index (BMI) {number}.")
    wanted = make("How is the body mass index computed?")
    search.refresh_vocabulary()
    assert found("bmi computed")[0] == wanted


def test_words_that_ask_exclude_nothing() -> None:
    wanted = make("How do operant and classical conditioning work?")
    make("What is the difference between stocks and bonds, with examples?")
    assert found("difference operant vs classical conditioning examples")[0] == wanted


@pytest.mark.parametrize(
    ("word", "wanted", "other"),
    [
        ("universe", "How old is the universe?", "How old is the university?"),
        ("experience", "What is the role of experience?", "What is the role of experiments?"),
        ("organs", "What is an organ?", "What is an organization?"),
    ],
)
def test_another_word_of_the_same_stem_counts_less(word: str, wanted: str, other: str) -> None:
    for question in (other, wanted):
        make(question)
    assert found(word) == [wanted, other]


def test_what_holds_all_words_comes_first_and_what_holds_some_below() -> None:
    some = [make(f"What do toxins do {number}?") for number in range(3)]
    both = make("Which effects do toxins have?")
    search.refresh_vocabulary()
    results = search.search("toxins effects")
    assert (results.total, results.partial) == (1, 3)
    assert [hit.article.question for hit in results.hits] == [both, *some]


def test_a_pasted_prompt_finds_what_its_rare_words_say() -> None:
    wanted = make("How does chemiosmosis drive ATP synthase?")
    for number in range(30):
        make(f"How does a student write an essay about topic {number}?")
    search.refresh_vocabulary()
    prompt = "Please write an essay in which a student describes the topic below in own words. " * 8
    assert found(f"{prompt} Chemiosmosis and the synthase of ATP. {prompt}")[0] == wanted


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("c++", "What is C++ good for?"),
        ("C#", "Who made C# first?"),
        ("H2SO4", "Is H₂SO₄ an acid?"),
        ("e=mc^2", "What says E = mc²?"),
        ("\\frac{a}{b}", "What is a fraction, a over b?"),
        ("∫ x dx", "What is the integral of x dx?"),
        ("pi", "Why is π irrational?"),
    ],
)
def test_signs(text: str, question: str) -> None:
    make("What is C good for, and vitamin C?")
    make(question)
    search.refresh_vocabulary()
    assert found(text)[0] == question
