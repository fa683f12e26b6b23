"""System checks: settings that would go wrong quietly, each with an id that the tests name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.db import DatabaseError

from learn.db import availability
from learn.models import Worker
from learn.views import readiness


@register(Tags.urls, deploy=True)
def check_site_url(**_kwargs: Any) -> list[CheckMessage]:
    """learn.W001: absolute URLs of a deployed site begin with https."""
    if settings.SITE_URL.startswith("https://"):
        return []
    hint = (
        "Set SITE_URL to the address under which visitors reach the site, such as https://learn.example.org."
    )
    return [
        checks.Warning(f"SITE_URL is {settings.SITE_URL}, which is not https.", hint=hint, id="learn.W001")
    ]


@register(Tags.templates)
def check_markdownify_profile(**_kwargs: Any) -> list[CheckMessage]:
    """learn.E001: answers pass through our parser, and django-markdownify neither cleans nor links them.

    A missing or misspelt profile is no error to the filter: it falls back to defaults that remove paragraphs,
    headings and tables.
    """
    profile = getattr(settings, "MARKDOWNIFY", {}).get("answer", {})
    wrong = []
    if profile.get("MARKDOWN_EXTENSIONS") != ["learn.rendering.markdown:CommonMarkExtension"]:
        wrong.append('"MARKDOWN_EXTENSIONS": ["learn.rendering.markdown:CommonMarkExtension"]')
    if profile.get("BLEACH") is not False:
        wrong.append('"BLEACH": False')
    if profile.get("LINKIFY_TEXT", {}).get("PARSE_URLS") is not False:
        wrong.append('"LINKIFY_TEXT": {"PARSE_URLS": False}')
    if not wrong:
        return []
    hint = f"Write {', '.join(wrong)} in MARKDOWNIFY['answer']."
    return [
        checks.Error("The MARKDOWNIFY profile “answer” would garble the answers.", hint=hint, id="learn.E001")
    ]


@register(Tags.security, deploy=True)
def check_private_files(**_kwargs: Any) -> list[CheckMessage]:
    """learn.W005: the database, uploads and `.env` can be read by nobody else on this machine."""
    names = [
        str(database["NAME"]) for database in settings.DATABASES.values() if "sqlite" in database["ENGINE"]
    ]
    paths = [*map(Path, names), Path(settings.UPLOAD_DIR), Path(settings.BASE_DIR) / ".env"]
    messages: list[CheckMessage] = []
    for path in paths:
        if path.exists() and path.stat().st_mode & 0o077:
            hint = f"chmod go= {path}"
            messages.append(checks.Warning(f"Others may read {path}.", hint=hint, id="learn.W005"))
    return messages


@register(deploy=True)
def check_folders(**_kwargs: Any) -> list[CheckMessage]:
    """learn.E003: what is written can be written; learn.W006: for longer than until the next import."""
    messages: list[CheckMessage] = []
    for what, folder in readiness.folders().items():
        if not os.access(folder, os.W_OK | os.X_OK):
            hint = f"Run the site as its owner, or: chown {os.geteuid()} {folder}"
            text = f"This account may not write to {folder}, where {what} go."
            messages.append(checks.Error(text, hint=hint, id="learn.E003"))
        elif (free := shutil.disk_usage(folder).free) < 10 * readiness.LEAST_FREE:
            text = f"The disk of {folder} has {free >> 20} MB left."
            hint = "docs/what-to-do.md, “The disk is full”, says what may go."
            messages.append(checks.Warning(text, hint=hint, id="learn.W006"))
    return messages


@register(deploy=True)
def check_backup_tools(**_kwargs: Any) -> list[CheckMessage]:
    """learn.W007: `backup` and `restore` of PostgreSQL need its own programs."""
    if "postgresql" not in settings.DATABASES["default"]["ENGINE"] or shutil.which("pg_dump"):
        return []
    hint = "Install postgresql-client, of the server's major version or a newer one."
    return [checks.Warning("pg_dump is not there: no backup can be made.", hint=hint, id="learn.W007")]


@register(Tags.database, deploy=True)
def check_site(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """What a site in production is without. `check --deploy --database default` alone asks it: it reads the database.

    learn.E004: the database does not answer. learn.E005: migrations. learn.E006: static files. learn.W008: an
    administrator. learn.I001: a worker. learn.I002: METRICS_TOKEN.
    """
    if "default" not in (databases or ()):
        return []
    try:
        return list(_missing())
    except DatabaseError as error:
        text = f"The database does not answer: {availability.reason(error)}."
        return [checks.Error(text, hint="Start it, and look at DATABASE_URL.", id="learn.E004")]


def _missing() -> Iterator[CheckMessage]:
    if not settings.DEBUG and not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        hint = "Run `python manage.py init_site`, or collectstatic."
        yield checks.Error(
            "The static files were not collected: no page can be made.", hint=hint, id="learn.E006"
        )
    if pending := readiness.pending_migrations():
        hint = "Back up, then run `python manage.py migrate`."
        yield checks.Error(f"{pending} migrations have not run.", hint=hint, id="learn.E005")
        return
    if not get_user_model().objects.filter(is_superuser=True, is_active=True).exists():
        hint = "Make one with `python manage.py init_site`."
        yield checks.Warning("There is no administrator: nobody can edit.", hint=hint, id="learn.W008")
    if not Worker.objects.exists():
        hint = "Start `python manage.py publish_due --every 60` beside the site, or run publish_due by cron."
        yield checks.Info("No worker runs: caches do not learn what falls due.", hint=hint, id="learn.I001")
    if not settings.METRICS_TOKEN:
        hint = "docs/watching.md says how to watch the site."
        yield checks.Info("METRICS_TOKEN is not set: /metrics is off.", hint=hint, id="learn.I002")


@register
def check_purge_backend(**_kwargs: Any) -> list[CheckMessage]:
    """learn.E002: a cache that is to be told of changes can be reached; otherwise each purge would fail, in a log."""
    wanted = {
        "http": ["PURGE_URLS"],
        "cloudflare": ["CLOUDFLARE_ZONE_ID", "CLOUDFLARE_API_TOKEN"],
        "cloudfront": ["CLOUDFRONT_DISTRIBUTION_ID", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
    }.get(settings.PURGE_BACKEND, [])
    missing = [name for name in wanted if not getattr(settings, name)]
    if not missing:
        return []
    message = f"PURGE_BACKEND is {settings.PURGE_BACKEND}, but {' and '.join(missing)} is not set."
    return [checks.Error(message, hint="Set it, or set PURGE_BACKEND to none.", id="learn.E002")]
