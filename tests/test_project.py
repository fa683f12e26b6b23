"""The project as a whole: what the README promises, what production needs, what must not be forgotten."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = "".join(
    (ROOT / "quicktakes" / f"{name}.py").read_text()
    for name in ("settings", "log_settings", "reader_settings", "editor_settings", "media_settings")
)
VARIABLES = sorted(set(re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", SETTINGS)))
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "SECRET_KEY": "fifty characters of nothing but chance, or so they say: 7f3k",
    "SITE_URL": "https://learn.example.org",
    "TRUST_PROXY_HEADERS": "true",
    "TRUSTED_PROXY_COUNT": "1",
    "DATABASE_URL": "sqlite:////dev/null/never-opened",
}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with nothing in the environment but `variables`."""
    command = [sys.executable, "-W", "error", "manage.py", *arguments]
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_is_in_the_readme_and_the_example(name: str) -> None:
    assert f"`{name}`" in README
    assert re.search(rf"^#? ?{name}=", ENV_EXAMPLE, re.MULTILINE)


def test_no_variable_is_described_that_is_not_read() -> None:
    assert len(VARIABLES) > 10
    described = set(re.findall(r"^#? ?([A-Z_]+)=", ENV_EXAMPLE, re.MULTILINE))
    assert described == set(VARIABLES)


def test_every_command_is_in_the_readme() -> None:
    ours = [name for name, application in get_commands().items() if application == "learn"]
    assert len(ours) >= 8
    assert [name for name in ours if f"`{name}" not in README] == []


def test_every_make_target_explains_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    explained = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    assert explained == set(phony[1].split())


@pytest.mark.slow
def test_check_deploy_is_silent_with_production_variables(tmp_path: object) -> None:
    done = manage(
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        **{**PRODUCTION, "DATABASE_URL": f"sqlite:///{tmp_path}/db"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        0, "System check identified no issues (2 silenced).\n", "",
    )  # fmt: skip


@pytest.mark.slow
def test_without_a_secret_key_nothing_starts_unless_debug_is_on(tmp_path: object) -> None:
    database = f"sqlite:///{tmp_path}/db"
    refused = manage("check", DATABASE_URL=database)
    assert refused.returncode != 0
    assert "SECRET_KEY" in refused.stderr
    assert manage("check", DEBUG="true", DATABASE_URL=database).returncode == 0


@pytest.mark.slow
def test_all_bad_variables_are_named_at_once(tmp_path: object) -> None:
    done = manage(
        "check",
        DEBUG="perhaps",
        SITE_URL="nowhere",
        LOG_LEVEL="LOUD",
        DATABASE_URL=f"sqlite:///{tmp_path}/db",
    )
    assert done.returncode != 0
    for name in ("DEBUG", "SECRET_KEY", "SITE_URL", "LOG_LEVEL"):
        assert name in done.stderr


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_lock_files_carry_hashes_and_no_addresses() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        packages = re.findall(r"^[a-z0-9]\S*==", text, re.MULTILINE)
        assert len(packages) > 20
        assert text.count(" \\\n    --hash=sha256:") >= len(packages)


@pytest.mark.parametrize(("lock", "has_dev"), [("requirements.txt", False), ("requirements-dev.txt", True)])
def test_the_lock_files_hold_what_the_project_asks_for(lock: str, has_dev: bool) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["postgres"]]
    asked += project["dependency-groups"]["dev"] if has_dev else []
    locked = dict(
        re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE)
    )
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


@pytest.mark.slow
def test_the_debug_toolbar_shows_queries_beside_every_page(tmp_path: Path) -> None:
    script = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from django.test import Client\n"
        "call_command('migrate', verbosity=0)\n"
        "for path in ('/learn', '/learn', '/admin/login/'):\n"
        "    print('djDebug' in Client(HTTP_HOST='127.0.0.1').get(path).content.decode())\n"
    )
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "quicktakes.settings", "DEBUG": "true", "DEBUG_TOOLBAR": "true",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["True"] * 3, done.stderr
