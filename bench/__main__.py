"""Measure the site beside its peers, in one run; print one table, and keep it with its figures and a plot.

    python -m bench                                  # everything, an hour or two
    python -m bench --only content --articles 4000   # importing alone, of a smaller library

Takes the files of CORPUS_DIR where `--corpus` says so, otherwise generates its own. Needs wrk, and compares with nginx,
Hugo and granian where they can be had. The machine should do nothing else meanwhile.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import sys
from pathlib import Path

from . import content, peers, scale, web
from .report import Report, write
from .sites import PostgreSQL, SQLite, databases

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("content", "serving", "scale")
SIZES = (1_000, 10_000, 36_000, 100_000, 1_000_000)


def main() -> None:
    options = arguments()
    folder: Path = options.work.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    report = Report(machine(), options.articles)
    missing = peers.missing_tools()
    report.left_out += [f"{name} is not installed: {what}" for name, what in missing.items()]
    parts = [part for part in options.only if part == "content" or "wrk" not in missing]
    SQLite(folder).site("static")[0].manage("collectstatic", "--no-input", "--verbosity=0")
    try:
        with databases(folder, options.databases) as chosen:
            report.machine = {**report.machine, **{database.name: database.version() for database in chosen}}
            measure(report, chosen, options, parts, folder, has_nginx="nginx" not in missing)
    except FileNotFoundError as error:
        sys.exit(str(error))
    finally:
        if report.rows:  # an hour of measuring is not lost to what stops it
            write(report, options.out, options.name)
    sys.stdout.write(report.as_table())


def measure(
    report: Report,
    chosen: list[SQLite | PostgreSQL],
    options: argparse.Namespace,
    parts: list[str],
    folder: Path,
    *,
    has_nginx: bool,
) -> None:
    if {"content", "serving"} & set(parts):
        tell("files")
        files = content.corpus(folder / "corpus", options.corpus, options.articles)
        report.articles = len(files.files)
        hugo = None
        if "content" in parts:
            tell("Hugo")
            hugo = content.measure_hugo(report, files, folder)
        for database in chosen:
            tell(f"content on {database.name}")
            site = content.measure(report, database, files, hugo, folder)
            if "serving" in parts:
                tell(f"serving from {database.name}")
                web.measure(report, site, folder, options.seconds)
            if database is not chosen[0]:
                continue
            if "serving" in parts:
                tell("granian")
                web.measure_granian(report, site, folder, options.seconds)
            tell("publishing")
            published = content.measure_publishing(report, database, folder)
            if has_nginx and "serving" in parts:
                tell("nginx")
                web.measure_nginx(report, *published, folder, options.seconds)
    if "scale" in parts:
        for database in chosen:
            tell(f"cost against size on {database.name}")
            scale.measure(report, database, options.sizes, folder, options.seconds)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--articles", type=int, default=36_000, metavar="N", help="files to generate (36000)")
    add("--corpus", type=Path, nargs="?", const=Path(os.environ.get("CORPUS_DIR", "")), metavar="DIR",
        help="measure with these files instead; without DIR, with those of CORPUS_DIR")  # fmt: skip
    add("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    add("--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"], metavar="NAME",
        help="sqlite, postgresql")  # fmt: skip
    add(
        "--sizes",
        type=int,
        nargs="+",
        default=list(SIZES),
        metavar="N",
        help="libraries to compare the cost of",
    )
    add("--seconds", type=int, default=4, metavar="S", help="of load for each figure (4)")
    add("--work", type=Path, default=ROOT / "var" / "bench", metavar="DIR",
        help="where databases and files stand; the large ones are kept for the next run")  # fmt: skip
    add(
        "--out", type=Path, default=ROOT / "docs" / "bench", metavar="DIR", help="where the report is written"
    )
    add("--name", default="latest", help="its name: NAME.md and NAME.json")
    options = parser.parse_args()
    if options.corpus is not None and not (options.corpus / "learn").is_dir():
        parser.error(f"{options.corpus} holds no folder “learn”. Set CORPUS_DIR or name one that does.")
    return options


def machine() -> dict[str, str]:
    """What was measured on, without its name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return {
        "Date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "Machine": f"{os.cpu_count()} cores ({models[0] if models else platform.machine()}), {platform.system()}",
        "Python": platform.python_version(),
    }


def tell(what: str) -> None:
    sys.stderr.write(f"{dt.datetime.now(dt.UTC):%H:%M:%S} {what}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
