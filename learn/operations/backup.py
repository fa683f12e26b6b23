"""Backups: one file that holds the whole database, checked and dated, and the way back.

The file is a tar, compressed with gzip, of a manifest (what it is, how much it holds, its checksum) and a copy of the
database as the database's own tool makes it: SQLite's online backup, PostgreSQL's pg_dump. Both see one moment of it,
whoever writes meanwhile. The pictures of answers follow it, as they were given and as pages show them. Social pictures
are left out: they are made again when somebody asks for them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, cast

from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from learn import search
from learn.db.triggers import RENEW
from learn.media import store
from learn.models import Article, Picture

FORMAT = 1
NAME = "quicktakes-{:%Y%m%d-%H%M%S-%f}.tar.gz"
PATTERN = "quicktakes-*.tar.gz"
MANIFEST = "manifest.json"
PICTURES = "media/"
_PICTURE = re.compile(r"originals/[0-9a-f]{64}|pictures/[0-9a-f]{20}(?:-[0-9]{1,5})?\.[a-z]{3,4}")
DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
BLOCK = 1 << 20


class BackupError(Exception):
    """The backup could not be made, or is none that can be restored here; the message says what to do."""


def backup(folder: Path, *, keep: int = 0) -> Path:
    """Write a backup into `folder` and return its path; the file has its name only once it is whole.

    Only its owner may read it: it holds the editors' accounts. With `keep`, all but so many of the newest are deleted.
    Raises BackupError, and OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / NAME.format(timezone.now())
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".backup-", delete=False) as file:
        try:
            write(cast("IO[bytes]", file))
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    if keep:
        for old in sorted(folder.glob(PATTERN))[:-keep]:
            old.unlink()
    return path


def write(file: IO[bytes]) -> None:
    """Write a backup to an open file or pipe. Raises BackupError."""
    with _scratch() as scratch:
        name = _dump_name()
        dump = scratch / name
        _dump(dump)
        manifest = {
            "format": FORMAT,
            "made_at": timezone.now().isoformat(),
            "vendor": connection.vendor,
            "articles": Article.objects.count(),
            "sha256": _checksum(dump),
            "bytes": dump.stat().st_size,
        }
        (scratch / MANIFEST).write_text(json.dumps(manifest, indent=1))
        with (
            gzip.GzipFile(fileobj=file, mode="wb", compresslevel=3, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|") as archive,
        ):
            archive.add(scratch / MANIFEST, MANIFEST)
            archive.add(dump, name)
            for picture in _picture_files():
                _add_picture(archive, picture)


def _picture_files() -> Iterator[str]:
    """The names in the store of every picture: what was given first, what pages show of it behind."""
    for picture in Picture.objects.order_by("pk").iterator(500):
        yield picture.original
        yield from (f"{store.SHOWN}{name}" for name in picture.file_names)


def _add_picture(archive: tarfile.TarFile, name: str) -> None:
    try:
        data = store.read(name)
    except store.StoreError as error:
        raise BackupError(str(error)) from error
    if data is not None:  # what is gone from the store cannot be saved; the rest can
        info = tarfile.TarInfo(f"{PICTURES}{name}")
        info.size, info.mode = len(data), 0o600
        archive.addfile(info, io.BytesIO(data))


def _restore_pictures(file: Path) -> None:
    """Bring back the files of the pictures; an original is what its name says, or the backup is damaged."""
    with tarfile.open(file, "r:gz") as archive:
        for member in archive:
            name = member.name.removeprefix(PICTURES)
            if (
                name == member.name
                or not _PICTURE.fullmatch(name)
                or (content := archive.extractfile(member)) is None
            ):
                continue
            data = content.read()
            if name.startswith("originals/") and name != f"originals/{hashlib.sha256(data).hexdigest()}":
                raise BackupError(f"{file} is damaged: the picture {name} is not what its name says.")
            try:
                store.put(name, data)
            except store.StoreError as error:
                raise BackupError(str(error)) from error


def restore(file: Path, *, replace: bool = False) -> dict[str, Any]:
    """Make the database what the backup says, and return the backup's manifest.

    Refuses a database that holds articles, unless `replace`. The file is checked before anything is touched. Migrations
    that are newer than the backup run; the state of the site is renewed, so that no cache goes on with what it holds.
    Raises BackupError, and OSError where the file cannot be read.
    """
    if not replace and _holds_articles():
        raise BackupError(
            "The database holds articles. Restore into an empty one, or say --replace to lose what it holds."
        )
    with _scratch() as scratch:
        manifest, dump = _unpack(file, scratch)
        _load(dump)
    call_command("migrate", verbosity=0, interactive=False)
    _restore_pictures(file)
    with connection.cursor() as cursor:
        cursor.execute(RENEW[connection.vendor])
    search.repair_index()
    cache.clear()
    return manifest


def _unpack(file: Path, scratch: Path) -> tuple[dict[str, Any], Path]:
    """The manifest and the dump, once it was found to be what the manifest says."""
    name = _dump_name()
    try:
        with tarfile.open(file, "r:gz") as archive:
            for member in archive:
                if (content := archive.extractfile(member)) and member.name in (MANIFEST, name):
                    # Not `extract`: its filter came with 3.11.4, and Debian 12 has an older Python.
                    with content, (scratch / member.name).open("wb") as out:
                        shutil.copyfileobj(content, out)
        manifest = json.loads((scratch / MANIFEST).read_text())
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, FileNotFoundError) as error:
        if isinstance(error, FileNotFoundError) and not file.exists():
            raise
        raise BackupError(f"{file} is no backup of this program, or is damaged: {error}") from error
    if manifest.get("format") != FORMAT:
        raise BackupError(f"{file} was made by a newer release. Restore it with that one.")
    if manifest["vendor"] != connection.vendor:
        raise BackupError(
            f"{file} is a backup of {manifest['vendor']}; DATABASE_URL names {connection.vendor}. Restore it into a "
            "database of its own kind, then move that."
        )
    dump = scratch / name
    if not dump.exists() or _checksum(dump) != manifest["sha256"]:
        raise BackupError(f"{file} is damaged: its checksum is not what its manifest says.")
    return manifest, dump


def _holds_articles() -> bool:
    table = Article._meta.db_table
    return table in connection.introspection.table_names() and Article.objects.exists()


def _dump_name() -> str:
    if connection.vendor not in DUMPS:
        raise BackupError(f"Nothing here knows how to back up {connection.vendor}.")
    return DUMPS[connection.vendor]


def _dump(path: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        return
    _run("pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-privileges", f"--file={path}")


def _load(path: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as copy:
            if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise BackupError("The copy of the database in the backup is damaged.")
            copy.backup(connection.connection)
        connection.close()
        return
    with connection.cursor() as cursor:  # everything of ours; the schema itself may be somebody else's
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        for (table,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)} CASCADE")
    connection.close()
    _run(
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction",
        "--exit-on-error", f"--dbname={_parameters()['dbname']}", str(path),
    )  # fmt: skip


def _parameters() -> dict[str, Any]:
    found: dict[str, Any] = connection.get_connection_params()
    return found


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the database of DATABASE_URL; the password goes by the environment."""
    parameters = _parameters()
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    environment = {name: str(parameters[key]) for key, name in names.items() if parameters.get(key)}
    try:
        done = subprocess.run(  # noqa: S603 the program's name is ours
            [program, *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise BackupError(f"{program} is not installed (Debian: apt install postgresql-client).") from error
    if done.returncode:
        raise BackupError(f"{program} ended with {done.returncode}: {done.stderr.strip()[-500:]}")


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder that only its owner can enter, and that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="quicktakes-backup-") as folder:
        yield Path(folder)
