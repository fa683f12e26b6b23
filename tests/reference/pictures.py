"""Compares how our formulas look with how KaTeX's do, in Chromium and in Firefox, at the same size.

    python tests/machine.py
    python -m tests.reference.pictures FILE

FILE has one formula in TeX on each line. Each is drawn twice into cells of one size, and what is compared is the box of
its ink: the fonts differ (ours has no serifs and is narrower), so KaTeX's box is scaled to ours by the ratio that most
formulas have. The overlap is the area that both boxes have in common, divided by the area that either has. Printed are
the formulas below THRESHOLD, and those with a character that our font lacks.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageChops

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
THRESHOLD = 0.5
BATCH = 80  # formulas in one picture, which may be 16,000 pixels high
WIDTH, HEIGHT, COLUMNS = 560, 160, 2
Box = tuple[int, int, int, int]

_PAGE = """<!doctype html><meta charset="utf-8">
<link rel="stylesheet" href="{root}/static/css/site.css">
<link rel="stylesheet" href="{here}/node_modules/katex/dist/katex.min.css">
<style>
body {{ margin: 0; background: #fff; color: #000; color-scheme: light; font-size: 20px; }}
.cell {{ position: absolute; box-sizing: border-box; width: {width}px; height: {height}px; overflow: hidden;
  padding: 40px 20px; background: #fff; color: #000; --paper: #fff; --ink: #000; }}
.answer {{ font-size: 20px; }}
.cell :is(math, .katex-display) {{ margin: 0 !important; text-align: left !important; width: max-content; }}
.cell .math-scroll {{ background: none !important; overflow: visible; margin: 0 !important;
  padding: 0 !important; }}
.cell .katex-display > .katex {{ text-align: left; font-size: 20px; }}
</style><body>{cells}"""


class Overlap(NamedTuple):
    tex: str
    share: float  # of the boxes' areas
    ours: Box
    theirs: Box


def page(formulas: Sequence[str]) -> str:
    """A page with two cells for each formula: ours and KaTeX's. Raises CalledProcessError where KaTeX refuses one."""
    from learn.rendering import render  # noqa: PLC0415 -- Django has to be set up before

    answered = subprocess.run(
        ["node", str(HERE / "katex.mjs")],
        input=json.dumps(formulas),
        capture_output=True,
        text=True,
        check=True,
    )
    cells = []
    for row, (tex, theirs) in enumerate(zip(formulas, json.loads(answered.stdout), strict=True)):
        ours = render(f"$${tex}$$").html
        for column, html in enumerate((f'<div class="answer">{ours}</div>', theirs)):
            place = f"left: {column * WIDTH}px; top: {row * HEIGHT}px"
            cells.append(f'<div class="cell" style="{place}">{html}</div>')
    return _PAGE.format(
        root=ROOT.as_uri(), here=HERE.as_uri(), width=WIDTH, height=HEIGHT, cells="".join(cells)
    )


def in_chromium(html: str, count: int, folder: Path) -> Image.Image:
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--hide-scrollbars",
        "--virtual-time-budget=5000", f"--user-data-dir={folder / 'chromium'}"]  # fmt: skip
    return _taken([chromium, *arguments], html, count, folder)


def in_firefox(html: str, count: int, folder: Path) -> Image.Image:
    profile = folder / "firefox"
    profile.mkdir()
    return _taken(["firefox-esr", "--headless", "--profile", str(profile)], html, count, folder)


def _taken(command: list[str], html: str, count: int, folder: Path) -> Image.Image:
    source, picture = folder / "page.html", folder / "picture.png"
    source.write_text(html, encoding="utf-8")
    size = f"--window-size={WIDTH * COLUMNS},{HEIGHT * count}"
    shot = f"--screenshot={picture}" if "chrom" in command[0] else "--screenshot"
    taken = [*command, size, shot, *([] if "=" in shot else [str(picture)]), source.as_uri()]
    subprocess.run(
        taken, capture_output=True, timeout=120, check=True, env={**os.environ, "HOME": str(folder)}
    )
    with Image.open(picture) as image:
        return image.convert("L")


def overlaps(picture: Image.Image, formulas: Sequence[str]) -> list[Overlap]:
    """The overlap of each formula's two boxes, KaTeX's scaled by the ratio that the middle one of all has."""
    boxes = [(_ink(picture, 0, row), _ink(picture, 1, row)) for row in range(len(formulas))]
    wide = statistics.median((a[2] - a[0]) / (b[2] - b[0]) for a, b in boxes)
    high = statistics.median((a[3] - a[1]) / (b[3] - b[1]) for a, b in boxes)
    found = []
    for tex, (ours, theirs) in zip(formulas, boxes, strict=True):
        width, height = ours[2] - ours[0], ours[3] - ours[1]
        other_width, other_height = (theirs[2] - theirs[0]) * wide, (theirs[3] - theirs[1]) * high
        common = min(width, other_width) * min(height, other_height)
        share = common / (width * height + other_width * other_height - common)
        found.append(Overlap(tex, share, ours, theirs))
    return found


def _ink(picture: Image.Image, column: int, row: int) -> Box:
    cell = picture.crop((column * WIDTH, row * HEIGHT, (column + 1) * WIDTH, (row + 1) * HEIGHT))
    box = ImageChops.invert(cell).point(lambda value: 255 if value > 60 else 0).getbbox()
    return box or (0, 0, 1, 1)


def missing_characters(formulas: Sequence[str]) -> dict[str, str]:
    """The signs of each formula that our font has no glyph for; letters of other scripts have a fallback."""
    import re  # noqa: PLC0415

    from fontTools.ttLib import TTFont  # noqa: PLC0415

    from learn.rendering.math import protect  # noqa: PLC0415
    from learn.rendering.rendered import Problems  # noqa: PLC0415

    known: set[int] = set()
    for name in ("math", "math-letters", "math-symbols"):
        known |= set(TTFont(ROOT / "static" / "fonts" / f"{name}.woff2").getBestCmap())
    found = {}
    for tex in formulas:
        formula = protect(f"$${tex}$$", Problems()).formulas[0]
        shown = re.sub(r"<[^>]*>|&[a-z]+;", "", formula.converted.mathml) if formula.converted else ""
        lacking = {
            sign for sign in shown if ord(sign) not in known and not sign.isspace() and not sign.isalpha()
        }
        lacking -= set("\u2061\u2062\u2063\u2064\u200b\ufe00\ufe01")
        if lacking:
            found[tex] = "".join(sorted(lacking))
    return found


def main() -> None:
    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    formulas = [line for line in Path(sys.argv[1]).read_text(encoding="utf-8").split("\n") if line]
    browsers = {"Chromium": in_chromium}
    if shutil.which("firefox-esr"):
        browsers["Firefox"] = in_firefox
    for name, take in browsers.items():
        found = []
        for start in range(0, len(formulas), BATCH):
            batch = formulas[start : start + BATCH]
            with tempfile.TemporaryDirectory() as folder:
                found += overlaps(take(page(batch), len(batch), Path(folder)), batch)
        low = sorted((item for item in found if item.share < THRESHOLD), key=lambda item: item.share)
        middle = statistics.median(item.share for item in found)
        sys.stdout.write(
            f"{name}: {len(found)} formulas, median overlap {middle:.2f}, below {THRESHOLD}: {len(low)}\n"
        )
        for item in low:
            sys.stdout.write(f"  {item.share:.2f} {item.tex} ours {item.ours} theirs {item.theirs}\n")
    for tex, lacking in missing_characters(formulas).items():
        sys.stdout.write(f"no glyph for {lacking} in {tex}\n")


if __name__ == "__main__":
    main()
