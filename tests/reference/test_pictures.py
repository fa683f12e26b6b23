"""Formulas have the shape of KaTeX's in Chromium and in Firefox: nothing is missing, cut off, or not stretched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.reference import pictures

FORMULAS = [line for line in (pictures.HERE / "formulas.txt").read_text(encoding="utf-8").split("\n") if line]


def has_katex() -> bool:
    return bool(shutil.which("node")) and (pictures.HERE / "node_modules" / "katex").is_dir()


def need(is_there: object, what: str) -> None:
    if not is_there:
        message = f"{what} is not there: python tests/machine.py installs it"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message)
        pytest.skip(message)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("take", "program"),
    [
        (pictures.in_chromium, os.environ.get("CHROMIUM", "/usr/bin/chromium")),
        (pictures.in_firefox, "firefox-esr"),
    ],
    ids=["chromium", "firefox"],
)
def test_the_boxes_of_ink_are_those_of_katex(
    take: Callable[[str, int, Path], Image.Image], program: str, tmp_path: Path
) -> None:
    need(has_katex(), "KaTeX")
    need(shutil.which(program), program)
    picture = take(pictures.page(FORMULAS), len(FORMULAS), tmp_path)
    found = pictures.overlaps(picture, FORMULAS)
    assert [(item.tex, round(item.share, 2)) for item in found if item.share < pictures.THRESHOLD] == []


def test_a_sign_that_did_not_stretch_would_be_noticed() -> None:
    picture = Image.new("L", (pictures.WIDTH * 2, pictures.HEIGHT * 3), 255)
    for row, (ours, theirs) in enumerate([(100, 100), (100, 100), (30, 100)]):
        for column, width in enumerate((ours, theirs)):
            left, top = column * pictures.WIDTH + 20, row * pictures.HEIGHT + 40
            picture.paste(0, (left, top, left + width, top + 20))
    shares = [item.share for item in pictures.overlaps(picture, ["a", "b", "c"])]
    assert shares[:2] == [1.0, 1.0]
    assert shares[2] < pictures.THRESHOLD


def test_our_font_has_a_glyph_for_every_sign() -> None:
    assert pictures.missing_characters(FORMULAS) == {}
