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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from learn.jobs.heartbeat import beating
from learn.models import ImportRun, Upload

from . import AlreadyRunningError, ImportReport, SourceError, import_articles

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

State = Upload.State
WORKING = (State.CHECKING, State.IMPORTING)
SUFFIXES = (".md", ".zip", ".tar.gz", ".tgz", ".jsonl", ".csv")
UNCONFIRMED_FOR = timedelta(days=7)  # how long a checked file waits to be confirmed
SECONDS_BETWEEN_BEATS = 5.0
STALLED_AFTER = timedelta(minutes=1)  # no sign of life for so long: the process is gone
FRAGMENT_AFTER = timedelta(hours=1)  # a folder without a row: the request that made it is long over
STORED_PROBLEMS = 2_000
SECONDS_BETWEEN_UPDATES = 1.0
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_processes: list[subprocess.Popen[bytes]] = []


def store(file: UploadedFile[Any], user: User) -> Upload:
    """Write an uploaded file to UPLOAD_DIR, in a folder of its own, and return its row.

    Raises ValidationError for one that is too large or of no kind that can be imported, and where there is no room for
    it. Then nothing of it is left.
    """
    name = Path(file.name or "").name
    if not name.lower().endswith(SUFFIXES):
        raise ValidationError("Upload a .md file, a .zip, a .tar.gz, a .jsonl or a .csv.")
    if file.size is None or file.size > settings.UPLOAD_MAX_MB * 1_000_000:
        raise ValidationError(
            f"Larger than {settings.UPLOAD_MAX_MB} MB. Upload the files in several archives."
        )
    discard_old()
    folder = Path(settings.UPLOAD_DIR) / secrets.token_hex(8)
    path = folder / _NOT_IN_NAMES.sub("-", name)[-200:].lstrip(".-")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(mode=0o700)
        with path.open("xb") as kept:
            for chunk in file.chunks():
                kept.write(chunk)
        return Upload.objects.create(name=name[:255], size=file.size, path=str(path), user=user)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        logger.error("An upload cannot be kept in %s: %s", settings.UPLOAD_DIR, error)  # noqa: TRY400 says it all
        raise ValidationError(
            f"The server cannot keep the file: {error.strerror}. Tell whoever runs it, and try again later."
        ) from error
    except BaseException:  # no row leads to it
        shutil.rmtree(folder, ignore_errors=True)
        raise


def start(upload: Upload) -> None:
    """Begin a process that does what the state of `upload` says, and return at once.

    Where none can be begun, the upload has failed, and says so.
    """
    _processes[:] = [process for process in _processes if process.poll() is None]  # reaps those that ended
    try:
        process = subprocess.Popen(  # noqa: S603 our own program, no word of a visitor in it
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "run_upload", str(upload.pk)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # it goes on when the server restarts
        )
    except OSError as error:
        logger.exception("upload %s: no process could be begun", upload.pk)
        message = f"The server could not begin: {error.strerror}. Try again later."
        Upload.objects.filter(pk=upload.pk, state__in=WORKING).update(state=State.FAILED, message=message)
    else:
        _processes.append(process)


def run(upload: Upload) -> None:
    """Check or import the file, as the state of `upload` says; never raises for what is wrong with the file.

    What comes of it is written down only while the upload is still in that state: it may have been discarded.
    """
    is_check = upload.state == State.CHECKING
    who = upload.user.get_username() if upload.user else "upload"
    last_run = ImportRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    message = "The import ended abruptly. The server's log says why."
    report: ImportReport | None = None
    try:
        # Also while one file or one archive takes minutes.
        with beating(f"upload {upload.pk}", partial(_beat, upload), SECONDS_BETWEEN_BEATS):
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
    except OSError as error:
        logger.exception("upload %s failed", upload.pk)
        message = f"The server could not go on: {error.strerror}. Try again later; what was imported is skipped then."
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
        is_ours = Upload.objects.filter(pk=upload.pk, state=upload.state).update(**values)
        if is_ours and values["state"] == State.DONE:
            _remove_file(upload)


def confirm(upload: Upload) -> bool:
    """Let a checked file be imported; False where somebody else was faster."""
    confirmed = Upload.objects.filter(pk=upload.pk, state=State.CHECKED).update(
        state=State.IMPORTING, done=0, total=0, updated_at=timezone.now()
    )
    return bool(confirmed)


def retry(upload: Upload) -> bool:
    """Let what failed, or whose process is gone, be done again; False where there is nothing to repeat."""
    if not can_retry(upload):
        return False
    # An import failed where the file had been checked; a check, where it had not.
    state = upload.state if upload.state in WORKING else State.IMPORTING if upload.report else State.CHECKING
    begun = Upload.objects.filter(pk=upload.pk, state=upload.state, updated_at=upload.updated_at).update(
        state=state, done=0, total=0, message="", updated_at=timezone.now()
    )
    upload.refresh_from_db()
    return bool(begun)


def discard(uploads: Iterable[Upload]) -> int:
    """Throw the files away: what was checked, what failed, what its process left. Returns how many those were.

    A file that a process is at work on stays.
    """
    discarded = 0
    for upload in uploads:
        if can_discard(upload) and Upload.objects.filter(
            pk=upload.pk, state=upload.state, updated_at=upload.updated_at
        ).update(state=State.DISCARDED, updated_at=timezone.now()):
            _remove_file(upload)
            discarded += 1
    return discarded


def discard_old() -> None:
    """Throw away what nobody confirmed or repeated for a week, and what a request or a process left behind."""
    waiting = Upload.objects.exclude(path="")
    discard(waiting.filter(created_at__lt=timezone.now() - UNCONFIRMED_FOR))
    for upload in waiting.filter(state__in=[State.DONE, State.DISCARDED]):
        _remove_file(upload)  # its process was killed before it came to that
    known = {Path(path).parent.name for path in waiting.values_list("path", flat=True)}
    oldest = (timezone.now() - FRAGMENT_AFTER).timestamp()
    try:
        for folder in Path(settings.UPLOAD_DIR).iterdir():
            if folder.is_dir() and folder.name not in known and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
    except FileNotFoundError:
        return  # nothing was ever uploaded, or another process cleans up, too


def can_retry(upload: Upload) -> bool:
    """Whether there is a file and nobody works on it, although it is not imported and not discarded."""
    return bool(upload.path) and (upload.state == State.FAILED or is_stalled(upload))


def can_discard(upload: Upload) -> bool:
    return (
        upload.state == State.CHECKED or can_retry(upload) or (upload.state in WORKING and is_stalled(upload))
    )


def is_stalled(upload: Upload) -> bool:
    """Whether the process that works on `upload` must be gone: it gives a sign of life every few seconds."""
    return upload.state in WORKING and upload.updated_at < timezone.now() - STALLED_AFTER


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


def _beat(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk, state=upload.state).update(updated_at=timezone.now())


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
