"""Pictures in an answer: which addresses name one, and the HTML of those that are known.

A picture is named by a path: `media/cell.png`, or one relative to the file of its article. The renderer knows no
database; who calls it hands over what is known of each address (`Picture`). An image of another site stays a link:
pages load nothing from elsewhere. One that is not known is its alternative text, and a problem for the editor.

https://html.spec.whatwg.org/multipage/images.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .addresses import is_external

if TYPE_CHECKING:
    from markdown_it.token import Token

    from .writer import Writer

FOLDER = "media/"  # at the root of a source, and of the site's own pictures
# How wide the column of text is: all of a narrow screen but its margins, and never more than 37 rem (static/css).
SIZES = "(min-width: 41rem) 37rem, calc(100vw - 2rem)"
# CSS pixels. A picture that is no wider is shown in its full size, and nothing is left to enlarge.
COLUMN_WIDTH = 592
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_IN_PARAGRAPH = frozenset({"image", "softbreak", "hardbreak"})


@dataclass(frozen=True, slots=True)
class Picture:
    """What a page says of one picture.

    `address` leads to the version that every browser shows, `sources` are pairs of a media type and a srcset. `width`
    and `height` are in CSS pixels. `needs_plate`: it is transparent, and drawn for a light ground.
    """

    address: str
    width: int
    height: int
    sources: tuple[tuple[str, str], ...] = ()
    alt: str = ""
    is_decorative: bool = False
    caption: str = ""
    source: str = ""
    licence: str = ""
    needs_plate: bool = False
    is_vector: bool = False


Pictures = Mapping[str, Picture]


def is_ours(address: str) -> bool:
    """Whether the address of an image names a picture of the library: a relative path, or one below /media/."""
    if not address or _SCHEME.match(address) or is_external(address) or "?" in address or "#" in address:
        return False
    return not address.startswith("/") or address.startswith(f"/{FOLDER}")


def names_of(address: str, subject_slug: str) -> tuple[str, ...]:
    """The names that a picture's address may mean in an article of a subject, the first that exists counts.

    `cell.png` means `<subject>/cell.png`; `media/cell.png` that beside the article, or else the one at the root.
    """
    path = unquote(address)
    if path.startswith("/"):
        return (posixpath.normpath(path.lstrip("/")),)
    names = [posixpath.normpath(f"{subject_slug}/{path}")]
    if path.startswith(FOLDER):
        names.append(posixpath.normpath(path))
    return tuple(name for name in names if not name.startswith(("..", "/")) and "\0" not in name)


def lifted(tokens: Sequence[Token], writer: Writer) -> list[Token]:
    """The tokens with figures in the place of the paragraphs that consist of known pictures: a `p` may not hold one."""
    found: list[Token] = []
    is_figure = False
    for index, token in enumerate(tokens):
        if token.type == "paragraph_open" and (images := _alone(tokens[index + 1], writer)):
            is_figure = True
            for image in images:
                image.meta = {**image.meta, "figure": True}
            tokens[index + 1].children = images
        elif is_figure and token.type == "paragraph_close":
            is_figure = False
        else:
            found.append(token)
    return found


def _alone(inline: Token, writer: Writer) -> list[Token]:
    """The pictures of a paragraph that has nothing else in it, all of them known; else none."""
    children = inline.children or []
    images = [child for child in children if child.type == "image"]
    if all(child.type in _IN_PARAGRAPH for child in children) and all(
        str(image.attrs.get("src", "")) in writer.pictures for image in images
    ):
        return images
    return []


def write(token: Token, writer: Writer) -> tuple[str, str]:
    """The HTML and the text of an image: a picture, the words that stand for it, or a link to another site."""
    address = str(token.attrs.get("src", ""))
    html, alt = writer.write_inline(token.children or ())
    alt = " ".join(writer.protected.readable(alt).split())
    if not is_ours(address):
        return _link(address, html, alt, writer)
    if picture := writer.pictures.get(address):
        return _picture(picture, token, address, alt, writer)
    writer.unknown_pictures.append(address)
    message = "There is no such picture: upload it, or put its file beside the article's or below media/."
    writer.problems.add("picture-missing", message, address)
    return html, alt


def _link(address: str, html: str, alt: str, writer: Writer) -> tuple[str, str]:
    address = writer.address(address)
    writer.problems.add("image", "Images are not shown; the answer links to it instead.", address)
    if not alt:
        html, alt = escape(address, quote=False), address
    return f"{writer.link(address, '')}{html}</a>", alt


def _picture(picture: Picture, token: Token, address: str, written: str, writer: Writer) -> tuple[str, str]:
    alt = written or ("" if picture.is_decorative else picture.alt)
    if not alt and not picture.is_decorative:
        message = "The picture has no alternative text: say what it shows, or mark it as decorative."
        writer.problems.add("picture-without-alt", message, address)
    image = _image(picture, alt)
    if not token.meta.get("figure"):
        return image, alt
    if alt and (picture.is_vector or picture.width > COLUMN_WIDTH):
        image = f'<a class="zoom" href="{escape(picture.address)}">{image}</a>'
    caption = writer.protected.readable(str(token.attrs.get("title") or "")) or picture.caption
    kind = "picture plate" if picture.needs_plate else "picture"
    described = _caption(caption, picture)
    text = "\n".join(line for line in (alt, caption) if line)
    return f'<figure class="{kind}">{image}{described}</figure>\n', text


def _image(picture: Picture, alt: str) -> str:
    image = (
        f'<img src="{escape(picture.address)}" alt="{escape(alt)}" width="{picture.width}" '
        f'height="{picture.height}" loading="lazy" decoding="async">'
    )
    if not picture.sources:
        return image
    sources = "".join(
        f'<source type="{kind}" srcset="{escape(srcset)}" sizes="{SIZES}">'
        for kind, srcset in picture.sources
    )
    return f"<picture>{sources}{image}</picture>"


def _caption(caption: str, picture: Picture) -> str:
    parts = [escape(caption, quote=False)] if caption else []
    credit = ", ".join(_credit(text) for text in (picture.source, picture.licence) if text)
    if credit:
        parts.append(f'<span class="credit">{credit}</span>')
    return f"<figcaption>{' '.join(parts)}</figcaption>" if parts else ""


def _credit(text: str) -> str:
    """A source or a licence: as a link where it is an address."""
    if not text.startswith(("https://", "http://")):
        return escape(text, quote=False)
    name = urlsplit(text).hostname or text
    return f'<a href="{escape(text)}" rel="nofollow noopener">{escape(name, quote=False)}</a>'
