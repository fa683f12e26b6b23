"""The build names everything that a page is made from."""

from __future__ import annotations

from learn.caching import build
from tests.conftest import ROOT


def test_the_build_is_made_of_all_code_and_templates() -> None:
    read = {path.relative_to(ROOT).as_posix() for path, _changed, _size in build._stamps()}
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "learn").rglob("*.py")} <= read
    assert {"learn/views/library.py", "templates/base.html"} <= read
