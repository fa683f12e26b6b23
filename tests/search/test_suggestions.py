from __future__ import annotations

import pytest

from learn import search
from tests.search.test_search import make

pytestmark = pytest.mark.django_db


def test_suggests_questions_for_what_is_typed_so_far() -> None:
    make("How does relativity change time?")
    make("How does relativity change space?")
    make("What is a relation?")
    make("What is the photoelectric effect?")
    search.refresh_vocabulary()
    assert search.suggest("rela")[0].question == "What is a relation?"
    assert len(search.suggest("relati")) == 3
    assert [each.question for each in search.suggest("what is the pho")] == [
        "What is the photoelectric effect?"
    ]
    assert [each.question for each in search.suggest("photoelec")] == ["What is the photoelectric effect?"]
    (suggestion,) = search.suggest("effect photo")
    assert suggestion.url.startswith("/learn/physics/questions/")
    assert suggestion.subject == "Physics"
    assert search.suggest("p") == search.suggest("") == search.suggest("xyz") == []


def test_suggestions_begin_with_what_begins_as_typed() -> None:
    make("Why does a rainbow have colours?")
    begins = make("Rainbow or halo: how do I tell them apart, and where is the sun in either case?")
    assert search.suggest("rainb")[0].question == begins.question


def test_at_most_so_many_are_suggested() -> None:
    for number in range(12):
        make(f"Energy {number}?")
    assert len(search.suggest("energy")) == search.SUGGESTIONS
    assert len(search.suggest("energy", limit=3)) == 3
