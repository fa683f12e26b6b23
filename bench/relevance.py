"""Measure how well the search answers, on a whole library, for SQLite and PostgreSQL.

    python -m bench.relevance --library library.tar.gz --queries queries --out docs/bench

Imports the library into an empty database of each kind, asks the judged queries (bench.judged says what stands in their
files) and prints one table. Refuses to print anything where a file of judgements is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .cost import python, run
from .judged import FILES, Figures
from .sites import databases

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    options = arguments()
    missing = [name for name in FILES if not (options.queries / f"{name}.jsonl").is_file()]
    if missing:
        sys.exit(
            f"{options.queries} lacks {', '.join(f'{name}.jsonl' for name in missing)}: nothing measured."
        )
    if not options.library.exists():
        sys.exit(f"{options.library} does not exist: nothing measured.")
    found: dict[str, dict[str, Figures]] = {}
    try:
        with databases(options.work.resolve(), options.databases) as chosen:
            for database in chosen:
                site, was_there = database.site("relevance", is_kept=options.keep)
                if not was_there:
                    site.manage("import_articles", options.library.resolve(), "--verbosity=0")
                asked = run(python("-m", "bench.judged", options.queries.resolve()), site.environment())
                found[database.name] = json.loads(asked.output)
    except FileNotFoundError as error:
        sys.exit(str(error))
    table = as_table(found)
    sys.stdout.write(table)
    if options.out:
        (options.out / "relevance.md").write_text(table, encoding="utf-8")
        (options.out / "relevance.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def as_table(found: dict[str, dict[str, Figures]]) -> str:
    """One line for each kind of query and database."""
    lines = ["| queries | where | figures |", "| --- | --- | --- |"]
    kinds = dict.fromkeys(kind for figures in found.values() for kind in figures)
    for kind in kinds:
        for where, figures in found.items():
            said = ", ".join(f"{name} {_number(value)}" for name, value in figures.get(kind, {}).items())
            lines.append(f"| {kind} | {where} | {said} |")
    return "\n".join(lines) + "\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.relevance", description=__doc__)
    parser.add_argument("--library", type=Path, required=True, help="a folder or archive of Markdown files")
    parser.add_argument("--queries", type=Path, required=True, help="the folder with the judged queries")
    parser.add_argument(
        "--databases", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"]
    )
    parser.add_argument("--work", type=Path, default=ROOT / "var" / "bench", help="where the databases stand")
    parser.add_argument(
        "--keep", action="store_true", help="use the databases of an earlier run where they are"
    )
    parser.add_argument("--out", type=Path, help="the folder that keeps the table and its figures")
    return parser.parse_args()


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}" if value < 10 else f"{value:.1f}"


if __name__ == "__main__":
    main()
