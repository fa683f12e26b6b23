from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from learn import search
from learn.db.rows import analyze
from learn.models import Article, SearchWord
from learn.search import spelling
from learn.search.spelling import distance
from tests.conftest import FIXTURES
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

# How people really misspell: by ear, by doubling and not doubling, by swapping and dropping letters.
MISSPELLED = """
    accomodation accommodation, aceleration acceleration, acheive achieve, algoritm algorithm, anomoly anomaly,
    arguement argument, asymtote asymptote, beleif belief, calender calendar,
    carbohidrate carbohydrate, catagory category, cemetary cemetery, chemestry chemistry, chlorophyl chlorophyll,
    cirumference circumference, committment commitment, concensus consensus, definately definitely,
    derivitive derivative,
    dicotomy dichotomy, dissapear disappear, elastisity elasticity, electrisity electricity, enviroment environment,
    equilibrum equilibrium, exagerate exaggerate, existance existence, feasable feasible, fotosynthesis photosynthesis,
    frequancy frequency, goverment government, gravaty gravity, guage gauge, hypothosis hypothesis,
    independant independent, inteligence intelligence, knowlege knowledge, lisence licence, maintainance maintenance,
    mitocondria mitochondria, molecul molecule, neccessary necessary, nuclius nucleus, occurence occurrence,
    parralel parallel, persistant persistent, polinomial polynomial, propability probability, psycology psychology,
    recieve receive, resistence resistance, rythm rhythm, seperation separation, soceity society,
    sucess success, symetry symmetry, temprature temperature, threshhold threshold, velosity velocity
"""
PAIRS = [tuple(pair.split()) for pair in MISSPELLED.split(",")]


def fixture_words() -> list[str]:
    """Questions and descriptions of our own articles: the words among which a right one has to be found."""
    texts = []
    for path in sorted((FIXTURES / "articles").rglob("*.md")):
        matter = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
        texts.append(
            f"{matter['question']} {matter['seo']['page_description']} {matter['seo']['page_keywords']}"
        )
    return texts


def fill(texts: list[str]) -> None:
    subject = make_subject()
    Article.objects.bulk_create(
        Article(
            subject=subject, slug=f"a{number}", question=f"Number {number}?", keywords=text, is_indexable=True
        )
        for number, text in enumerate(texts)
    )
    search.refresh_vocabulary()


def meant(text: str) -> str:
    results = search.search(text)
    return (results.query if results.instead_of else results.did_you_mean).lower()


def test_what_people_misspell_is_corrected() -> None:
    fill([*fixture_words(), *(right for _wrong, right in PAIRS for _ in range(3))])
    wrong = {wrong: meant(wrong) for wrong, right in PAIRS if not is_found(right, wrong)}
    assert len(PAIRS) >= 50
    assert len(wrong) * 10 <= len(PAIRS), wrong


def test_words_of_real_articles_are_corrected(corpus: Path) -> None:
    """One letter dropped, doubled, changed or swapped, at random, in words that several articles use."""
    texts = []
    for path in sorted(corpus.glob("learn/*/*.md"))[::4]:
        matter = yaml.load(path.read_text(encoding="utf-8").split("---\n")[1], yaml.CSafeLoader)
        texts.append(
            f"{matter['question']} {matter['seo']['page_description']} {matter['seo']['page_keywords']}"
        )
    fill(texts)
    analyze(Article)  # as an import does
    words = SearchWord.objects.filter(articles__gte=5).order_by("word").values_list("word", flat=True)
    rng = random.Random(7)  # noqa: S311 the same mistakes at every run
    long = [word for word in words if len(word) >= 7 and word.isalpha()]
    wrong: dict[str, tuple[str, str]] = {}
    for word in rng.sample(long, 200):
        mistake = misspell(word, rng)
        if not is_found(word, mistake):
            wrong[word] = (mistake, meant(mistake))
    assert len(wrong) <= 20, wrong


def is_found(word: str, mistake: str) -> bool:
    """Whether `mistake` is corrected to `word` or a form of it, or is so good a form itself that the index takes it."""
    return spelling.stem(meant(mistake) or mistake) == spelling.stem(word)


def misspell(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place] + word[place:]
    if kind == 2:
        return word[:place] + rng.choice("aeiouslrt") + word[place + 1 :]
    return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]


def test_only_the_misspelled_word_changes() -> None:
    fill(["photosynthesis in the leaves of plants"] * 6)
    results = search.search('fotosynthesis of the "leaves" Plantts -animals')
    assert results.query == 'photosynthesis of the "leaves" Plants -animals'
    assert results.instead_of == 'fotosynthesis of the "leaves" Plantts -animals'
    assert len(results.hits) == 6


def test_a_correction_is_offered_where_the_words_are_found_all_the_same() -> None:
    fill(["photosynthesis"] * 20 + ["fotosynthesis"])
    results = search.search("fotosynthesis")
    assert (results.did_you_mean, results.instead_of, results.total) == ("photosynthesis", "", 1)


@pytest.mark.parametrize(
    "text",
    ["stamen", "photosynthesis", "statements", "cat", "x99z", "zyzzyvas", "the", '"fotosynthesis car"'],
)
def test_what_may_be_meant_as_it_is_stays(text: str) -> None:
    """Known words and their forms, rare words that are no mistake, short words, numbers, phrases, unlike words."""
    fill(["photosynthesis statement the car x991 stamen"] * 3)
    results = search.search(text)
    assert (results.did_you_mean, results.instead_of) == ("", "")


def test_a_mistake_that_has_the_stem_of_a_known_word_is_one() -> None:
    fill(["existence exists integrity inter"] * 20)
    assert meant("existance") == "existence"
    assert meant("interity") == "integrity"
    assert meant("existed") == meant("existing") == ""


def test_a_word_that_only_answers_use_is_known() -> None:
    fill(["lithosphere"] * 20)
    for number in range(5):
        make_article(question=f"Plant {number}?", answer=f"A lithospheer, number {number}.", description="")
    results = search.search("lithospheer")
    assert (results.did_you_mean, results.total) == ("", 5)


def test_the_vocabulary_holds_what_the_public_may_find() -> None:
    make_article(
        question="Énergie, energy & Energies?", description="", keywords="of, matter", answer="answer"
    )
    make_article(question="Secret?", no_index=True, description="")
    assert search.refresh_vocabulary() == 4
    assert dict(SearchWord.objects.values_list("word", "articles")) == {
        "energie": 1, "energy": 1, "energies": 1, "matter": 1,
    }  # fmt: skip
    Article.objects.all().delete()
    assert search.refresh_vocabulary() == 0
    assert not SearchWord.objects.exists()


def test_words_are_added_once() -> None:
    fill(["matter"])
    assert spelling.add_words({"matter": 5, "energy": 2}) == 1
    assert spelling.add_words({"matter": 5, "energy": 2}) == 0
    assert dict(SearchWord.objects.exclude(word="number").values_list("word", "articles")) == {
        "matter": 1,
        "energy": 2,
        "0": 1,
    }
    assert meant("enegry") == "energy"


@pytest.mark.parametrize(
    ("first", "second", "edits"),
    [
        ("", "", 0),
        ("a", "", 1),
        ("kitten", "sitting", 3),
        ("recieve", "receive", 1),
        ("ca", "abc", 2),
        ("flaw", "lawn", 2),
    ],
)
def test_distance(first: str, second: str, edits: int) -> None:
    assert distance(first, second, 9) == distance(second, first, 9) == edits


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.integers(0, 4))
def test_distance_stops_at_its_limit(first: str, second: str, limit: int) -> None:
    assert distance(first, second, limit) == min(distance(first, second, 20), limit + 1)
