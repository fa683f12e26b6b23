from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from learn.editing import content_health, wording

PLACES_SHOWN = 10  # of a kind, as text, without -v 2


class Command(BaseCommand):
    help = (
        "Report what an editor should mend in the published articles, by kind, with counts and paths. "
        "The number after a path is the line of the answer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--format",
            choices=["text", "json"],
            default="text",
            help="text shows ten places of each kind (-v 2: all, -v 0: counts only); json always holds all",
        )
        parser.add_argument(
            "--kind",
            action="append",
            choices=list(content_health.KINDS),
            metavar="KIND",
            help=f"only this kind; may be repeated: {', '.join(content_health.KINDS)}",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        wording.refresh(jobs=None)
        keys = options["kind"] or list(content_health.KINDS)
        if options["format"] == "json":
            kinds = [_as_json(report) for report in content_health.report(keys)]
            self.stdout.write(json.dumps({"version": 1, "kinds": kinds}, ensure_ascii=False, indent=2))
            return
        limit = {0: 0, 1: PLACES_SHOWN}.get(options["verbosity"])
        total = 0
        for report in content_health.report(keys, limit=limit):
            total += report.count
            self._write(report)
        self.stdout.write(self.style.SUCCESS("Nothing to mend.") if not total else f"{total:,} findings.")

    def _write(self, report: content_health.KindReport) -> None:
        heading = f"{report.kind.title}: {report.count:,}"
        self.stdout.write(self.style.WARNING(heading) if report.count else heading)
        for place in report.locations:
            line = f":{place.line}" if place.line else ""
            message = f"  {place.message}" if place.message else ""
            self.stdout.write(f"  {place.path}{line}{message}")
        if report.locations and report.count > len(report.locations):
            self.stdout.write(f"  ... and {report.count - len(report.locations):,} more: -v 2 shows all.")


def _as_json(report: content_health.KindReport) -> dict[str, Any]:
    return {
        "kind": report.kind.key,
        "title": report.kind.title,
        "count": report.count,
        "articles": [place._asdict() for place in report.locations],
    }
