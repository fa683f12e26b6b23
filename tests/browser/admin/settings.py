"""As in production, but for a browser that comes by plain HTTP, and with uploads where the tests put them."""

from __future__ import annotations

import os
from pathlib import Path

from tests.browser.production import *  # noqa: F403 the site as it is

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
UPLOAD_DIR = Path(os.environ["STATIC_ROOT"]).parent / "uploads"
