"""The scripts of those who work on the code: find a Python, compare two checkouts, report what tests run."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT


def script(name: str) -> ModuleType:
    spec = util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- find_python.sh ---------------------------------------------------------------------------------------------------


def find_python(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(ROOT / "scripts" / "find_python.sh")]
    return subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)


def stub(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_the_first_python_that_can_build_the_environment_is_found(tmp_path: Path) -> None:
    stub(
        tmp_path / "python3", "exit 127"
    )  # what a version manager puts there for versions that are not chosen
    stub(
        tmp_path / "python3.12", "echo 'No module named ensurepip' >&2; exit 1"
    )  # Debian's, without python3-venv
    (tmp_path / "python3.11").symlink_to(sys.executable)
    done = find_python(tmp_path)
    assert (done.returncode, done.stdout) == (0, "python3.11\n")


def test_without_one_it_says_which_versions_do_and_what_to_install(tmp_path: Path) -> None:
    stub(tmp_path / "python3", "exit 1")  # too old
    (tmp_path / "cat").symlink_to("/bin/cat")
    done = find_python(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "3.11 or newer" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr
    assert "make setup PYTHON=" in done.stderr


# --- compare_checkouts.py ---------------------------------------------------------------------------------------------

FEED = (
    b'200\n\n<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>%s</title>'
    b'<category term="physics"%s/><id>1</id></entry></feed>'
)


def test_answers_that_differ_are_shown_by_their_lines() -> None:
    compare = script("compare_checkouts")
    old = {"GET /learn": b"200\n\none\ntwo", "GET /same": b"200\n\nx", "GET /gone": b"200\n\nx"}
    new = {"GET /learn": b"200\n\none\nthree", "GET /same": b"200\n\nx", "GET /new": b"200\n\nx"}
    found = list(compare.differences(old, new))
    assert len(found) == 3
    assert "-two" in found[0]
    assert "+three" in found[0]
    assert found[1:] == ["GET /gone: only in the old checkout", "GET /new: only in the new checkout"]


def test_feeds_may_differ_by_the_label_of_a_category_and_by_nothing_else() -> None:
    compare = script("compare_checkouts")
    old = {"GET /learn/feed.atom": FEED % (b"Why?", b' label="Physics"')}
    assert not list(compare.differences(old, {"GET /learn/feed.atom": FEED % (b"Why?", b"")}))
    assert len(list(compare.differences(old, {"GET /learn/feed.atom": FEED % (b"How?", b"")}))) == 1


def test_hashes_of_static_files_are_left_aside() -> None:
    compare = script("compare_checkouts")
    old, new = (
        {"GET /": b"200\n\n/static/css/site.%s.css" % of} for of in (b"0123456789ab", b"ba9876543210")
    )
    assert not list(compare.differences(old, new))


# --- coverage_report.py -----------------------------------------------------------------------------------------------


def summary(statements: int, branches: int) -> dict[str, dict[str, float]]:
    return {
        "summary": {
            "covered_lines": statements, "num_statements": 100, "covered_branches": branches, "num_branches": 100,
            "percent_covered": (statements + branches) / 2,
        }
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "code", "told"),
    [
        ("", 1, "learn/little.py: 82.5 %: NO REASON in docs/testing.md"),
        ("| `learn/little.py` | only root can |", 0, "learn/little.py: 82.5 %: only root can"),
        (
            "| `learn/little.py` | only root can |\n| `learn/much.py` | once |",
            1,
            "learn/much.py has a reason in docs/testing.md and needs none.",
        ),
    ],
)
def test_a_module_that_tests_hardly_run_needs_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    table: str, code: int, told: str,
) -> None:  # fmt: skip
    report = script("coverage_report")
    monkeypatch.setattr(report, "ROOT", tmp_path)
    files = {
        "learn/little.py": summary(95, 70),
        "learn/much.py": summary(99, 99),
        "bench/little.py": summary(1, 1),
    }
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "testing.md").write_text(f"# Testing\n\n{table}\n")
    (tmp_path / ".coverage.json").write_text(
        json.dumps({"files": files, "totals": summary(95, 90)["summary"]})
    )
    assert report.main() == code
    assert told in capsys.readouterr().out


# --- audit.py ---------------------------------------------------------------------------------------------------------


def test_versions_that_an_advisory_is_about_are_named() -> None:
    audit = script("audit")
    advisories = [
        {"id": "CVE-1", "package": "numpy", "since": "2.0", "fixed": "2.4.10", "what": "a fault"},
        {"id": "CVE-2", "package": "django", "fixed": "5.2.9", "what": "a fault"},
        {"id": "CVE-3", "package": "flask", "fixed": "99", "what": "a fault"},
    ]
    packages = {"numpy": ["2.4.6 ; python_version < '3.12'", "2.5.5", "1.26.4"], "django": ["5.2.10"]}
    assert audit.compare(packages, advisories) == [
        "numpy 2.4.6 ; python_version < '3.12': CVE-1, a fault; mended in 2.4.10"
    ]


def test_every_pin_of_the_lock_files_is_asked_about_and_none_is_affected() -> None:
    audit = script("audit")
    packages = audit.pins()
    for lock in audit.LOCKS:
        lines = (ROOT / lock).read_text().splitlines()
        assert {
            line.split("==")[0].split("[")[0] for line in lines if "==" in line[:60] and line[0].isalpha()
        } <= set(packages)
    advisories = json.loads(audit.ADVISORIES.read_text())["advisories"]
    assert {advisory["package"] for advisory in advisories} <= set(packages)
    assert audit.compare(packages, advisories) == []
