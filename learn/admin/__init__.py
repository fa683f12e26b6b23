"""The editors' desk: importing this package registers its pages with the site (`learn.desk.Desk`)."""

from __future__ import annotations

from . import articles, file_conflicts, imports, redirects, subjects, uploads

__all__ = ["articles", "file_conflicts", "imports", "redirects", "subjects", "uploads"]
