from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from learn.models import Article, ArticleToRelate, SearchWord, SimilarQuestions
from learn.related import similar
from learn.related.shown import related_questions
from learn.related.similar import Refreshed, refresh_similar
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db

_answers = itertools.count()


def make(question: str, **values: object) -> Article:
    values = {"answer": f"Answer {next(_answers)}.", "description": "", "keywords": "", **values}
    return make_article(question=question, **values)


def targets(article: Article) -> list[int]:
    return SimilarQuestions.objects.get(pk=article.pk).targets


def stored() -> dict[int, tuple[list[int], bytes, list[int]]]:
    return {
        one.pk: (one.targets, bytes(one.nearest), one.weak_links) for one in SimilarQuestions.objects.all()
    }


def test_the_most_similar_of_all_subjects_come_first() -> None:
    article = make("How does an enzyme lower the activation energy?")
    far = make("What is activation?")
    near = make("Where do enzymes act on energy?", subject="biology")
    refresh_similar()
    assert targets(article)[:2] == [near.pk, far.pk]
    assert [one.pk for one in related_questions(article)][:2] == [near.pk, far.pk]


def test_links_come_first_where_they_are_alike_and_last_where_they_are_not(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    article = make("How do enzymes lower activation energy?")
    unlike, alike = make("Which colours have rainbows?"), make("Which activation energy do enzymes need?")
    for number in range(8):
        make(f"What lowers energy number{number}?")
    make_link(article, unlike)
    make_link(article, alike)
    assert related_questions(article) == [unlike, alike]  # not compared yet
    refresh_similar()
    with django_assert_num_queries(1):
        found = related_questions(article)
    assert (found[0], found[-1]) == (alike, unlike)
    assert len({one.pk for one in found}) == similar.SHOWN + 1
    assert article not in found


def test_more_links_than_usual_are_all_shown() -> None:
    article, *others = [make(f"What is energy number{number}?") for number in range(10)]
    for other in others:
        make_link(article, other)
    refresh_similar()
    assert set(related_questions(article)) == set(others)


def test_never_a_copy_nor_what_asks_the_same() -> None:
    article = make("What is energy?", answer="It stays.")
    copy = make("What is energy?", answer="It stays.", subject="biology")
    make("What is energy?", answer="Another answer.", subject="chemistry")
    other = make("How do plants store energy in starch?", subject="biology")
    refresh_similar()
    for one in (article, copy):
        assert targets(one) == [other.pk]
    assert copy.pk not in {pk for one in SimilarQuestions.objects.all() for pk in one.targets}


def test_only_listable_articles_are_targets() -> None:
    article = make("What is energy?")
    make("What is energy in leaves?", no_index=True)
    make("What is energy in rivers?", status=Article.Status.DRAFT)
    make("What is energy in wood?", status=Article.Status.UNPUBLISHED)
    make("What is energy in ghosts?", subject=make_subject("secret-lore", is_listed=False))
    due = make("What is energy in stars?", publish_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    refresh_similar()
    assert targets(article) == [due.pk]  # shown from the moment that it is published
    assert related_questions(article) == []
    Article.objects.filter(pk=due.pk).update(publish_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert related_questions(article) == [due]


def test_an_article_of_an_unlisted_subject_has_similar_questions_of_it() -> None:
    lore = make_subject("secret-lore", is_listed=False)
    first, second = (
        make("What is energy in ghosts?", subject=lore),
        make("Where is energy in spells?", subject=lore),
    )
    public = make("Why is energy in stars?")
    refresh_similar()
    assert sorted(targets(first)) == [second.pk, public.pk]
    assert targets(public) == []


def test_at_least_three_wherever_there_are_three() -> None:
    lonely = [
        make(question) for question in ("Quasars?", "Zeppelins?", "Marmalade?", "Umbrellas?", "Ravens?")
    ]
    refresh_similar()
    for article in lonely:
        assert len(targets(article)) >= similar.LEAST
        assert len(related_questions(article)) >= similar.LEAST
        assert article.pk not in targets(article)


def test_nothing_changes_where_nothing_changed() -> None:
    for number in range(5):
        make(f"What is energy number{number}?")
    assert refresh_similar() == Refreshed(5, 5, 0)
    before = stored()
    assert refresh_similar() == Refreshed(0, 0, 0)
    assert refresh_similar(everything=True) == Refreshed(0, 0, 0)
    assert stored() == before


def test_only_the_lists_that_gain_or_lose_one_are_written() -> None:
    for number in range(30):
        make(f"What is energy number{number}?")
    cell = make("How does a membrane protect a cell?", subject="biology")
    wall = make("Which wall protects a cell?", subject="biology")
    refresh_similar()
    third = make("What does a membrane let into a cell?", subject="biology")
    done = refresh_similar()
    assert done.changed == 1
    assert done.articles == 3
    assert targets(cell)[0] == third.pk
    third.author = "Somebody else"
    third.save()
    assert refresh_similar().changed == 0
    third.delete()
    refresh_similar()
    assert third.pk not in targets(cell) + targets(wall)


@pytest.mark.parametrize(
    "changes",
    [
        {"question": "What is something else?"},
        {"status": Article.Status.UNPUBLISHED},
        {"no_index": True},
    ],
)
def test_a_changed_article_changes_the_lists_that_hold_it(changes: dict[str, object]) -> None:
    """With one statement over many rows, as imports and bulk actions do."""
    article, *others = [make(f"What is energy number{number}?") for number in range(30)]
    refresh_similar()
    gone = targets(article)[0]
    Article.objects.filter(pk=gone).update(**changes)
    refresh_similar()
    assert gone not in targets(article)
    assert len(targets(article)) == similar.STORED
    assert set(targets(article)) <= {other.pk for other in others}


def test_an_incremental_run_ends_where_a_whole_one_does() -> None:
    for number in range(60):
        subject = ("physics", "biology", "chemistry")[number % 3]
        make(f"How does part{number % 7} of energy{number % 5} act in case{number}?", subject=subject)
    refresh_similar()
    articles = list(Article.objects.order_by("pk"))
    make_link(articles[1], articles[3])
    articles[3].question = "How does part4 of energy4 act?"
    articles[3].save()
    articles[7].delete()
    articles[9].status = Article.Status.UNPUBLISHED
    articles[9].save()
    make("How does part1 of energy2 act in another case?", subject="biology")
    assert refresh_similar().changed == 4
    after = stored()
    SimilarQuestions.objects.all().delete()
    refresh_similar(everything=True)
    assert stored() == after


def test_a_killed_run_is_completed_by_the_next() -> None:
    for number in range(12):
        make(f"What is energy number{number}?", subject=("physics", "biology", "chemistry")[number % 3])
    refresh_similar()
    whole = stored()
    SimilarQuestions.objects.all().delete()
    Article.objects.update(description="Joule.")
    Article.objects.update(description="")

    def kill(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh_similar(progress=kill)
    assert ArticleToRelate.objects.count() == 12
    refresh_similar()
    assert stored() == whole
    assert not ArticleToRelate.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_several_processes_choose_the_same() -> None:
    subjects = [make_subject(slug) for slug in ("physics", "biology", "chemistry")]
    Article.objects.bulk_create(
        Article(
            subject=subjects[number % 3], slug=f"a{number}", content_key=str(number), is_indexable=True, answer="",
            question=f"How does part{number % 13} of energy{number % 5} act in case{number % 7}?",
        )
        for number in range(150)
    )  # fmt: skip
    refresh_similar(jobs=2)
    together = stored()
    SimilarQuestions.objects.all().delete()
    refresh_similar(everything=True, jobs=1)
    assert stored() == together
    assert len(together) == 150


def test_what_changes_while_a_run_looks_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    article, other = make("What is energy in stars?"), make("Where is energy in leaves?")
    store = similar._store

    def edit_then_store(*args: object) -> int:
        monkeypatch.setattr(similar, "_store", store)
        Article.objects.filter(pk=other.pk).update(status=Article.Status.UNPUBLISHED)
        return store(*args)

    monkeypatch.setattr(similar, "_store", edit_then_store)
    refresh_similar()
    assert ArticleToRelate.objects.filter(is_taken=False).count() == 1
    refresh_similar()
    assert targets(article) == []
    assert not ArticleToRelate.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_article_deleted_while_a_run_looks_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    make("What is energy in stars?")
    other = make("Where is energy in leaves?")
    write = similar._write

    def delete_then_write(batch: list[dict[str, object]]) -> None:
        Article.objects.filter(pk=other.pk).delete()
        write(batch)

    monkeypatch.setattr(similar, "_write", delete_then_write)
    refresh_similar()
    assert SimilarQuestions.objects.count() == 1


@pytest.mark.slow
def test_queries_do_not_grow_with_the_articles() -> None:
    for number in range(300):
        make(f"What is base number{number}?")
    refresh_similar()

    def queries(articles: int) -> int:
        for _ in range(articles):
            make(f"What is an acid number{next(_answers)}?")
        with CaptureQueriesContext(connection) as context:
            refresh_similar()
        return len(context)

    assert queries(10) == queries(40)


def test_an_empty_library_is_no_error() -> None:
    assert refresh_similar(everything=True) == Refreshed(0, 0, 0)


def test_the_vocabulary_learns_the_words_of_what_changed() -> None:
    for number in range(4):
        make(f"What is energy number{number}?")
    refresh_similar()
    make("What is entropy?")
    refresh_similar()
    assert SearchWord.objects.filter(word="entropy").exists()
