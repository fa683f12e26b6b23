"""How many requests a second the site answers, and how fast, beside a view that does nothing and beside nginx."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import peers
from .report import Report, Row
from .serving import Load, Server, free_port, serving
from .sites import SERVER, Site

BROWSERS = "gzip, deflate, br"  # what browsers accept
GRANIAN = "granian==2.8.*"
HALF_LOAD_CONNECTIONS = 32
# Times: the connections' first requests come all at once, and must be less than one in a hundred.
HALF_LOAD_LONGER = 4


def measure(report: Report, site: Site, folder: Path, seconds: int) -> None:
    """Load one site with its articles; the bare view beside it on the same server in the same minute."""
    facts = site.facts()
    articles: list[str] = facts["articles"]
    subjects = [f"/learn/{slug}" for slug, _last in facts["subjects"]]
    searches = [f"/learn/search?q={words(question)}" for question in facts["questions"]]
    group = f"Serving {facts['count']:,} articles, 2 processes"

    def load(server: Server, urls: Sequence[str], *, longer: int = 1, **more: object) -> Load:
        return server.load(urls, folder, seconds=seconds * longer, **more)  # type: ignore[arg-type]

    def add(what: str, measured: Load, *, to: float | None = None, least: float | None = None) -> None:
        if measured.failed:
            raise RuntimeError(f"{what}: {measured.failed} requests failed")
        ratio = measured.rate / to if to else None
        report.add(
            Row(
                group, what, site.where, rate(measured), measured.rate, "requests/s", ratio, "the bare view",
                f"at least {least}" if least else "", None if least is None or ratio is None else ratio >= least,
            )
        )  # fmt: skip

    with bare(site) as server:
        load(server, ["/bare"])
        nothing = load(server, ["/bare"])
        add("a bare Django view, two bytes", nothing)
    with site.served(PAGE_CACHE_MB="0") as server:
        load(server, articles, encoding=BROWSERS)
        cold = load(server, articles, encoding=BROWSERS)
        add(f"article, {len(articles):,} different, uncached, Brotli", cold, to=nothing.rate, least=0.25)
        add("article, uncached, uncompressed", load(server, articles), to=nothing.rate)
        add("304, uncached", load(server, tagged(server, articles), encoding=BROWSERS), to=nothing.rate)
        add("subject, uncached", load(server, subjects, encoding=BROWSERS), to=nothing.rate)
        add("library, uncached", load(server, ["/learn"], encoding=BROWSERS), to=nothing.rate)
        # More at once would be told that the search is busy.
        add("search", load(server, searches, encoding=BROWSERS, connections=4), to=nothing.rate)
        _half(report, group, "article, uncached", site, server, articles, cold, load)
    with site.served() as server:
        every = tagged(server, articles)
        warm_up(server, articles, folder)
        warm = load(server, articles, encoding=BROWSERS)
        add("article, cached", warm, to=nothing.rate, least=0.6)
        add("304, cached", load(server, every, encoding=BROWSERS), to=nothing.rate, least=0.6)
        _half(report, group, "article, cached", site, server, articles, warm, load)
        memory = server.memory
        report.add(
            Row(group, "memory of the server afterwards", site.where, f"{memory:.0f} MB", memory, "MB")
        )


def _half(
    report: Report, group: str, what: str, site: Site, server: Server, urls: list[str], full: Load,
    load: Callable[..., Load],
) -> None:  # fmt: skip
    """Latency at half of the load that `full` found: each connection rests between its requests."""
    pause = HALF_LOAD_CONNECTIONS / (full.rate / 2) * 1000 - 1000 * 16 / full.rate / 16
    half = load(
        server, urls, encoding=BROWSERS, connections=HALF_LOAD_CONNECTIONS, pause=pause,
        longer=HALF_LOAD_LONGER,
    )  # fmt: skip
    report.add(
        Row(
            group, f"{what}: 99th percentile at {half.rate / full.rate:.0%} of the load", site.where,
            f"{half.p99:.1f} ms (median {half.p50:.1f})", half.p99, "ms",
            target="under 10 ms", is_met=half.p99 < 10,
        )
    )  # fmt: skip


def measure_granian(report: Report, site: Site, folder: Path, seconds: int) -> None:
    """The same site and the same bare view behind the other server that was considered."""
    installed = folder / "granian"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", GRANIAN]
    if not installed.exists() and subprocess.run([*pip, "--target", str(installed)], check=False).returncode:
        shutil.rmtree(installed, ignore_errors=True)
        report.left_out.append(f"granian: pip install {GRANIAN} failed")
        return
    articles: list[str] = site.facts()["articles"]
    group = "The other server: granian, 2 processes, 4 threads each"
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "{port}",
        "--workers", "2", "--blocking-threads", "4", "--no-ws", "--log-level", "error",
    ]  # fmt: skip
    cases: tuple[tuple[str, str, list[str], dict[str, str]], ...] = (
        ("a bare Django view, two bytes", "bench.bare:application", ["/bare"], {}),
        ("article, uncached, Brotli", "quicktakes.wsgi:application", articles, {"PAGE_CACHE_MB": "0"}),
        ("article, cached", "quicktakes.wsgi:application", articles, {}),
    )
    for what, application, urls, variables in cases:
        environment = {**site.environment(**variables), "PYTHONPATH": str(installed)}
        with serving([*command, application], urls[0], environment) as server:
            if variables:  # nothing is cached: no page to make first
                server.load(urls, folder, seconds=seconds, encoding=BROWSERS)
            else:
                warm_up(server, urls, folder)
            measured = server.load(urls, folder, seconds=seconds, encoding=BROWSERS)
            beside = report.find_beginning(what.split(",")[0], site.where, what)
            ratio = measured.rate / beside.value if beside else None
            report.add(
                Row(group, what, site.where, rate(measured), measured.rate, "requests/s", ratio, "served")
            )


def measure_nginx(report: Report, site: Site, published: Path, folder: Path, seconds: int) -> None:
    """nginx with the files that publish_site wrote: the same bytes, from a process that does nothing else."""
    articles: list[str] = site.facts()["articles"]
    with nginx(folder, published) as server:
        server.load(articles, folder, seconds=seconds, encoding="gzip")
        measured = server.load(articles, folder, seconds=seconds, encoding="gzip")
    group = next(row.group for row in reversed(report.rows) if row.group.startswith("Static publishing"))
    cached = report.find("article, cached", site.where)
    report.add(
        Row(
            group, "nginx: an article of them", site.where, rate(measured), measured.rate, "requests/s",
            measured.rate / cached.value if cached else None, "our cached article",
        )
    )  # fmt: skip


@contextmanager
def nginx(folder: Path, published: Path) -> Iterator[Server]:
    """nginx on a port of its own, with the configuration that publish_site wrote."""
    port = free_port()
    configuration = (published / ".publish" / "nginx.conf").read_text()
    (folder / "published.conf").write_text(configuration.replace("127.0.0.1:8080", f"127.0.0.1:{port}"))
    conf = folder / "nginx.conf"
    account = "user root;" if Path("/proc/self").owner() == "root" else ""
    conf.write_text(peers.NGINX.format(folder=folder, account=account))
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        raise FileNotFoundError("nginx is not installed")
    with serving([binary, "-c", str(conf), "-p", str(folder)], "/learn", port=port) as server:
        yield server


@contextmanager
def bare(site: Site) -> Iterator[Server]:
    """The bare view behind the same server with the same settings as the site."""
    environment = site.environment(WEB_CONCURRENCY="2")
    with serving([*SERVER, "bench.bare:application"], "/bare", environment) as server:
        yield server


def tagged(server: Server, urls: Sequence[str]) -> list[str]:
    """Each address with the ETag that a browser would send back."""
    lines = []
    for url in urls:
        _status, headers, _body = server.get(url, {"Accept-Encoding": BROWSERS})
        lines.append(f"{url}\t{headers['ETag']}")
    return lines


def warm_up(server: Server, urls: list[str], folder: Path, processes: int = 2) -> None:
    """Ask until each process has made nearly every page: it is chance which of them answers which request."""
    asked = 0.0
    for seed in range(1, 100):
        if asked > len(urls) * processes * 6:  # all but one in e^6 = 400
            return
        asked += server.load(urls, folder, seconds=2, encoding=BROWSERS, seed=seed).rate * 2


def words(question: str) -> str:
    """What somebody types who looks for this question: its last two longer words."""
    longer = [word.strip("?,.") for word in question.split() if len(word) > 4]
    return "+".join(longer[-2:])


def rate(load: Load) -> str:
    return f"{load.rate:,.0f}/s (median {load.p50:.1f} ms, 99 % {load.p99:.1f} ms)"
