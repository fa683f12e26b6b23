"""The import of files into the database: see `import_articles`."""

from __future__ import annotations

from learn.jobs.lock import AlreadyRunningError

from .report import Change, ExitCode, ImportReport
from .run import import_articles
from .sources import SourceError

__all__ = ["AlreadyRunningError", "Change", "ExitCode", "ImportReport", "SourceError", "import_articles"]
