"""The versions of a picture that pages show, made by Pillow: one that every browser shows, and smaller ones.

Each is drawn anew from the decoded pixels, so that nothing of a file comes along but its picture: no place where a
photograph was taken, no second file behind the first. One picture is decoded at a time in a process.
"""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

from . import svg
from .checking import Facts, PictureError, damaged, opened

MAX_SIZE = (
    2560,
    5120,
)  # of the version that pages show: twice the column of text on a sharp screen, and room to zoom
WIDTHS = (480, 960, 1600)
_QUALITY = {"avif": 60, "webp": 80}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Made:
    """A version of a picture: its bytes, the extension of its file's name, its size in pixels."""

    data: bytes
    extension: str
    width: int
    height: int
    is_transparent: bool = False


def make_base(data: bytes, facts: Facts) -> Made:
    """The version that every browser shows, turned the right way and no larger than MAX_SIZE. Raises PictureError."""
    if facts.kind == "svg":
        try:
            return Made(svg.clean(data), "svg", facts.width, facts.height, is_transparent=True)
        except svg.SVGError as error:
            raise PictureError(str(error)) from error
    with _lock:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of odd metadata, none of which is kept
                return _animated(data, facts) if facts.frames > 1 else _still(data, facts)
        except PictureError:
            raise
        except MemoryError as error:
            raise PictureError("It takes more memory than there is. Save it smaller.") from error
        except Exception as error:  # whatever a decoder raises of bytes that somebody made
            raise damaged(facts.kind) from error


def make_variants(base: bytes, extension: str) -> dict[str, dict[int, bytes]]:
    """Smaller files of the version that pages show, by extension and width. A format that saves nothing is left out.

    None of an SVG, which has no size, and of what moves: its one file is a WebP already.
    """
    if extension == "svg":
        return {}
    found: dict[str, dict[int, bytes]] = {}
    with _lock, Image.open(io.BytesIO(base)) as image:
        if getattr(image, "n_frames", 1) > 1:
            return {}
        image.load()
        is_drawing = extension == "png"
        for kind in ("avif", "webp"):
            whole = _encoded(image, kind, is_drawing=is_drawing)
            if len(whole) >= len(base):
                continue
            found[kind] = {}
            for width in WIDTHS:
                if width < image.width:
                    smaller = _resized(image, width)
                    found[kind][width] = _encoded(smaller, kind, is_drawing=is_drawing)
            found[kind][image.width] = whole
    return found


def _still(data: bytes, facts: Facts) -> Made:
    image = opened(data, facts.kind)
    if facts.kind == "jpeg":
        longest = max(facts.width / MAX_SIZE[0], facts.height / MAX_SIZE[1], 1)
        # libjpeg decodes at a half, a quarter or an eighth for a fraction of the memory.
        image.draft(None, (int(facts.width / longest), int(facts.height / longest)))
    image.load()
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    image = _in_srgb(image, profile)
    is_transparent = image.mode == "RGBA" and _is_transparent(image)
    if image.mode == "RGBA" and not is_transparent:
        image = image.convert("RGB")
    image.thumbnail(MAX_SIZE, Image.Resampling.LANCZOS)
    is_photograph = facts.kind == "jpeg" or (facts.kind in ("webp", "avif") and not is_transparent)
    out = io.BytesIO()
    if is_photograph and not is_transparent:
        image.save(out, "JPEG", quality=88, progressive=True)
        return Made(out.getvalue(), "jpg", *image.size)
    few = image.getcolors(256) if image.mode in ("RGB", "L") else None
    if few and image.mode == "RGB":
        image = image.quantize(max(2, len(few)), dither=Image.Dither.NONE)
    image.save(out, "PNG", optimize=image.width * image.height < 4_000_000)
    return Made(out.getvalue(), "png", *image.size, is_transparent=is_transparent)


def _animated(data: bytes, facts: Facts) -> Made:
    frames: list[Image.Image] = []
    durations: list[int] = []
    is_transparent = False
    with opened(data, facts.kind) as image:
        loop = int(image.info.get("loop", 0) or 0)
        for number in range(facts.frames):
            image.seek(number)
            frame = image.convert("RGBA")
            frame.thumbnail((1280, 2560), Image.Resampling.LANCZOS)
            is_transparent = is_transparent or _is_transparent(frame)
            frames.append(frame)
            durations.append(min(max(int(image.info.get("duration", 100) or 100), 20), 60_000))
    out = io.BytesIO()
    frames[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=loop,
        quality=75,
        method=2,
    )
    return Made(out.getvalue(), "webp", *frames[0].size, is_transparent=is_transparent)


def _is_transparent(image: Image.Image) -> bool:
    return sum(image.getchannel("A").histogram()[:250]) > 0


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in RGB, RGBA or grey of eight bits, its colours as a browser would show them."""
    if image.mode.startswith("I") or image.mode == "F":
        # Sixteen bits, of which a page shows eight.
        highest = image.getextrema()[1] or 1
        scale = 1 / 256 if float(highest) > 255 else 1.0  # type: ignore[arg-type]  # one band: two numbers
        image = image.point(lambda value: value * scale).convert("L")
    has_alpha = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(
                image, given, ImageCms.createProfile("sRGB"), outputMode=mode
            )
            image = converted or image
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a profile that cannot be read is taken for sRGB, as browsers do
    mode = "RGBA" if has_alpha else "L" if image.mode in ("1", "L") else "RGB"
    made = image if image.mode == mode else image.convert(mode)
    made.info = {}
    return made


def _resized(image: Image.Image, width: int) -> Image.Image:
    height = max(1, round(image.height * width / image.width))
    source = image.convert("RGBA" if "transparency" in image.info else "RGB") if image.mode == "P" else image
    return source.resize((width, height), Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, kind: str, *, is_drawing: bool) -> bytes:
    out = io.BytesIO()
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if kind == "avif":
        image.save(out, "AVIF", quality=_QUALITY["avif"], speed=8, max_threads=1)
    else:
        image.save(out, "WEBP", quality=_QUALITY["webp"], lossless=is_drawing, method=3)
    return out.getvalue()
