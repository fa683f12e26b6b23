"""Tells in one small query whether anything that a public page shows has changed, in every process and machine.

A row of its own (`SiteState`) gets a new random `generation` in the same transaction as every change of a table that
pages show. Triggers of the database do it, so that no writer can forget it: not a bulk upsert, not
`QuerySet.update()`, not a statement typed into a database shell. Whoever reads the generation *before* the rows may
keep what it made of them for as long as the generation stays.

Time alone changes pages, too: a scheduled article falls due without a write. `SiteState` therefore comes with the
latest moment of publication that has passed.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import connections, models, router, transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone

from .models import SiteState

# Tables that no public page shows. A new table counts as shown until somebody adds it here.
NOT_SHOWN = frozenset(
    {
        "sitestate",
        "redirect",
        "importrun",
        "importconflict",
        "upload",
        "missingpage",
        "revision",
        "searchword",
        "subjecttorelate",
        "tally",  # shown, but it changes with the articles only
    }
)
TURN = 0x4C6561726E  # the advisory lock under which PostgreSQL's writers take turns

SQLITE_TRIGGER = """
    CREATE TRIGGER "{name}" AFTER {event} ON "{table}" BEGIN
        UPDATE "{state}" SET generation = lower(hex(randomblob(16))),
            changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
    END
"""
# Two writers that hold rows and then wait for the one row of the state would lock each other out. Everyone
# therefore waits for a turn before the first row is touched; SQLite's writers do so anyway.
POSTGRESQL_FUNCTIONS = """
    CREATE OR REPLACE FUNCTION learn_state_turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_xact_lock({turn});
        RETURN NULL;
    END $$;
    CREATE OR REPLACE FUNCTION learn_state_renew() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE "{state}" SET generation = replace(gen_random_uuid()::text, '-', ''),
            changed_at = clock_timestamp();
        RETURN NULL;
    END $$;
    CREATE OR REPLACE FUNCTION learn_state_renew_if_any() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT 1 FROM changed) THEN
            UPDATE "{state}" SET generation = replace(gen_random_uuid()::text, '-', ''),
                changed_at = clock_timestamp();
        END IF;
        RETURN NULL;
    END $$;
"""
POSTGRESQL_TRIGGERS = """
    CREATE OR REPLACE TRIGGER "{name}_turn" BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{table}"
        FOR EACH STATEMENT EXECUTE FUNCTION learn_state_turn();
    CREATE OR REPLACE TRIGGER "{name}_insert" AFTER INSERT ON "{table}"
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any();
    CREATE OR REPLACE TRIGGER "{name}_update" AFTER UPDATE ON "{table}"
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any();
    CREATE OR REPLACE TRIGGER "{name}_delete" AFTER DELETE ON "{table}"
        REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew_if_any();
    CREATE OR REPLACE TRIGGER "{name}_truncate" AFTER TRUNCATE ON "{table}"
        FOR EACH STATEMENT EXECUTE FUNCTION learn_state_renew();
"""


# One text, so that it travels in one column: the generation, when it changed, and when an article last fell due.
# Costs one row and one entry of the index article_publish_at.
STATE = """
    (SELECT generation || '|' || CAST(changed_at AS text) || '|' || COALESCE(CAST(
        (SELECT MAX(publish_at) FROM learn_article WHERE publish_at <= %s) AS text), '') FROM learn_sitestate)
"""


@dataclass(frozen=True, slots=True)
class State:
    """What the library was like at a moment: pages made from equal states are equal."""

    key: str

    @property
    def changed_at(self) -> dt.datetime:
        """When the library last changed, by a write or because an article fell due."""
        _generation, *moments = self.key.split("|")
        # SQLite stores no zone: Django keeps UTC there.
        return max(
            moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
            for moment in map(dt.datetime.fromisoformat, filter(None, moments))
        )


def read() -> State | None:
    """The present state, in one query; None where nothing set it up (a database before `migrate`)."""
    using = router.db_for_read(SiteState)
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {STATE}", [_moment(using)])
        (key,) = cursor.fetchone()
    return State(key) if key else None


def annotation(now: dt.datetime | None = None) -> RawSQL:
    """The key of the state at `now` (by default this moment) as an expression, for a page that reads a row anyway."""
    using = router.db_for_read(SiteState)
    return RawSQL(STATE, [_moment(using, now)], output_field=models.TextField())


def take_turn() -> None:
    """Wait until no other transaction writes what pages show; call it first in one that locks rows before it writes.

    Whoever holds rows (`select_for_update`) and then waits for a turn would lock out the one whose turn it is.
    Does nothing on SQLite, where a transaction begins by waiting for its turn. Raises where no transaction is open.
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a turn lasts as long as a transaction: open one first")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])


def _moment(using: str, now: dt.datetime | None = None) -> Any:
    return connections[using].ops.adapt_datetimefield_value(now or timezone.now())


def set_up(sender: AppConfig, using: str, plan: Sequence[Any] = (), **_kwargs: Any) -> None:
    """Receiver of post_migrate: make the row and the triggers.

    Made after every migration rather than by one: SQLite drops a table's triggers whenever a migration rebuilds
    the table. The generation is renewed where migrations ran, because their changes went past the triggers.
    """
    if not router.allow_migrate_model(using, SiteState):
        return
    connection = connections[using]
    if SiteState._meta.db_table not in connection.introspection.table_names():
        return  # migrated back to before it existed
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for statement in _statements(connection.vendor, sender):
            cursor.execute(statement)
        if plan or not SiteState.objects.using(using).exists():
            SiteState.objects.using(using).update_or_create(
                pk=1, defaults={"generation": secrets.token_hex(16), "changed_at": timezone.now()}
            )


def _statements(vendor: str, app: AppConfig) -> Iterator[str]:
    state = SiteState._meta.db_table
    tables = [model._meta.db_table for model in app.get_models() if model._meta.model_name not in NOT_SHOWN]
    if vendor == "postgresql":
        yield POSTGRESQL_FUNCTIONS.format(state=state, turn=TURN)
        for table in tables:
            yield POSTGRESQL_TRIGGERS.format(name=f"{table}_state", table=table)
        return
    for table in tables:
        for event in ("insert", "update", "delete"):
            name = f"{table}_state_{event}"
            yield f'DROP TRIGGER IF EXISTS "{name}"'
            yield SQLITE_TRIGGER.format(name=name, event=event, table=table, state=state)
