"""SVG, cleaned: what draws stays, everything that could run, load or slow down goes.

It is written anew from a list of what may stay. Drawing it here instead (as PNG) would take a second renderer with
faults of its own and lose what SVG is for: figures that stay sharp at any size, and small. Pages show it as an `img`,
where browsers run no script of it and load nothing; opened by itself it is held by a policy of its own
(learn.views.media). https://www.w3.org/TR/SVG2/conform.html#secure-static-mode
"""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET
from xml.parsers import expat

MAX_BYTES = 2_000_000
MAX_ELEMENTS = 20_000  # with those that `use` repeats
MAX_DEPTH = 100
DEFAULT_SIZE = (300, 150)  # what browsers take where a picture says no size
MAX_SIDE = 4_000
SVG, XLINK, XML = (
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/XML/1998/namespace",
)

_ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "title",
        "desc",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textPath",
        "marker",
        "pattern",
        "clipPath",
        "mask",
        "linearGradient",
        "radialGradient",
        "stop",
        "filter",
        "feGaussianBlur",
        "feOffset",
        "feBlend",
        "feColorMatrix",
        "feComposite",
        "feFlood",
        "feMerge",
        "feMergeNode",
        "feMorphology",
        "feDropShadow",
        "feComponentTransfer",
        "feFuncR",
        "feFuncG",
        "feFuncB",
        "feFuncA",
        "feTurbulence",
        "feDisplacementMap",
        "style",
        "switch",
    ]
)
# Of elements that are not taken, these are passed through: what is in them is drawn.
_TRANSPARENT = frozenset({"a"})
_NO_ATTRIBUTE = re.compile(r"on.*|href|src|base|requiredExtensions|externalResourcesRequired", re.IGNORECASE)
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]{1,2})?)\s*(px|pt|pc|mm|cm|in|em|ex|%)?\s*\Z")
_PIXELS = {
    "px": 1.0,
    "": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
    "em": 16.0,
    "ex": 8.0,
}
_URL = re.compile(r"url\s*\(\s*['\"]?\s*(?!#)", re.IGNORECASE)
# Escapes and comments could hide an address from the expression above.
_UNSAFE_CSS = re.compile(
    r"@import|@font-face|expression\s*\(|javascript:|image-set|src\s*\(|-moz-binding|\\|/\*", re.IGNORECASE
)
_FRAGMENT = re.compile(r"#[^\s\"'<>()]{1,200}\Z")


class SVGError(ValueError):
    """It cannot be taken; the message is a sentence."""


def looks_like_svg(data: bytes) -> bool:
    """Whether the bytes are a document in XML that begins with an `svg` element."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return (
        start.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in data[:65_536].lower()
    )


def size_of(data: bytes) -> tuple[int, int]:
    """Its width and height in CSS pixels: what it says, or what its view box does. Raises SVGError."""
    return _size(_parse(data))


def clean(data: bytes) -> bytes:
    """The same drawing from nothing but the elements and attributes that draw. Raises SVGError."""
    root = _parse(data)
    width, height = _size(root)
    made = _copied(root, 0)
    if made is None:
        raise SVGError("There is nothing to see in the SVG.")
    if not root.get("viewBox"):
        made.set("viewBox", f"0 0 {width} {height}")
    made.set("width", str(width))
    made.set("height", str(height))
    _check_repeats(made)
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    text: str = ET.tostring(made, encoding="unicode")
    return text.encode()


class _Reader:
    """Builds the tree while expat reads, and stops where it grows too large."""

    def __init__(self) -> None:
        self.builder = ET.TreeBuilder()
        self.depth = self.count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH:
            raise SVGError(f"Elements of the SVG are nested more than {MAX_DEPTH} deep. Simplify it.")
        if self.count > MAX_ELEMENTS:
            raise SVGError(
                f"The SVG has more than {MAX_ELEMENTS:,} elements. Simplify it, or save it as PNG."
            )
        self.builder.start(_name(tag), {_name(key): value for key, value in attributes.items()})

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.builder.end(_name(tag))

    def entity(self, *_arguments: object) -> int:
        raise SVGError("The SVG declares entities, which may grow without end. Save it as plain SVG.")


def _name(text: str) -> str:
    return f"{{{text}" if "}" in text else text


def _parse(data: bytes) -> ET.Element:
    if len(data) > MAX_BYTES:
        raise SVGError(f"{len(data):,} bytes; an SVG may have {MAX_BYTES:,}. Simplify it, or save it as PNG.")
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.builder.data
    parser.EntityDeclHandler = reader.entity
    parser.UnparsedEntityDeclHandler = reader.entity
    parser.ExternalEntityRefHandler = reader.entity
    try:
        parser.Parse(data, True)  # noqa: FBT003 expat takes it by place
    except expat.ExpatError as error:
        message = (
            f"The SVG is no well-formed XML, at line {error.lineno}, column {error.offset + 1}. Save it anew."
        )
        raise SVGError(message) from error
    except SVGError:
        raise
    except (ValueError, LookupError) as error:  # of a text encoding that Python does not know
        raise SVGError("The SVG is written in an unknown encoding. Save it as UTF-8.") from error
    root = reader.builder.close()
    if root.tag != f"{{{SVG}}}svg":
        raise SVGError("It is no SVG: its first element is another one. Save it anew.")
    return root


def _size(root: ET.Element) -> tuple[int, int]:
    width, height = _length(root.get("width")), _length(root.get("height"))
    box = re.split(r"[\s,]+", (root.get("viewBox") or "").strip())
    try:
        box_width, box_height = (float(box[2]), float(box[3])) if len(box) == 4 else (0.0, 0.0)
    except ValueError:
        box_width = box_height = 0.0
    if not (0 < box_width < 1e9 and 0 < box_height < 1e9):
        box_width, box_height = map(float, DEFAULT_SIZE)
    if width and not height:
        height = width * box_height / box_width
    elif height and not width:
        width = height * box_width / box_height
    elif not width or not height:
        width, height = box_width, box_height
    scale = min(1.0, MAX_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _length(text: str | None) -> float:
    """CSS pixels; 0 where it says none, or a share of what is around it."""
    match = _LENGTH.match(text or "")
    if not match or match[2] == "%":
        return 0.0
    value = float(match[1]) * _PIXELS[match[2] or ""]
    return value if math.isfinite(value) and value < 1e6 else 0.0


def _copied(element: ET.Element, depth: int) -> ET.Element | None:
    """The element with what may stay of it; None where it may not."""
    namespace, _, name = element.tag.rpartition("}")
    if namespace != f"{{{SVG}" or (name not in _ELEMENTS and name not in _TRANSPARENT):
        return None
    if name == "style":
        text = "".join(element.itertext())
        if not _is_safe_css(text):
            return None
        made = ET.Element(element.tag)
        made.text = text
        return made
    made = ET.Element(f"{{{SVG}}}g" if name in _TRANSPARENT else element.tag)
    for key, value in element.attrib.items():
        if (kept := _attribute(key, value)) is not None:
            made.set(key, kept)
    made.text = element.text
    for child in element:
        inner = _copied(child, depth + 1)
        if inner is not None:
            inner.tail = child.tail
            made.append(inner)
    return made


def _attribute(key: str, value: str) -> str | None:
    """The value of an attribute that may stay; None where it may not."""
    if key in ("href", f"{{{XLINK}}}href"):
        return value.strip() if _FRAGMENT.match(value.strip()) else None
    if key == f"{{{XML}}}space":
        return value
    if key.startswith("{") or _NO_ATTRIBUTE.fullmatch(key):
        return None
    return value if _is_safe_css(value) else None


def _is_safe_css(text: str) -> bool:
    return not _URL.search(text) and not _UNSAFE_CSS.search(text)


def _check_repeats(root: ET.Element) -> None:
    """Refuse drawings whose `use` elements repeat each other: ten of ten of ten are a thousand."""
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    costs: dict[int, int] = {}

    def cost(element: ET.Element, open_: frozenset[int]) -> int:
        key = id(element)
        if key in open_:
            raise SVGError("A part of the SVG repeats itself. Save it as plain SVG, or as PNG.")
        if key not in costs:
            total = 1 + sum(cost(child, open_ | {key}) for child in element)
            if element.tag == f"{{{SVG}}}use":
                target = by_id.get((element.get("href") or element.get(f"{{{XLINK}}}href") or "").lstrip("#"))
                total += cost(target, open_ | {key}) if target is not None else 0
            if total > MAX_ELEMENTS:
                raise SVGError(
                    f"Parts of the SVG are repeated more than {MAX_ELEMENTS:,} times. Save it as PNG."
                )
            costs[key] = total
        return costs[key]

    try:
        cost(root, frozenset())
    except RecursionError as error:
        raise SVGError(
            "Parts of the SVG repeat each other too deeply. Save it as plain SVG, or as PNG."
        ) from error
