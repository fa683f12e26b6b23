"""Triggers: how one is written for SQLite and for PostgreSQL, and those that keep derived tables right.

Triggers are made by migrations. A migration that adds a table which pages show, or changes a column that a trigger
reads, calls the function concerned again:

    operations = [
        ...,
        migrations.RunPython(triggers.FollowState(["learn_topic"]), triggers.ForgetState(["learn_topic"])),
    ]

A rebuild of a table loses no trigger, and a column that is renamed is renamed in them: see learn.db.backends. For that,
a trigger names a column of its table behind the row that it belongs to (`old.status`), and not alone. A migration that
removes such a column, or renames a table that a trigger writes to, drops the triggers first and makes them afterwards,
by the same functions the other way round. django-pgtrigger writes triggers for PostgreSQL only.

On SQLite a trigger runs for each row and sees it as `old` and `new`. On PostgreSQL ours run once for each statement and
see its rows as the tables `before` and `after`: an import writes hundreds of rows at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import CursorWrapper
from django.utils.deconstruct import deconstructible

from . import counts
from .state import WRITE_LOCK

EVENTS = ("insert", "update", "delete")


# --- How a trigger is written -----------------------------------------------------------------------------------------


def for_each_row(name: str, table: str, event: str, body: str, columns: Sequence[str] = ()) -> str:
    """SQLite's statement for a trigger after `event` on `table` that runs `body`, statements ended by semicolons.

    An update of none of `columns`, or one that changes none of them, does not run it.
    """
    of = f" OF {', '.join(columns)}" if columns and event == "update" else ""
    differs = " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns)
    when = f" WHEN {differs}" if of else ""
    return f"CREATE TRIGGER {name} AFTER {event.upper()}{of} ON {table}{when} BEGIN {body} END"


def for_each_statement(name: str, table: str, event: str, body: str) -> Iterator[str]:
    """PostgreSQL's statements for a trigger after `event` on `table` that runs `body`, and for its function."""
    tables = {"insert": "NEW TABLE AS after", "delete": "OLD TABLE AS before"}
    referencing = tables.get(event, "OLD TABLE AS before NEW TABLE AS after")
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NULL; END $$"
    )
    yield (
        f"CREATE OR REPLACE TRIGGER {name} AFTER {event.upper()} ON {table} "
        f"REFERENCING {referencing} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def create(connection: BaseDatabaseWrapper, triggers: Mapping[str, str]) -> None:
    """Run SQLite's statements of `triggers`, by name, each in the place of one that has the name."""
    with connection.cursor() as cursor:
        for name, statement in triggers.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper, names: Iterable[str], table: str) -> None:
    """Drop these triggers of `table`, where they are."""
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def drop_functions(connection: BaseDatabaseWrapper, names: Iterable[str]) -> None:
    """Drop those of PostgreSQL's functions `names` that no trigger calls any more. Nothing to do on SQLite."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT 1 FROM pg_trigger WHERE tgfoid = to_regproc(%s)", [name])
            if not cursor.fetchone():
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}")


# --- Whether anything that a page shows has changed (learn.db.state) --------------------------------------------------

# The row makes itself: an emptied database needs no command before its first page.
_RENEW = """
    INSERT INTO learn_sitestate (id, generation, changed_at, due_until) VALUES (1, {generation}, {now}, {now})
    ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, changed_at = excluded.changed_at;
"""
RENEW = {
    "sqlite": _RENEW.format(
        generation="lower(hex(randomblob(16)))", now="strftime('%Y-%m-%d %H:%M:%f', 'now')"
    ),
    "postgresql": _RENEW.format(
        generation="replace(gen_random_uuid()::text, '-', '')", now="clock_timestamp()"
    ),
}
# Two writers that hold rows and then wait for the one row of the state would lock each other out. Everyone
# therefore waits for the lock before the first row is touched; SQLite's writers do so anyway.
_STATE_FUNCTIONS = f"""
    CREATE OR REPLACE FUNCTION learn_state_turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_xact_lock({WRITE_LOCK});
        RETURN NULL;
    END $$;
    CREATE OR REPLACE FUNCTION learn_state_renew() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        {RENEW["postgresql"]}
        RETURN NULL;
    END $$;
    CREATE OR REPLACE FUNCTION learn_state_renew_if_any() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT 1 FROM changed) THEN
            {RENEW["postgresql"]}
        END IF;
        RETURN NULL;
    END $$;
"""
_STATE_FUNCTION_NAMES = ("learn_state_turn", "learn_state_renew", "learn_state_renew_if_any")
_STATE_TRIGGERS = """
    CREATE OR REPLACE TRIGGER {table}_state_turn BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION learn_state_turn();
    CREATE OR REPLACE TRIGGER {table}_state_insert AFTER INSERT ON {table}
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any();
    CREATE OR REPLACE TRIGGER {table}_state_update AFTER UPDATE ON {table}
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any();
    CREATE OR REPLACE TRIGGER {table}_state_delete AFTER DELETE ON {table}
        REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any();
    CREATE OR REPLACE TRIGGER {table}_state_truncate AFTER TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew();
"""


@deconstructible
class FollowState:
    """For RunPython: renew the state with every change of these tables, and once now.

    Once now, because migrations write past the triggers. A class, because `squashmigrations` writes it down.
    """

    def __init__(self, tables: Sequence[str]) -> None:
        self.tables = tables

    def __call__(self, _apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(_STATE_FUNCTIONS)
                for table in self.tables:
                    cursor.execute(_STATE_TRIGGERS.format(table=table))
            else:
                create(connection, dict(_sqlite_state_triggers(self.tables)))
            cursor.execute(RENEW[connection.vendor])


@deconstructible
class ForgetState:
    """The reverse of `FollowState`."""

    def __init__(self, tables: Sequence[str]) -> None:
        self.tables = tables

    def __call__(self, _apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for table in self.tables:
            names = [f"{table}_state_{event}" for event in ("turn", "truncate", *EVENTS)]
            drop(schema_editor.connection, names, table)
        drop_functions(schema_editor.connection, _STATE_FUNCTION_NAMES)


def _sqlite_state_triggers(tables: Sequence[str]) -> Iterator[tuple[str, str]]:
    for table in tables:
        for event in EVENTS:
            name = f"{table}_state_{event}"
            yield name, for_each_row(name, table, event, RENEW["sqlite"])


# --- How many articles each subject shows (learn.db.counts) -----------------------------------------------------------

COUNTED_COLUMNS = ("subject_id", "status", "no_index", "is_indexable")


def follow_counts(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Keep learn_tally right with every change of an article, and count once now.

    A row that goes takes away only from a count that is there, so that a table may be emptied in any order.
    """
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        removed = f"""
            UPDATE learn_tally SET listable = learn_tally.listable - gone.listable,
                indexable = learn_tally.indexable - gone.indexable
            FROM (SELECT subject_id, SUM(listable) AS listable, SUM(indexable) AS indexable
                FROM ({counts.rows("was", source="before was")}) counted GROUP BY subject_id) gone
            WHERE learn_tally.subject_id = gone.subject_id
        """
        was = counts.rows("was", source="before was", sign="-")
        became = counts.rows("became", source="after became")
        bodies = {
            "insert": counts.add(became),
            "delete": removed,
            "update": counts.add(f"{was} UNION ALL {became}"),
        }
        _create_statement_triggers(connection, "learn_tally", bodies)
    else:
        removed = (
            f"UPDATE learn_tally SET listable = listable - {counts.LISTABLE.format(row='old')}, "
            f"indexable = indexable - {counts.INDEXABLE.format(row='old')} WHERE subject_id = old.subject_id"
        )
        bodies = {
            "insert": counts.add(counts.rows("new")),
            "delete": removed,
            "update": counts.add(f"{counts.rows('old', sign='-')} UNION ALL {counts.rows('new')}"),
        }
        _create_row_triggers(connection, "learn_tally", bodies, COUNTED_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM learn_tally")
        cursor.execute(counts.add(counts.rows("learn_article", source="learn_article")))


def forget_counts(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The reverse of `follow_counts`."""
    names = [f"learn_tally_{event}" for event in EVENTS]
    drop(schema_editor.connection, names, "learn_article")
    drop_functions(schema_editor.connection, names)


# --- In which subjects an article changed (until migration 0013) -----------------------------------------------------

# What decides which articles are similar, and which may be shown as such. Of a column outside, no change matters.
RELATED_COLUMNS = ("subject_id", "question", "keywords", "status", "no_index", "canonical_id", "is_indexable")
# One row per subject and a write only where it says something new: a thousand articles cost as much as one.
_NOTE = """
    INSERT INTO learn_subjecttorelate (subject_id, is_taken)
    SELECT subject_id, false FROM ({subjects}) noted WHERE true
    ON CONFLICT (subject_id) DO UPDATE SET is_taken = false WHERE learn_subjecttorelate.is_taken
"""


def follow_related(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write down in learn_subjecttorelate in which subject an article arrived, changed or left; now, all of them."""
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        # What stands in one of the two tables only. To join them would be a loop in a loop: the plan is kept from the
        # first statement of the session, which may have changed one row.
        was, became = (
            f"SELECT {', '.join(f'{rows}.{column} AS {column}' for column in ('id', *RELATED_COLUMNS))} FROM {rows}"
            for rows in ("before", "after")
        )
        changed = f"({was} EXCEPT {became}) UNION ALL ({became} EXCEPT {was})"
        subjects = {
            "insert": "SELECT DISTINCT after.subject_id AS subject_id FROM after",
            "delete": "SELECT DISTINCT before.subject_id AS subject_id FROM before",
            "update": f"SELECT DISTINCT subject_id FROM ({changed}) changed",
        }
        # In the order of their keys, so that two writers never wait for each other.
        bodies = {event: _NOTE.format(subjects=f"{of} ORDER BY 1") for event, of in subjects.items()}
        _create_statement_triggers(connection, "learn_similar", bodies)
    else:
        inserted, deleted = "SELECT new.subject_id AS subject_id", "SELECT old.subject_id AS subject_id"
        subjects = {"insert": inserted, "delete": deleted, "update": f"{deleted} UNION {inserted}"}
        bodies = {event: _NOTE.format(subjects=of) for event, of in subjects.items()}
        _create_row_triggers(connection, "learn_similar", bodies, RELATED_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(_NOTE.format(subjects="SELECT DISTINCT subject_id FROM learn_article ORDER BY 1"))


def forget_related(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The reverse of `follow_related`."""
    names = [f"learn_similar_{event}" for event in EVENTS]
    drop(schema_editor.connection, names, "learn_article")
    drop_functions(schema_editor.connection, names)


# --- Which articles changed (learn.related.similar, learn.topics) ----------------------------------------------------

COMPARED_COLUMNS = (*RELATED_COLUMNS, "description", "answer_text")
PLACED_COLUMNS = (
    "subject_id", "question", "keywords", "description", "answer_text", "status", "no_index", "is_indexable",
    "publish_at", "expires",
)  # fmt: skip
# The note of an article that a run is looking at is written again; learn.topics looks in one transaction.
_NOTE_TO_RELATE = """
    INSERT INTO learn_articletorelate (article_id, is_taken)
    SELECT id, false FROM ({articles}) noted WHERE true
    ON CONFLICT (article_id) DO UPDATE SET is_taken = false WHERE learn_articletorelate.is_taken
"""
_NOTE_TO_PLACE = """
    INSERT INTO learn_articletoplace (article_id) SELECT id FROM ({articles}) noted WHERE true
    ON CONFLICT (article_id) DO NOTHING
"""


def follow_changes(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write down in learn_articletorelate which article arrived, changed or left; now, all of them."""
    _note_changes(schema_editor.connection, "learn_compare", _NOTE_TO_RELATE, COMPARED_COLUMNS)


def forget_changes(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The reverse of `follow_changes`."""
    _forget_notes(schema_editor.connection, "learn_compare")


def follow_places(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write down in learn_articletoplace whose topics may have changed; now, all of them."""
    _note_changes(schema_editor.connection, "learn_place", _NOTE_TO_PLACE, PLACED_COLUMNS)


def forget_places(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The reverse of `follow_places`."""
    _forget_notes(schema_editor.connection, "learn_place")


def _note_changes(connection: BaseDatabaseWrapper, prefix: str, note: str, columns: Sequence[str]) -> None:
    """Make triggers that run `note` for the articles of which one of `columns` changed; run it for all of them."""
    if connection.vendor == "postgresql":
        articles = {
            "insert": "SELECT after.id AS id FROM after",
            "delete": "SELECT before.id AS id FROM before",
            "update": "SELECT id FROM ({}) changed".format(
                _changed_rows("before", "after", columns)
                + " UNION "
                + _changed_rows("after", "before", columns)
            ),
        }
        bodies = {event: note.format(articles=f"{of} ORDER BY 1") for event, of in articles.items()}
        _create_statement_triggers(connection, prefix, bodies)
    else:
        inserted, deleted = "SELECT new.id AS id", "SELECT old.id AS id"
        articles = {"insert": inserted, "delete": deleted, "update": f"{deleted} UNION {inserted}"}
        bodies = {event: note.format(articles=of) for event, of in articles.items()}
        _create_row_triggers(connection, prefix, bodies, columns)
    with connection.cursor() as cursor:
        cursor.execute(note.format(articles="SELECT id FROM learn_article ORDER BY 1"))


def _forget_notes(connection: BaseDatabaseWrapper, prefix: str) -> None:
    names = [f"{prefix}_{event}" for event in EVENTS]
    drop(connection, names, "learn_article")
    drop_functions(connection, names)


def _changed_rows(those: str, others: str, columns: Sequence[str]) -> str:
    """The keys of rows of one transition table that the other does not hold as they are.

    Not joined: that would be a loop in a loop, because the plan is kept from the first statement of the session, which
    may have changed one row. The answer is compared by its digest, which is short to sort.
    """

    def values(table: str) -> str:
        chosen = (
            f"md5({table}.{column}) AS {column}"
            if column == "answer_text"
            else f"{table}.{column} AS {column}"
            for column in ("id", *columns)
        )
        return f"SELECT {', '.join(chosen)} FROM {table}"

    return f"SELECT id FROM ({values(those)} EXCEPT {values(others)}) {those}_only"


def _create_row_triggers(
    connection: BaseDatabaseWrapper, prefix: str, bodies: Mapping[str, str], columns: Sequence[str]
) -> None:
    triggers = {}
    for event, body in bodies.items():
        name = f"{prefix}_{event}"
        triggers[name] = for_each_row(name, "learn_article", event, f"{body};", columns)
    create(connection, triggers)


def _create_statement_triggers(
    connection: BaseDatabaseWrapper, prefix: str, bodies: Mapping[str, str]
) -> None:
    cursor: CursorWrapper
    with connection.cursor() as cursor:
        for event, body in bodies.items():
            for statement in for_each_statement(f"{prefix}_{event}", "learn_article", event, f"{body};"):
                cursor.execute(statement)
