"""A worker that is killed leaves nothing half done: the next one goes on, and no article is done twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.any_database]  # of SQLite files of its own
KILLS = int(os.environ.get("FAULT_KILLS", "1"))  # of each kind of set; 20 in `make faults`
USUAL = ("move", "replace", "merge")  # `make faults` tries all
ARTICLES = 90

MAKE = """
import django; django.setup()
from tests.changesets.scenes import SCENES, library
from learn.changesets import making, running
library({articles})
change_set = SCENES[{scene!r}]()
while change_set.state == "checking":
    running.check_some(change_set.pk); change_set.refresh_from_db()
assert making.confirm(change_set, change_set.ready), (change_set.state, change_set.message)
import sqlite3, time
from django.db import connection
from learn.changesets import worker
with sqlite3.connect({killed!r}) as other: connection.connection.backup(other)
began = time.monotonic()
worker.work()
print(time.monotonic() - began)
"""


def environment(database: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
        "LOG_LEVEL": "ERROR",
    }


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("empty") / "db.sqlite3"
    command = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(command, cwd=ROOT, env=environment(database), check=True)
    return database


WORK = [sys.executable, "manage.py", "run_change_sets"]
ROWS = (
    """select a.slug, s.slug, status, no_index, question, answer, a.description, a.version, is_indexable,
        subject_label, canonical_id from learn_article a join learn_subject s on s.id = a.subject_id order by a.id""",
    "select slug, title from learn_subject order by slug",
    """select r.old_path, r.new_path, a.slug, s.slug from learn_redirect r left join learn_article a
        on a.id = r.target_id left join learn_subject s on s.id = a.subject_id order by old_path""",
    "select article_id, position, title, url, target_id from learn_relatedlink order by article_id, position",
    "select id, version, answer, status, history_change_reason from learn_revision order by id, history_id",
    "select article_key, path, state, before, after from learn_changeitem order by id",
    "select state, done, changed, unchanged, refused from learn_changeset order by id",
)


def everything(database: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(database)) as connection:
        return [list(connection.execute(query)) for query in ROWS]


def copy(database: Path, to: Path) -> Path:
    with closing(sqlite3.connect(database)) as one, closing(sqlite3.connect(to)) as other:
        one.backup(other)
    return to


def scenes() -> list[str]:
    from tests.changesets.scenes import SCENES  # noqa: PLC0415 needs the models

    return sorted(SCENES if "FAULT_KILLS" in os.environ else SCENES.keys() & set(USUAL))


@pytest.mark.parametrize("scene", scenes())
def test_killed_at_any_moment_and_gone_on_with_it_equals_an_undisturbed_run(
    scene: str, empty: Path, tmp_path: Path
) -> None:
    clean, killed = copy(empty, tmp_path / "clean.sqlite3"), tmp_path / "killed.sqlite3"
    code = MAKE.format(articles=ARTICLES, scene=scene, killed=str(killed))
    undisturbed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment(clean), check=True, capture_output=True, text=True,
    )  # fmt: skip
    duration = float(undisturbed.stdout)
    chance = random.Random(scene)  # noqa: S311 repeatable moments, no secret
    for _ in range(KILLS):
        process = subprocess.Popen(WORK, cwd=ROOT, env=environment(killed), stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        time.sleep(duration * chance.uniform(0.0, 1.5 / KILLS))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    subprocess.run(WORK, cwd=ROOT, env=environment(killed), check=True)
    assert everything(killed) == everything(clean)
