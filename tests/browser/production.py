"""The site's own settings, with the static files where the tests put them."""

from __future__ import annotations

import os

from quicktakes.settings import *  # noqa: F403 the site as it is

STATIC_ROOT = os.environ["STATIC_ROOT"]
