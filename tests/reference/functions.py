"""Which of the commands and environments that KaTeX knows are refused here, or drawn with other signs.

    python tests/machine.py
    python -m tests.reference.functions

The examples are made from the names in KaTeX's source (MIT). Printed are those that are refused, each with the reason,
and those whose signs are others than KaTeX's, for people to compare: a sign may have two code points that look alike.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
_UNSEEN = re.compile(r"<annotation.*?</annotation>|<[^>]*>|[\s\u2061-\u2064\u200b\ufe00\ufe01]", re.DOTALL)
_ALIKE = str.maketrans({"−": "-", "∘": "°", "·": "⋅", "∥": "‖", "∣": "|", "∶": ":", "∷": "::"})


class Outcome(NamedTuple):
    tex: str
    reason: str  # why it is refused; "" where it is drawn
    ours: str
    theirs: str


def outcomes() -> list[Outcome]:
    """Every example, ours beside KaTeX's. Needs node, and ``npm ci`` in this folder."""
    from learn.rendering.math import protect  # noqa: PLC0415 -- Django has to be set up before
    from learn.rendering.rendered import Problems  # noqa: PLC0415

    answered = subprocess.run(
        ["node", str(HERE / "functions.mjs")], capture_output=True, text=True, check=True, cwd=HERE
    )
    found = []
    for tex, theirs in json.loads(answered.stdout):
        problems = Problems()
        formulas = protect(f"$${tex}$$", problems).formulas
        converted = formulas[0].converted if formulas else None
        reason = (
            "" if converted else "; ".join(problem.message for problem in problems.found()) or "no formula"
        )
        found.append(Outcome(tex, reason, signs(converted.mathml if converted else ""), signs(theirs)))
    return found


def signs(mathml: str) -> str:
    """What is seen of MathML, without its structure."""
    text = html.unescape(_UNSEEN.sub("", mathml.replace("&ApplyFunction;", "")))
    return unicodedata.normalize("NFKC", text).translate(_ALIKE)


def main() -> int:
    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    found = outcomes()
    refused = [each for each in found if each.reason]
    others = [each for each in found if not each.reason and each.ours != each.theirs]
    for each in refused:
        sys.stdout.write(f"refused: {each.tex}: {each.reason}\n")
    for each in others:
        sys.stdout.write(f"other signs: {each.tex}: {each.ours} | {each.theirs}\n")
    sys.stdout.write(f"{len(found):,} examples: {len(refused)} refused, {len(others)} with other signs.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
