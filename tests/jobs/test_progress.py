"""How far a long command is: a bar on a terminal, now and then a line elsewhere, nothing where it is to be quiet."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management.base import OutputWrapper

from learn.jobs import progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_it_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    said = StringIO()
    with progress.progress_on(OutputWrapper(said), "Importing") as tell:
        tell(1_000, 2_500)
    assert said.getvalue() == "Importing: 1,000 of 2,500\n"


def test_a_terminal_shows_a_bar_that_goes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # what is asked stands for a terminal here, too
    with progress.progress_on(OutputWrapper(Terminal()), "Importing") as tell:
        tell(1, 2)
        shown = capsys.readouterr().err
    assert "Importing" in shown
    assert "50%" in shown


def test_who_wants_quiet_hears_nothing() -> None:
    said = StringIO()
    with progress.progress_on(OutputWrapper(said), "Importing", quiet=True) as tell:
        tell(1, 2)
    assert said.getvalue() == ""
