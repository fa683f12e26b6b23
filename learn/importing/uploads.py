"""Uploads of editors: stored, imported as a dry run, and imported once confirmed, each by a process of its own.

The row (`Upload`) is all that the request and that process share: its state says what is to be done, `done` and
`total` how far it is, `report` what came of it.
"""

from __future__ import annotations

import logging
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from learn.models import ImportRun, Upload

from . import AlreadyRunningError, ImportReport, SourceError, import_articles

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

State = Upload.State
SUFFIXES = (".md", ".zip", ".tar.gz", ".tgz")
UNCONFIRMED_FOR = timedelta(days=7)  # how long a checked file waits to be confirmed
STALLED_AFTER = timedelta(minutes=10)  # no sign of life for so long: the process is gone
STORED_PROBLEMS = 2_000
SECONDS_BETWEEN_UPDATES = 1.0
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_processes: list[subprocess.Popen[bytes]] = []


def store(file: UploadedFile[Any], user: User) -> Upload:
    """Write an uploaded file to UPLOAD_DIR, in a folder of its own, and return its row.

    Raises ValidationError for one that is too large or of no kind that can be imported.
    """
    name = Path(file.name or "").name
    if not name.lower().endswith(SUFFIXES):
        raise ValidationError("Upload a .md file, a .zip or a .tar.gz.")
    if file.size is None or file.size > settings.UPLOAD_MAX_MB * 1_000_000:
        raise ValidationError(
            f"Larger than {settings.UPLOAD_MAX_MB} MB. Upload the files in several archives."
        )
    discard_old()
    folder = Path(settings.UPLOAD_DIR) / secrets.token_hex(8)
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(mode=0o700)
    path = folder / _NOT_IN_NAMES.sub("-", name)[-200:].lstrip(".-")
    with path.open("xb") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
    return Upload.objects.create(name=name[:255], size=file.size, path=str(path), user=user)


def start(upload: Upload) -> None:
    """Begin a process that does what the state of `upload` says, and return at once."""
    _processes[:] = [process for process in _processes if process.poll() is None]  # reaps those that ended
    _processes.append(
        subprocess.Popen(  # noqa: S603 our own program, no word of a visitor in it
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "run_upload", str(upload.pk)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # it goes on when the server restarts
        )
    )


def run(upload: Upload) -> None:
    """Check or import the file, as the state of `upload` says; never raises for what is wrong with the file."""
    is_check = upload.state == State.CHECKING
    who = upload.user.get_username() if upload.user else "upload"
    last_run = ImportRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    message = "The import ended abruptly. The server's log says why."
    report: ImportReport | None = None
    try:
        report = import_articles(
            [_source(upload)],
            who=f"{who}, {upload.name}",
            dry_run=is_check,
            partial_source=True,
            source_name="uploads",
            source_kind="upload",
            progress=_Progress(upload),
        )
        message = ""
    except SourceError as error:
        message = str(error).replace(upload.path, upload.name)
    except AlreadyRunningError:
        message = "Another import is running. Try again when it is done."
    finally:
        values: dict[str, object] = {"message": message, "updated_at": timezone.now()}
        if report is None:
            values["state"] = State.FAILED
        else:
            values["state"] = State.CHECKED if is_check else State.DONE
            values["report"] = _stored(report)
        if not is_check:
            # Of this process: two imports at once are impossible.
            values["run"] = ImportRun.objects.filter(pk__gt=last_run).order_by("-pk").first()
        Upload.objects.filter(pk=upload.pk).update(**values)
        if not is_check:
            _remove_file(upload)


def confirm(upload: Upload) -> bool:
    """Let a checked file be imported; False where somebody else was faster."""
    confirmed = Upload.objects.filter(pk=upload.pk, state=State.CHECKED).update(
        state=State.IMPORTING, done=0, total=0, updated_at=timezone.now()
    )
    return bool(confirmed)


def discard(uploads: Iterable[Upload]) -> None:
    """Throw the files away; what was checked is not imported."""
    for upload in uploads:
        if Upload.objects.filter(pk=upload.pk, state=State.CHECKED).update(state=State.DISCARDED):
            _remove_file(upload)


def discard_old() -> None:
    """Delete uploads that were not confirmed for a week."""
    discard(Upload.objects.filter(state=State.CHECKED, created_at__lt=timezone.now() - UNCONFIRMED_FOR))


def is_stalled(upload: Upload) -> bool:
    """Whether the process that works on `upload` must be gone: it gives a sign of life every second or so."""
    is_working = upload.state in (State.CHECKING, State.IMPORTING)
    return is_working and upload.updated_at < timezone.now() - STALLED_AFTER


def _source(upload: Upload) -> str:
    """A single file is given as the folder it lies in: its path in reports is then its name, no place on this disk."""
    path = Path(upload.path)
    return str(path.parent if path.suffix == ".md" else path)


def _stored(report: ImportReport) -> dict[str, object]:
    stored = report.as_json()
    errors_first = sorted(stored["problems"], key=lambda problem: problem["severity"] != "error")
    stored["problems"] = errors_first[:STORED_PROBLEMS]
    stored["changes"] = stored["changes"][:STORED_PROBLEMS]
    return stored


def _remove_file(upload: Upload) -> None:
    if upload.path:
        shutil.rmtree(Path(upload.path).parent, ignore_errors=True)
        Upload.objects.filter(pk=upload.pk).update(path="")


class _Progress:
    """Tells the row how far the import is, at most once a second."""

    def __init__(self, upload: Upload) -> None:
        self.pk = upload.pk
        self.last = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.last >= SECONDS_BETWEEN_UPDATES or done == total:
            self.last = now
            Upload.objects.filter(pk=self.pk).update(done=done, total=total, updated_at=timezone.now())
