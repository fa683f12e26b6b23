from __future__ import annotations

import datetime as dt
import time
from contextlib import nullcontext
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from learn.management.commands import publish_due as command
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("publish_due", *arguments, stdout=out)
    return out.getvalue()


def test_it_names_what_fell_due(monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    due = timezone.now() + dt.timedelta(hours=1)
    make_article(slug="soon", publish_at=due)
    assert run() == ""
    monkeypatch.setattr(timezone, "now", lambda: due)
    assert run() == "/learn/physics/questions/soon\n"
    assert run() == ""


def test_it_stays_and_looks_again_with_every(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(command, "heartbeat", nullcontext)  # it writes from a thread of its own: tests/faults
    with pytest.raises(KeyboardInterrupt):
        run("--every", "60")
    assert pauses == [60, 60, 60]


@pytest.mark.parametrize("seconds", ["0", "-1"])
def test_every_needs_a_number_of_seconds(seconds: str) -> None:
    with pytest.raises(CommandError, match="above 0"):
        run(f"--every={seconds}")
