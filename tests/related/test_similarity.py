from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.related import similarity
from learn.related.similarity import Text, cosine, most_similar, text


def even(_stem: str) -> float:
    return 1.0


def one(pk: int, question: str, keywords: str = "", **values: object) -> Text:
    return text(pk, values.pop("group", pk), question, keywords, **{"is_target": True, **values})


def chosen(texts: list[Text], count: int = 8, weight: object = even) -> dict[int, list[int]]:
    return {each.pk: found for each, found in most_similar(texts, weight, count)}


def test_words_count_in_all_their_forms_and_common_ones_do_not() -> None:
    same = one(1, "What is the energy of a cell?")
    assert same.question == one(2, "How do cells use energies?").question - {"us"}
    assert same.asked == "what is the energy of a cell"


def test_the_most_similar_come_first() -> None:
    texts = [
        one(1, "Energy of the sun?"),
        one(2, "Energy of the moon?"),
        one(3, "Energy of sun and stars?"),
        one(4, "Rainbows?"),
    ]
    assert chosen(texts) == {1: [3, 2], 2: [1, 3], 3: [1, 2], 4: []}


def test_rare_words_count_more() -> None:
    texts = [one(1, "Entropy energy?"), one(2, "Energy conserved?"), one(3, "Entropy grows?")]
    weights = {"entropi": 9.0}
    assert chosen(texts, weight=lambda stem: weights.get(stem, 1.0))[1] == [3, 2]


def test_keywords_count_half() -> None:
    texts = [
        one(1, "Energy?", "atp"),
        one(2, "Matter?", "energy"),
        one(3, "Energy used?", ""),
        one(4, "Sugar?", "atp"),
    ]
    assert chosen(texts)[1] == [3, 2, 4]


def test_never_itself_nor_a_copy_nor_one_question_twice() -> None:
    texts = [
        one(1, "What is energy?"),
        one(2, "What is energy, then?", group=1, is_target=False),
        one(3, "Energy of the sun?"),
        one(4, "Energy of the SUN"),
        one(5, "What is energy"),
    ]
    assert chosen(texts) == {1: [3], 2: [5, 3], 3: [1], 4: [1], 5: [3]}


def test_an_article_that_is_no_target_has_similar_questions_of_its_own() -> None:
    texts = [one(1, "Energy now?"), one(2, "Energy then?", is_target=False)]
    assert chosen(texts) == {1: [], 2: [1]}


def test_at_most_so_many() -> None:
    texts = [one(number, f"Energy {number}?") for number in range(1, 9)]
    assert all(len(found) == 3 for found in chosen(texts, 3).values())


def test_a_word_that_everybody_uses_does_not_make_it_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rare words first; a common one only where nothing rarer is shared."""
    monkeypatch.setattr(similarity, "COMPARED", 5)
    texts = [one(number, f"Energy {number}?") for number in range(1, 20)]
    texts += [one(20, "Energy rainbow?"), one(21, "Rainbow?")]
    found = chosen(texts)
    assert found[20] == [21]
    assert len(found[1]) == 8


@given(
    st.lists(st.tuples(st.text("abc ", max_size=12), st.text("abc ", max_size=8), st.booleans()), max_size=12)
)
def test_the_result_does_not_depend_on_earlier_calls(rows: list[tuple[str, str, bool]]) -> None:
    texts = [one(pk, asked, tagged, is_target=listed) for pk, (asked, tagged, listed) in enumerate(rows)]
    together = chosen(texts)
    targets = {each.pk for each in texts if each.is_target}
    for each in texts:
        found = together[each.pk]
        others = [other for other in texts if other.pk != each.pk]
        assert chosen([*others, each])[each.pk] == found
        assert each.pk not in found
        assert set(found) <= targets
        assert len(set(found)) == len(found)
        scores = [cosine(each, other, even) for pk in found for other in others if other.pk == pk]
        assert scores == pytest.approx(sorted(scores, reverse=True))
        assert all(score > 0 for score in scores)


def test_likeness_is_a_cosine() -> None:
    assert cosine(one(1, "Energy and matter?"), one(2, "Matter, energy"), even) == pytest.approx(1)
    assert cosine(one(1, "Energy?"), one(2, "Matter?"), even) == 0
    assert cosine(one(1, "Energy?", "atp"), one(2, "Energy?", "sugar"), even) == pytest.approx(1 / 1.25)
