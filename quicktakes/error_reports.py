"""Errors to Sentry, where SENTRY_DSN says so: what went wrong and where in the code, and nothing of who was there.

Sent are the kind of the error, the lines of code that led to it, the view, the method and the path, the release, and
the request's id, by which the log has the rest. Not sent are the error's own text, the values of variables, headers,
cookies, addresses, forms, what stands behind `?`, queries, and the account: each may hold what somebody typed. While
the database is away nothing is sent: /readyz, /metrics and the log say so.
"""

from __future__ import annotations

import importlib
from typing import Any
from urllib.parse import urlsplit

from learn.db import availability

from . import request_log

KEPT = frozenset(
    {
        "event_id", "timestamp", "level", "platform", "logger", "exception", "logentry", "transaction", "tags",
        "release", "environment", "sdk", "contexts", "fingerprint", "modules", "type",
    }
)  # fmt: skip
KEPT_CONTEXTS = ("runtime", "trace")
FILE = (
    "filename",
    "abs_path",
    "module",
    "function",
    "lineno",
    "pre_context",
    "context_line",
    "post_context",
    "in_app",
)


def begin(dsn: str, site_name: str) -> None:
    """Send errors of this process from now on. The package is there: quicktakes.variables has looked."""
    sentry_sdk: Any = importlib.import_module("sentry_sdk")
    sentry_sdk.init(
        dsn=dsn,
        before_send=without_persons,
        server_name=site_name,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=None,
        auto_session_tracking=False,
    )


def without_persons(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any] | None:
    """What of `event` is sent; None where nothing is."""
    record = hint.get("log_record")
    error = hint.get("exc_info") or (record.exc_info if record is not None else None)
    if error and availability.is_away(error[1]):
        return None
    sent = {name: value for name, value in event.items() if name in KEPT}
    sent["contexts"] = {
        name: value for name, value in event.get("contexts", {}).items() if name in KEPT_CONTEXTS
    }
    sent["tags"] = {"request_id": request_log.request_id.get()}
    asked = event.get("request", {})
    if "url" in asked:
        sent["request"] = {"method": asked.get("method", ""), "url": urlsplit(asked["url"]).path}
    for kind in event.get("exception", {}).get("values", []):
        kind["value"] = "its text is in the log, under the request's id"
        kind.pop("mechanism", None)
        for frame in kind.get("stacktrace", {}).get("frames", []):
            for name in set(frame) - set(FILE):
                del frame[name]
    if entry := event.get("logentry"):
        sent["logentry"] = {"message": entry.get("message", "")}  # as it stands in the code, nothing put in
    return sent
