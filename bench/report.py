"""The table and the plot of a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from math import log10
from pathlib import Path
from typing import Any

BASE = 36_000  # articles, which others are compared with


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, on which database, the figure, and its ratio to what."""

    group: str
    what: str
    where: str
    figure: str
    value: float
    unit: str
    ratio: float | None = None
    to: str = ""
    target: str = ""
    is_met: bool | None = None


@dataclass
class Report:
    machine: Mapping[str, str]
    articles: int
    rows: list[Row] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    # Milliseconds for one request, by page and number of articles, for each database.
    scale: dict[str, dict[str, dict[int, float]]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        self.rows.append(row)

    def find(self, what: str, where: str) -> Row | None:
        return next((row for row in self.rows if (row.what, row.where) == (what, where)), None)

    def find_beginning(self, what: str, where: str, exactly: str) -> Row | None:
        """The line named `exactly` so, or else the first whose name begins with `what`."""
        named = self.find(exactly, where)
        return named or next(
            (row for row in self.rows if row.where == where and row.what.startswith(what)), None
        )

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    def as_table(self) -> str:
        """The report as Markdown: one table of what was measured, one of cost against size."""
        lines = [f"{name}: {value}  " for name, value in self.machine.items()]
        lines += ["", "| what | where | figure | ratio | target |", "| --- | --- | ---: | ---: | --- |"]
        group = ""
        for row in self.rows:
            if row.group != group:
                group = row.group
                lines.append(f"| **{group}** | | | | |")
            ratio = f"{row.ratio:.2f} × {row.to}" if row.ratio is not None else ""
            target = {True: f"{row.target}: met", False: f"{row.target}: **missed**", None: row.target}[
                row.is_met
            ]
            lines.append(f"| {row.what} | {row.where} | {row.figure} | {ratio} | {target} |")
        for where, pages in self.scale.items():
            lines += ["", *scale_table(where, pages)]
        lines += ["", *(f"Left out: {reason}" for reason in self.left_out)]
        return "\n".join(lines).strip() + "\n"


def scale_table(where: str, pages: Mapping[str, Mapping[int, float]]) -> list[str]:
    sizes = sorted({size for costs in pages.values() for size in costs})
    lines = [
        f"| milliseconds, {where} | {' | '.join(f'{size:,}' for size in sizes)} | growth |",
        f"| --- |{' ---: |' * (len(sizes) + 1)}",
    ]
    for page, costs in pages.items():
        cells = [f"{costs[size]:.2f}" if size in costs else "" for size in sizes]
        lines.append(f"| {page} | {' | '.join(cells)} | {growth(costs)} |")
    return lines


def growth(costs: Mapping[int, float], base: int = BASE) -> str:
    """How much more the largest library costs than one of `base` articles."""
    if base not in costs or max(costs) == base:
        return ""
    return f"{costs[max(costs)] / costs[base]:.2f} ×"


WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 850, 440, 64, 40, 280, 48
COLOURS = (
    "#0b6e4f", "#c8553d", "#2f5d9b", "#a23e87", "#8a6d1d", "#4b8f8c", "#6b4e9b", "#555555", "#d08c00",
    "#e07a9b", "#111111",
)  # fmt: skip


def plot(scale: Mapping[str, Mapping[str, Mapping[int, float]]]) -> str:
    """An SVG of cost against size, one panel for each database, both axes logarithmic."""
    panels = [
        f'<g transform="translate(0 {index * HEIGHT})">{_panel(where, pages)}</g>'
        for index, (where, pages) in enumerate(scale.items())
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT * max(1, len(panels))}" '
        'font-family="system-ui, sans-serif" font-size="12" role="img" '
        'aria-label="Milliseconds per request against the number of articles">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(panels)}</svg>\n'
    )


def _panel(where: str, pages: Mapping[str, Mapping[int, float]]) -> str:
    sizes = sorted({size for costs in pages.values() for size in costs})
    values = [cost for costs in pages.values() for cost in costs.values()]
    x = _axis(sizes, LEFT, WIDTH - RIGHT)
    y = _axis(values, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<text x="{LEFT}" y="22" font-size="15" font-weight="600">{escape(where)}: milliseconds per request</text>'
    ]
    for size in sizes:
        parts.append(f'<path d="M{x(size):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e3e3e3"/>')
        parts.append(
            f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{size:,}</text>'
        )
    for mark in _decades(values):
        parts.append(f'<path d="M{LEFT} {y(mark):.1f}H{WIDTH - RIGHT}" stroke="#e3e3e3"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark:g}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">articles</text>'
    )
    labels = _spread([(y(costs[max(costs)]), page) for page, costs in pages.items() if costs])
    for number, (page, costs) in enumerate(pages.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x(size):.1f},{y(cost):.1f}" for size, cost in sorted(costs.items()))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x(size):.1f}" cy="{y(cost):.1f}" r="3" fill="{colour}"/>'
            for size, cost in costs.items()
        ]
        parts.append(
            f'<text x="{WIDTH - RIGHT + 10}" y="{labels[page] + 4:.1f}" fill="{colour}">{escape(page)}</text>'
        )
    return "".join(parts)


def _axis(values: Iterable[float], start: float, end: float) -> Any:
    """A function from a value to its place on a logarithmic axis."""
    logs = [log10(value) for value in values]
    low, high = min(logs), max(logs)
    span = (high - low) or 1
    return lambda value: start + (log10(value) - low) / span * (end - start)


def _decades(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    marks = [factor * 10**power for power in range(-3, 6) for factor in (1, 2, 5)]
    return [mark for mark in marks if low <= mark <= high]


def _spread(places: list[tuple[float, str]], apart: float = 14) -> dict[str, float]:
    """Move labels down until none covers another."""
    spread: dict[str, float] = {}
    last = -apart
    for place, label in sorted(places):
        last = max(place, last + apart)
        spread[label] = last
    return spread


def write(report: Report, folder: Path, name: str) -> None:
    """Write `name`.json and `name`.md into `folder`, and scale.svg where sizes were compared."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(report.as_json())
    (folder / f"{name}.md").write_text(report.as_table())
    if report.scale:
        (folder / "scale.svg").write_text(plot(report.scale))
