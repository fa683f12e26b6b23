"""What is told of the running site: the variables of logs, metrics and error reports, and the setting LOGGING.

A module of its own: what LOGGING names is imported when Django sets logging up, not before.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from environs import validate

from . import variables


class Watch(NamedTuple):
    log_level: str
    log_format: str
    access_log: bool
    slow_request_ms: int
    slow_query_ms: int
    metrics_token: str
    sentry_dsn: str


def read(env: variables.Env) -> Watch:
    """The variables that say what is logged, measured and reported, with their defaults."""
    level = env.str(
        "LOG_LEVEL", default="INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
    )
    form = env.str("LOG_FORMAT", default="line", validate=validate.OneOf(["line", "json"]))
    return Watch(
        log_level=level,
        log_format=form,
        # A record for each request; the proxy in front writes one, too, but knows nothing of queries.
        access_log=env.bool("ACCESS_LOG", default=form == "json"),
        slow_request_ms=env.int("SLOW_REQUEST_MS", default=1000, validate=validate.Range(min=0)),
        slow_query_ms=env.int("SLOW_QUERY_MS", default=500, validate=validate.Range(min=0)),
        # /metrics answers who knows it, and nobody without it (learn.operations.metrics).
        metrics_token=env.str("METRICS_TOKEN", default="", validate=variables.long_secret),
        # Where errors are sent, without anything that says who (quicktakes.error_reports).
        sentry_dsn=env.str("SENTRY_DSN", default="", validate=variables.sentry_dsn),
    )


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
