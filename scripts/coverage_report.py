"""Print how much of each module the tests run, from .coverage.json, and why of some it is little.

    python scripts/coverage_report.py

A module of learn/ of which less than 85 % of the statements or of the branches is run needs a reason in
docs/testing.md: a row "| `learn/path.py` | reason |". Ends with 1 where one is missing, or stands there for a module
that needs none.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEAST = 85.0  # per cent
REASON = re.compile(r"^\| `(learn/[^`]+)` \| (.+) \|$", re.MULTILINE)


def main() -> int:
    measured = json.loads((ROOT / ".coverage.json").read_text())
    reasons = dict(REASON.findall((ROOT / "docs" / "testing.md").read_text()))
    little, line = {}, "{:<52}{:>12}{:>12}\n"
    sys.stdout.write(line.format("module", "statements", "branches"))
    for path, file in sorted(measured["files"].items()):
        statements, branches = figures(file["summary"])
        sys.stdout.write(line.format(path, f"{statements:.1f} %", f"{branches:.1f} %"))
        if path.startswith("learn/") and min(statements, branches) < LEAST:
            little[path] = (statements, branches)
    statements, branches = figures(measured["totals"])
    sys.stdout.write(line.format("all", f"{statements:.1f} %", f"{branches:.1f} %"))

    sys.stdout.write(f"\nBelow {LEAST:.0f} %: {len(little)}\n")
    for path, (statements, branches) in little.items():
        reason = reasons.get(path, "NO REASON in docs/testing.md")
        sys.stdout.write(f"  {path}: {statements:.1f} %, {branches:.1f} %: {reason}\n")
    superfluous = sorted(set(reasons) - set(little))
    for path in superfluous:
        sys.stdout.write(f"  {path} has a reason in docs/testing.md and needs none.\n")
    return 1 if superfluous or set(little) - set(reasons) else 0


def figures(summary: dict[str, int]) -> tuple[float, float]:
    """Per cent of the statements and of the branches that were run; of none, all were."""
    return tuple(
        100 * summary[f"covered_{kind}"] / summary[f"num_{total}"] if summary[f"num_{total}"] else 100.0
        for kind, total in (("lines", "statements"), ("branches", "branches"))
    )  # type: ignore[return-value]  # two kinds


if __name__ == "__main__":
    sys.exit(main())
