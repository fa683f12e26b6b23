"""As in production, but for a browser that comes by plain HTTP, and with uploads where the tests put them."""

from __future__ import annotations

import os
from pathlib import Path

from tests.browser.production import *  # noqa: F403 the site as it is
from tests.browser.production import ALLOWED_HOSTS

# Browsers give passkeys to no number of an address: the test of them comes to this name.
PASSKEYS = True
OTP_WEBAUTHN_ALLOWED_ORIGINS = [os.environ["SITE_URL"].replace("127.0.0.1", "localhost")]
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "localhost"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
UPLOAD_DIR = Path(os.environ["STATIC_ROOT"]).parent / "uploads"
