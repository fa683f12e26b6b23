"""Where pictures are kept, how large they may be, and under which address browsers find them: the variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from environs import ValidationError, validate

from . import variables


class OfMedia(NamedTuple):
    """`root` is a folder, `url` ends with a slash, `storage` is an entry of STORAGES, `hosts` those of another host."""

    root: Path
    url: str
    picture_max_mb: int
    storage: dict[str, Any]
    hosts: list[str]


def read(env: variables.Env, base: Path) -> OfMedia:
    """The variables, with their defaults."""
    root = env.path("MEDIA_ROOT", default=base / "var" / "media")
    url = env.str("MEDIA_URL", default="/media/", validate=_media_url)
    bucket = env.str("MEDIA_BUCKET", default="")
    endpoint = env.str("MEDIA_BUCKET_ENDPOINT", default="")
    region = env.str("MEDIA_BUCKET_REGION", default="")
    storage: dict[str, Any] = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    if bucket:
        # The extra `s3`. Keys are those of AWS_ACCESS_KEY_ID and its like, or of the machine.
        options = {
            "bucket_name": bucket,
            "endpoint_url": endpoint or None,
            "region_name": region or None,
            "file_overwrite": True,
            "default_acl": None,
            "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
        }
        storage = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    url = f"{url.rstrip('/')}/"
    parts = urlsplit(url)
    hosts = [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
    # The largest picture that is taken, in megabytes.
    largest = env.int("PICTURE_MAX_MB", default=20, validate=validate.Range(min=1, max=200))
    return OfMedia(root, url, largest, storage, hosts)


def _media_url(url: str) -> None:
    if url.rstrip("/") == "/media" or urlsplit(url).scheme == "https":
        return
    raise ValidationError("give /media/ or an address of another host that begins with https://.")
