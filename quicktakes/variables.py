"""What the variables of the environment may say, and how start-up is refused where one of them says something else.

Each check tells what is wrong and what to write instead, and never repeats a value that may hold a password. This
module knows neither Django's settings nor the site: quicktakes.settings calls it.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

import environs
from django.http.request import validate_host
from environs import ValidationError

# gunicorn starts no worker again that ends so, and systemd no server (deploy/systemd): it would end so again.
DOES_NOT_START = 3
MAKE_A_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
SHORTEST_KEY = 50  # characters, as Django's security.W009 asks
SHORTEST_SECRET = 20  # characters, of a webhook and of the metrics
FEWEST_DIFFERENT = 10  # characters; a key of fifty hexadecimal digits has fewer once in a million times
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
DATABASE_FORMS = "sqlite:////path/to/file or postgres://user:password@host/name"
IN_MEMORY = (
    "It names no file, and a database in memory is empty for each thread. Write sqlite:////path/to/file."
)
POSTGRES = ("postgres", "postgresql", "pgsql")


class Env(environs.Env):
    """environs, for which a variable that is set to nothing counts as not set: `.env.example` lists them so."""

    def _get_from_environ(self, key: str, default: Any, **options: Any) -> tuple[str, Any, str | None]:
        parsed_key, value, proxied_key = super()._get_from_environ(key, default, **options)
        is_empty = isinstance(value, str) and not value.strip()
        return parsed_key, default if is_empty else value, proxied_key


def refuse(problems: Mapping[str, Sequence[str]]) -> NoReturn:
    """End the process with one message on standard error: `problems` of each variable, by its name."""
    count = len(problems)
    lines = [f"The site does not start: {count} variable{'s are' if count > 1 else ' is'} not right."]
    lines += [
        f"  {name}: {' '.join(text.strip() for text in texts)}" for name, texts in sorted(problems.items())
    ]
    lines.append("README.md, “Variables”, describes each; they come from the environment or from .env.")
    sys.stderr.write("\n".join(lines) + "\n")
    raise SystemExit(DOES_NOT_START)


def explained(problems: Any) -> dict[str, list[str]]:
    """What environs found, with the cure where its own words name none."""
    told = {name: [str(text) for text in texts] for name, texts in problems.items()}
    if "SECRET_KEY" in told and told["SECRET_KEY"][0].startswith("Environment variable not set"):
        told["SECRET_KEY"] = [f"It is not set. Make one with: {MAKE_A_KEY}"]
    return told


# --- One variable ---------------------------------------------------------------------------------------------


def secret_key(value: str) -> None:
    """Refuse a key that is short, or that can be guessed."""
    if len(value) < SHORTEST_KEY:
        fault = f"It has {len(value)} characters; {SHORTEST_KEY} of chance are needed."
    elif len(set(value)) < FEWEST_DIFFERENT or value in (value + value)[1:-1]:
        fault = "It says the same few characters again and again."
    elif value.startswith("django-insecure-"):
        fault = "It begins with django-insecure-, as a key that was made for development."
    else:
        return
    raise ValidationError(f"{fault} Make one with: {MAKE_A_KEY}")


def site_url(value: str) -> None:
    """Refuse what is not the address of a site's root, by http or https."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValidationError("It is no address. Write one such as https://learn.example.org.") from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s_*]", host):
        raise ValidationError("Write http:// or https:// and a host, such as https://learn.example.org.")
    if parts.username or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValidationError(
            f"Write nothing but the host: {parts.scheme}://{parts.netloc.rpartition('@')[2]}. The library is at "
            "/learn below it."
        )


def split_url(value: str) -> SplitResult:
    """The parts of an address that may hold a password. Raises ValidationError where it cannot be read."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # a number only where it is one
    except ValueError:
        raise ValidationError(
            "It cannot be read. Write each sign of the password that is no letter or digit as in a URL, "
            "such as %23 for #."
        ) from None
    return parts


def database_url(value: str) -> None:
    """Refuse every database but SQLite and PostgreSQL, and forms that mean another file than they seem to."""
    if ":memory:" in value:  # urlsplit would take it for a port
        raise ValidationError(IN_MEMORY)
    parts = split_url(value)
    if parts.scheme == "sqlite":
        _sqlite_url(value, parts.netloc, parts.path, parts.query or parts.fragment)
    elif parts.scheme in POSTGRES:
        _postgres_url(value, parts.path)
    elif not parts.scheme:
        path = value.lstrip("/")
        form = f"sqlite:////{path}" if value.startswith("/") else f"sqlite:///{path}"
        raise ValidationError(f"It names no kind of database. A file is written as {form}.")
    else:
        raise ValidationError(
            f"{parts.scheme} is not supported: SQLite and PostgreSQL are. Write {DATABASE_FORMS}."
        )


def _sqlite_url(value: str, host: str, path: str, options: str) -> None:
    if not (host + path).strip("/"):
        raise ValidationError(IN_MEMORY)
    if host or not value.startswith("sqlite:///"):
        name = (host + path).strip("/")
        is_absolute = value.startswith("sqlite:/") and not host
        cure = f"sqlite:////{name}" if is_absolute else f"sqlite:///{name} (beside manage.py)"
        raise ValidationError(f"Three slashes stand before a path: write {cure}.")
    if options:
        raise ValidationError(
            "A file takes no options. Write ? and # in its name as %3F and %23, or leave them out."
        )
    if path.endswith("/") or Path(unquote(path[1:])).is_dir():
        raise ValidationError("It names a folder. Add the name of the file, such as db.sqlite3.")


def _postgres_url(value: str, path: str) -> None:
    if not value.partition(":")[2].startswith("//") or not path.strip("/"):
        raise ValidationError("It names no database. Write postgres://user:password@host/name.")
    if importlib.util.find_spec("psycopg") is None:
        raise ValidationError("PostgreSQL needs psycopg: install requirements.txt, which has it.")


def long_secret(value: str) -> None:
    """Refuse a secret that can be guessed, of a webhook or of the metrics; none at all switches them off."""
    if value and len(value) < SHORTEST_SECRET:
        raise ValidationError(f"It has {len(value)} characters; {SHORTEST_SECRET} of chance are needed.")


def sentry_dsn(value: str) -> None:
    """Refuse what is no address of a project at Sentry, and one that nothing installed here could send to."""
    if not value:
        return
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.username or not parts.path.strip("/"):
        raise ValidationError("Write the DSN that Sentry shows, such as https://key@sentry.example.org/1.")
    if importlib.util.find_spec("sentry_sdk") is None:
        raise ValidationError("It needs sentry-sdk: install requirements.txt, which has it, or leave it out.")


def bind(value: str) -> None:
    """Refuse what is neither an address with a port nor a socket."""
    host, _colon, port = value.rpartition(":")
    is_address = bool(host) and port.isascii() and port.isdigit() and 0 < int(port) <= 65_535
    if not is_address and not re.fullmatch(r"unix:.+|fd:\d+", value):
        raise ValidationError("Write an address and a port, such as 127.0.0.1:8000, or unix:/path/to/socket.")


def host_names(values: Sequence[str]) -> None:
    """Refuse addresses where names of hosts are wanted."""
    for value in values:
        if "/" in value or re.search(r"[^\]]:\d+\Z", value):
            raise ValidationError(f"{value} is no host name: leave out the scheme, the port and the path.")


def optional(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`check` for a variable that may be None."""
    return lambda value: None if value is None else check(value)


# --- Several together -----------------------------------------------------------------------------------------


def contradictions(
    *,
    debug: bool | None,
    site_url: str | None,
    allowed_hosts: Sequence[str] | None,
    secure_cookies: bool | None,
    trust_proxy_headers: bool | None,
    knows_proxies: bool,
    bind: str | None,
    hsts_include_subdomains: bool | None,
    hsts_preload: bool | None,
) -> dict[str, list[str]]:
    """What is right by itself and wrong together, by the variable to change.

    None stands for what is wrong by itself already, or, for `trust_proxy_headers`, for nothing said.
    """
    found: dict[str, str] = {}
    if site_url is None:
        return {}
    parts = urlsplit(site_url)
    host, is_https = parts.hostname or "", parts.scheme == "https"
    if is_https and trust_proxy_headers is None and not debug:
        found["TRUST_PROXY_HEADERS"] = (
            "SITE_URL is https, which a proxy in front has to end: every page would lead to itself for ever. "
            " Set TRUST_PROXY_HEADERS=true behind a proxy that sets X-Forwarded-Proto itself (as those in "
            "deploy/ do), or false where there is another way."
        )
    # An address that a visitor can make up is none: nobody would ever be locked out.
    if not knows_proxies and (trust_proxy_headers or (bind or "").startswith(("unix:", "fd:"))):
        found["TRUSTED_PROXY_COUNT"] = (
            "Behind a proxy, or at a socket, visitors come without an address of their own: say how many in front "
            "add to X-Forwarded-For (0 where none does), or with TRUSTED_PROXIES where they are."
        )
    if not is_https and not is_local(host) and secure_cookies:
        found["SITE_URL"] = (
            f"Nobody could log in at {site_url}: browsers send the cookie of a login by https only. Put a proxy with "
            "TLS in front (deploy/) and write https:// here; in a network of your own, SECURE_COOKIES=false will do."
        )
    if allowed_hosts and not debug and not validate_host(host, list(allowed_hosts)):
        found["ALLOWED_HOSTS"] = (
            f"It leaves out {host}, the host of SITE_URL: the site would answer 400 there."
        )
    if hsts_preload and not (hsts_include_subdomains and is_https):
        found["HSTS_PRELOAD"] = (
            "The preload list takes a site only with https and HSTS_INCLUDE_SUBDOMAINS=true."
        )
    return {name: [text] for name, text in found.items()}


def is_local(host: str) -> bool:
    """Whether `host` is this machine, where browsers treat http as they treat https."""
    return host in LOCAL_HOSTS or host.endswith(".localhost") or host.startswith("127.")
