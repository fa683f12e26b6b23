"""What deploy/ ships, looked at: the image, the containers, the units."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.deploy.echo import echoing

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()
    if line.strip()
]
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
UNITS = sorted((DEPLOY / "systemd").iterdir())
OUR_COMMANDS = {path.stem for path in (ROOT / "learn" / "management" / "commands").glob("*.py")}


def arguments_of(name: str) -> list[str]:
    return [rest for instruction, rest in INSTRUCTIONS if instruction == name]


# --- The image ------------------------------------------------------------------------------------------------


def test_the_images_that_ours_is_built_from_are_pinned() -> None:
    bases = [rest.split()[0] for rest in arguments_of("FROM")]
    assert len(bases) == 2
    for base in bases:
        assert re.fullmatch(r"python:3\.\d+-slim-\w+", base), base


def test_the_image_does_not_run_as_root() -> None:
    (user,) = arguments_of("USER")
    assert user not in ("root", "0")
    assert f"{user}" in next(rest for rest in arguments_of("RUN") if "useradd" in rest)
    names = [name for name, _rest in INSTRUCTIONS]
    assert "RUN" not in names[names.index("USER") :]


def test_what_is_copied_is_there_owned_by_root_and_let_through_by_dockerignore() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = []
    for rest in arguments_of("COPY"):
        options = [part for part in rest.split() if part.startswith("--")]
        assert "--chown=root:root" in options, rest
        sources = [part for part in rest.split() if not part.startswith("--")][:-1]
        if not any(option.startswith("--from=") for option in options):
            copied += sources
    assert {"requirements.txt", "manage.py", "learn", "quicktakes", "static", "templates"} <= set(copied)
    for source in copied:
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, pattern) for pattern in allowed), source


def test_only_locked_packages_of_production_are_installed() -> None:
    (install,) = [rest for rest in arguments_of("RUN") if "pip install" in rest]
    assert "--require-hashes" in install
    assert "requirements.txt" in install
    assert "requirements-dev" not in DOCKERFILE


def test_no_secret_is_in_the_image() -> None:
    for name in ("ENV", "ARG"):
        assert not [rest for rest in arguments_of(name) if re.search("KEY|PASSWORD|TOKEN|SECRET", rest)]
    for rest in arguments_of("RUN"):
        assert not re.search(r"SECRET_KEY=(?!\"\$\()", rest)


def test_the_image_leaves_the_port_to_the_platform() -> None:
    (variables,) = arguments_of("ENV")
    assert "PORT=8000" in variables
    assert "BIND" not in variables
    assert "BIND" not in str(SERVICES)


def test_the_health_check_asks_the_site(tmp_path: Path) -> None:
    (check,) = arguments_of("HEALTHCHECK")
    script = re.search(r'"(deploy/\S+\.py)"', check)
    assert script
    with echoing() as port:
        environment = {"PATH": os.environ["PATH"], "PORT": str(port), "SITE_URL": "https://learn.example.org"}
        command = [sys.executable, str(ROOT / script[1])]
        assert subprocess.run(command, env=environment, check=False).returncode == 0
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"no answer at port {port}" in done.stderr


def test_pg_dump_in_the_image_is_as_new_as_the_server() -> None:
    server = re.fullmatch(r"postgres:(\d+)", SERVICES["db"]["image"])
    assert server
    assert f"postgresql-client-{server[1]}" in DOCKERFILE


# --- The containers -------------------------------------------------------------------------------------------


def test_every_image_has_a_major_version() -> None:
    ours = COMPOSE["x-app"]["image"]
    for name, service in SERVICES.items():
        assert service["image"] == ours or re.search(r":\d+\Z", service["image"]), name


def test_what_a_service_names_is_there() -> None:
    volumes = set(COMPOSE["volumes"])
    used = set()
    for name, service in SERVICES.items():
        for other in service.get("depends_on", {}):
            assert other in SERVICES, name
            assert service["profiles"] == SERVICES[other]["profiles"], name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), volume
            else:
                used.add(source)
        if "build" in service:
            context = DEPLOY / service["build"]["context"]
            assert (context / service["build"]["dockerfile"]).is_file()
    assert used == volumes


@pytest.mark.parametrize("profile", ["postgres", "sqlite"])
def test_each_profile_is_a_whole_site(profile: str) -> None:
    running = {name: s for name, s in SERVICES.items() if s.get("profiles", [profile]) == [profile]}
    commands = [" ".join(service.get("command", [])) for service in running.values()]
    assert "python manage.py init_site --ask-nothing" in commands
    assert "python manage.py publish_due --every 60" in commands
    names = {
        alias
        for name, s in running.items()
        for alias in [name, *s.get("networks", {}).get("default", {}).get("aliases", [])]
    }
    upstream = running["caddy"]["environment"]["UPSTREAM"].partition(":")[0]
    assert upstream in names
    for service in running.values():
        if service["image"] == COMPOSE["x-app"]["image"]:
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]
            for url in re.findall(r"@(\w+)/|redis://(\w+):", str(service["environment"])):
                assert set(url) - {""} <= names


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]


def test_five_lines_are_all_that_has_to_be_filled_in() -> None:
    lines = (DEPLOY / "env.example").read_text().splitlines()
    assert len(lines) == 5
    offered = {line.partition("=")[0] for line in lines}
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    assert asked | {"COMPOSE_PROFILES"} == offered


def test_the_variables_of_the_containers_start_a_site(tmp_path: Path) -> None:
    given = {
        "SITE_URL": "https://learn.example.org",
        "SECRET_KEY": "kx0ZqT3vJd8sLw2nRb7yHc5mPf9gUa4eXi6oVt1zQjWkMlYhBd",
    }
    given |= {"POSTGRES_PASSWORD": "geheim123"}
    for name in ("web", "web-small"):
        environment = {
            key: re.sub(r"\$\{(\w+)(?::[-?][^}]*)?\}", lambda m: given.get(m[1], "200"), value)
            for key, value in SERVICES[name]["environment"].items()
        }
        done = subprocess.run(
            [sys.executable, "-c", "import quicktakes.settings"],
            cwd=ROOT, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, ""), name


def test_docker_reads_the_file_too() -> None:
    done = subprocess.run(
        ["docker", "compose", "version"] if shutil.which("docker") else ["false"],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("docker compose is not installed: compose.yaml was read as YAML only")
    environment = {**os.environ, "SITE_URL": "https://a.example", "SECRET_KEY": "x", "POSTGRES_PASSWORD": "y"}
    for profile in ("postgres", "sqlite"):
        subprocess.run(
            ["docker", "compose", "--file", DEPLOY / "compose.yaml", "--profile", profile, "config", "--quiet"],
            env=environment, check=True, capture_output=True,
        )  # fmt: skip


# --- The units ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_units_run_commands_that_there_are(unit: Path) -> None:
    text = unit.read_text()
    for command in re.findall(r"manage\.py (\w+)", text):
        assert command in OUR_COMMANDS
    if unit.suffix == ".service":
        assert "User=quicktakes" in text
        assert "ProtectSystem=strict" in text
        assert "NoNewPrivileges=yes" in text
    else:
        assert unit.with_suffix(".service").exists()


def test_systemd_has_nothing_to_complain_of(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: the units were not verified")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    units = []
    for unit in UNITS:
        units.append(tmp_path / unit.name)
        units[-1].write_text(unit.read_text().replace("/srv/quicktakes", str(tmp_path)))
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "quicktakes" in line]
    assert ours == []


def test_the_procfile_starts_what_the_image_starts() -> None:
    processes = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert processes["web"] == " ".join(re.findall(r'"([^"]+)"', arguments_of("CMD")[-1]))
    assert processes["release"] == " ".join(SERVICES["migrate"]["command"])
    assert processes["worker"] == " ".join(SERVICES["due"]["command"])
