"""The schema goes forth and back with rows in every table, and what triggers keep right is right afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.core.management import call_command
from django.db import DatabaseError, connection, migrations, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from learn.db import counts, state
from learn.models import Article, ArticleToRelate, Subject, SubjectCount
from learn.search import backends
from tests.db.filling import DERIVED, fill
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db

NAMES = sorted(name for app, name in MigrationLoader(None).disk_migrations if app == "learn")
EARLIER = "0010_namesakes"  # the last release whose triggers and index were made after each `migrate`

# Tables whose changes renew no page, each with its reason. A new table is followed, or stands here.
NOT_SHOWN = {
    "learn_sitestate": "it is what is renewed",
    "learn_tally": "changes with the articles only",
    "learn_redirect": "is looked up where no page is found",
    "learn_missingpage": "for editors",
    "learn_importrun": "for editors",
    "learn_importconflict": "for editors",
    "learn_upload": "for editors",
    "learn_filesource": "what files were when they were imported",
    "learn_importedfile": "what files were when they were imported",
    "learn_exportedfile": "what files were when they were exported",
    "learn_deletedarticle": "for editors; the redirect is what visitors meet",
    "learn_revision": "for editors",
    "learn_searchword": "decides what a search corrects, which no cache keeps",
    "learn_subjecttorelate": "a list of what is to be done",
}


# --- Tools ------------------------------------------------------------------------------------------------------------


def migrate(name: str) -> None:
    call_command("migrate", "learn", name, verbosity=0, interactive=False)


def state_at(name: str) -> ProjectState:
    return MigrationLoader(connection).project_state(("learn", name))


def models_of(apps: Apps) -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label == "learn"]


def tables() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.startswith("learn_")}


def query(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall())


def contents(of: Iterable[type[models.Model]]) -> dict[str, dict[str, list[Any]]]:
    """Every column of every table but the derived ones: its values, in the order of the primary keys."""
    found: dict[str, dict[str, list[Any]]] = {}
    for model in of:
        if (table := model._meta.db_table) not in DERIVED:
            columns = [field.column for field in model._meta.concrete_fields]
            chosen = ", ".join(f'"{column}"' for column in columns)
            rows = query(f'SELECT {chosen} FROM "{table}" ORDER BY "{model._meta.pk.column}"')  # noqa: S608 names of our own
            found[table] = {column: [str(row[at]) for row in rows] for at, column in enumerate(columns)}
    return found


def assert_nothing_lost(
    before: dict[str, dict[str, list[Any]]], after: dict[str, dict[str, list[Any]]]
) -> None:
    for table in before.keys() & after.keys():
        for column in before[table].keys() & after[table].keys():
            assert after[table][column] == before[table][column], f"{table}.{column}"
            assert after[table][column], f"{table} has no row"


def schema() -> list[tuple[Any, ...]]:
    """Tables, columns, indexes, constraints, triggers and functions."""
    if connection.vendor == "sqlite":
        return query("SELECT name, sql FROM sqlite_master ORDER BY name")
    return query(
        "SELECT table_name || '.' || column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' "
        "UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
        "UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace "
        "UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
        "UNION ALL SELECT proname::text, prosrc FROM pg_proc WHERE proname LIKE 'learn%' ORDER BY 1, 2"
    )


def triggers() -> set[tuple[str, str]]:
    if connection.vendor == "sqlite":
        return set(query("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"))
    return set(query("SELECT tgname::text, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"))


def generation() -> str:
    ((value,),) = query("SELECT generation FROM learn_sitestate")
    return str(value)


def assert_derived_is_right(article: type[models.Model]) -> None:
    """What a migration leaves: counts, subjects to relate and the search index say what the articles say."""
    assert_counts_are_right(article)
    subjects = {row.subject_id for row in article._default_manager.all()}
    assert subjects <= {pk for (pk,) in query("SELECT subject_id FROM learn_subjecttorelate")}
    backends.of(connection).check(connection)


def assert_counts_are_right(article: type[models.Model], subject: str = "subject_id") -> None:
    expected: dict[int, tuple[int, int]] = {}
    for row in article._default_manager.all():
        listable, indexable = expected.get(getattr(row, subject), (0, 0))
        is_published = row.status == "published"
        expected[getattr(row, subject)] = (
            listable + (is_published and not row.no_index),
            indexable + (is_published and row.is_indexable),
        )
    counted = {pk: (listable, indexable) for pk, listable, indexable in query("SELECT * FROM learn_tally")}
    assert {pk: pair for pk, pair in counted.items() if pair != (0, 0)} == {
        pk: pair for pk, pair in expected.items() if pair != (0, 0)
    }


def found_by_search(word: str) -> int:
    if connection.vendor == "sqlite":
        statement = "SELECT COUNT(*) FROM learn_search WHERE learn_search MATCH %s"
    else:
        statement = "SELECT COUNT(*) FROM learn_search WHERE whole @@ plainto_tsquery('learn_text', %s)"
    return int(query(statement, word)[0][0])


def assert_triggers_work(
    of: Sequence[type[models.Model]], question: str = "question", subject: str = "subject_id"
) -> None:
    """Whatever is written through these models, the derived tables follow."""
    by_table = {model._meta.db_table: model for model in of}
    article = by_table["learn_article"]
    query_words = iter(("zirconium", "beryllium", "rubidium"))
    for model in of:
        if model._meta.db_table not in NOT_SHOWN:
            before = generation()
            fill(of)
            inserted = generation()
            name = next(f.attname for f in model._meta.concrete_fields if not f.primary_key)
            model._default_manager.update(**{name: models.F(name)})
            updated = generation()
            assert len({before, inserted, updated}) == 3, model
    row = article._default_manager.order_by("pk").last()
    word, other = next(query_words), next(query_words)
    for field, value in (
        (question, word),
        ("is_indexable", True),
        ("status", "published"),
        ("no_index", False),
    ):
        setattr(row, field, value)
    row.save()
    assert found_by_search(word) == 1
    assert_counts_are_right(article, subject)
    query_none("DELETE FROM learn_subjecttorelate")
    setattr(row, question, other)
    row.save()
    assert (found_by_search(word), found_by_search(other)) == (0, 1)
    assert query("SELECT subject_id FROM learn_subjecttorelate") == [(getattr(row, subject),)]
    row.no_index = True
    row.save()
    assert_counts_are_right(article, subject)
    article._default_manager.filter(pk=row.pk).update(status="draft")
    assert_counts_are_right(article, subject)
    for model in reversed(of):  # links before what they lead to
        links = [
            field.related_model._meta.label for field in model._meta.concrete_fields if field.is_relation
        ]
        if article._meta.label in links and model is not article:
            model._default_manager.all()._raw_delete(connection.alias)
    before = generation()
    query_none("DELETE FROM learn_article WHERE id = %s", row.pk)
    assert generation() != before
    assert found_by_search(other) == 0
    assert_counts_are_right(article, subject)


def query_none(statement: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


def apply(operations: Sequence[Any], start: ProjectState | None = None) -> ProjectState:
    """Apply these operations as the migration after the last one; the state of the models afterwards."""
    start = start or state_at(NAMES[-1])
    migration = migrations.Migration("9999_next", "learn")
    migration.operations = list(operations)
    with connection.schema_editor(atomic=True) as editor:
        return migration.apply(start.clone(), editor)


def unapply(operations: Sequence[Any]) -> None:
    migration = migrations.Migration("9999_next", "learn")
    migration.operations = list(operations)
    with connection.schema_editor(atomic=True) as editor:
        migration.unapply(state_at(NAMES[-1]), editor)


# --- Back and forth ---------------------------------------------------------------------------------------------------


def test_every_migration_goes_back_and_forth_with_rows_in_every_table(scratch: BaseDatabaseWrapper) -> None:
    migrate(NAMES[-1])
    at_the_top = schema()
    steps = [*reversed(NAMES[:-1]), "zero"]
    for above, name in zip(reversed(NAMES), steps, strict=True):
        fill(models_of(state_at(above).apps))
        before = contents(models_of(state_at(above).apps))
        migrate(name)
        if name != "zero":
            assert_nothing_lost(before, contents(models_of(state_at(name).apps)))
    assert tables() == set()
    assert [name for name, *_rest in schema() if name.startswith("learn")] == []

    before = {}
    for name in NAMES:
        migrate(name)
        of = models_of(state_at(name).apps)
        assert_nothing_lost(before, contents(of))
        if before:
            assert_derived_where_followed(name)
        fill(of)
        before = contents(of)
    assert schema() == at_the_top
    assert_derived_is_right(Article)
    backends.of(connection).check(connection)
    assert_triggers_work(models_of(present_apps))
    backends.of(connection).check(connection)


def assert_derived_where_followed(name: str) -> None:
    if name >= "0011":
        assert_derived_is_right(state_at(name).apps.get_model("learn", "article"))
        backends.of(connection).check(connection)
        assert generation()


def test_the_site_works_after_the_walk(scratch: BaseDatabaseWrapper) -> None:
    migrate(NAMES[-1])
    make_article(slug="kept", question="What is a keeper?")
    migrate("0001")
    migrate(NAMES[-1])
    article = Article.objects.get(slug="kept")
    assert counts.of_subject(article.subject_id) == (1, 1)
    assert found_by_search("keeper") == 1
    before = state.read()
    article.question = "What is a warden?"
    article.save()
    assert state.read() != before
    assert (found_by_search("keeper"), found_by_search("warden")) == (0, 1)
    article.delete()
    assert counts.of_subject(article.subject_id) == counts.NONE


def test_a_database_of_the_earlier_release_is_taken_over(scratch: BaseDatabaseWrapper) -> None:
    """Its triggers and its index were made after each `migrate`, and stand in no migration."""
    migrate(EARLIER)
    folder = Path(__file__).parent / "release_0010"
    text = (folder / f"{connection.vendor}.sql").read_text()
    for statement in text.split("-- next\n"):
        query_none(statement)
    of = models_of(state_at(EARLIER).apps)
    query_none(
        "INSERT INTO learn_sitestate (id, generation, changed_at, due_until) "
        "VALUES (1, 'earlier', '2026-11-20 10:00:00', '2026-11-20 10:00:00')"
    )
    fill(of), fill(of)
    made_by_hand = triggers()
    before, old_generation = contents(of), generation()

    migrate(NAMES[-1])
    assert_nothing_lost(before, contents(models_of(present_apps)))
    assert triggers() == made_by_hand
    assert generation() != old_generation
    assert_derived_is_right(Article)
    backends.of(connection).check(connection)
    assert_triggers_work(models_of(present_apps))
    taken_over = schema()
    migrate(EARLIER)
    migrate(NAMES[-1])
    assert schema() == taken_over


def test_a_taken_over_database_is_like_a_new_one(scratch: BaseDatabaseWrapper) -> None:
    migrate(NAMES[-1])
    new = schema()
    migrate(EARLIER)
    for statement in (
        (Path(__file__).parent / "release_0010" / f"{connection.vendor}.sql").read_text().split("-- next\n")
    ):
        query_none(statement)
    migrate(NAMES[-1])
    assert schema() == new


# --- The next migration -----------------------------------------------------------------------------------------------

ALTERED = [
    migrations.AlterField("Article", "question", models.TextField()),
    migrations.AlterField("Article", "author", models.CharField(max_length=300, default="nobody")),
    migrations.AlterField("Article", "status", models.CharField(max_length=40, default="published")),
    migrations.AlterField("Article", "answer_text", models.CharField(max_length=900_000, default="")),
    migrations.AlterField("Subject", "title", models.TextField()),
    migrations.AlterField("SiteState", "generation", models.CharField(max_length=64)),
    migrations.AlterField("SearchWord", "word", models.CharField(max_length=60, unique=True)),
    migrations.DeleteModel("Upload"),
    migrations.RemoveField("Article", "score"),
]
NEXT = {
    "altered": ALTERED,
    "a shown table goes": [migrations.DeleteModel("MostLinked")],
    "keys": [
        migrations.AlterField("Subject", "id", models.AutoField(primary_key=True)),
        migrations.AlterField("Article", "id", models.AutoField(primary_key=True)),
    ],
    "links": [
        migrations.AlterField(
            "RelatedLink", "article", models.ForeignKey("learn.article", models.CASCADE, related_name="+")
        ),
        migrations.AlterField(
            "Article", "subject", models.ForeignKey("learn.subject", models.CASCADE, related_name="+")
        ),
        migrations.AlterField(
            "Article", "canonical",
            models.ForeignKey("learn.article", models.SET_NULL, null=True, db_index=False, related_name="+"),
        ),
    ],
    "added": [
        migrations.AddField("Article", "level", models.CharField(max_length=10, default="basic")),
        migrations.AddField(
            "Article", "rival", models.ForeignKey("learn.article", models.SET_NULL, null=True, related_name="+")
        ),
        migrations.AddIndex("Article", models.Index(fields=["level"], name="article_level")),
        migrations.AddConstraint(
            "Article", models.CheckConstraint(condition=~models.Q(level=""), name="article_level_is_named")
        ),
        migrations.RemoveConstraint("Article", "article_not_its_own_canonical"),
        migrations.RemoveConstraint("Article", "article_level_is_named"),
        migrations.RemoveIndex("Article", "article_level"),
        migrations.RemoveField("Article", "level"),
    ],
    "tables": [
        migrations.RenameModel("RelatedLink", "Suggestion"),
        migrations.AlterModelTable("MostLinked", "learn_popular"),
        migrations.RenameModel("Subject", "Topic"),
        migrations.AlterField("Suggestion", "title", models.TextField(default="")),
        migrations.AlterField("Topic", "title", models.TextField()),
    ],
}  # fmt: skip


@pytest.mark.parametrize("operations", NEXT.values(), ids=NEXT.keys())
def test_the_next_migration_needs_nothing_but_djangos_operations(
    scratch: BaseDatabaseWrapper, operations: list[Any]
) -> None:
    migrate(NAMES[-1])
    before_names = {name for name, _table in triggers()}
    fill(models_of(state_at(NAMES[-1]).apps))
    before = contents(models_of(state_at(NAMES[-1]).apps))
    after = apply(operations)
    of = models_of(after.apps)
    gone = {name for name in before_names if "mostlinked" in name and "MostLinked" not in str(of)}
    assert {name for name, _table in triggers()} == before_names - gone
    assert_nothing_lost(before, contents(of))
    backends.of(connection).check(connection)
    assert_triggers_work(of)
    backends.of(connection).check(connection)


@pytest.mark.parametrize(
    ("model", "old", "new"),
    [
        ("Article", "author", "writer"),
        ("Article", "question", "prompt"),
        ("Article", "subject", "topic"),
        ("Article", "status", "stage"),
        ("Subject", "title", "name"),
    ],
)
def test_a_renamed_column_is_renamed_in_the_triggers(
    scratch: BaseDatabaseWrapper, model: str, old: str, new: str
) -> None:
    migrate(NAMES[-1])
    fill(models_of(state_at(NAMES[-1]).apps))
    operations: list[Any] = [migrations.RenameField(model, old, new)]
    if old == "subject":  # Django renames nothing in constraints and indexes
        operations[:0] = [
            *(migrations.RemoveConstraint("Article", c.name) for c in Article._meta.constraints),
            *(migrations.RemoveIndex("Article", index.name) for index in Article._meta.indexes),
        ]
    names = triggers()
    after = apply(operations)
    assert triggers() == names
    of = {m._meta.model_name: m for m in models_of(after.apps)}
    key = "topic" if new == "topic" else "subject"
    stage = "stage" if new == "stage" else "status"
    made = fill(of.values())[of["article"]]
    pk = getattr(made, f"{key}_id")
    ((listable, _indexable),) = query("SELECT listable, indexable FROM learn_tally WHERE subject_id = %s", pk)
    assert listable == 1
    assert found_by_search(getattr(made, "prompt" if new == "prompt" else "question")) >= 1
    query_none("DELETE FROM learn_subjecttorelate")
    before = generation()
    of["article"]._default_manager.filter(pk=made.pk).update(**{stage: "draft"})
    assert generation() != before
    assert query("SELECT listable FROM learn_tally WHERE subject_id = %s", pk) == [(0,)]
    assert query("SELECT subject_id FROM learn_subjecttorelate") == [(pk,)]


def test_a_column_of_the_index_goes_with_the_index(scratch: BaseDatabaseWrapper) -> None:
    """What a trigger reads is not dropped behind its back: the migration fails as a whole."""
    migrate(NAMES[-1])
    before = schema()
    with pytest.raises(DatabaseError, match="keywords"):
        apply([migrations.RemoveField("Article", "keywords")])
    assert schema() == before


# --- Guards -----------------------------------------------------------------------------------------------------------


def followed() -> set[str]:
    """The tables whose every change renews the state."""
    events = ("insert", "update", "delete")
    on = triggers()
    return {table for _name, table in on if all((f"{table}_state_{event}", table) in on for event in events)}


def unfollowed(of: Iterable[type[models.Model]]) -> set[str]:
    return {model._meta.db_table for model in of} - followed() - NOT_SHOWN.keys()


def test_every_table_that_pages_show_renews_the_state() -> None:
    of = models_of(present_apps)
    assert unfollowed(of) == set(), "call triggers.FollowState in a migration, or say in NOT_SHOWN why not"
    assert NOT_SHOWN.keys() <= {model._meta.db_table for model in of}
    assert followed() & NOT_SHOWN.keys() == set()


def test_a_new_table_is_missed_until_it_is_followed() -> None:
    class Glossary(models.Model):  # noqa: DJ008 nobody prints it
        class Meta:
            app_label = "learn"
            apps = Apps()

    assert unfollowed([*models_of(present_apps), Glossary]) == {"learn_glossary"}


# --- Interrupted ------------------------------------------------------------------------------------------------------


class Stopped(BaseException):
    """What no code catches, as nothing catches a kill."""


def stop_at(statement: int) -> Callable[..., Any]:
    seen = 0

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == statement:
            raise Stopped
        return execute(sql, params, many, context)

    return wrapper


def steps_to(name: str) -> Iterator[int]:
    """How many statements the migration runs, and some places among them."""
    seen: list[str] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        migrate_quietly(name)
    # Going back, Django notes that it did so after its transaction: what is stopped there has happened.
    end = next(
        at for at, sql in enumerate(seen, 1) if sql.startswith(("INSERT", "DELETE")) and "django_migr" in sql
    )
    yield from range(1, end - 8, max(1, end // 5))


def migrate_quietly(name: str) -> None:
    """As `migrate`, without what the command does before and after."""
    MigrationExecutor(connection).migrate([("learn", name)])


@pytest.mark.parametrize(("start", "end"), [(EARLIER, NAMES[-1]), (NAMES[-1], EARLIER)], ids=["up", "down"])
def test_a_migration_that_is_stopped_leaves_nothing_half_done(
    scratch: BaseDatabaseWrapper, start: str, end: str
) -> None:
    migrate(start)
    fill(models_of(state_at(start).apps))
    places = list(steps_to(end))
    migrate_quietly(start)
    before = schema()
    assert len(places) > 4
    for place in places:
        with pytest.raises(Stopped), connection.execute_wrapper(stop_at(place)):
            migrate_quietly(end)
        assert schema() == before, place
    migrate_quietly(end)
    assert schema() != before


def test_a_killed_migrate_is_begun_again(scratch: BaseDatabaseWrapper) -> None:
    migrate(EARLIER)
    fill(models_of(state_at(EARLIER).apps))
    before = schema()
    connection.close()
    script = (
        "import os, signal, django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from django.db import connection\n"
        "connection.settings_dict['NAME'] = os.environ['SCRATCH']\n"
        "connection.settings_dict['OPTIONS'].pop('pool', None)\n"
        "def wrapper(execute, sql, params, many, context):\n"
        "    result = execute(sql, params, many, context)\n"
        "    if 'learn_relatedlink_state_update' in sql: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return result\n"
        "with connection.execute_wrapper(wrapper): call_command('migrate', 'learn', verbosity=0)\n"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SCRATCH": str(scratch.settings_dict["NAME"]),
    }
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert schema() == before
    migrate(NAMES[-1])
    assert_triggers_work(models_of(present_apps))


def test_the_first_subject_of_a_new_database_starts_its_state(scratch: BaseDatabaseWrapper) -> None:
    migrate(NAMES[-1])
    before = state.read()
    make_subject("zoology")
    assert before is not None
    assert state.read() != before
    assert not SubjectCount.objects.exists()
    assert not ArticleToRelate.objects.exists()
    assert Subject.objects.count() == 1
