"""Runs the installed git: a fixed environment, no hook, no prompt, no transport but the usual ones.

Credentials are git's own (its credential helpers, ssh's keys and agent); nothing here reads or keeps any.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

TRANSPORTS = "file:git:http:https:ssh"
PATIENCE = 1_800.0  # seconds that a fetch or push may take; a connection that stands still ends after STALLED
STALLED = 60
# What git and ssh need of our environment to find their configuration, keys and proxies. All else stays out, above all
# GIT_DIR and its like, which are set where a hook started us.
PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "TMPDIR", "SSH_AUTH_SOCK", "GIT_SSH",
    "GIT_SSH_COMMAND", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "http_proxy", "https_proxy", "HTTPS_PROXY",
    "no_proxy", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
CONFIGURED = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.ext.allow=never",
    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "http.lowSpeedLimit=1",
    f"http.lowSpeedTime={STALLED}",
)
_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]+@")


class GitError(Exception):
    """git could not do what was asked; the message says why, without credentials."""


class MissingGitError(GitError):
    """git is not installed."""


def environment() -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_ALLOW_PROTOCOL": TRANSPORTS,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ADVICE": "0",
    }


def git(folder: Path | None, *arguments: str, data: bytes | None = None) -> bytes:
    """What `git ARGUMENTS` prints, run on the bare repository at `folder`; `data` is its standard input.

    Raises GitError with git's own words where it fails.
    """
    options = [word for setting in CONFIGURED for word in ("-c", setting)]
    where = [] if folder is None else [f"--git-dir={folder}"]
    try:
        done = subprocess.run(  # noqa: S603 no shell, and no argument of others stands where an option could
            ["git", *options, *where, *arguments],  # noqa: S607 the installed git is meant
            input=b"" if data is None else data,
            capture_output=True,
            check=False,
            env=environment(),
            timeout=PATIENCE,
            start_new_session=True,  # without a terminal nobody can be asked for a password
        )
    except FileNotFoundError as error:
        raise MissingGitError("git is not installed. Install it, or import a folder instead.") from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git {arguments[0]} took longer than {PATIENCE / 60:.0f} minutes.") from error
    if done.returncode:
        raise GitError(_told(done.stderr) or f"git {arguments[0]} ended with {done.returncode}.")
    return done.stdout


def names(output: bytes) -> list[str]:
    """The names in the output of a command with `-z`; what is not UTF-8 in them is kept as surrogates."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def without_credentials(text: str) -> str:
    return _CREDENTIALS.sub("", text)


def _told(errors: bytes) -> str:
    """The lines of git's standard error that say what is wrong, in one."""
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines()]
    said = [line for line in lines if line and not line.startswith(("hint:", "warning:"))]
    return without_credentials(" ".join(said))[:1_000]


def lines_of(words: Sequence[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode()
