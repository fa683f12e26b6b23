"""What start-up refuses: each variable that misleads, several that contradict each other, all in one message."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from environs import ValidationError

from quicktakes import variables
from tests.conftest import ROOT

KEY = "kx0ZqT3vJd8sLw2nRb7yHc5mPf9gUa4eXi6oVt1zQjWkMlYhBd"
RIGHT = {
    "SECRET_KEY": KEY,
    "SITE_URL": "https://learn.example.org",
    "TRUST_PROXY_HEADERS": "true",
    "TRUSTED_PROXY_COUNT": "1",
}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "key", ["", "short", "a" * 60, "0123456789" * 6, "abcdefgh" * 7, "django-insecure-" + KEY]
)
def test_a_key_that_can_be_guessed_is_refused_with_a_way_to_make_one(key: str) -> None:
    with pytest.raises(ValidationError, match="token_urlsafe"):
        variables.secret_key(key)


def test_the_way_to_make_a_key_makes_one() -> None:
    command = variables.MAKE_A_KEY.removeprefix('python3 -c "').removesuffix('"')
    for _ in range(20):
        made = run("-c", command).stdout.strip()
        variables.secret_key(made)
    variables.secret_key("0f3a9c5e7b1d2846" + "8d1c0a7f3b5e9264c8" + "a1b2c3d4e5f60718")


@pytest.mark.parametrize(
    "url",
    [
        "nowhere", "ftp://example.org", "javascript:alert(1)", "//example.org", "https://", "http://a b",
        "https://example.org/learn", "https://me:secret@example.org", "https://example.org?x=1",
        "https://example.org:port", "https://*.example.org", "https://[::1",
    ],
)  # fmt: skip
def test_an_address_that_is_no_root_of_a_site_is_refused(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        variables.site_url(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://example.org", "https://example.org/", "http://127.0.0.1:8000", "http://[::1]:8000"]
)
def test_the_root_of_a_site_is_taken(url: str) -> None:
    variables.site_url(url)


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("sqlite:var/db", "sqlite:///var/db"),
        ("sqlite:/srv/db", "sqlite:////srv/db"),
        ("sqlite://var/db", "sqlite:///var/db"),
        ("/srv/db.sqlite3", "sqlite:////srv/db.sqlite3"),
        ("var/db.sqlite3", "sqlite:///var/db.sqlite3"),
        ("sqlite://", "names no file"),
        ("sqlite://:memory:", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:////tmp", "names a folder"),
        ("sqlite:////srv/db/", "names a folder"),
        ("sqlite:////srv/db?mode=ro", "takes no options"),
        ("mysql://user:secret@host/name", "mysql is not supported"),
        ("oracle://user:secret@host/name", "oracle is not supported"),
        ("postgis://user:secret@host/name", "postgis is not supported"),
        ("C:/learn/db", "not supported"),
        ("postgres://user:secret@host", "names no database"),
        ("postgres:name", "names no database"),
        ("postgres://user:sec#ret@host/name", "%23 for #"),
        ("postgres://user:sec/ret@host/name", "%23 for #"),
        ("postgres://user:secret@host:port/name", "cannot be read"),
    ],
)
def test_a_database_that_is_not_meant_is_refused_with_its_cure(url: str, cure: str) -> None:
    with pytest.raises(ValidationError) as refused:
        variables.database_url(url)
    assert cure in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////srv/db.sqlite3", "sqlite:///var/db.sqlite3", "sqlite:////srv/with%20space/db",
        "postgres://user:p%23ss@host:5432/name?sslmode=require", "postgresql://%2Frun%2Fpostgresql/name",
        "postgres:///name",
    ],
)  # fmt: skip
def test_both_kinds_of_database_are_taken(url: str) -> None:
    variables.database_url(url)


def test_postgresql_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ValidationError, match=r"psycopg: install requirements\.txt"):
        variables.database_url("postgres://user@host/name")


@pytest.mark.parametrize("bind", ["8000", ":8000", "localhost", "127.0.0.1:0", "127.0.0.1:70000", "unix:"])
def test_an_address_to_listen_at_has_a_host_and_a_port(bind: str) -> None:
    with pytest.raises(ValidationError, match=r"127\.0\.0\.1:8000"):
        variables.bind(bind)
    for right in ("0.0.0.0:80", "[::]:8000", "unix:/run/learn/socket", "fd:3"):
        variables.bind(right)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"TRUST_PROXY_HEADERS": ""}, "TRUST_PROXY_HEADERS"),
        ({"SITE_URL": "http://learn.example.org"}, "SITE_URL"),
        ({"SITE_URL": "http://192.168.1.2:8000"}, "SITE_URL"),
        ({"ALLOWED_HOSTS": "www.example.org"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "https://learn.example.org"}, "ALLOWED_HOSTS"),
        ({"HSTS_PRELOAD": "true"}, "HSTS_PRELOAD"),
        ({"SECRET_KEY": " "}, "SECRET_KEY"),
        ({"PORT": "http"}, "PORT"),
    ],
)
@pytest.mark.slow
def test_what_contradicts_itself_does_not_start(changed: dict[str, str], name: str) -> None:
    done = run("-c", "import quicktakes.settings", **{**RIGHT, **changed})
    assert done.returncode == variables.DOES_NOT_START
    first, told, *_ = done.stderr.splitlines()
    assert first == "The site does not start: 1 variable is not right."
    assert told.startswith(f"  {name}: ")


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"TRUST_PROXY_HEADERS": "false"},
        {"SITE_URL": "http://127.0.0.1:8000"},
        {"SITE_URL": "http://learn.internal", "SECURE_COOKIES": "false"},
        {"SITE_URL": "http://learn.internal", "DEBUG": "true"},
        {"ALLOWED_HOSTS": ".example.org, 10.0.0.1"},
        {"HSTS_PRELOAD": "true", "HSTS_INCLUDE_SUBDOMAINS": "true"},
        {"CARDS_DIR": "", "DATABASE_URL": "", "CDN_MAX_AGE": ""},
    ],
)
@pytest.mark.slow
def test_what_is_meant_starts(changed: dict[str, str]) -> None:
    done = run("-c", "import quicktakes.settings", **{**RIGHT, **changed})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "check"),
        ("manage.py", "migrate"),
        ("-c", "import quicktakes.wsgi"),
        ("-m", "quicktakes.server"),
    ],
)
def test_every_way_to_start_tells_all_faults_without_a_traceback(command: tuple[str, ...]) -> None:
    done = run(*command, SITE_URL="https://learn.example.org", DATABASE_URL="mysql://h/n", LOG_LEVEL="LOUD")
    assert done.returncode == variables.DOES_NOT_START
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    names = [line.split(":")[0].strip() for line in done.stderr.splitlines() if line.startswith("  ")]
    assert names == ["DATABASE_URL", "LOG_LEVEL", "SECRET_KEY", "TRUST_PROXY_HEADERS"]


@pytest.mark.parametrize(
    ("changed", "bind"),
    [
        ({}, "127.0.0.1:8000"),
        ({"PORT": "5000"}, "0.0.0.0:5000"),
        ({"PORT": "5000", "BIND": "127.0.0.1:9000"}, "127.0.0.1:9000"),
    ],
)
def test_a_platforms_port_is_taken_unless_bind_says_more(changed: dict[str, str], bind: str) -> None:
    done = run("-c", "from quicktakes.settings import BIND; print(BIND)", **{**RIGHT, **changed})
    assert done.stdout.strip() == bind


def test_a_relative_database_stands_beside_manage_py_wherever_a_command_is_started(tmp_path: Path) -> None:
    script = "from quicktakes.settings import DATABASES; print(DATABASES['default']['NAME'])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**RIGHT, "PYTHONPATH": str(ROOT), "DATABASE_URL": "sqlite:///var/other.sqlite3"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == ROOT / "var" / "other.sqlite3"


def test_a_new_database_and_its_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    script = """
import django, pathlib, sys
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE a (b int)")
    for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        print(path.name, oct(path.stat().st_mode & 0o777))
"""
    folder = tmp_path / "var"
    environment = {
        **RIGHT,
        "DATABASE_URL": f"sqlite:///{folder}/db",
        "DJANGO_SETTINGS_MODULE": "quicktakes.settings",
    }
    done = run("-c", script, str(folder), **environment)
    assert done.stdout.splitlines() == ["db 0o600", "db-shm 0o600", "db-wal 0o600"], done.stderr
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_settings_alone_make_no_file(tmp_path: Path) -> None:
    run("-c", "import quicktakes.settings", **RIGHT, DATABASE_URL=f"sqlite:///{tmp_path}/var/db")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("manage.py", "migrate", **RIGHT, DATABASE_URL=f"sqlite:///{tmp_path}/file/db")
    assert "Traceback" not in done.stderr
    assert "/file/db cannot be made: File exists" in done.stderr
