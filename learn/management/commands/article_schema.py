"""Prints the JSON Schema of the articles' front matter, for editors' tools that validate while one types."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from learn.files.document import article_schema


class Command(BaseCommand):
    help = "Print the JSON Schema (draft 2020-12) of the front matter of an article's file."
    requires_system_checks: list[str] = []  # it reads no setting and no database

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(json.dumps(article_schema(), indent=2, ensure_ascii=False))
