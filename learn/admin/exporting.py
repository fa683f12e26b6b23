"""Articles as a .zip of their files, sent while it is written: memory does not grow with the number of articles."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from pydantic import ValidationError

from learn.db.rows import BATCH, batched
from learn.exporting import files_of, pictures, placing, subjects_text
from learn.models import Article

REPORT_NAME = "export-report.txt"


def zip_response(articles: QuerySet[Article]) -> StreamingHttpResponse:
    """The files of `articles`, ready to be imported; what is left out is in a report."""
    name = f"articles-{timezone.now():%Y-%m-%d-%H%M}.zip"
    return StreamingHttpResponse(
        zip_pieces(articles),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def zip_pieces(articles: QuerySet[Article]) -> Iterator[bytes]:
    """The bytes of the archive, a few files at a time."""
    sink = _Sink()
    left_out: list[str] = []
    keys: list[int] = []
    rows = (
        articles.select_related(None)
        .only()
        .order_by("pk")
        .select_related("subject")
        .prefetch_related("related_links")
    )
    now = timezone.now()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for batch in batched(rows.iterator(BATCH)):
            keys += [article.pk for article in batch]
            for _article, path, data in files_of(batch):
                if isinstance(data, ValidationError):
                    faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in data.errors())
                    left_out.append(f"{path}: {faults}")
                else:
                    archive.writestr(_entry(path, now), data)
                    yield sink.take()
        for number, file in enumerate(
            pictures.picture_files(pictures.names_in(keys), placing.DEFAULT_FOLDER)
        ):
            if file.data is None:
                left_out.append(f"{file.path}: its file is gone from the store of pictures")
                continue
            archive.writestr(_entry(file.path, now), file.data)
            if number % 10 == 0:
                yield sink.take()
        archive.writestr(_entry("subjects.yaml", now), subjects_text())
        if left_out:
            heading = "These articles are not in this archive: no file may say what they say.\n\n"
            archive.writestr(_entry(REPORT_NAME, now), heading + "\n".join(left_out) + "\n")
    yield sink.take()


def _entry(path: str, now: dt.datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, now.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


class _Sink(io.RawIOBase):
    """A file that only grows, from which what was written is taken away: zipfile needs no more."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data
