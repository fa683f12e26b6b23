"""Pictures made by code: good ones for tests of what follows, and hostile ones."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image, ImageDraw


def picture(
    kind: str = "PNG", size: tuple[int, int] = (60, 40), colour: Any = (200, 30, 30), **options: Any
) -> bytes:
    """A picture of one colour with a line through it."""
    image = Image.new(options.pop("mode", "RGB"), size, colour)
    ImageDraw.Draw(image).line((0, 0, *size), fill=0)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def line_art(size: tuple[int, int] = (300, 200)) -> bytes:
    """Black lines on nothing."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((10, 10, size[0] - 10, size[1] - 10), outline=(0, 0, 0, 255), width=4)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def photograph(size: tuple[int, int] = (1200, 800), *, orientation: int = 1) -> bytes:
    """A JPEG with the coordinates of a place, as a telephone writes it."""
    image = Image.effect_noise(size, 60).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, quality=70)
    return out.getvalue()


def animation(frames: int, size: tuple[int, int] = (20, 20), kind: str = "GIF") -> bytes:
    images = [Image.new("L", size, number * 40 % 256) for number in range(frames)]  # no colours to choose
    out = io.BytesIO()
    images[0].save(out, kind, save_all=True, append_images=images[1:], duration=40, loop=0)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_that_claims(width: int, height: int, data: bytes = b"", *extra: bytes) -> bytes:
    """A PNG whose header says a size that its data need not have."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(extra) + body + chunk(b"IEND", b"")


def webp_that_claims(width: int, height: int, frames: int = 0) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + bytes([2, 0, 0, 0]) + sizes
    body += (b"ANMF" + struct.pack("<I", 16) + bytes(16)) * frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif_that_claims(width: int, height: int) -> bytes:
    data = bytearray(picture("GIF", (2, 2)))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def zip_file() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.html", "<script>alert(1)</script>")
    return out.getvalue()


def svg(inside: str = '<rect width="10" height="10"/>', head: str = "", attributes: str = "") -> bytes:
    return (
        f'{head}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="100" height="50" {attributes}>{inside}</svg>'
    ).encode()
