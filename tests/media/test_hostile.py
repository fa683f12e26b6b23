"""Pictures that somebody made to do harm: each is refused with a sentence, or becomes a clean picture."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from learn.media import checking, making
from learn.media.checking import PictureError
from tests.media.images import (
    animation,
    chunk,
    gif_that_claims,
    line_art,
    photograph,
    picture,
    png_that_claims,
    svg,
    webp_that_claims,
    zip_file,
)
from tests.sites import ROOT

PNG, JPEG, GIF = picture(), picture("JPEG"), picture("GIF")
WEBP, AVIF = picture("WEBP"), picture("AVIF")
DOCTYPE = "<!DOCTYPE svg ["
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(12))
USES = "".join(
    f'<g id="u{n}">{f"<use href={chr(34)}#u{n - 1}{chr(34)}/>" * 10 if n else "<rect/>"}</g>'
    for n in range(9)
)

REFUSED = {
    "nothing": b"",
    "one byte": b"\x89",
    "text": b"not a picture at all",
    "html": b"<!doctype html><script>alert(1)</script>",
    "html that names svg": b"<html><svg xmlns='http://www.w3.org/2000/svg'/></html>",
    "javascript": b"alert(1)//",
    "pdf": b"%PDF-1.7 /JS (app.alert(1))",
    "postscript": b"%!PS\n(/etc/passwd) (r) file",
    "bmp": picture("BMP"),
    "tiff": picture("TIFF"),
    "icon": picture("ICO", (16, 16)),
    "zip": zip_file(),
    "svgz": b"\x1f\x8b\x08\x00" + bytes(20),
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40),
    "program": b"\x7fELF" + bytes(60),
    "png signature alone": PNG[:8],
    "png header alone": PNG[:33],
    "png cut": PNG[:-40],
    "png of 30,000 by 30,000": png_that_claims(30_000, 30_000),
    "png of 30,000 by 1": png_that_claims(30_000, 1, bytes(90_001)),
    "png of 4 billion": png_that_claims(2**31 - 1, 2**31 - 1),
    "png of nothing": png_that_claims(0, 10),
    "png with too little data": png_that_claims(500, 500, bytes(10)),
    "png whose data does not unpack": PNG[:50] + b"\0" * 20 + PNG[70:],
    "png whose text is a bomb": png_that_claims(
        2, 2, bytes(14), *[chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(3_000_000)))]
    ),
    "png of many pixels": png_that_claims(8_000, 8_000, bytes(100)),
    "jpeg start alone": JPEG[:3],
    "jpeg cut": photograph((400, 300))[:3000],
    "jpeg of 30,000": re.sub(rb"(\xff\xc0..\x08)....", b"\\1\x75\x30\x75\x30", JPEG, count=1, flags=re.DOTALL),
    "gif start alone": GIF[:6],
    "gif of 65,535": gif_that_claims(65_535, 65_535),
    "gif of 20,000 frames by header": animation(checking.MAX_FRAMES + 1, (4, 4)),
    "gif of large frames": animation(120, (1000, 1000)),
    "gif cut in its second frame": animation(3, (60, 60))[:-30],
    "webp start alone": WEBP[:12],
    "webp of 16,000": webp_that_claims(16_000, 16_000),
    "webp that moves, of 16 million": webp_that_claims(16_777_216, 1, 2),
    "webp of 10,000 frames": webp_that_claims(10, 10, 10_000),
    "webp cut": WEBP[:-20],
    "avif start alone": AVIF[:16],
    "avif cut": AVIF[:-60],
    "too many bytes": PNG + bytes(20_000_001),
    "svg with entities": svg("<text>&a11;</text>", f"{DOCTYPE}{LAUGHS}]>"),
    "svg with a file": svg("<text>&x;</text>", f'{DOCTYPE}<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "svg with a parameter entity": svg("", f'{DOCTYPE}<!ENTITY % x SYSTEM "http://example.org/x"> %x;]>'),
    "svg that uses itself": svg('<g id="a"><use href="#a"/></g>'),
    "svg of uses of uses": svg(USES),
    "svg nested deeply": svg("<g>" * 5_000 + "</g>" * 5_000),
    "svg of many elements": svg("<rect/>" * 30_000),
    "svg cut": svg()[:-10],
    "svg in no encoding": b'<?xml version="1.0" encoding="nonsense"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "svg without namespace": b"<svg><rect/></svg>",
    "svg too large": svg("<!--" + "x" * 2_100_000 + "-->"),
}  # fmt: skip

# These are taken, and what they would do is not in what is made of them.
CLEANED = {
    "png with a zip behind it": PNG + zip_file(),
    "png with html behind it": PNG + b"<script>alert(1)</script>",
    "png with a script in its text": PNG[:33] + chunk(b"tEXt", b"Comment\0<script>alert(1)</script>") + PNG[33:],
    "gif that is javascript": GIF + b"/*<script>*/=1;alert(1)",
    "jpeg with php in its comment": JPEG[:2] + b"\xff\xfe\x00\x1a<?php system($_GET[0])?>" + JPEG[2:],
    "jpeg with html behind it": JPEG + b"<html><script>alert(1)</script>",
    "jpeg that tells where it was taken": photograph(),
    "webp with more behind it": WEBP + b"<script>alert(1)</script>",
    "svg with a script": svg("<script>alert(1)</script><rect/>"),
    "svg with a handler": svg('<rect onclick="alert(1)"/>', attributes='onload="alert(1)"'),
    "svg with a page in it": svg('<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>'),
    "svg with a link": svg('<a xlink:href="javascript:alert(1)"><text>x</text></a>'),
    "svg that loads a picture": svg('<image href="https://example.org/x.png"/><rect/>'),
    "svg that loads a style": svg("<style>@import url(https://example.org/x.css);</style><rect/>"),
    "svg with escapes in its style": svg(r"<style>rect{fill:u\72l(https://example.org/x)}</style><rect/>"),
    "svg with an instruction": svg("<rect/>", '<?xml-stylesheet href="https://example.org/x.css"?>'),
    "svg that fills from elsewhere": svg('<rect fill="url(https://example.org/x#a)"/>'),
    "svg that uses another file": svg('<use href="https://example.org/x.svg#a"/><rect/>'),
    "svg that moves its link": svg('<rect><set attributeName="href" to="javascript:alert(1)"/></rect>'),
    "svg that moves by a script": svg('<rect><animate onbegin="alert(1)" attributeName="x"/></rect>'),
    "svg with data in it": svg('<use href="data:image/svg+xml,%3Csvg/%3E#x"/><rect/>'),
}  # fmt: skip
FORBIDDEN = (b"<script", b"alert", b"example.org", b"javascript:", b"<?php", b"foreignobject", b"onload", b"onclick",
             b"onbegin", b"@import", b"evil.html", b"taken at home", b"exif", b"data:", b"xml-stylesheet")  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(PictureError) as raised:
        making.make_base(REFUSED[name], checking.examine(REFUSED[name]))
    message = str(raised.value)
    assert message[0].isupper() or message[0].isdigit()
    assert message.endswith(".")
    assert "Error" not in message


@pytest.mark.parametrize("name", CLEANED)
def test_is_made_clean(name: str) -> None:
    data = CLEANED[name]
    made = making.make_base(data, checking.examine(data))
    found = [word for word in FORBIDDEN if word in made.data.lower()]
    assert not found
    if made.extension != "svg":
        with Image.open(io.BytesIO(made.data)) as image:
            image.load()
            assert not image.getexif()


def test_there_are_sixty() -> None:
    assert len(REFUSED) + len(CLEANED) >= 60


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright(orientation: int) -> None:
    data = photograph((600, 200), orientation=orientation)
    made = making.make_base(data, checking.examine(data))
    assert (made.width, made.height) == ((600, 200) if orientation < 5 else (200, 600))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK"])
def test_pixels_of_every_kind_are_taken(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    data = picture(kind, mode=mode, colour=0)
    made = making.make_base(data, checking.examine(data))
    assert (made.width, made.height) == (60, 40)


def test_transparent_line_art_is_known() -> None:
    assert making.make_base(line_art(), checking.examine(line_art())).is_transparent
    assert not making.make_base(PNG, checking.examine(PNG)).is_transparent


def test_what_moves_goes_on_moving() -> None:
    data = animation(5)
    made = making.make_base(data, checking.examine(data))
    with Image.open(io.BytesIO(made.data)) as image:
        assert (made.extension, image.n_frames) == ("webp", 5)
    assert making.make_variants(made.data, made.extension) == {}


def test_smaller_versions_are_smaller() -> None:
    base = making.make_base(photograph(), checking.examine(photograph()))
    made = making.make_variants(base.data, base.extension)
    assert made
    for by_width in made.values():
        assert list(by_width) == [480, 960, 1200]
        assert len(by_width[480]) < len(by_width[1200]) < len(base.data)
        for width, data in by_width.items():
            with Image.open(io.BytesIO(data)) as image:
                assert image.width == width
                assert not image.getexif()


@pytest.mark.slow
def test_memory_is_bounded() -> None:
    """The hostile pictures, and the largest that are taken, in a process that may have 1.6 GB of addresses."""
    program = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (1_600_000_000, 1_600_000_000))
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django; django.setup()
from tests.media import test_hostile as hostile, images
from learn.media import checking, making
for data in [*hostile.REFUSED.values(), images.picture("PNG", (5000, 3125)), images.picture("JPEG", (8000, 5000))]:
    try:
        made = making.make_base(data, checking.examine(data))
    except checking.PictureError:
        continue
    print(made.width, made.height)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n")[-3:] == ["2560 1600", "2560 1600", ""], done.stderr[-2000:]
