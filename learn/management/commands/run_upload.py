from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learn.importing import uploads
from learn.models import Upload


class Command(BaseCommand):
    help = "Check or import a file that an editor uploaded. The admin starts this; nobody else has to."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("upload", type=int, help="the number of the upload")

    def handle(self, *_args: Any, **options: Any) -> None:
        upload = Upload.objects.select_related("user").filter(pk=options["upload"]).first()
        if upload is None or upload.state not in (Upload.State.CHECKING, Upload.State.IMPORTING):
            raise CommandError(f"upload {options['upload']} waits for nothing.")
        uploads.run(upload)
