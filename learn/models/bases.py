"""What the library knows of the files it came from, apart from the articles: sources, their files, deleted articles."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from learn.files.limits import TITLE_MAX_LENGTH, URL_MAX_LENGTH
from learn.files.packing import pack, unpack


class FileSource(models.Model):
    """A place that files come from, remembered by its name: a git repository, a folder, an archive, the uploads."""

    class Kind(models.TextChoices):
        GIT = "git", "Git repository"
        FOLDER = "folder", "Folder"
        ARCHIVE = "archive", "Archive"
        UPLOAD = "upload", "Uploads"
        NAMED = "named", "Named source"

    name = models.CharField(max_length=1000, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)

    def __str__(self) -> str:
        return self.name


class ImportedFileManager(models.Manager["ImportedFile"]):
    def bytes_of(self, article_key: int, digest: str) -> bytes | None:
        """The bytes with this hash that were imported into an article; None where they are not kept."""
        same = self.filter(article_key=article_key, hash=digest, data__isnull=False)
        packed = same.values_list("data", flat=True).first()
        return None if packed is None else unpack(bytes(packed))

    def of_conflict(self, source: int | None, path: str) -> bytes | None:
        """The bytes of the file at `path` of a source as it was last imported; None where they are not kept."""
        known = self.filter(source=source, path=path).values_list("article_key", "hash").first()
        return self.bytes_of(*known) if known else None

    def settle(
        self, source: int, path: str, *, digest: str, data: bytes, article_key: int, url: str | None
    ) -> None:
        """Let a file count as imported with these bytes; `url` None: its address is not known any more."""
        written = {"hash": digest, "data": pack(data), "article_key": article_key}
        known = {} if url is None else {"url": url}
        self.update_or_create(source_id=source, path=path, defaults={**written, **known})


class ImportedFile(models.Model):
    """What a file of a source was when it was last imported: the base that file and article are compared with.

    It outlives its article: `article_key` is the primary key of the article it was imported into, also where that is
    deleted. `data` are the bytes, compressed (learn.importing.bases); null where another file of the article has the
    same.
    """

    source = models.ForeignKey(FileSource, on_delete=models.CASCADE, related_name="files", db_index=False)
    path = models.CharField(max_length=1000, help_text="Below the content root, with slashes.")
    url = models.CharField(
        max_length=URL_MAX_LENGTH,
        blank=True,
        help_text="The address in the file; empty where the path says it.",
    )
    hash = models.CharField(max_length=64, help_text="SHA-256 of the bytes.")
    data = models.BinaryField(null=True)
    article_key = models.BigIntegerField(db_index=True)

    objects = ImportedFileManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "path"], name="imported_file_unique")]

    def __str__(self) -> str:
        return self.path


class ExportedFile(models.Model):
    """A file that an export wrote other than it was imported: the manifest of the folders that were exported to.

    A file that is as it says may be written again, renamed or removed; one that is not was changed by somebody.
    `next_hash` is what was about to be written, so that an export that was killed knows its files, too.
    """

    folder = models.CharField(max_length=1000, help_text="The name of the source, or where the folder lies.")
    path = models.CharField(max_length=1000)
    hash = models.CharField(max_length=64, blank=True)
    next_hash = models.CharField(max_length=64, blank=True)
    article_key = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "path"], name="exported_file_unique")]

    def __str__(self) -> str:
        return self.path


class DeletedArticle(models.Model):
    """An article that was deleted on the site: its file, unchanged, does not bring it back.

    What the article said is in its last revision, the trash; this row stays when the trash is emptied.
    """

    article_key = models.BigIntegerField(unique=True, help_text="The primary key that the article had.")
    url = models.CharField(max_length=URL_MAX_LENGTH, db_index=True, help_text="Where it stood.")
    source_url = models.CharField(max_length=URL_MAX_LENGTH, blank=True, help_text="Where its file puts it.")
    question = models.CharField(max_length=TITLE_MAX_LENGTH)
    imported_key = models.CharField(max_length=32, blank=True)
    source_hash = models.CharField(max_length=64, blank=True)
    deleted_at = models.DateTimeField(default=timezone.now)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    redirects = models.JSONField(default=list, blank=True, help_text="The older paths that led to it.")
    purged_at = models.DateTimeField(
        null=True, blank=True, help_text="When its history was deleted, too: it cannot come back."
    )

    class Meta:
        ordering = ["-deleted_at", "-pk"]

    def __str__(self) -> str:
        return self.question

    @property
    def told(self) -> str:
        """By whom and when it was deleted, for messages."""
        by = f" by {self.deleted_by.get_username()}" if self.deleted_by else ""
        return f"deleted on the site{by} on {self.deleted_at:%d %b %Y}"
