"""Cut Noto Sans Math down to what formulas need, in three files, and write them into static/fonts.

    npm pack @fontsource/noto-sans-math
    python scripts/subset_math_font.py noto-sans-math-latin-400-normal.woff2

`math.woff2` holds what nearly every formula is made of, with all the sizes that brackets, roots, sums and arrows
grow to (the MATH table). `math-letters.woff2` and `math-symbols.woff2` hold rarer alphabets and operators; the
stylesheet gives each its `unicode-range`, so that a browser fetches it only for a page that uses one of them.
The font is under the SIL Open Font License 1.1, which goes with it (static/fonts/OFL.txt).
"""

from __future__ import annotations

import argparse
from copy import deepcopy
from itertools import pairwise
from pathlib import Path

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter, load_font, save_font
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables import otTables
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphCoordinates

FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"
ASCENT, DESCENT = 850, 260  # thousandths of an em: what parentheses and the tails of letters reach

PRIMES = (*range(0x2032, 0x2038), 0x2057)
KERN = 80  # thousandths of an em between a letter, which may lean to the right, and its prime

# Signs that grow with what stands above or below them: a label on an arrow, letters under a brace. Chromium keeps no
# room for a sign put together of parts, and cuts it off; one glyph for each width it draws whole. Firefox and Safari
# take the same glyphs.
ARROWS = "←→↔⇐⇒⇔↦↩↪↼↽⇀⇁⇋⇌⇄↞↠="
BRACES = "⏞⏟⏜⏝⎴⎵"
WIDEST = 24_000  # thousandths of an em
GROWTH = 1.09  # each as much wider than the one before: a sign is at most so much longer than its letters
MARKS = (0x0302, 0x0303, 0x030C)  # the wide hat, tilde and check, which grow in all directions
WIDEST_MARK = 6_000
STEP = 4  # thousandths of an em between the places where an outline is looked through

# Marks whose glyphs have no width: over a letter Chromium centres that, and the dots stand beside it.
# Of the accents that stand alone the original has none, and browsers would take them from another font.
ACCENTS = {
    0x20DB: 0x20DB, 0x20DC: 0x20DC, 0x02C7: 0x030C, 0x00AF: 0x0304, 0x00A8: 0x0308, 0x00B4: 0x0301, 0x02D8: 0x0306,
    0x02D9: 0x0307, 0x02DA: 0x030A, 0x02DC: 0x0303, 0x02C9: 0x0304,
}  # fmt: skip

COMMON = (
    (0x0020, 0x007E),  # Basic Latin
    (0x00A0, 0x00A0), (0x00A7, 0x00A9), (0x00AC, 0x00AC), (0x00AE, 0x00B4), (0x00B6, 0x00B7), (0x00D7, 0x00D7),
    (0x00F7, 0x00F7), (0x00C0, 0x00D6), (0x00D8, 0x00F6), (0x00F8, 0x00FF),  # Latin-1: signs, then letters
    (0x0131, 0x0131), (0x0237, 0x0237),  # dotless i and j, under accents
    (0x02C6, 0x02C7), (0x02D8, 0x02DC),  # accents that stand alone
    (0x0300, 0x0315), (0x031B, 0x031B), (0x0323, 0x0331), (0x0332, 0x0333), (0x0338, 0x0338), (0x20D0, 0x20DC),
    (0x0391, 0x03C9), (0x03D1, 0x03D1), (0x03D5, 0x03D6), (0x03F0, 0x03F1), (0x03F5, 0x03F5),  # Greek
    (0x2002, 0x200B), (0x2010, 0x2026), (0x2032, 0x2037), (0x203E, 0x203E), (0x2044, 0x2044), (0x2057, 0x2057),
    (0x2061, 0x2064),  # punctuation, spaces, primes, invisible operators
    (0x2102, 0x2102), (0x210B, 0x2113), (0x2115, 0x2115), (0x2118, 0x211D), (0x2124, 0x2124), (0x2126, 0x2128),
    (0x212B, 0x2138),  # letterlike
    (0x2190, 0x21D5), (0x21DD, 0x21DD), (0x27F5, 0x27FC),  # arrows
    (0x2200, 0x22A8), (0x22B2, 0x22B5), (0x22BB, 0x22BD), (0x22C0, 0x22C6), (0x22CA, 0x22CA), (0x22EE, 0x22F1),
    (0x2308, 0x230B), (0x2320, 0x2321), (0x239B, 0x23B7), (0x23DC, 0x23E1), (0x27E6, 0x27EF),  # brackets, braces
    (0x25A0, 0x25A1), (0x25B3, 0x25B5), (0x25BD, 0x25BD), (0x25CA, 0x25CB), (0x25EF, 0x25EF),  # shapes
    (0x2A00, 0x2A06), (0x2A0C, 0x2A0C), (0x2A7D, 0x2A7E), (0x2AAF, 0x2AB0), (0x2A3F, 0x2A3F),  # large, slanted
    (0x1D400, 0x1D467),  # bold and italic letters
    (0x1D49C, 0x1D4B5), (0x1D538, 0x1D56B),  # script capitals, double-struck letters
    (0x1D6A4, 0x1D6A5), (0x1D6A8, 0x1D71B),  # dotless italics, bold and italic Greek
    (0x1D7CE, 0x1D7D7),  # bold digits
)  # fmt: skip
LETTERS = (
    (0x1D468, 0x1D49B),
    (0x1D4B6, 0x1D537),  # bold italic, the rest of script, fraktur
    (0x1D56C, 0x1D6A3),  # bold fraktur, sans-serif, monospace
    (0x1D71C, 0x1D7CB),
    (0x1D7D8, 0x1D7FF),  # further Greek and digits
)
SYMBOLS = (
    (0x21D6, 0x21DC), (0x21DE, 0x21FF), (0x22A9, 0x22B1), (0x22B6, 0x22BA), (0x22BE, 0x22BF), (0x22C7, 0x22C9),
    (0x22CB, 0x22ED), (0x22F2, 0x22FF), (0x2300, 0x2307), (0x230C, 0x231F), (0x2322, 0x239A), (0x23B8, 0x23DB),
    (0x25A2, 0x25B2), (0x25B6, 0x25BC), (0x25BE, 0x25C9), (0x25CC, 0x25EE), (0x25F0, 0x25FF), (0x2605, 0x2606),
    (0x2660, 0x2667), (0x266D, 0x266F), (0x27C0, 0x27E5), (0x27F0, 0x27F4), (0x27FD, 0x27FF), (0x2900, 0x297F),
    (0x2980, 0x29FF), (0x2A07, 0x2A0B), (0x2A0D, 0x2A3E), (0x2A40, 0x2A7C), (0x2A7F, 0x2AAE), (0x2AB1, 0x2AFF),
)  # fmt: skip


def codepoints(ranges: tuple[tuple[int, int], ...]) -> set[int]:
    return {point for first, last in ranges for point in range(first, last + 1)}


def unicode_range(ranges: tuple[tuple[int, int], ...]) -> str:
    """The value of the descriptor `unicode-range` for `ranges`."""
    return ", ".join(
        f"U+{first:X}" if first == last else f"U+{first:X}-{last:X}" for first, last in sorted(ranges)
    )


def enlarge_primes(font: TTFont) -> None:
    """Draw primes as TeX's fonts do: so large and low that, set as a superscript, they come out as they were drawn.

    The original has them small and raised, for text, and no variant for scripts (`ssty`): in `f'` browsers raise and
    shrink them a second time, until a derivative looks like its function.
    """
    constants = font["MATH"].table.MathConstants
    scale = 100 / constants.ScriptPercentScaleDown
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    drawn = {}
    for name in (names[point] for point in PRIMES):
        outline, pen = DecomposingRecordingPen(glyphs), TTGlyphPen(None)
        glyphs[name].draw(outline)
        down = -constants.SuperscriptShiftUp.Value * scale
        outline.replay(TransformPen(pen, (scale, 0, 0, scale, KERN, down)))
        drawn[name] = pen.glyph(), round(glyphs[name].width * scale) + KERN
    # Only now: some are made of others.
    for name, (glyph, width) in drawn.items():
        font["glyf"][name] = glyph
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = width, glyph.xMin


def copy_glyph(font: TTFont, source: str, name: str, scale: float = 1.0, shift: float = 0.0) -> str:
    """Add the outline of `source`, `scale` times as wide and then moved, as the glyph `name`; return its name."""
    outline, pen = DecomposingRecordingPen(font.getGlyphSet()), TTGlyphPen(None)
    font.getGlyphSet()[source].draw(outline)
    outline.replay(TransformPen(pen, (scale, 0, 0, 1, shift, 0)))
    add_glyph(font, name, pen, round(font["hmtx"][source][0] * scale))
    return name


def add_glyph(font: TTFont, name: str, pen: TTGlyphPen, width: int) -> None:
    if name not in font.getGlyphOrder():
        font.setGlyphOrder([*font.getGlyphOrder(), name])
    glyph = pen.glyph()
    font["glyf"][name] = glyph
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = width, getattr(glyph, "xMin", 0)


def give_accents_width(font: TTFont) -> None:
    """Give accents a width of their own, and take them for letters instead of marks."""
    for point, source in ACCENTS.items():
        name = font.getBestCmap()[source]
        bounds = font["glyf"][name]
        spaced = copy_glyph(font, name, f"{name}.spaced.{point:x}", shift=-bounds.xMin)
        font["hmtx"][spaced] = bounds.xMax - bounds.xMin, 0
        for table in font["cmap"].tables:
            if source in table.cmap:
                table.cmap[point] = spaced


def narrow_roots(font: TTFont) -> None:
    """Make every size of the root sign as wide as the smallest.

    Chromium keeps room for the widest, whichever it draws: behind the root of 3 stood a third of an em of nothing.
    """
    variants = font["MATH"].table.MathVariants
    root = font.getBestCmap()[0x221A]
    construction = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(root)]
    parts = {record.VariantGlyph for record in construction.MathGlyphVariantRecord}
    parts |= {record.glyph for record in construction.GlyphAssembly.PartRecords}
    width = font["hmtx"][root][0]
    for name in sorted(parts - {root}):
        copy_glyph(font, name, name, width / font["hmtx"][name][0])


def crossings(glyph: Glyph, x: float) -> tuple[int, ...]:
    """The heights at which the outline of a glyph crosses a vertical line, from below; curves count as lines."""
    heights = []
    start = 0
    for end in glyph.endPtsOfContours:
        points = list(glyph.coordinates[start : end + 1])
        for (x1, y1), (x2, y2) in pairwise([*points, points[0]]):
            if min(x1, x2) <= x < max(x1, x2):
                heights.append(round(y1 + (y2 - y1) * (x - x1) / (x2 - x1)))
        start = end + 1
    return tuple(sorted(heights))


def straight_places(glyph: Glyph, count: int) -> list[float]:
    """The middles of the longest pieces of a sign that look the same all along, from left to right."""
    pieces = []
    begun, strokes = glyph.xMin, crossings(glyph, glyph.xMin + 1)
    for x in range(glyph.xMin + 1, glyph.xMax, STEP):
        found = crossings(glyph, x)
        if found != strokes:
            begun, strokes = x, found
            pieces.append((0.0, 0.0))
        elif strokes:
            pieces[-1:] = [(float(x - begun), (begun + x) / 2)]
    return sorted(middle for _, middle in sorted(pieces)[-count:])


def lengthened(font: TTFont, source: str, name: str, cuts: list[float], growth: float) -> str:
    """Add the glyph `name`: `source` drawn apart at its straight places, by `growth` in all; return its name."""
    glyph = deepcopy(font["glyf"][source])
    shift = growth / len(cuts)
    glyph.coordinates = GlyphCoordinates(
        [(round(x + shift * sum(x > cut for cut in cuts)), y) for x, y in glyph.coordinates]
    )
    glyph.coordinates.translate((-glyph.xMin, 0))
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    font["glyf"][name] = glyph
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = glyph.xMax, 0
    return name


def let_signs_grow(font: TTFont) -> None:
    """Give arrows, braces, and the wide hat and tilde a glyph for each of the widths they are needed in."""
    variants = font["MATH"].table.MathVariants
    constructions = dict(
        zip(variants.HorizGlyphCoverage.glyphs, variants.HorizGlyphConstruction, strict=True)
    )
    names = font.getBestCmap()
    for sign in ARROWS:
        name = names[ord(sign)]
        construction = constructions[name] = otTables.MathGlyphConstruction()
        construction.GlyphAssembly = None
        construction.MathGlyphVariantRecord = [variant(name, font["hmtx"][name][0])]
        grow(font, construction, name, cuts=1)
    for sign in BRACES:
        construction = constructions[names[ord(sign)]]
        widest = construction.MathGlyphVariantRecord[-1].VariantGlyph
        grow(font, construction, widest, cuts=2 if sign in "⏞⏟" else 1)
    for point in MARKS:
        construction = constructions[names[point]]
        largest = construction.MathGlyphVariantRecord[-1].VariantGlyph
        bounds = font["glyf"][largest]
        width, scale = bounds.xMax - bounds.xMin, GROWTH
        while width * scale < WIDEST_MARK:
            name = copy_glyph(font, largest, f"{largest}.{round(width * scale)}", scale, -bounds.xMin * scale)
            font["hmtx"][name] = round(width * scale), 0
            construction.MathGlyphVariantRecord.append(variant(name, round(width * scale)))
            scale *= GROWTH
        construction.VariantCount = len(construction.MathGlyphVariantRecord)
    # To MathML TeX's wide tilde is the sign of the keyboard, and its wide check the letter that stands alone.
    constructions[names[0x7E]] = constructions[names[0x0303]]
    constructions[names[0x02C7]] = constructions[names[0x030C]]
    order = sorted(constructions, key=font.getGlyphID)
    variants.HorizGlyphCoverage.glyphs = order
    variants.HorizGlyphConstruction = [constructions[name] for name in order]
    variants.HorizGlyphCount = len(order)


def grow(font: TTFont, construction: otTables.MathGlyphConstruction, source: str, cuts: int) -> None:
    # Some are made of others: their own outline is what is drawn apart.
    source = copy_glyph(font, source, f"{source}.outline")
    glyph = font["glyf"][source]
    natural = glyph.xMax - glyph.xMin
    places = straight_places(glyph, cuts)
    width = natural * GROWTH
    while width < WIDEST:
        name = lengthened(font, source, f"{source}.{round(width)}", places, width - natural)
        construction.MathGlyphVariantRecord.append(variant(name, round(width)))
        width *= GROWTH
    construction.VariantCount = len(construction.MathGlyphVariantRecord)


def variant(glyph: str, width: int) -> otTables.MathGlyphVariantRecord:
    record = otTables.MathGlyphVariantRecord()
    record.VariantGlyph, record.AdvanceMeasurement = glyph, width
    return record


def subset(source: Path, ranges: tuple[tuple[int, int], ...], target: Path) -> int:
    """Write the glyphs of `ranges`, and those they grow into, to `target`; return its size in bytes."""
    options = Options()
    options.flavor = "woff2"
    options.hinting = False  # screens that show formulas well do not need it, and it is a fifth of the file
    # Accented letters are made of a letter and a mark, which the last two put in its place.
    options.layout_features = ["ccmp", "rtlm", "mark", "mkmk"]
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]  # the licence stays in the file
    options.notdef_outline = True
    font = load_font(str(source), options)
    enlarge_primes(font)
    give_accents_width(font)
    narrow_roots(font)
    let_signs_grow(font)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codepoints(ranges))
    subsetter.subset(font)
    # A formula's letters claim the whole height of the font; the original's 1.5 em would push lines of text apart.
    for table, ascent, descent in (
        ("hhea", "ascent", "descent"),
        ("OS/2", "sTypoAscender", "sTypoDescender"),
    ):
        setattr(font[table], ascent, ASCENT)
        setattr(font[table], descent, -DESCENT)
    font["OS/2"].usWinAscent, font["OS/2"].usWinDescent = ASCENT, DESCENT
    save_font(font, str(target), options)
    return target.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("source", type=Path, help="noto-sans-math-latin-400-normal.woff2")
    source = parser.parse_args().source
    FONTS.mkdir(parents=True, exist_ok=True)
    for name, ranges in (("math", COMMON), ("math-letters", LETTERS), ("math-symbols", SYMBOLS)):
        size = subset(source, ranges, FONTS / f"{name}.woff2")
        print(f"{name}.woff2: {size:,} bytes\nunicode-range: {unicode_range(ranges)};")  # noqa: T201 a script's answer


if __name__ == "__main__":
    main()
