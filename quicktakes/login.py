"""Passwords at the door: how many are checked at once, how often for one account, and which browsers are known.

django-axes gives whoever fails five times from one address a rest. That does not slow down who has many addresses; so
an account takes LOGIN_ATTEMPTS_PER_HOUR from all strangers together. A browser that its owner has logged in with
before is no stranger: it has a budget of its own, and nobody can lock it out.
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

from __future__ import annotations

import datetime as dt
import gzip
import os
import re
import secrets
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from learn import limits
from learn.limits import known_password_checks, password_checks

from .accounts.models import LoginAttempts

HOUR = dt.timedelta(hours=1)
REST = (
    30  # seconds that a process believes that an account had all its attempts: a flood should cost no writes
)
DEVICE_COOKIE = "known_device"
DEVICE_COOKIE_AGE = dt.timedelta(days=180)
DEVICE_ATTEMPTS_PER_HOUR = 20
USERS_OF_A_DEVICE = 10
NICENESS = 5  # of the threads that check passwords: a third of the weight of others
_signer = TimestampSigner(salt="quicktakes.login.device")


class TooManyAttemptsError(Exception):
    """The address, the account or the known device had all its attempts; `retry_after` in seconds."""

    def __init__(self, retry_after: int = 600) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB and two passes, as OWASP asks at least: 45 ms of one core, where Django's takes eight.

    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
    """

    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1

    # In the same two threads always: what one needs, the C library keeps for that thread, and the server has hundreds.
    def encode(self, password: str, salt: str) -> str:
        return _threads.submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        return _threads.submit(super().verify, password, encoded).result()


def _lower_priority() -> None:
    """Let readers go first where checks take all cores; Linux takes the priority of a thread for its own.

    From the process's own niceness on: only root may go below it. Where a sandbox refuses, checks go on as they are.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)


# Begun by the first check, in the process that asks.
_threads = ThreadPoolExecutor(2, thread_name_prefix="password", initializer=_lower_priority)


@contextmanager
def attempt(request: HttpRequest) -> Iterator[None]:
    """Around the check of a posted password: the attempt is counted, and waits for its turn.

    Raises TooManyAttemptsError and learn.limits.BusyError before the password is looked at.
    """
    username = request.POST.get("username", "")
    is_known = is_known_device(request, {"username": username})
    if username:
        _count_attempt(request, username, is_known=is_known)
    with (known_password_checks if is_known else password_checks).entered():
        yield


def _count_attempt(request: HttpRequest, username: str, *, is_known: bool) -> None:
    device = _device(request)
    if is_known:
        key, limit = f"device {device['id']}", DEVICE_ATTEMPTS_PER_HOUR
    else:
        use = limits.use("login", limits.client_address(request))
        if use.is_too_much:
            raise TooManyAttemptsError(use.retry_after)
        key, limit = f"account {_account(username)}", settings.LOGIN_ATTEMPTS_PER_HOUR
    hashed = salted_hmac("quicktakes.login.attempts", key, algorithm="sha256").hexdigest()
    had_all = f"login {hashed}"
    if limits.memory.count(had_all):
        raise TooManyAttemptsError
    if LoginAttempts.objects.add(hashed, HOUR) > limit:
        limits.memory.add(had_all, REST)
        raise TooManyAttemptsError


def _account(username: str) -> str:
    """An account as it stands in a cookie; names that do not exist have one, too."""
    return salted_hmac(
        "quicktakes.login.account", username.strip().casefold(), algorithm="sha256"
    ).hexdigest()[:16]


def _device(request: HttpRequest) -> dict[str, Any]:
    """What the cookie says: `id`, and the `accounts` that logged in here; a forged or an old one says nothing."""
    try:
        text = request.COOKIES.get(DEVICE_COOKIE, "")
        device = _signer.unsign_object(text, max_age=DEVICE_COOKIE_AGE)
    except (BadSignature, ValueError):
        return {"id": "", "accounts": []}
    return device if isinstance(device, dict) else {"id": "", "accounts": []}


def is_known_device(request: HttpRequest, credentials: dict[str, Any] | None) -> bool:
    """Whether somebody logged in to this account with this browser before (AXES_WHITELIST_CALLABLE)."""
    username = str((credentials or {}).get("username") or "")
    return bool(username) and _account(username) in _device(request)["accounts"]


def remember_device(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """Make the browser that just logged in to `username` a known one."""
    device = _device(request)
    accounts = [_account(username), *(name for name in device["accounts"] if name != _account(username))]
    value = {"id": device["id"] or secrets.token_hex(16), "accounts": accounts[:USERS_OF_A_DEVICE]}
    response.set_cookie(
        DEVICE_COOKIE,
        _signer.sign_object(value),
        max_age=DEVICE_COOKIE_AGE,
        path=settings.ADMIN_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


# --- Which passwords may be chosen ----------------------------------------------------------------------------


class UncommonPasswordValidator:
    """Refuses what guessers try first: a common password with digits and marks around it, said twice, or leet.

    Django's list holds 20,000 passwords that were found in breaches, hardly one of them with twelve characters: how
    they are made long is what is looked at here.
    """

    LEET = str.maketrans("013457$@!", "oieastsai")
    SHORTEST = 4

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 Django's signature
        lowered = password.strip().lower()
        for text in {lowered, lowered.translate(self.LEET)}:
            core = re.sub(r"^[\W\d_]+|[\W\d_]+\Z", "", text)
            repeated = re.fullmatch(r"(.{1,11}?)\1+", text)
            candidates = {text, core, repeated[1] if repeated else text}
            words = [word for word in re.split(r"[\W\d_]+", text) if word]
            is_made_of_one = len(set(words)) == 1 and words[0] in _common()
            if candidates & _common() or is_made_of_one or (repeated and len(repeated[1]) < self.SHORTEST):
                raise ValidationError(self.get_help_text(), code="password_too_common")
            if re.sub(r"\W|_", "", text) in _sequences():
                raise ValidationError(self.get_help_text(), code="password_too_common")

    def get_help_text(self) -> str:
        return "It must not be a common password, nor one with digits or marks around it, nor a row of keys."


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """Django's list of common passwords, each at least four characters long; read when first needed (10 ms)."""
    path = Path(password_validation.__file__).parent / "common-passwords.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return frozenset(line.strip() for line in lines if len(line) > UncommonPasswordValidator.SHORTEST)


@lru_cache(maxsize=1)
def _sequences() -> frozenset[str]:
    """Rows of a keyboard, of digits and of letters, forwards and backwards, from twelve characters on."""
    rows = (
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890123456789",
        "qwertyuiopasdfghjklzxcvbnm",
        "1qaz2wsx3edc4rfv5tgb6yhn",
    )
    found: set[str] = set()
    for row in (*rows, *(row[::-1] for row in rows)):
        found.update(row[start:end] for start in range(len(row)) for end in range(start + 12, len(row) + 1))
    return frozenset(found)
