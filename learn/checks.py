"""System checks: settings that would go wrong quietly, each with an id that the tests name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register


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
