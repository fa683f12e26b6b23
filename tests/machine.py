"""See that this machine has what the tests need beside Python: Chromium and PostgreSQL's server.

    python tests/machine.py

With CI=true a missing one is installed through apt (as root) or ends the run with an error. Elsewhere it is named,
with what will be skipped without it; nothing is installed on a developer's machine unasked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from postgresql import server_binaries


def has_chromium() -> bool:
    return Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists()


NEEDED: dict[str, tuple[Callable[[], object], str]] = {
    "chromium": (has_chromium, "the tests in a browser"),
    "postgresql": (server_binaries, "the tests on PostgreSQL"),
}


def main() -> int:
    missing = [package for package, (is_there, _what) in NEEDED.items() if not is_there()]
    if not missing:
        return 0
    if os.environ.get("CI", "").lower() != "true":
        for package in missing:
            sys.stderr.write(f"SKIPPED without Debian's package {package}: {NEEDED[package][1]}.\n")
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.stderr.write(f"Missing, and this account cannot install: {', '.join(missing)}.\n")
        return 1
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "--quiet"], check=True, env=environment)
    install = ["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *missing]
    subprocess.run(install, check=True, env=environment)
    return 0


if __name__ == "__main__":
    sys.exit(main())
