"""Draws a card with Pillow. Knows no database and no settings."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

DESIGN = "2"  # part of every picture's name: raise it whenever a picture comes out differently

WIDTH, HEIGHT = 1200, 675
MARGIN = 88  # previews are cropped: nothing that matters stands within 60 pixels of the edge
LABEL_SIZE = 34
WORDMARK_SIZE = 38
TOP, BOTTOM = 142, 498  # between which the text stands
LARGEST, SMALLEST, STEP = 92, 30, 2
BREAKING = 48  # a word that is wider than a line shrinks the text to this size before it is broken
LINE_HEIGHT = 1.16
SPACE = 0.27  # ems

# The light colours of static/css/site.css, and those of the mark in static/icons/favicon.svg.
Colour = tuple[int, int, int]
PAPER: Colour = (252, 251, 248)
INK: Colour = (23, 33, 31)
QUIET: Colour = (85, 97, 93)
ACCENT: Colour = (0, 105, 92)
MARK_GROUND, MARK_RING, MARK_TICK = "#00594e", "#ffffff", "#ffd166"
MARK_SIZE = 60
SHADES = (
    15  # steps between the paper and each colour, for soft edges; with three colours 46 entries of a palette
)

FONTS = Path(__file__).parent / "fonts"

# A character of a script is the one on the line, moved into a private plane of Unicode: a word stays a string.
RAISED, LOWERED = 0xF0000, 0x100000
SCRIPT_SIZE = 0.66
SHIFTS = {0: 0.0, RAISED: -0.36, LOWERED: 0.14}  # ems
WRITTEN_SCRIPT = re.compile(
    r"(?<=[\w)\]])(?P<up>\^)(?:\((?P<round>[^()]*)\)|\{(?P<curly>[^{}]*)\}|(?P<word>[+\-−]?\w+))"
    r"|(?<![^\W_])(?P<base>[^\W\d_])_(?P<below>[^\W_]{1,4})(?!\w)"
)


def draw(label: str, text: str, wordmark: str) -> bytes:
    """Return a PNG of 1200 x 675 pixels with `text` as large as it fits, under `label` and above `wordmark`.

    Characters that the font lacks are left out rather than shown as boxes; where too little is left of the text,
    the picture shows the label alone, or else the wordmark.
    """
    label, wordmark = drawable(label), drawable(wordmark)
    lines, face = fit(readable(text) or label or wordmark)
    small, mark = font("Medium", LABEL_SIZE), font("SemiBold", WORDMARK_SIZE)
    ink, quiet, accent = (Layer(colour) for colour in (INK, QUIET, ACCENT))

    accent.canvas.rectangle((0, 0, WIDTH, 14), fill=255)
    accent.write(MARGIN, MARGIN + 8, shortened(label, small), small)
    step = face.size * LINE_HEIGHT
    baseline = TOP + (BOTTOM - TOP - step * len(lines)) / 2 + face.size
    for number, line in enumerate(lines):
        ink.write(MARGIN, baseline + number * step, line, face)
    left = MARGIN + MARK_SIZE + 18
    ink.write(left, HEIGHT - MARGIN, wordmark, mark)
    quiet.write(left + mark.getlength(f"{wordmark} "), HEIGHT - MARGIN, "Learn", mark)

    file = BytesIO()
    picture = combined(ink, quiet, accent)
    place_mark(picture, MARGIN, HEIGHT - MARGIN + 17 - MARK_SIZE)
    picture.save(file, "PNG", compress_level=6)
    return file.getvalue()


class Layer:
    """What is drawn in one colour: a grey image that says how much of each pixel it covers."""

    def __init__(self, colour: Colour) -> None:
        self.colour = colour
        self.image = Image.new("L", (WIDTH, HEIGHT))
        self.canvas = ImageDraw.Draw(self.image)

    def write(self, x: float, baseline: float, text: str, face: ImageFont.FreeTypeFont) -> None:
        for level, run in runs(text):
            there = (x, baseline + SHIFTS[level] * face.size)
            self.canvas.text(there, run, font=of_level(face, level), fill=255, anchor="ls")
            x += of_level(face, level).getlength(run)


def runs(text: str) -> Iterator[tuple[int, str]]:
    """`text` in pieces of one level each: on the line (0), RAISED or LOWERED; the characters as on the line."""
    for level, characters in groupby(text, level_of):
        yield level, "".join(chr(ord(character) - level) for character in characters)


def level_of(character: str) -> int:
    return max(level for level in SHIFTS if level <= ord(character))


def of_level(face: ImageFont.FreeTypeFont, level: int) -> ImageFont.FreeTypeFont:
    return font("SemiBold", round(face.size * SCRIPT_SIZE)) if level else face


def length(text: str, face: ImageFont.FreeTypeFont) -> float:
    """How wide `text` is in pixels, with its scripts."""
    return sum(of_level(face, level).getlength(run) for level, run in runs(text))


def combined(*layers: Layer) -> Image.Image:
    """Lay layers that do not overlap on the paper, as an image with a palette of SHADES steps for each colour.

    Making the palette ourselves takes a tenth of the time in which Pillow finds one in a finished picture.
    """
    picture = Image.new("L", (WIDTH, HEIGHT))
    palette = [*PAPER]
    for number, layer in enumerate(layers):
        steps = [round(cover / 255 * SHADES) for cover in range(256)]
        picture = ImageChops.add(picture, layer.image.point([s and s + number * SHADES for s in steps]))
        for step in range(1, SHADES + 1):
            palette += [
                round(paper + (full - paper) * step / SHADES)
                for paper, full in zip(PAPER, layer.colour, strict=True)
            ]
    picture.putpalette(palette)
    return picture


def place_mark(picture: Image.Image, x: int, y: int) -> None:
    """Put the site's mark into a picture with a palette, its colours behind those that are there."""
    mark = site_mark()
    palette = list(picture.getpalette() or [])
    shift = len(palette) // 3
    picture.paste(mark.point([min(255, index + shift) for index in range(256)]), (x, y))
    picture.putpalette([*palette, *(mark.getpalette() or [])])


@lru_cache(maxsize=1)
def site_mark() -> Image.Image:
    """The mark of static/icons/favicon.svg on paper, drawn eight times as large and made small: soft edges."""
    scale = 8 * MARK_SIZE / 64  # the drawing's units
    image = Image.new("RGB", (8 * MARK_SIZE, 8 * MARK_SIZE), PAPER)
    canvas = ImageDraw.Draw(image)

    def at(*numbers: float) -> list[float]:
        return [number * scale for number in numbers]

    def dot(x: float, y: float, colour: str) -> None:
        canvas.ellipse(at(x - 3.2, y - 3.2, x + 3.2, y + 3.2), fill=colour)

    canvas.rounded_rectangle(at(0, 0, 64, 64), radius=14 * scale, fill=MARK_GROUND)
    canvas.arc(at(6.8, 9.8, 47.2, 50.2), 90, 344.7, fill=MARK_RING, width=round(6.4 * scale))
    dot(43.4, 25.5, MARK_RING)
    dot(27, 47, MARK_RING)
    canvas.line(at(29.5, 33.5, 39.5, 48.5, 54, 27), fill=MARK_TICK, width=round(6.4 * scale), joint="curve")
    dot(29.5, 33.5, MARK_TICK)
    dot(39.5, 48.5, MARK_TICK)
    dot(54, 27, MARK_TICK)
    small = image.resize((MARK_SIZE, MARK_SIZE), Image.Resampling.LANCZOS)
    return small.quantize(colors=32, dither=Image.Dither.NONE)


def fit(text: str) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """Break `text` into lines of about equal length, in the largest size that fits the width.

    What does not fit even in the smallest size ends in an ellipsis.
    """
    words = measured(text)
    if not words:
        return [], font("SemiBold", LARGEST)
    for size in range(LARGEST, SMALLEST - 1, -STEP):
        column = (WIDTH - 2 * MARGIN) / size
        most = int((BOTTOM - TOP) // (size * LINE_HEIGHT))
        if size > BREAKING and any(width > column for _word, width in words):
            continue
        lines = wrap(words, column)
        if len(lines) <= most:
            return balance(words, column, len(lines)), font("SemiBold", size)
    face = font("SemiBold", SMALLEST)
    return [*lines[: most - 1], shortened(f"{lines[most - 1]} …", face)], face


def measured(text: str) -> list[tuple[str, float]]:
    """The words of `text`, each with its width in ems.

    Outlines grow evenly with the size: measuring once replaces hundreds of calls for each picture.
    """
    face = font("SemiBold", LARGEST)
    return [(word, length(word, face) / LARGEST) for word in text.split()]


def wrap(words: list[tuple[str, float]], column: float) -> list[str]:
    """Fill lines of at most `column` ems; only a word that is wider than a line is broken."""
    lines: list[str] = []
    used = column
    for word, width in words:
        if used + SPACE + width <= column:
            lines[-1] += f" {word}"
            used += SPACE + width
            continue
        pieces = max(1, math.ceil(width / (0.95 * column)))
        size = math.ceil(len(word) / pieces)
        lines += [word[start : start + size] for start in range(0, len(word), size)]
        used = width / pieces
    return lines


def balance(words: list[tuple[str, float]], column: float, count: int) -> list[str]:
    """The lines of the narrowest column in which the words still take `count` lines: none is left almost empty."""
    narrow, wide = min(column, max(width for _word, width in words)), column
    while wide - narrow > 0.05:
        middle = (narrow + wide) / 2
        if len(wrap(words, middle)) <= count:
            wide = middle
        else:
            narrow = middle
    return wrap(words, wide)


def shortened(text: str, face: ImageFont.FreeTypeFont) -> str:
    """`text`, cut between words and ended by an ellipsis where it is wider than the picture's width."""
    width = WIDTH - 2 * MARGIN
    while length(text, face) > width:
        text = text.removesuffix("…").rstrip()
        text = f"{text.rpartition(' ')[0] or text[:-1]}…"
    return text


def readable(text: str) -> str:
    """`text` without what the font lacks; nothing where that was more than half of it."""
    shown = drawable(text)
    letters = sum(not character.isspace() for character in text)
    return shown if 2 * sum(not character.isspace() for character in shown) >= letters else ""


def drawable(text: str) -> str:
    """`text` on one line, scripts set as such, characters that the font lacks in their plain form or left out."""
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    shown = "".join(map(drawn, WRITTEN_SCRIPT.sub(as_script, text)))
    return " ".join(shown.split())


def as_script(match: re.Match[str]) -> str:
    """The script of "e^kx", "x^{n}" or "V_in" as a book sets it."""
    if match["up"]:
        return moved(match["round"] or match["curly"] or match["word"] or "", RAISED)
    return match["base"] + moved(match["below"], LOWERED)


def moved(text: str, level: int) -> str:
    return "".join(chr(ord(character) + level) for character in text if ord(character) <= 0xFFFF)


def drawn(character: str) -> str:
    """What stands for `character`: itself, its plain form (raised or lowered where it is a script), or nothing."""
    level = level_of(character)
    plain = chr(ord(character) - level)
    if has_glyph(plain):
        return character
    kind = unicodedata.decomposition(plain).partition(" ")[0]
    level = level or {"<super>": RAISED, "<sub>": LOWERED}.get(kind, 0)
    return moved("".join(filter(has_glyph, unicodedata.normalize("NFKD", plain))), level)


@lru_cache(maxsize=4096)
def has_glyph(character: str) -> bool:
    """Whether the font draws `character`; a missing one comes out as the mask of an unassigned code point."""
    if character == " ":
        return True
    face = font("SemiBold", LARGEST)
    return unicodedata.category(character)[0] != "C" and bytes(face.getmask(character)) not in (
        bytes(face.getmask("\U0010ffff")),
        b"",
    )


@lru_cache(maxsize=64)
def font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"Inter-{weight}.ttf", size)
