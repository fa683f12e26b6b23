"""A canonical article chosen among near-duplicates holds through edits, moves and deletions, until it is taken back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from learn.editing import near_duplicates, trash
from learn.models import Article, CanonicalChoice, DuplicateGroup, DuplicateMember
from learn.related.similar import refresh_similar
from tests.factories import make_article
from tests.pages import Page

pytestmark = pytest.mark.django_db
Status = Article.Status


def make(number: int, **values: object) -> Article:
    return make_article(question=f"Why tides, in words {number}?", answer=f"The Moon. {number}", **values)


def group_of(*articles: Article) -> DuplicateGroup:
    group = DuplicateGroup.objects.create(likelihood=0.9)
    DuplicateMember.objects.bulk_create(DuplicateMember(article=one, group=group) for one in articles)
    return group


def canonical(article: Article) -> int | None:
    article.refresh_from_db()
    assert article.is_indexable == (article.canonical_id is None and article.is_published), article
    return article.canonical_id


@pytest.fixture
def pair() -> tuple[Article, Article]:
    first, second = make(1), make(2)
    near_duplicates.choose_canonical(group_of(first, second), second)
    return first, second


def test_search_engines_are_sent_to_the_chosen_one(pair: tuple[Article, Article], client: Client) -> None:
    first, second = pair
    assert (canonical(first), canonical(second)) == (second.pk, None)
    page = Page(client.get(first.get_absolute_url()).text)
    assert page.attribute("link[rel=canonical]", "href") == f"http://testserver{second.get_absolute_url()}"
    sitemap = client.get("/sitemap-physics.xml").getvalue().decode()
    assert second.slug in sitemap
    assert f"/{first.slug}<" not in sitemap


def test_the_choice_holds_whoever_is_saved(pair: tuple[Article, Article]) -> None:
    first, second = pair
    for article in (first, second, first):
        article.refresh_from_db()
        article.answer += " And the Sun."
        article.save()
        assert (canonical(first), canonical(second)) == (second.pk, None)
    Article.objects.choose_canonicals()
    assert (canonical(first), canonical(second)) == (second.pk, None)


def test_copies_follow_their_original(pair: tuple[Article, Article]) -> None:
    first, second = pair
    copy = make_article(question=first.question, answer=first.answer, subject="geology")
    older = make_article(
        question=second.question, answer=second.answer, subject="geology", date=dt.date(2001, 1, 1)
    )
    # Of the copies of the chosen one, the older is the canonical one of all four.
    assert [canonical(one) for one in (first, copy, second, older)] == [older.pk] * 3 + [None]


def test_while_the_chosen_one_is_not_public_each_stands_for_itself(pair: tuple[Article, Article]) -> None:
    first, second = pair
    for hidden, shown in (({"status": Status.UNPUBLISHED}, {"status": Status.PUBLISHED}),
                          ({"no_index": True}, {"no_index": False})):  # fmt: skip
        for values, expected in ((hidden, None), (shown, second.pk)):
            for name, value in values.items():
                setattr(second, name, value)
            second.save()
            first.refresh_from_db()
            assert first.canonical_id == expected
            assert first.is_indexable == (expected is None)


def test_when_the_chosen_one_is_deleted_the_other_stands_for_itself(pair: tuple[Article, Article]) -> None:
    first, second = pair
    trash.delete(second, None)
    assert canonical(first) is None
    assert not CanonicalChoice.objects.exists()


def test_when_an_original_is_deleted_its_copy_takes_its_place() -> None:
    original, copy = (
        make(1),
        make_article(question="Why tides, in words 1?", answer="The Moon. 1", subject="zoology"),
    )
    assert canonical(copy) == original.pk
    trash.delete(original, None)
    assert canonical(copy) is None


def test_a_later_choice_takes_all_along(pair: tuple[Article, Article]) -> None:
    first, second = pair
    third = make(3)
    near_duplicates.choose_canonical(group_of(second, third), third)
    assert [canonical(one) for one in (first, second, third)] == [third.pk, third.pk, None]


def test_the_other_way_round_is_no_circle(pair: tuple[Article, Article]) -> None:
    first, second = pair
    near_duplicates.choose_canonical(group_of(first, second), first)
    assert [canonical(one) for one in (first, second)] == [None, first.pk]
    CanonicalChoice.objects.create(article=first, original=second)  # past the function
    Article.objects.choose_canonicals()
    assert [canonical(one) for one in (first, second)] == [None, None]


def test_a_choice_that_is_taken_back_leaves_no_trace(pair: tuple[Article, Article]) -> None:
    first, second = pair
    assert near_duplicates.withdraw(CanonicalChoice.objects.all()) == 1
    assert [canonical(one) for one in (first, second)] == [None, None]


def test_one_that_is_not_public_or_not_of_the_group_is_refused() -> None:
    group = group_of(make(1), make(2))
    for stranger in (make(3), make(4, status=Status.DRAFT)):
        with pytest.raises(ValueError, match="one of the group"):
            near_duplicates.choose_canonical(group, stranger)
    assert not CanonicalChoice.objects.exists()


def test_what_is_decided_is_no_group_again() -> None:
    texts = (
        "Explain the difference between igneous and sedimentary rocks.",
        "How do sedimentary rocks differ from igneous rock?",
    )
    values = {"description": "", "keywords": ""}
    rocks = [
        make_article(question=text, answer=f"Granite cools slowly. {text[:3]}", **values) for text in texts
    ]
    refresh_similar()
    near_duplicates.choose_canonical(DuplicateGroup.objects.get(), rocks[0])
    refresh_similar(everything=True)
    assert not DuplicateGroup.objects.exists()
