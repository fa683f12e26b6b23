"""The cost of importing and publishing, beside Hugo on the same files."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from . import generate, peers
from .cost import CommandFailedError, Cost, python, run
from .report import Report, Row
from .sites import PostgreSQL, Site, SQLite

PUBLISHED = 2_000
READ_ALL = "import pathlib, sys; [path.read_bytes() for path in pathlib.Path(sys.argv[1]).rglob('*.md')]"


@dataclass(frozen=True)
class Corpus:
    """Files to import, in a folder that may be written to."""

    folder: Path
    files: tuple[Path, ...]


def corpus(folder: Path, source: Path | None, articles: int) -> Corpus:
    """A copy of the files of `source`, or so many generated `articles`, in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    if source is not None:
        shutil.copytree(source, folder, copy_function=shutil.copyfile)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    else:
        generate.write(folder, articles)
    return Corpus(folder, tuple(sorted((folder / "learn").rglob("*.md"))))


def measure_hugo(report: Report, files: Corpus, folder: Path) -> Cost | None:
    """Build the files with Hugo; the cost of the build whose pages hold what ours do, or None without Hugo."""
    binary = peers.hugo(folder)
    if isinstance(binary, str):
        report.left_out.append(f"Hugo: {binary}")
        return None
    group = f"Content: {len(files.files):,} files"
    costs = {}
    for with_math, what in ((True, "Hugo, formulas as MathML"), (False, "Hugo, formulas left to a script")):
        try:
            costs[with_math], pages = peers.build_with_hugo(
                binary, files.folder / "learn", folder, with_math=with_math
            )
        except CommandFailedError as error:
            report.left_out.append(f"{what}: {str(error).splitlines()[-1]}")
            continue
        report.add(_row(group, what, "", costs[with_math], note=f", {pages:,} pages"))
    return costs.get(True) or costs.get(False)


def measure(
    report: Report, database: SQLite | PostgreSQL, files: Corpus, hugo: Cost | None, folder: Path
) -> Site:
    """Import, change, re-render and write out; the site holds the files afterwards."""
    site, _was_there = database.site("content")
    group = f"Content: {len(files.files):,} files"
    where = database.name

    def add(what: str, cost: Cost, **more: object) -> None:
        report.add(_row(group, what, where, cost, **more))  # type: ignore[arg-type]

    first = site.manage("import_articles", files.folder, "--verbosity=0")
    ratio = first.seconds / hugo.seconds if hugo else None
    add("first import: checked, rendered, indexed, related", first, ratio=ratio, to="Hugo's time",
        target="at most 0.8", is_met=None if ratio is None else ratio <= 0.8, note=_memory(first))  # fmt: skip
    if hugo:
        cpu = first.cpu / hugo.cpu
        report.add(
            Row(group, "  its processor time", where, f"{first.cpu:.1f} s", first.cpu, "s", cpu, "Hugo's")
        )
    report.add(
        Row(group, "  its memory, all processes", where, f"{first.memory:.0f} MB", first.memory, "MB",
            target="under 500 MB", is_met=first.memory < 500)
    )  # fmt: skip
    report.add(
        Row(group, "  its database", where, f"{database.size(site):,.0f} MB", database.size(site), "MB")
    )
    if isinstance(database, PostgreSQL):
        database.settle(site)
    reading = run(python("-c", READ_ALL, files.folder))
    again = site.manage("import_articles", files.folder, "--verbosity=0")
    more = again.seconds - reading.seconds
    add("again, nothing changed", again, note=f", {more:.1f} s more than reading the files",
        target="at most 2 s more", is_met=more <= 2)  # fmt: skip
    generate.revise(files.files[:1])
    one = site.manage("import_articles", files.files[0], "--verbosity=0")
    add("one file changed, given by its name", one, target="under 1 s", is_met=one.seconds < 1)
    generate.revise(files.files[1:2])
    add("one file changed, found among all", site.manage("import_articles", files.folder, "--verbosity=0"))
    generate.revise(files.files[50::100])
    add("1 % of the files changed", site.manage("import_articles", files.folder, "--verbosity=0"))
    add("render_articles --all", site.manage("render_articles", "--all", "--verbosity=0"))
    exported = folder / "exported"
    shutil.rmtree(exported, ignore_errors=True)
    add("export_articles", site.manage("export_articles", exported, "--verbosity=0"))
    shutil.rmtree(exported)
    return site


def measure_publishing(report: Report, database: SQLite | PostgreSQL, folder: Path) -> tuple[Site, Path]:
    """Write a site as files, again, and again after one answer changed; the site, and where its files are.

    Of PUBLISHED articles: most of the first time goes into social pictures, which a running site makes when asked.
    """
    group = f"Static publishing of {PUBLISHED:,} articles"
    files = corpus(folder / "publishing", None, PUBLISHED)
    site, _was_there = database.site("publishing")
    site.manage("import_articles", files.folder, "--verbosity=0")
    published = folder / "published"
    shutil.rmtree(published, ignore_errors=True)
    for what in ("publish_site: pages, pictures, gzip, Brotli", "again, nothing changed"):
        report.add(_row(group, what, site.where, site.manage("publish_site", published, "-v0")))
    generate.revise(files.files[:1])
    site.manage("import_articles", files.files[0], "--verbosity=0")
    report.add(
        _row(group, "after one corrected answer", site.where, site.manage("publish_site", published, "-v0"))
    )
    return site, published


def _memory(cost: Cost) -> str:
    return f", {cost.memory:.0f} MB"


def _row(
    group: str,
    what: str,
    where: str,
    cost: Cost,
    *,
    ratio: float | None = None,
    to: str = "",
    target: str = "",
    is_met: bool | None = None,
    note: str = "",
) -> Row:
    figure = f"{cost.seconds:.2f} s ({cost.cpu:.2f} s of processor{note})"
    return Row(group, what, where, figure, cost.seconds, "s", ratio, to, target, is_met)
