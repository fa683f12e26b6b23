"""Writers and editors at random, in a short form; `make sync-long` takes 40 runs of 60 steps on 300 articles."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from learn.importing import ExitCode

from .conftest import Clone, Remote, sync
from .machine import ARTICLES, RUNS, STEPS, Doors, lay_out

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_whatever_writers_and_editors_do_both_sides_say_the_same(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    remote = Remote(place / "content.git")
    ada = Clone(remote.path, place / "ada", "Ada")
    lay_out(ada, ARTICLES)
    ada.push()
    Clone(remote.path, place / "bob", "Bob")
    assert sync(remote).exit_code == ExitCode.DONE
    shutil.copytree(place, tmp_path / "snapshot", symlinks=True)
    machine = type("Doors", (Doors,), {"snapshot": tmp_path / "snapshot", "place": place})
    phases = [Phase.generate, *([Phase.shrink] if "SYNC_SHRINK" in os.environ else [])]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )
