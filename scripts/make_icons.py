"""Draw the icons of the site, a Q whose tail is a tick, as SVG and as PNG in the sizes that browsers ask for.

    python scripts/make_icons.py

One geometry serves both: Pillow draws it at eight times the size and scales it down.
"""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw

ICONS = Path(__file__).resolve().parent.parent / "static" / "icons"

# On a canvas of 64 units, y downwards.
CENTRE, RADIUS, STROKE = (27.0, 30.0), 17.0, 6.4
GAP = (-15.2, 90.1)  # degrees clockwise from 3 o'clock: where the ring leaves room for the tick
TICK = [(29.5, 33.5), (39.5, 48.5), (54.0, 27.0)]
CORNER = 14.0
GREEN, WHITE, AMBER = "#00594e", "#ffffff", "#ffd166"
OVERSAMPLING = 8


def on_ring(degrees: float) -> tuple[float, float]:
    angle = math.radians(degrees)
    return CENTRE[0] + RADIUS * math.cos(angle), CENTRE[1] + RADIUS * math.sin(angle)


def svg() -> str:
    (x1, y1), (x2, y2) = on_ring(GAP[0]), on_ring(GAP[1])
    ring = f"M{x1:.1f} {y1:.1f}A{RADIUS:g} {RADIUS:g} 0 1 0 {x2:.1f} {y2:.1f}"
    tick = "M" + "L".join(f"{x:g} {y:g}" for x, y in TICK)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="{CORNER:g}" fill="{GREEN}"/>'
        f'<g fill="none" stroke-width="{STROKE:g}" stroke-linecap="round" stroke-linejoin="round">'
        f'<path stroke="{WHITE}" d="{ring}"/><path stroke="{AMBER}" d="{tick}"/></g></svg>\n'
    )


def png(size: int, *, corner: float = CORNER, scale: float = 1.0) -> Image.Image:
    """A square icon of `size` pixels; `corner` in units, `scale` shrinks the drawing around the middle."""
    pixels = size * OVERSAMPLING
    unit = pixels / 64
    image = Image.new("RGBA", (pixels, pixels), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, pixels - 1, pixels - 1), corner * unit, fill=GREEN)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return (32 + (point[0] - 32) * scale) * unit, (32 + (point[1] - 32) * scale) * unit

    def stroke(points: list[tuple[float, float]], colour: str) -> None:
        radius = STROKE * scale * unit / 2
        places = [place(point) for point in points]
        draw.line(places, fill=colour, width=round(2 * radius))
        for x, y in places:  # round ends and joints
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    stroke([on_ring(GAP[1] + step * (360 - GAP[1] + GAP[0]) / 180) for step in range(181)], WHITE)
    stroke(TICK, AMBER)
    small = image.resize((size, size), Image.Resampling.LANCZOS)
    return small.quantize(
        64, Image.Quantize.FASTOCTREE
    )  # three colours and their edges: a fifth of the bytes


def main() -> None:
    ICONS.mkdir(parents=True, exist_ok=True)
    (ICONS / "favicon.svg").write_text(svg())
    png(48).save(ICONS / "favicon-48.png", optimize=True)
    png(48).save(ICONS / "favicon.ico", sizes=[(16, 16), (32, 32), (48, 48)])
    for size in (192, 512):
        png(size).save(ICONS / f"icon-{size}.png", optimize=True)
    # Apple and Android cut their own shape: full square, drawing inside the safe circle of 80 %.
    png(180, corner=0, scale=0.86).save(ICONS / "apple-touch-icon.png", optimize=True)
    png(512, corner=0, scale=0.72).save(ICONS / "maskable-512.png", optimize=True)


if __name__ == "__main__":
    main()
