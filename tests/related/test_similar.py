from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from learn.models import Article, SearchWord, SimilarQuestions, SubjectToRelate
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


def stored() -> dict[int, tuple[list[int], bool]]:
    return {one.pk: (one.targets, one.leaves_subject) for one in SimilarQuestions.objects.all()}


def test_the_most_similar_of_the_own_subject_come_first() -> None:
    article = make("How does an enzyme lower the activation energy?")
    near = make("What is activation energy?")
    far = make("What is energy?")
    elsewhere = make("How do enzymes lower activation energy in cells?", subject="biology")
    refresh_similar()
    assert targets(article) == [near.pk, far.pk, elsewhere.pk]
    assert SimilarQuestions.objects.get(pk=article.pk).leaves_subject
    assert [one.pk for one in related_questions(article)] == [near.pk, far.pk, elsewhere.pk]


def test_enough_of_the_own_subject_keeps_others_out() -> None:
    own = [make(f"What is energy {number}?") for number in range(similar.SHOWN + 1)]
    make("What is energy?", subject="biology")
    refresh_similar()
    assert sorted(targets(own[0])) == sorted(article.pk for article in own[1:])


def test_links_of_editors_come_first_and_nothing_twice(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    article, *others = [make(f"What is energy {number}?") for number in range(8)]
    chosen, alike = make("What are rainbows?"), others[3]
    make_link(article, chosen)
    make_link(article, alike)
    refresh_similar()
    with django_assert_num_queries(1):
        found = related_questions(article)
        assert [one.subject.slug for one in found] == ["physics"] * similar.SHOWN
    assert found[:2] == [chosen, alike]
    assert len({one.pk for one in found}) == similar.SHOWN
    assert article not in found


def test_more_links_than_usual_are_all_shown() -> None:
    article, *others = [make(f"What is energy {number}?") for number in range(10)]
    for other in others:
        make_link(article, other)
    refresh_similar()
    assert related_questions(article) == others


def test_never_a_copy_of_itself_or_the_same_question() -> None:
    article = make("What is energy?", answer="It stays.")
    copy = make("What is energy?", answer="It stays.", subject="biology")
    namesake = make("What is energy?", answer="Another answer.", subject="chemistry")
    other = make("What is energy used for?", subject="biology")
    refresh_similar()
    assert Article.objects.get(pk=copy.pk).canonical_id in (None, article.pk)
    for one in (article, copy, namesake):
        assert targets(one) == [other.pk]


def test_only_listable_articles_are_targets() -> None:
    article = make("What is energy?")
    make("What is energy one?", no_index=True)
    make("What is energy two?", status=Article.Status.DRAFT)
    make("What is energy three?", status=Article.Status.UNPUBLISHED)
    make("What is energy four?", subject=make_subject("secret-lore", is_listed=False))
    due = make("What is energy five?", publish_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    refresh_similar()
    assert targets(article) == [due.pk]  # shown from the moment that it is published
    assert related_questions(article) == []
    Article.objects.filter(pk=due.pk).update(publish_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert related_questions(article) == [due]


def test_an_article_of_an_unlisted_subject_has_similar_questions_of_it() -> None:
    lore = make_subject("secret-lore", is_listed=False)
    first, second = make("What is energy?", subject=lore), make("Where is energy?", subject=lore)
    public = make("Why is energy?")
    refresh_similar()
    assert targets(first) == [second.pk, public.pk]
    assert targets(public) == []


def test_at_least_three_wherever_there_are_three() -> None:
    lonely = [
        make(question) for question in ("Quasars?", "Zeppelins?", "Marmalade?", "Umbrellas?", "Ravens?")
    ]
    refresh_similar()
    for article in lonely:
        assert len(targets(article)) == similar.LEAST
        assert len(related_questions(article)) == similar.LEAST
        assert article.pk not in targets(article)


def test_nothing_changes_where_nothing_changed() -> None:
    for number in range(5):
        make(f"What is energy {number}?")
    assert refresh_similar() == Refreshed(1, 5)
    before = stored()
    assert refresh_similar() == Refreshed(0, 0)
    assert refresh_similar(everything=True) == Refreshed(1, 0)
    assert stored() == before


def test_only_subjects_in_which_something_changed_are_looked_at() -> None:
    """Unless most of the library changed."""
    for number in range(4):
        make(f"What is a cell {number}?", subject="biology")
        make(f"What is an acid {number}?", subject="chemistry")
    for number in range(12):
        make(f"What is energy {number}?")
    refresh_similar()
    article = make("What is a cell wall?", subject="biology")
    assert refresh_similar().subjects == 1
    article.answer = "Another answer, and nothing else."
    article.save()
    assert refresh_similar().subjects == 0
    article.subject = make_subject("chemistry")
    article.save()
    assert refresh_similar().subjects == 2
    article.delete()
    assert refresh_similar().subjects == 2  # the cells of biology led to it, too


@pytest.mark.parametrize(
    "changes",
    [
        {"question": "What is something else?"},
        {"keywords": "other"},
        {"status": Article.Status.UNPUBLISHED},
        {"no_index": True},
        {"subject_id": 0},
    ],
)
def test_a_changed_article_changes_the_lists_that_hold_it(changes: dict[str, object]) -> None:
    """With one statement over many rows, as imports and bulk actions do."""
    article, *others = [make(f"What is energy {number}?", keywords="joule") for number in range(12)]
    refresh_similar()
    if "subject_id" in changes:
        changes = {"subject_id": make_subject("biology").pk}
    gone = targets(article)[0]
    Article.objects.filter(pk=gone).update(**changes)
    refresh_similar()
    assert gone not in targets(article)
    assert len(targets(article)) == similar.STORED
    assert set(targets(article)) <= {other.pk for other in others}


def test_a_target_in_another_subject_that_goes_is_replaced() -> None:
    article = make("What is energy?")
    first = make("What is energy in cells?", subject="biology")
    second = make("What is the energy of reactions, and of acids?", subject="chemistry")
    refresh_similar()
    assert targets(article) == [first.pk, second.pk]
    first.status = Article.Status.UNPUBLISHED
    first.save()
    refresh_similar()
    assert targets(article) == [second.pk]


def test_an_incremental_run_ends_where_a_whole_one_does() -> None:
    for number in range(30):
        subject = ("physics", "biology", "chemistry")[number % 3]
        make(f"How does part {number % 7} of energy {number % 5} act in case {number}?", subject=subject)
    refresh_similar()
    articles = list(Article.objects.order_by("pk"))
    articles[3].question = "How does part 4 of energy 4 act?"
    articles[3].save()
    articles[7].delete()
    make("How does part 1 of energy 2 act in another case?", subject="biology")
    refresh_similar()
    after = stored()
    SimilarQuestions.objects.all().delete()
    vocabulary = list(SearchWord.objects.values_list("word", "articles"))
    for pk in {article.subject_id for article in articles}:
        SubjectToRelate.objects.get_or_create(subject_id=pk)
    similar._is_mostly_new, mostly_new = (lambda: False), similar._is_mostly_new
    try:
        refresh_similar()
    finally:
        similar._is_mostly_new = mostly_new
    assert list(SearchWord.objects.values_list("word", "articles")) == vocabulary
    assert stored() == after


def test_a_killed_run_is_completed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        make(f"What is energy {number}?", subject=("physics", "biology", "chemistry")[number % 3])
    refresh_similar()
    whole = stored()
    SimilarQuestions.objects.all().delete()

    def kill(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh_similar(everything=True, progress=kill)
    assert 0 < len(stored()) < len(whole)
    assert SubjectToRelate.objects.count() == 1
    refresh_similar()
    assert stored() == whole


@pytest.mark.django_db(transaction=True)
def test_several_processes_choose_the_same() -> None:
    subjects = [make_subject(slug) for slug in ("physics", "biology", "chemistry")]
    Article.objects.bulk_create(
        Article(
            subject=subjects[number % 3], slug=f"a{number}", content_key=str(number), is_indexable=True, answer="",
            question=f"How does part {number % 13} of energy {number % 5} act in case {number % 7}?",
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
    article, other = make("What is energy?"), make("Where is energy?")
    store = similar._store

    def edit_then_store(*args: object) -> int:
        monkeypatch.setattr(similar, "_store", store)
        Article.objects.filter(pk=other.pk).update(status=Article.Status.UNPUBLISHED)
        return store(*args)

    monkeypatch.setattr(similar, "_store", edit_then_store)
    refresh_similar()
    assert SubjectToRelate.objects.filter(is_taken=False).count() == 1
    refresh_similar()
    assert targets(article) == []
    assert not SubjectToRelate.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_article_deleted_while_a_run_looks_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    make("What is energy?")
    other = make("Where is energy?")
    write = similar._write

    def delete_then_write(batch: list[SimilarQuestions]) -> None:
        Article.objects.filter(pk=other.pk).delete()
        write(batch)

    monkeypatch.setattr(similar, "_write", delete_then_write)
    refresh_similar()
    assert SimilarQuestions.objects.count() == 1


def test_queries_do_not_grow_with_the_articles() -> None:
    make("What is a base?")
    refresh_similar()

    def queries(articles: int) -> int:
        for _ in range(articles):
            make(f"What is an acid {next(_answers)}?")
        with CaptureQueriesContext(connection) as context:
            refresh_similar()
        return len(context)

    assert queries(10) == queries(60) == queries(90)


def test_suggests_for_a_question_that_is_not_saved() -> None:
    near, far = make("What is activation energy?"), make("What is energy?", subject="biology")
    refresh_similar()
    draft = Article(question="How do enzymes lower activation energy?", keywords="")
    assert similar.suggestions(draft) == [near, far]
    assert similar.suggestions(near, count=1) == [far]
    assert similar.suggestions(Article(question="", keywords="")) == []
