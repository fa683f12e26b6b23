"""What the log says of requests that went wrong: our own errors whole, visitors' mishaps and an outage in one line."""

from __future__ import annotations

import logging
import time

from learn.db import availability

SECONDS_BETWEEN_LINES = 10.0


class Mishaps(logging.Filter):
    """Drops what says nothing of us, and sums up what says the same thousands of times.

    A wrong address, method or host is the visitor's mistake: Missing pages on the desk counts those that matter,
    and the proxy's log has them all. While the database is away, one line every few seconds says so, with how many
    requests it concerned.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last_line = float("-inf")
        self._since = 0

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", 0)
        if record.name.startswith(("django.request", "django.security")) and 400 <= status < 500:
            return False
        error = record.exc_info[1] if record.exc_info else None
        if status < 500 or not availability.is_away(error):
            return True
        self._since += 1
        now = time.monotonic()
        if now - self._last_line < SECONDS_BETWEEN_LINES:
            return False
        self._last_line = now
        lines = str(error).strip().splitlines() or [type(error).__name__]
        record.msg = "the database is away (%s); requests since the last such line: %s"
        record.args = (lines[0], self._since)
        record.exc_info = record.exc_text = None
        self._since = 0
        return True
