from __future__ import annotations

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import blocking_manager_key

from learn.migrations._groups import make_groups
from learn.models import SearchSynonym, TopicName
from learn.search.synonyms import add_starter_set
from learn.topics import starter
from tests.sites import FIXTURES, ROOT, Samples

# Playwright's sync API runs an event loop in this thread; Django would refuse to touch the database beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
# How long an example takes says how busy the machine is.
hypothesis_settings.register_profile("any machine", deadline=None)
hypothesis_settings.load_profile("any machine")
# A shell's background job ignores Ctrl-C, and so would every command that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

__all__ = ["FIXTURES", "ROOT"]  # for tests

# What begins servers, repositories, commands or databases of its own, or walks the whole site again and again.
SLOW = {
    ROOT / "tests" / name
    for name in (
        "attacks", "bench", "caching", "db", "deploy", "faults", "operations", "publishing", "sync",
        "test_export_truth.py", "test_guards.py", "test_reach.py", "test_variables.py",
    )
}  # fmt: skip


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files named by CORPUS_DIR; tests that need it are skipped where there is none."""
    folder = os.environ.get("CORPUS_DIR")
    if not folder:
        pytest.skip("CORPUS_DIR is not set: the tests on the real files did not run")
    path = Path(folder)
    if not (path / "learn").is_dir():
        pytest.fail(f"CORPUS_DIR={folder} holds no folder “learn”")
    return path


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Static files and a database with the sample articles, made once for all processes of a run."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "samples"
    folder.mkdir(exist_ok=True)
    return Samples(folder)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "corpus" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.corpus)
        if SLOW.intersection((item.path, *item.path.parents)):
            item.add_marker(pytest.mark.slow)
    if connection.vendor == "postgresql":
        # The second run is for what another database may change; the rest passed on SQLite a moment ago.
        chosen = [item for item in items if uses_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if not uses_database(item)])
        items[:] = chosen


EMPTIED = pytest.StashKey[bool]()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that commits leaves empty tables: before the next one, what migrations write stands there again."""
    if item.config.stash.get(EMPTIED, False):
        item.config.stash[EMPTIED] = False
        with item.config.stash[blocking_manager_key].unblock():
            make_groups(apps, None)
            if not SearchSynonym.objects.exists():
                add_starter_set(apps, SimpleNamespace(connection=connection))
            if not TopicName.objects.exists():
                starter.add_starter_set(apps, SimpleNamespace(connection=connection))


def pytest_runtest_teardown(item: pytest.Item) -> None:
    marker = item.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    if commits or (marker is not None and marker.kwargs.get("transaction")):
        item.config.stash[EMPTIED] = True


def uses_database(item: pytest.Item) -> bool:
    """Whether what this test finds may depend on the database."""
    if item.get_closest_marker("any_database"):
        return False
    fixtures = {"db", "transactional_db", "live_server"}
    return item.get_closest_marker("django_db") is not None or bool(
        fixtures & set(getattr(item, "fixturenames", ()))
    )


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Debian's Chromium, quiet and without a sandbox (which root cannot have)."""
    return {
        **browser_type_launch_args,
        "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        "args": [
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update",
        ],
    }  # fmt: skip
