from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from learn import search
from learn.models import Article, SearchWord
from learn.related.similar import refresh_similar
from learn.search import backends, postgresql, spelling
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

sqlite_only = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's index")
postgresql_only = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL's index")
# PostgreSQL drops no index of a table in whose rows the transaction has not checked the foreign keys yet.
of_its_own = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _index_is_right() -> Iterator[None]:
    """Whatever a test does, the index says in the end what the articles say."""
    yield
    backends.of(connection).check(connection)


def found(text: str) -> list[int]:
    return sorted(search.article_ids(text))


def article(number: int, question: str, **values: object) -> Article:
    return Article(
        pk=number, subject=make_subject(), slug=f"a{number}", question=question, answer="", **values
    )


def test_bulk_upserts_are_indexed() -> None:
    Article.objects.bulk_create(article(number, f"Energy {number}?") for number in (1, 2, 3))
    assert found("energy") == [1, 2, 3]
    Article.objects.bulk_create(
        [article(1, "Energy 1?"), article(2, "Matter?", answer_text="and energies"), article(4, "Energy?")],
        update_conflicts=True,
        unique_fields=["subject", "slug"],
        update_fields=["question", "answer_text"],
    )
    assert found("energy") == [1, 2, 3, 4]
    assert found("matter") == [2]
    Article.objects.bulk_create([article(3, "Ignored?")], ignore_conflicts=True)
    assert found("ignored") == []


def test_updates_and_deletions_of_many_are_indexed() -> None:
    Article.objects.bulk_create(article(number, f"Energy {number}?") for number in range(1, 6))
    Article.objects.filter(pk__in=[1, 2]).update(keywords="matter")
    Article.objects.filter(pk=3).update(question="Space?")
    assert found("matter") == [1, 2]
    assert found("energy") == [1, 2, 4, 5]
    Article.objects.filter(pk__in=[2, 4]).delete()
    assert found("energy") == [1, 5]


@sqlite_only
def test_what_is_not_searched_is_not_indexed_again() -> None:
    """Rendering, publishing and relating an article leave the index alone."""
    one = make_article(question="Energy?")

    def written() -> tuple[int, ...]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*), MAX(id), SUM(LENGTH(block)) FROM learn_search_data")
            return cursor.fetchone()

    before = written()
    Article.objects.update(
        answer_html="<p>new</p>", status=Article.Status.DRAFT, render_version=7, is_indexable=False
    )
    one.refresh_from_db()
    Article.objects.bulk_create(
        [one],
        update_conflicts=True,
        unique_fields=["subject", "slug"],
        update_fields=["question", "description", "keywords", "answer_text", "answer_html"],
    )
    assert written() == before
    Article.objects.update(question="Matter?")
    assert written() != before


@of_its_own
def test_the_check_finds_what_is_wrong() -> None:
    backend = backends.of(connection)
    with transaction.atomic():
        backend.pause(connection)
        make_article()
        with pytest.raises(DatabaseError), transaction.atomic():
            backend.check(connection)
        transaction.set_rollback(True)


@of_its_own
def test_emptying_the_tables_empties_the_index() -> None:
    """`manage.py flush`, and the end of every test like this one, know nothing of the index."""
    make_article(question="Energy?")
    search.refresh_vocabulary()
    backends.of(connection).check(connection)
    call_command("flush", interactive=False)
    assert found("energy") == []
    backends.of(connection).check(connection)


def test_every_write_of_the_vocabulary_is_indexed() -> None:
    make_article(question="Energy, matter and space?")
    search.refresh_vocabulary()
    SearchWord.objects.filter(word="space").update(word="distance")
    SearchWord.objects.filter(word="matter").delete()
    SearchWord.objects.create(word="chemistry", stem="chemistri", articles=1)
    backends.of(connection).check(connection)
    assert spelling.closest("chemestry", users=0, edits=1).word == "chemistry"
    assert spelling.closest("distanse", users=0, edits=1).word == "distance"


@of_its_own
def test_rebuilding_changes_nothing_that_was_right() -> None:
    make_article(question="Energy?")
    before = found("energy")
    search.rebuild()
    assert search.is_complete()
    assert found("energy") == before


def test_a_small_load_is_indexed_as_it_goes() -> None:
    with search.bulk_load(10):
        assert search.is_complete()
        one = make_article(question="Energy?")
        assert found("energy") == [one.pk]


@of_its_own
def test_a_large_load_is_indexed_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BULK", 3)
    with search.bulk_load(3):
        assert not search.is_complete()
        Article.objects.bulk_create(article(number, f"Energy {number}?") for number in (1, 2, 3))
    assert search.is_complete()
    assert found("energy") == [1, 2, 3]


def test_a_load_of_little_into_much_is_indexed_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BULK", 3)
    Article.objects.bulk_create(article(number, "Energy?") for number in range(1, 9))
    with search.bulk_load(3):
        assert search.is_complete()


@of_its_own
def test_a_load_that_fails_leaves_a_complete_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BULK", 1)

    def interrupted() -> None:
        with search.bulk_load(1):
            Article.objects.bulk_create([article(1, "Energy?")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert search.is_complete()
    assert found("energy") == [1]


def load_nothing() -> None:
    with search.bulk_load(0):
        pass


@of_its_own
@pytest.mark.parametrize("repair", [load_nothing, search.repair_index, refresh_similar, search.rebuild])
def test_the_next_run_repairs_the_index_that_a_killed_load_left(repair: Callable[[], object]) -> None:
    backends.of(connection).pause(connection)
    Article.objects.bulk_create([article(1, "Energy?")])
    assert not search.is_complete()
    repair()
    assert search.is_complete()
    assert found("energy") == [1]


@sqlite_only
@of_its_own
def test_survives_a_migration_that_rebuilds_the_table() -> None:
    """SQLite drops the triggers with the old table; our schema editor makes them again."""
    make_article(question="Energy?")
    with connection.schema_editor() as editor:
        editor._remake_table(Article)
    Article.objects.update(question="Matter?")
    assert search.is_complete()
    assert len(found("matter")) == 1
    assert found("energy") == []


@sqlite_only
@of_its_own
def test_survives_vacuum() -> None:
    """The index knows articles by their keys, which VACUUM keeps, not by the numbers that SQLite gives rows."""
    first, second = make_article(question="Energy?"), make_article(question="Matter?")
    first.delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    assert found("matter") == [second.pk]


@sqlite_only
def test_an_index_of_another_form_is_rebuilt() -> None:
    one = make_article(question="Energy?")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE learn_search")
        cursor.execute(
            "CREATE VIRTUAL TABLE learn_search USING fts5(question, content='learn_article', content_rowid='id')"
        )
    assert not search.is_complete()
    search.repair_index()
    assert search.is_complete()
    assert found("energy") == [one.pk]


@postgresql_only
@of_its_own
def test_an_older_definition_is_rebuilt() -> None:
    one = make_article(question="Energy?")
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE learn_search IS 'older'")
        cursor.execute("DROP INDEX learn_search_words")
    assert not search.is_complete()
    search.repair_index()
    assert search.is_complete()
    assert found("energy") == [one.pk]


@postgresql_only
def test_says_what_to_do_where_an_extension_cannot_be_created(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "EXTENSIONS", ("an_extension_that_nobody_installed",))
    with pytest.raises(ImproperlyConfigured, match="CREATE EXTENSION an_extension_that_nobody_installed"):
        search.rebuild()
