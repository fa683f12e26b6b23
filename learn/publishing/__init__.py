"""Static publishing: the whole public site as files that nginx, or a bucket behind a CDN, serves as they are."""

from __future__ import annotations

from .run import AlreadyPublishingError, PublishReport, publish

__all__ = ["AlreadyPublishingError", "PublishReport", "publish"]
