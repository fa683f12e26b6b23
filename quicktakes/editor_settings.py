"""What editors may do, how they are let in, and how mail reaches them: the variables."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import dj_email_url
from environs import ValidationError, validate

from . import variables

MAIL_FORMS = "submission://user:password@host (TLS), smtp://host:25, console:// or dummy://"
MAIL_TIMEOUT = 10  # seconds that a mail server may be silent
ADDRESS = re.compile(r"(?:[^\r\n<>\"]+<)?[^\s@<>,;\"]+@[^\s@<>,;\"]+>?")

PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "quicktakes.login.UncommonPasswordValidator"},
]


class OfEditors(NamedTuple):
    login_attempts_per_hour: int
    session_idle_minutes: int
    editors_may_publish: bool
    redirect_hosts: list[str]
    require_second_factor: bool
    trash_days: int
    change_sets_days: int


def read(env: variables.Env) -> OfEditors:
    """The variables, with their defaults."""
    return OfEditors(
        # Of all who log in to one account with browsers that it does not know.
        env.int("LOGIN_ATTEMPTS_PER_HOUR", default=100, validate=validate.Range(min=5, max=100)),
        # An editor who asks for nothing in so many minutes is logged out; previews while writing are requests, too.
        env.int("SESSION_IDLE_MINUTES", default=30, validate=validate.Range(min=5)),
        # Off: what an Editor writes of a live page waits for a publisher, as the name of the group says.
        env.bool("EDITORS_MAY_PUBLISH", default=False),
        # Hosts besides this one to which a redirect may lead, of those who may make such redirects at all.
        env.list("REDIRECT_HOSTS", default=[]),
        # Editors who have set up a second factor are always asked for it; with this, everybody has to set one up.
        env.bool("REQUIRE_SECOND_FACTOR", default=False),
        # How long a deleted article can be brought back, with all that it said.
        env.int("TRASH_DAYS", default=30, validate=validate.Range(min=1, max=3650)),
        # How long the details of a large change are kept, by which it can be taken back.
        env.int("CHANGE_SETS_DAYS", default=90, validate=validate.Range(min=1)),
    )


def mail(env: variables.Env, *, debug: bool, site_url: str) -> dict[str, Any]:
    """Django's settings of mail, and SENDS_MAIL: whether there is any way to send one.

    Under DEBUG mails are written to the terminal unless EMAIL_URL says otherwise.
    """
    url = env.str("EMAIL_URL", default="console://" if debug else "", validate=mail_url)
    host = urlsplit(site_url or "").hostname or "localhost"
    sender = env.str("MAIL_FROM", default=f"noreply@{host}", validate=mail_address)
    try:
        mail_url(url or "")
    except ValidationError:  # start-up ends with it, and with what else is wrong
        url = ""
    settings = dj_email_url.parse(url or "dummy://")
    settings["EMAIL_TIMEOUT"] = settings["EMAIL_TIMEOUT"] or MAIL_TIMEOUT
    return {**settings, "DEFAULT_FROM_EMAIL": sender, "SERVER_EMAIL": sender, "SENDS_MAIL": bool(url)}


def passkeys(site_url: str, site_name: str) -> dict[str, Any]:
    """PASSKEYS, whether browsers give passkeys to this site, and the settings of django-otp-webauthn.

    They do by https, and on localhost; never for the number of an address. A passkey is bound to the host for ever.
    """
    parts = urlsplit(site_url or "")
    host = parts.hostname or ""
    is_name = not re.fullmatch(r"[\d.]+|.*:.*|", host)
    is_possible = host == "localhost" or (parts.scheme == "https" and is_name)
    return {
        "PASSKEYS": is_possible,
        # Where there are none, what the package's checks ask for.
        "OTP_WEBAUTHN_RP_ID": host if is_possible else "localhost",
        "OTP_WEBAUTHN_ALLOWED_ORIGINS": [
            f"{parts.scheme}://{parts.netloc}" if is_possible else "http://localhost"
        ],
        "OTP_WEBAUTHN_RP_NAME": site_name or "",
        "OTP_WEBAUTHN_ALLOW_PASSWORDLESS_LOGIN": True,  # a passkey that could not is not made
        "OTP_WEBAUTHN_EXCEPTION_LOGGER_NAME": "",  # anybody can send nonsense: that is no error of ours
    }


def mail_url(value: str) -> None:
    """Refuse what names no way to send mail; none at all sends none."""
    parts = variables.split_url(value)
    known = set(dj_email_url.SCHEMES) - {"smtps"}
    if value and (parts.scheme not in known or (parts.scheme.startswith("subm") and not parts.hostname)):
        raise ValidationError(f"Write {MAIL_FORMS}.")


def mail_address(value: str) -> None:
    """Refuse what is not one address of mail, with or without a name before it."""
    if not ADDRESS.fullmatch(value):
        raise ValidationError("Write one address, such as Learn <learn@example.org>.")
