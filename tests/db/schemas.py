"""Schemas and what stands in them, for the tests of migrations: walk, compare, and see that triggers work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from learn.search import backends
from tests.db.filling import DERIVED, fill

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
    "learn_workingcopy": "for editors; visitors see nothing of it",
    "learn_previewlink": "no page that is kept shows what it leads to",
    "learn_review": "for editors",
    "learn_comment": "for editors",
    "learn_presence": "for editors",
    "learn_changeset": "for editors; what it changes is written into the articles",
    "learn_changeitem": "for editors; what it changes is written into the articles",
    "learn_worker": "for who runs the site",
    "learn_filesource": "what files were when they were imported",
    "learn_importedfile": "what files were when they were imported",
    "learn_exportedfile": "what files were when they were exported",
    "learn_syncedbranch": "what was taken from git and pushed to it",
    "learn_syncrun": "for editors",
    "learn_syncdelivery": "for the webhook",
    "learn_deletedarticle": "for editors; the redirect is what visitors meet",
    "learn_revision": "for editors",
    "learn_searchword": "decides what a search corrects, which no cache keeps",
    "learn_searchsynonym": "decides what a search finds, which no cache keeps",
    "learn_searchlogentry": "for editors; its writers must not renew the pages that every search would then miss",
    "learn_report": "for editors",
    "learn_helpfulcount": "for editors",
    "learn_readcount": "for editors; its writers must not renew the pages that every reader would then miss",
    "learn_readlog": "what was counted already",
    "learn_feedbackuse": "limits what readers may send",
    "learn_canonicalchoice": "what it changes is written into the articles",
    "learn_picture": "what pages show of it is written into the articles",
    "learn_picturename": "what it changes is written into the articles",
    "learn_pictureuse": "for editors; it changes with the articles only",
    "learn_answerwords": "for editors; it changes with the articles only",
    "learn_answerlink": "for editors; it changes with the articles only",
    "learn_articletorelate": "a list of what is to be done",
    "learn_articletoplace": "a list of what is to be done",
    "learn_topicname": "what it changes is written into the topics",
    "learn_topicslug": "is looked up where no page is found",
    "learn_articlevector": "what similar questions are found by",
    "learn_similaritybasis": "what similar questions are found by",
    "learn_duplicategroup": "for editors",
    "learn_duplicatemember": "for editors",
    "learn_differentquestions": "for editors; what it changes is written into the similar questions",
}


def migrate(name: str) -> None:
    call_command("migrate", "learn", name, verbosity=0, interactive=False)


def step(name: str, state: ProjectState | None = None) -> ProjectState:
    """Migrate to `name` or "zero" without what follows a command; gives the state there.

    Up, from the `state` that the step before gave: most of what a migration costs is to make models of a whole state,
    which the command does four times.
    """
    executor = MigrationExecutor(connection)
    return executor.migrate([("learn", None if name == "zero" else name)], state=state)


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
    """What a migration leaves: counts, what is to be related and the search index say what the articles say."""
    assert_counts_are_right(article)
    if "learn_articletorelate" in tables():
        articles = {row.pk for row in article._default_manager.all()}
        assert articles <= {pk for (pk,) in query("SELECT article_id FROM learn_articletorelate")}
    else:
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
    query_none("DELETE FROM learn_articletorelate")
    setattr(row, question, other)
    row.save()
    assert (found_by_search(word), found_by_search(other)) == (0, 1)
    assert query("SELECT article_id FROM learn_articletorelate") == [(row.pk,)]
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
