"""Say whether anything public is known against a version that we pin.

    python scripts/audit.py [--service-url URL]

Both lock files are given to `uv audit`, which asks the database of OSV (osv.dev) or the service at URL that speaks as
it does. Where that cannot be reached, the versions are compared with scripts/advisories.json, and the answer says how
many days old that list is, and that it is too old after MAX_AGE. Ends with 1 where a version is affected, with the
advisory and the version that mends it: a list that grows old turns no run red that was green.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")
ADVISORIES = ROOT / "scripts" / "advisories.json"
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)( ;[^\\]+)?", re.MULTILINE)
MAX_AGE = datetime.timedelta(days=180)
PROJECT = '[project]\nname = "audit"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = {}\n'


def pins() -> dict[str, list[str]]:
    """The pinned versions of each package, as a lock file writes them: its name, then "VERSION[ ; marker]"s."""
    found: dict[str, list[str]] = {}
    for lock in LOCKS:
        for name, version, marker in PIN.findall((ROOT / lock).read_text()):
            versions = found.setdefault(name.lower(), [])
            if (pin := f"{version}{marker.rstrip()}") not in versions:
                versions.append(pin)
    return found


def ask(packages: dict[str, list[str]], service: str | None) -> tuple[bool | None, str]:
    """Whether nothing is known (None: nobody answered), and what uv printed."""
    uv = str(Path(sys.executable).with_name("uv"))
    with tempfile.TemporaryDirectory() as folder:
        pinned = [f"{name}=={version}" for name, versions in packages.items() for version in versions]
        (Path(folder) / "pyproject.toml").write_text(PROJECT.format(json.dumps(pinned)))

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run([uv, *arguments], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 our own program

        locked = run("lock", "--quiet")
        if locked.returncode:
            return None, locked.stderr
        where = ["--service-url", service] if service else []
        audited = run("audit", "--frozen", "--preview-features", "audit-command", *where)
    if audited.returncode and "vulnerabilit" not in audited.stdout + audited.stderr:
        return None, audited.stderr
    return audited.returncode == 0, audited.stdout + audited.stderr


def compare(packages: dict[str, list[str]], advisories: list[dict[str, str]]) -> list[str]:
    """A line for each pinned version that an advisory is about."""
    return [
        f"{name} {pin}: {advisory['id']}, {advisory['what']}; mended in {advisory['fixed']}"
        for advisory in advisories
        for name in [advisory["package"]]
        for pin in packages.get(name, [])
        if Version(advisory.get("since", "0")) <= Version(pin.split(" ")[0]) < Version(advisory["fixed"])
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--service-url", help="a service that speaks as OSV's does")
    options = parser.parse_args()
    packages = pins()
    is_clean, said = ask(packages, options.service_url)
    if is_clean is not None:
        sys.stdout.write(said)
        return 0 if is_clean else 1

    known = json.loads(ADVISORIES.read_text())
    age = datetime.datetime.now(datetime.UTC).date() - datetime.date.fromisoformat(known["checked"])
    affected = compare(packages, known["advisories"])
    sys.stdout.write("".join(f"{line}\n" for line in affected))
    sys.stdout.write(
        f"The advisory service did not answer: {len(packages)} packages were compared with the "
        f"{len(known['advisories'])} advisories of {ADVISORIES.name}, {age.days} days old. {len(affected)} apply.\n"
    )
    if age > MAX_AGE:
        sys.stdout.write(
            f"Older than {MAX_AGE.days} days: compare it with what is public, and renew “checked”.\n"
        )
    return 1 if affected else 0


if __name__ == "__main__":
    sys.exit(main())
