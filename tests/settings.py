"""The site's settings, as the tests run them: a fast password hash and static files without a manifest."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "signs nothing but what the tests of this project make")
os.environ.setdefault("SITE_URL", "http://testserver")
os.environ.setdefault("SECURE_COOKIES", "false")  # or nobody could log in by http, and start-up says so
os.environ.setdefault("EMAIL_URL", "memory://")

from quicktakes.settings import *  # noqa: F403 the variables above come first
from quicktakes.settings import DATABASES, STORAGES

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
if "TEST_VAR" in os.environ:  # of a process that a test begins: its own place for copies of repositories
    UPLOAD_DIR = Path(os.environ["TEST_VAR"]) / "uploads"
MEDIA_ROOT = (
    Path(tempfile.gettempdir()) / f"quicktakes-media-{os.getpid()}"
)  # of what no test names a place for
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True  # no scan of the static files at every start of the application
WHITENOISE_USE_FINDERS = True
RATE_LIMITS = False  # all tests come from one address; tests/attacks turns them on
SEARCH_LOG = COUNT_READS = READS_FROM_LOGS = (
    False  # they write from threads of their own; tests/feedback turns them on
)
PAGE_CACHE_MB = 0  # a page that an earlier test left in memory would hide what a view costs
# Where several processes test, pytest-django gives each a database; that SQLite's is in memory it sees only if told so,
# as it knows Django's own backend by its name.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}
