"""What the tests of the import share: three addresses, an import of a folder, the article at an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from learn.importing import ImportReport, import_articles
from learn.models import Article

WHY, HOW, WHEN = (f"/learn/physics/questions/{slug}" for slug in ("why", "how", "when"))


def run(source: Path, **options: Any) -> ImportReport:
    return import_articles([str(source)], jobs=1, **options)


def codes(report: ImportReport) -> list[str]:
    return [problem.code for problem in report.sorted_problems()]


def at(url: str) -> Article:
    _, _, subject, _, slug = url.split("/")
    return Article.objects.get(subject__slug=subject, slug=slug)
