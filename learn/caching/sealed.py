"""What stands in a shared cache: bytes and JSON with a seal (HMAC) that only who knows SECRET_KEY can make.

A cache such as Redis is often open to a whole network. With Django's own serialiser, who may write there runs code
here, by pickle; with this one, what somebody else wrote is not there.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from functools import lru_cache
from typing import Any

from django.conf import settings

MAGIC = b"qt1\0"  # the format: magic, seal, length of the JSON, JSON, body
SEAL_LENGTH = 32
LENGTH_BYTES = 4


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hashlib.sha256(b"learn.caching.sealed\0" + secret.encode()).digest()


def _seal(name: str, content: bytes) -> bytes:
    """Over the name, too: what is sealed for one name counts for no other."""
    named = len(name.encode()).to_bytes(LENGTH_BYTES, "big") + name.encode()
    return hmac.digest(_key(settings.SECRET_KEY), named + content, "sha256")


def seal(name: str, value: Any, body: bytes = b"") -> bytes:
    """`value`, which JSON can hold, and `body`, to be stored under `name`."""
    head = json.dumps(value, separators=(",", ":")).encode()
    content = len(head).to_bytes(LENGTH_BYTES, "big") + head + body
    return MAGIC + _seal(name, content) + content


def unseal(name: str, data: object) -> tuple[Any, bytes] | None:
    """The value and the body that `seal` stored under `name`; None for everything else, whatever it is."""
    if not isinstance(data, bytes) or not data.startswith(MAGIC):
        return None
    found, content = (
        data[len(MAGIC) : len(MAGIC) + SEAL_LENGTH],
        data[len(MAGIC) + SEAL_LENGTH :],
    )
    if not hmac.compare_digest(found, _seal(name, content)):
        return None
    length = int.from_bytes(content[:LENGTH_BYTES], "big")
    body = LENGTH_BYTES + length
    return json.loads(content[LENGTH_BYTES:body]), content[body:]


class BytesSerializer:
    """For Django's RedisCache: stores bytes and whole numbers as they are, and reads nothing else.

    https://docs.djangoproject.com/en/5.2/topics/cache/#cache-arguments
    """

    def dumps(self, value: object) -> bytes | int:
        if type(value) is int or isinstance(value, bytes):
            return value
        raise TypeError(f"The shared cache holds bytes and whole numbers, not {type(value).__name__}.")

    def loads(self, data: bytes) -> bytes | int | None:
        if data.startswith(MAGIC):
            return data
        return int(data) if len(data) <= 20 and data.isdigit() else None
