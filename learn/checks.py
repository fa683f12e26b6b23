"""System checks: settings that would go wrong quietly, each with an id that the tests name."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

# The releases in which two connections that write at the same moment in WAL mode cannot corrupt the database
# (https://www.sqlite.org/wal.html#walresetbug): from 3.51.3 on, and two older lines that got the correction.
SAFE_SQLITE = ((3, 44, 6), (3, 45)), ((3, 50, 7), (3, 51)), ((3, 51, 3), (4,))


@register(Tags.urls, deploy=True)
def check_site_url(app_configs: Sequence[Any] | None, **_kwargs: Any) -> list[CheckMessage]:
    """learn.W001: absolute URLs of a deployed site begin with https."""
    if settings.SITE_URL.startswith("https://"):
        return []
    hint = "Set SITE_URL to the address under which visitors reach the site, such as https://learn.example.org."
    return [Warning(f"SITE_URL is {settings.SITE_URL}, which is not https.", hint=hint, id="learn.W001")]
