from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from learn import limits

TRIED: Counter[str] = Counter()  # combinations of role, address, field and action


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, count in TRIED.items():
        terminalreporter.write_line(f"{what}: {count}")
    if TRIED:
        terminalreporter.write_line(f"combinations of role, address, field and action: {sum(TRIED.values())}")


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """What a process counts in its memory outlives the database of a test."""
    limits.memory.clear()
    yield
    limits.memory.clear()


@pytest.fixture
def limited(settings: Settings) -> None:
    """The limits as they are in production."""
    settings.RATE_LIMITS = True
