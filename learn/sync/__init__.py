"""Keeps the library and a branch of a git repository in step: see `sync_articles`."""

from __future__ import annotations

from .git import GitError
from .report import SyncReport
from .run import sync_articles

__all__ = ["GitError", "SyncReport", "sync_articles"]
