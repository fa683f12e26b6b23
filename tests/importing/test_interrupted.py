"""An import that is killed is completed by the next one; two at once never run."""

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
from tests.factories import article_file, related

SUBJECTS = ("physics", "optics", "waves")
ARTICLES = 400
KILLS = int(os.environ.get("FAULT_KILLS", "3"))  # 20 in `make faults`
# What a clean run and a resumed one may differ in.
PASSING = {
    "id", "created_at", "updated_at", "publish_at", "modified_at", "article_id", "target_id", "canonical_id",
    "subject_id", "started_at", "finished_at",
}  # fmt: skip


pytestmark = pytest.mark.slow

HOLD_THE_LOCK = """
import django; django.setup()
from learn.jobs.lock import only_import
with only_import(): print("held", flush=True); input()
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def environment(database: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "SECRET_KEY": "signs nothing but what this test makes, and then ends",
        "DJANGO_SETTINGS_MODULE": "quicktakes.settings",
    }


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Articles with duplicates over subjects and links in all directions."""
    folder = tmp_path / "library"
    urls = [f"/learn/{SUBJECTS[n % 3]}/questions/question-{n}" for n in range(ARTICLES)]
    for number, url in enumerate(urls):
        twin = number - number % 7 if number % 7 == 3 else number
        article_file(
            folder, url, id=twin, question=f"What about {twin}?", answer=f"This about $x_{{{twin}}}$." * 30,
            related_article1=related(urls[(number * 17) % ARTICLES]), related_article2=related(urls[0] + "-not"),
        )  # fmt: skip
    return folder


def rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row that the import writes, without ids and times, but with what the ids lead to."""
    queries = {
        "learn_subject": "select * from learn_subject",
        "learn_article": "select a.*, s.slug as subject, c.source_url as canonical from learn_article a"
        " join learn_subject s on s.id = a.subject_id left join learn_article c on c.id = a.canonical_id",
        "learn_relatedlink": "select l.*, a.source_url as source, t.source_url as target from learn_relatedlink l"
        " join learn_article a on a.id = l.article_id left join learn_article t on t.id = l.target_id",
        "learn_redirect": "select * from learn_redirect",
    }
    content = {}
    with closing(sqlite3.connect(database)) as connection, connection:
        for table, query in queries.items():
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            kept = [index for index, name in enumerate(names) if name not in PASSING]
            content[table] = sorted(tuple(str(row[index]) for index in kept) for row in cursor)
    return content


def test_killed_at_any_moment_and_run_again_it_equals_a_clean_run(library: Path, tmp_path: Path) -> None:
    clean, killed = tmp_path / "clean.sqlite3", tmp_path / "killed.sqlite3"
    arguments = ("import_articles", str(library), "--jobs", "2", "-v", "0")
    for database in (clean, killed):
        subprocess.run(command("migrate", "-v", "0"), check=True, cwd=ROOT, env=environment(database))
    began = time.monotonic()
    subprocess.run(command(*arguments), check=True, cwd=ROOT, env=environment(clean))
    duration = time.monotonic() - began
    expected = rows(clean)
    assert len(expected["learn_article"]) == ARTICLES

    chance = random.Random(20)  # noqa: S311 repeatable moments, no secret
    killed_midway = 0
    for _ in range(KILLS):
        process = subprocess.Popen(command(*arguments), cwd=ROOT, env=environment(killed))
        time.sleep(duration * chance.uniform(0.2, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        with closing(sqlite3.connect(killed)) as connection, connection:
            written = connection.execute("select count(*) from learn_article").fetchone()[0]
            unfinished = connection.execute(
                "select count(*) from learn_importrun where finished_at is null"
            ).fetchone()[0]
        killed_midway += 0 < written < ARTICLES or unfinished > 0
        subprocess.run(command(*arguments), check=True, cwd=ROOT, env=environment(killed))
        assert rows(killed) == expected
        with closing(sqlite3.connect(killed)) as connection, connection:
            # Begin anew for the next moment: without articles, but with what runs leave behind.
            for table in ("learn_relatedlink", "learn_redirect", "learn_article", "learn_subject"):
                connection.execute(f"delete from {table}")  # noqa: S608
    # Most moments are before the first row: of few, none may be behind it.
    assert killed_midway > KILLS // 7 or KILLS < 10


def test_a_second_import_at_the_same_time_stops_with_a_message(library: Path, tmp_path: Path) -> None:
    database = tmp_path / "db.sqlite3"
    subprocess.run(command("migrate", "-v", "0"), check=True, cwd=ROOT, env=environment(database))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK],
        cwd=ROOT, env=environment(database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    second = subprocess.run(
        command("import_articles", str(library)), cwd=ROOT, env=environment(database), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert second.returncode == 6
    assert "another import is running" in second.stderr
    assert "Traceback" not in second.stderr
    holder.communicate("\n")
    third = subprocess.run(
        command("import_articles", str(library), "-v", "0"), cwd=ROOT, env=environment(database), check=False
    )
    assert third.returncode == 0


def test_ctrl_c_ends_with_130_and_what_was_written_is_complete(library: Path, tmp_path: Path) -> None:
    database = tmp_path / "db.sqlite3"
    subprocess.run(command("migrate", "-v", "0"), check=True, cwd=ROOT, env=environment(database))
    process = subprocess.Popen(
        command("import_articles", str(library), "--jobs", "1"), cwd=ROOT, env=environment(database),
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with closing(sqlite3.connect(database)) as connection, connection:
            if connection.execute("select count(*) from learn_article").fetchone()[0]:
                break
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _out, message = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in message
    assert "Traceback" not in message
    subprocess.run(
        command("import_articles", str(library), "-v", "0"), check=True, cwd=ROOT, env=environment(database)
    )
    assert len(rows(database)["learn_article"]) == ARTICLES
