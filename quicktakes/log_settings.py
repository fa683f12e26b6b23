"""The setting LOGGING. A module of its own: what it names is imported when Django sets logging up, not before."""

from __future__ import annotations

from typing import Any


def configuration(level: str, form: str) -> dict[str, Any]:
    """The setting LOGGING: everything from `level` on goes to standard error, as lines or as JSON (`form`)."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
            "json": {"()": "quicktakes.request_log.JsonFormatter"},
        },
        "filters": {"mishaps": {"()": "quicktakes.logs.Mishaps"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form, "filters": ["mishaps"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"axes": {"level": "WARNING"}},  # four lines for each login that succeeds
    }
