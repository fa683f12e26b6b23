"""Print how much of each module the tests run, from .coverage.json, and why of some it is little.

    python scripts/coverage_report.py

A module of learn/ of which less than 85 % is run (statements and branches together, as coverage.py counts) needs a
reason in docs/testing.md: a row "| `learn/path.py` | reason |". Ends with 1 where one is missing, or stands there for
a module that needs none.
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
    line = "{:<52}{:>12}{:>12}{:>12}\n"
    sys.stdout.write(line.format("module", "statements", "branches", "together"))
    for path, file in sorted(measured["files"].items()):
        sys.stdout.write(line.format(path, *figures(file["summary"])))
    sys.stdout.write(line.format("all", *figures(measured["totals"])))

    together = {path: file["summary"]["percent_covered"] for path, file in measured["files"].items()}
    little = {path: share for path, share in together.items() if path.startswith("learn/") and share < LEAST}
    sys.stdout.write(f"\nBelow {LEAST:.0f} %: {len(little)}\n")
    for path, share in sorted(little.items()):
        sys.stdout.write(f"  {path}: {share:.1f} %: {reasons.get(path, 'NO REASON in docs/testing.md')}\n")
    superfluous = sorted(set(reasons) - set(little))
    for path in superfluous:
        sys.stdout.write(f"  {path} has a reason in docs/testing.md and needs none.\n")
    return 1 if superfluous or set(little) - set(reasons) else 0


def figures(summary: dict[str, float]) -> list[str]:
    """Per cent of the statements, of the branches and of both that were run; of none, all were."""
    shares = [
        100 * summary[f"covered_{kind}"] / summary[f"num_{total}"] if summary[f"num_{total}"] else 100.0
        for kind, total in (("lines", "statements"), ("branches", "branches"))
    ]
    return [f"{share:.1f} %" for share in (*shares, summary["percent_covered"])]


if __name__ == "__main__":
    sys.exit(main())
