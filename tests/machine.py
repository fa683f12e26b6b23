"""See that this machine has what the tests need beside Python: browsers, servers, and the Markdown reference.

    python tests/machine.py

With CI=true a missing one is installed (programs through apt, as root) or ends the run with an error. Elsewhere a
missing program is named, with what will be skipped without it: nothing is installed on a developer's machine unasked.
The reference is an npm package that stays within tests/reference.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from postgresql import server_binaries

REFERENCE = Path(__file__).parent / "reference"


def has_chromium() -> bool:
    return Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists()


def has_npm() -> bool:
    return bool(shutil.which("node") and shutil.which("npm"))


NEEDED: dict[str, tuple[Callable[[], object], str]] = {
    "chromium": (has_chromium, "the tests in a browser"),
    "postgresql": (server_binaries, "the tests on PostgreSQL"),
    "redis-server": (lambda: shutil.which("redis-server"), "the tests of a cache that machines share"),
    "npm": (has_npm, "the comparison with react-markdown and KaTeX, reader modes"),
    "pandoc": (lambda: shutil.which("pandoc"), "the documents that begin an answer"),
    "firefox-esr": (lambda: shutil.which("firefox-esr"), "the pictures of formulas in Firefox"),
    "nginx-light": (lambda: shutil.which("nginx"), "the configurations of nginx"),
    "caddy": (lambda: shutil.which("caddy"), "the configuration of Caddy"),
    "debootstrap": (lambda: shutil.which("debootstrap"), "no test, but `make walk` and `make image`"),
    "buildah": (lambda: shutil.which("buildah"), "no test, but `make image`"),
}
# Says to Debian's packages that no service is to be started: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
POLICY = Path("/usr/sbin/policy-rc.d")


def main() -> int:
    is_ci = os.environ.get("CI", "").lower() == "true"
    missing = [package for package, (is_there, _what) in NEEDED.items() if not is_there()]
    if missing and is_ci:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            sys.stderr.write(f"Missing, and this account cannot install: {', '.join(missing)}.\n")
            return 1
        install(missing)
    else:
        for package in missing:
            sys.stderr.write(f"SKIPPED without Debian's package {package}: {NEEDED[package][1]}.\n")
    return install_reference(is_needed=is_ci) if has_npm() else 0


def install(packages: list[str]) -> None:
    """Install Debian's packages, and start none of their servers. Raises CalledProcessError."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "--quiet"], check=True, env=environment)
    command = ["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *packages]
    is_ours = not POLICY.exists()
    if is_ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        subprocess.run(command, check=True, env=environment)
    finally:
        if is_ours:
            POLICY.unlink()


def install_reference(*, is_needed: bool) -> int:
    """Install what tests/reference/package-lock.json names, unless that stands there; an exit code."""
    lock = REFERENCE / "package-lock.json"
    installed = REFERENCE / "node_modules" / ".package-lock.json"  # npm writes it last
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return 0
    done = subprocess.run(["npm", "ci", "--silent", "--prefix", str(REFERENCE)], check=False)
    if done.returncode == 0:
        return 0
    lost = "no comparison with react-markdown and KaTeX, no reader modes"
    sys.stderr.write(f"npm could not install tests/reference: {lost}.\n")
    return done.returncode if is_needed else 0


if __name__ == "__main__":
    sys.exit(main())
