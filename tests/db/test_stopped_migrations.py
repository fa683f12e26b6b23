"""A migration that is stopped, or killed, leaves nothing half done."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps as present_apps
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.transaction import TransactionManagementError

from learn.db import state
from learn.models import ArticleToRelate, Subject, SubjectCount
from tests.db.filling import fill
from tests.db.schemas import EARLIER, NAMES, assert_triggers_work, migrate, models_of, schema, state_at
from tests.factories import make_subject

pytestmark = pytest.mark.django_db


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
    # Django may note after the transaction that a migration ran: what is stopped there has happened.
    end = max(
        at
        for at, sql in enumerate(seen, 1)
        if sql.startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE"))
        and "django_migr" not in sql
    )
    yield from range(1, end + 1, max(1, end // 3))


def migrate_quietly(name: str) -> None:
    """As `migrate`, without what the command does before and after."""
    MigrationExecutor(connection).migrate([("learn", name)])


WITHOUT_SCHEMA = {"0012_rights", "0039_bring_back"}  # they say nothing to the database but that they ran
# Earlier ones were tried when they were new, and do not change: `make faults` tries them all.
FIRST = NAMES.index(EARLIER) if "FAULT_KILLS" in os.environ else len(NAMES) - 4
PAIRS = [pair for pair in pairwise(NAMES[FIRST:]) if pair[1] not in WITHOUT_SCHEMA]


# A cursor of PostgreSQL's server that was being read is left open, as by a process that dies.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("start", "end"), [*PAIRS, *((later, earlier) for earlier, later in PAIRS)])
def test_a_migration_that_is_stopped_leaves_nothing_half_done(
    begin_at: Callable[[str], None], start: str, end: str
) -> None:
    begin_at(start)
    fill(models_of(state_at(start).apps))
    migrate_quietly(end)
    migrate_quietly(start)
    places = list(steps_to(end))  # on the rows that going back and forth leaves
    migrate_quietly(start)
    before = schema()
    for place in places:
        # Django checks the links once more on its way out of a broken transaction, and is refused.
        stopped = pytest.raises((Stopped, TransactionManagementError))
        with stopped, connection.execute_wrapper(stop_at(place)):
            migrate_quietly(end)
        connection.close()  # as the end of a process does: Django ends no transaction over a deferred statement
        gc.collect()
        connection.connect()
        assert schema() == before, place
    migrate_quietly(end)
    assert schema() != before


def test_a_killed_migrate_is_begun_again(
    scratch: BaseDatabaseWrapper, begin_at: Callable[[str], None]
) -> None:
    begin_at(EARLIER)
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


def test_the_first_subject_of_a_new_database_starts_its_state(begin_at: Callable[[str], None]) -> None:
    begin_at(NAMES[-1])
    before = state.read()
    make_subject("zoology")
    assert before is not None
    assert state.read() != before
    assert not SubjectCount.objects.exists()
    assert not ArticleToRelate.objects.exists()
    assert Subject.objects.count() == 1
