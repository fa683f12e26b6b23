"""What a picture's bytes are, found out without decoding them: kind, size, frames. All limits are checked here.

The kind follows from the first bytes, never from a name. Nothing is decoded before its header was found to be within
the limits: a few bytes may promise a picture of many gigabytes.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass

from django.conf import settings
from PIL import Image, UnidentifiedImageError

from . import svg

MAX_SIDE = 20_000  # pixels
MAX_PIXELS = 40_000_000  # a telephone's camera takes 12 to 24 million; decoded, so many take 160 MB
MAX_FRAMES = 300
MAX_FRAME_PIXELS = 100_000_000  # of all frames together
KINDS = "PNG, JPEG, GIF, WebP, AVIF and SVG"
_PILLOW = {"png": "PNG", "jpeg": "JPEG", "gif": "GIF", "webp": "WEBP", "avif": "AVIF"}
# What people try, and what to say of it.
_OTHERS = (
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"8BPS", "a Photoshop file"),
    (b"\0\0\1\0", "an icon"),
    (b"PK\3\4", "an archive"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"%!PS", "PostScript"),
)


class PictureError(ValueError):
    """The bytes are no picture that can be taken; the message is a sentence that says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the header says: `kind` is one of png, jpeg, gif, webp, avif and svg."""

    kind: str
    width: int
    height: int
    frames: int = 1


def examine(data: bytes) -> Facts:
    """What kind of picture the bytes are. Reads the header alone. Raises PictureError."""
    limit = settings.PICTURE_MAX_MB * 1_000_000
    if not data:
        raise PictureError("The file is empty.")
    if len(data) > limit:
        raise PictureError(
            f"{len(data):,} bytes; a picture may have {limit:,}. Save it smaller, or as JPEG, WebP or AVIF."
        )
    kind = kind_of(data)
    if kind == "svg":
        try:
            width, height = svg.size_of(data)
        except svg.SVGError as error:
            raise PictureError(str(error)) from error
        return Facts("svg", width, height)
    facts = _webp(data) if kind == "webp" else None
    facts = facts or _opened(data, kind)
    _check(facts)
    return facts


def kind_of(data: bytes) -> str:
    """The kind that the first bytes tell. Raises PictureError for none that pages show."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        if data[8:12] in (b"avif", b"avis") or b"avif" in data[16:64]:
            return "avif"
        if data[8:12] in (b"heic", b"heix", b"mif1", b"msf1"):
            raise PictureError(
                f"A HEIC picture, which browsers do not show. Save it as JPEG: {KINDS} are taken."
            )
    if svg.looks_like_svg(data):
        return "svg"
    other = next((name for start, name in _OTHERS if data.startswith(start)), "no picture that browsers show")
    raise PictureError(f"It is {other}. {KINDS} are taken; save it as one of them.")


def _opened(data: bytes, kind: str) -> Facts:
    image = opened(data, kind)
    with image:
        width, height = image.size
        _check(Facts(kind, width, height))
        try:
            frames = int(getattr(image, "n_frames", 1))
        except (OSError, SyntaxError, ValueError, struct.error, IndexError, EOFError) as error:
            raise damaged(kind) from error
    return Facts(kind, width, height, frames)


def opened(data: bytes, kind: str) -> Image.Image:
    """The picture with its header read, by the one decoder of its kind. Raises PictureError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(data), formats=[_PILLOW[kind]])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(
            f"It has more than {MAX_PIXELS // 1_000_000} million pixels. Save it smaller."
        ) from error
    except UnidentifiedImageError as error:
        raise damaged(kind) from error
    except Exception as error:  # whatever a decoder raises of bytes that somebody made
        raise damaged(kind) from error


def damaged(kind: str) -> PictureError:
    return PictureError(f"The {kind.upper()} is damaged or not complete. Save it anew, and try again.")


def _check(facts: Facts) -> None:
    width, height = facts.width, facts.height
    size = f"{width:,} × {height:,} pixels"
    if width < 1 or height < 1:
        raise PictureError(f"{size}: there is nothing to see.")
    if max(width, height) > MAX_SIDE:
        raise PictureError(f"{size}; a side may have {MAX_SIDE:,}. Save it smaller.")
    if width * height > MAX_PIXELS:
        raise PictureError(f"{size}; {MAX_PIXELS // 1_000_000} million in all are taken. Save it smaller.")
    if facts.frames > MAX_FRAMES:
        raise PictureError(
            f"{facts.frames:,} frames; {MAX_FRAMES} are taken. Make it a video elsewhere, or shorter."
        )
    if facts.frames > 1 and facts.frames * width * height > MAX_FRAME_PIXELS:
        raise PictureError(
            f"{facts.frames:,} frames of {size}; {MAX_FRAME_PIXELS // 1_000_000} million pixels in all are taken. "
            "Make it smaller or shorter."
        )


def _webp(data: bytes) -> Facts | None:
    """The size of an extended WebP and its frames: Pillow's decoder takes memory for the whole as soon as it opens one.

    None where it has no such header, and its own decoder may say. https://developers.google.com/speed/webp/docs/riff_container
    """
    if data[12:16] != b"VP8X" or len(data) < 30:
        return None
    width = 1 + int.from_bytes(data[24:27], "little")
    height = 1 + int.from_bytes(data[27:30], "little")
    frames, position = 0, 12
    while position + 8 <= len(data):
        name, length = (
            data[position : position + 4],
            int.from_bytes(data[position + 4 : position + 8], "little"),
        )
        frames += name == b"ANMF"
        position += 8 + length + length % 2
    return Facts("webp", width, height, max(frames, 1))
