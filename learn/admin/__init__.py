"""The editors' desk: importing this package registers its pages with the site (`learn.desk.Desk`)."""

from __future__ import annotations

from . import articles, imports, redirects, subjects

__all__ = ["articles", "imports", "redirects", "subjects"]
