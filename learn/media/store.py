"""Where the files of pictures lie: below MEDIA_ROOT, or in a bucket (django-storages). Names say what is in them.

`originals/<hash>` are the bytes that were given to us, which only export and backup read; `pictures/<name>` is what
pages show. A file is never changed, so that it may be written twice and kept for ever by who fetched it.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

SHOWN = "pictures/"


class StoreError(Exception):
    """The store cannot be read or written; the message is a sentence."""


def put(name: str, data: bytes) -> None:
    """Store a file, whole or not at all; one that is there stays. Raises StoreError."""
    storage = storages["pictures"]
    try:
        if isinstance(storage, FileSystemStorage):
            _write(Path(storage.path(name)), data)
        elif not storage.exists(name):
            storage.save(name, ContentFile(data))
    except Exception as error:  # a bucket's client has exceptions of its own
        raise StoreError(f"The picture cannot be stored: {_reason(error)}.") from error


def _write(path: Path, data: bytes) -> None:
    if path.is_file() and path.stat().st_size == len(data):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)  # a proxy serves it
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def read(name: str) -> bytes | None:
    """The bytes of a file; None where there is none. Raises StoreError."""
    try:
        with storages["pictures"].open(name) as file:
            data: bytes = file.read()
            return data
    except FileNotFoundError:
        return None
    except Exception as error:
        raise StoreError(f"The picture cannot be read: {_reason(error)}.") from error


def remove(name: str) -> None:
    """Remove a file that nothing needs any more; to be called again where it fails."""
    with suppress(OSError):
        storages["pictures"].delete(name)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
