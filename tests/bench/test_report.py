from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from bench import report
from bench.report import Report, Row

SCALE = {
    "SQLite": {"article": {1_000: 0.5, 36_000: 0.6, 1_000_000: 0.9}, "library": {1_000: 1.0, 36_000: 2.0}}
}


def test_a_run_is_kept_as_table_figures_and_plot(tmp_path: Path) -> None:
    run = Report({"Python": "3.11"}, 36_000, scale=SCALE)
    run.add(Row("Import", "first", "SQLite", "20 s", 20, "s", 0.7, "Hugo's time", "at most 0.8", is_met=True))
    run.add(Row("Import", "again", "SQLite", "3 s", 3, "s", target="at most 2 s", is_met=False))
    run.left_out.append("nginx is not installed")
    report.write(run, tmp_path, "a")
    table = (tmp_path / "a.md").read_text()
    assert "| first | SQLite | 20 s | 0.70 × Hugo's time | at most 0.8: met |" in table
    assert "| again | SQLite | 3 s |  | at most 2 s: **missed** |" in table
    assert "| article | 0.50 | 0.60 | 0.90 | 1.50 × |" in table
    assert "Left out: nginx is not installed" in table
    assert json.loads((tmp_path / "a.json").read_text())["rows"][0]["value"] == 20
    plot = ET.parse(tmp_path / "scale.svg").getroot()  # noqa: S314 our own
    lines = plot.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 2
    assert len(lines[0].get("points", "").split()) == 3
