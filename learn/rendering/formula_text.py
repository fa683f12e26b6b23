"""MathML to one readable line of text, for search, excerpts and structured data, and an estimate of its width.

The line says what the formula says and nothing else: brackets stand wherever what is beside a fraction, a root or a
script could be read as part of it ("(1/2)mv²", "1/(2a)", "√(2)x"). Its signs are those of UnicodeMath
(https://www.unicode.org/notes/tn28/).
No Python library writes one: those that read MathML write TeX or speech.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from .mathml import Node

_LENGTH = re.compile(r'width="(-?[\d.]+)em"')

_SUPERSCRIPTS = dict(zip("0123456789+-−=()ni′″‴∘°", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ′″‴°°", strict=True))
_SUBSCRIPTS = dict(zip("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))

_ACCENTS = {
    "¯": "\u0304", "‾": "\u0304", "ˉ": "\u0304", "_": "\u0332", "\u0332": "\u0332",
    "^": "\u0302", "ˆ": "\u0302", "\u0302": "\u0302", "~": "\u0303", "˜": "\u0303", "\u0303": "\u0303",
    "→": "\u20d7", "\u20d7": "\u20d7", "˙": "\u0307", "¨": "\u0308", "˚": "\u030a",
    "ˇ": "\u030c", "´": "\u0301", "`": "\u0300", "˘": "\u0306",
}  # fmt: skip

# Operators that read better between spaces.
_SPACED = frozenset("=<>≤≥≠≈≡∼≅∝∈∉⊂⊆⊃⊇∪∩∧∨→←↔⇒⇐⇔⟹⟺⟶⟷↦⇌×÷±∓+−⋅∣∥⊥⟂≪≫≜≔⊕⊗∖∴∵")
_ARROWS = frozenset("→←↔⇒⇐⇔⟶⟵⟷⇌⇋⇄⇆↦↠↞↩↪⇀⇁↼↽=")
_INVISIBLE = re.compile("[\u2061-\u2064\u200b\ufe00\ufe01]")
_SPACES = re.compile(r"\s+")
_ALPHABETS = re.compile("[\U0001d400-\U0001d7ff]+")
# What needs no brackets above a line of a fraction, and below it or under a root: one number, one letter with its
# scripts and accents, one word. Below the line "2a" and "mv" need them.
_ATOM = re.compile(r"\w*(?:\([^()]*\))?|[\w.,%°′]+")
_MARKS = "\u0300-\u036f\u20d0-\u20ff′″‴₀-₉₊₋ₐ-ₜᵢᵣᵤᵥⱼ⁰-ⁿ²³¹ⁱ"
_SINGLE = re.compile(
    rf"\d[\d.,]*|[^\W\d_][{_MARKS}]*(?:_\w+|_\([^()]*\))?[{_MARKS}]*|[^\W\d_]{{3,}}|\([^()]*\)"
    r"|√\w|√\([^()]*\)|[A-Za-z]\(\w\)|[a-z]{2,}\([^()]*\)"
)
_DIFFERENTIAL = re.compile(rf"[d∂Δ][^\W\d_][\w′{_MARKS}]*")
_DERIVATIVE = re.compile(r"[d∂][⁰-⁹²³ⁿ]?(?:\^\w+)?")
_TOKENS = frozenset({"mi", "mn", "mo", "mtext"})
_WRITTEN_SCRIPT = re.compile(r"[_^]\w+\Z")
_SCRIPT_ATOM = re.compile(r"\w*|.", re.DOTALL)

# Widths in em of the math font at the size of the text; scripts are set at 71 %.
_LETTER, _SPACED_OPERATOR, _SCRIPT, _COLUMN_GAP = 0.55, 1.35, 0.71, 0.8


def measure(root: Node) -> tuple[str, float]:
    """The formula as one line of Unicode text, and the width in em it takes on a page, roughly."""
    line, width = _write(root)
    return _SPACES.sub(" ", line).strip(), width


def _write(node: Node) -> tuple[str, float]:
    return _WRITERS.get(node.name, _row)(node)


def _text(node: Node) -> tuple[str, float]:
    # Bold, italic and script letters have code points of their own; the blackboard letters of number sets stay.
    text = _ALPHABETS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), node.text)
    if "\ufe00" in text or "\ufe01" in text:
        text = _INVISIBLE.sub("", text)
    return text, _LETTER * len(text)


def _row(node: Node) -> tuple[str, float]:
    out: list[str] = []
    total = 0.0
    before = ""
    for index, child in enumerate(node.children):
        text, width = _write(child)
        if child.name in _OPEN_ENDED:
            text = _set_off(node.children, index, text, before)
        if (
            child.name == "mo"
            and text in "+−±∓"
            and (not before.strip() or before.rstrip()[-1] in _BEFORE_SIGN)
        ):
            width = _LETTER
        elif child.name == "mo" and text in _SPACED and 'rspace="0"' not in child.attributes:
            text = f" {text} "
        elif _needs_space(before, text):
            text = f" {text}"
        out.append(text)
        total += width
        before = text or before
    return "".join(out), total


_BEFORE_SIGN = _SPACED | frozenset("([{|,;:/^_")


# What reads on into its neighbours when it stands on one line.
_OPEN_ENDED = frozenset({"mfrac", "msqrt", "mroot"})


def _set_off(siblings: list[Node], index: int, text: str, before: str) -> str:
    """A fraction or root in brackets where a factor stands beside it, and a derivative with a space behind it."""
    following = siblings[index + 1] if index + 1 < len(siblings) else None
    after = _first_character(following)
    is_followed = after.isalnum() or after in {"√", "(", "[", "!", "/", "|"}
    if siblings[index].name != "mfrac":
        root, sign, inside = text.partition("√")
        return f"{root}{sign}({inside})" if after.isalnum() and sign and inside[:1] != "(" else text
    if "/" not in text or text.endswith("choose"):
        return text
    above, _, below = text.partition("/")
    if _DERIVATIVE.fullmatch(above) and _DIFFERENTIAL.match(below):
        return f"{text} " if is_followed else text
    is_preceded = bool(before) and (
        before[-1].isalnum() or before[-1] in ")]!/|" or unicodedata.category(before[-1]) == "No"
    )
    if before[-1:].isdigit() and text.replace("/", "").isdigit() and not after.isalnum():
        return f" {text}"  # a mixed number
    return f"({text})" if is_followed or (is_preceded and before[-1] != "|") else text


def _first_character(node: Node | None) -> str:
    while node is not None:
        if node.name in {"mspace", "mphantom"}:
            return " "
        if node.name == "#text":
            return _INVISIBLE.sub("", node.text)[:1] or " "
        if node.name == "mfrac":
            return "("
        if node.name in {"msqrt", "mroot"}:
            return "√"
        node = node.children[0] if node.children else None
    return ""


def _needs_space(before: str, text: str) -> bool:
    """Whether a name ("sin", "kg") would run together with what stands beside it."""
    if not before or not text or not before[-1].isalnum() or not text[0].isalnum():
        return False
    if text[0].isupper() and unicodedata.category(before[-1]) in {"No", "Lm"}:
        return False  # CH₃COOH
    return _is_name(before) or _is_name(text) or _WRITTEN_SCRIPT.search(before) is not None


def _is_name(text: str) -> bool:
    return len(text) > 1 and text.isalpha() and text.isascii()


def _operator(node: Node) -> tuple[str, float]:
    text = _INVISIBLE.sub("", "".join(child.text for child in node.children))
    if text == ",":
        return ", ", _LETTER
    return (
        text,
        _SPACED_OPERATOR if text in _SPACED and 'lspace="0"' not in node.attributes else _LETTER * len(text),
    )


def _space(node: Node) -> tuple[str, float]:
    if "m-bond" in node.attributes:
        return "–", 0.9
    if "m-rule" in node.attributes:
        return "", 1.0
    length = _LENGTH.search(node.attributes)
    width = float(length[1]) if length else 0.0
    return " " if width > 0.1 else "", width


def _nothing(node: Node) -> tuple[str, float]:
    return "", _row(node)[1]


def _fraction(node: Node) -> tuple[str, float]:
    (above, width_above), (below, width_below) = _two(node)
    width = max(width_above, width_below) + 0.2
    if 'linethickness="0"' in node.attributes:
        return f"{above} choose {below}", width
    below = below.strip()
    is_plain = _SINGLE.fullmatch(below) or (
        len(node.children) > 1 and node.children[1].name in _TOKENS and not _SPACES.search(below)
    )
    if not is_plain and not (above[:1] in {"d", "∂", "Δ"} and _DIFFERENTIAL.fullmatch(below)):
        below = f"({below})"
    is_change = _DIFFERENTIAL.fullmatch(above.strip()) is not None
    return f"{above.strip() if is_change else _grouped(above)}/{below}", width


def _root(node: Node) -> tuple[str, float]:
    text, width = _row(node)
    return f"√{_under_root(text)}", width + 0.9


def _under_root(text: str) -> str:
    text = text.strip()
    return text if _SINGLE.fullmatch(text) else f"({text})"


def _indexed_root(node: Node) -> tuple[str, float]:
    (text, width), (index, _) = _two(node)
    return f"{_raised(index, bare=True)}√{_under_root(text)}", width + 1.1


def _superscript(node: Node) -> tuple[str, float]:
    (base, width), (script, script_width) = _two(node)
    if node.children and "m-strike-to" in _attributes(node.children[0]):
        return f"{base} → {script}", width + _SCRIPT * script_width
    return _base(node, base) + _raised(script), width + _SCRIPT * script_width


def _scripts_on_both_sides(node: Node) -> tuple[str, float]:
    """The base with the scripts of either side; those in front stand behind an empty base."""
    names = [child.name for child in node.children]
    middle = names.index("mprescripts") if "mprescripts" in names else len(names)
    written = [_write(child) for child in node.children]
    behind, front = written[1:middle], written[middle + 1 :]
    text = "".join(
        "".join(
            (_lowered if index % 2 == 0 else _raised)(script)
            for index, (script, _) in enumerate(scripts)
            if script
        )
        + (written[0][0] if scripts is front else "")
        for scripts in (front, behind)
    )
    return text, written[0][1] + _SCRIPT * sum(width for _, width in behind + front) / 2


def _attributes(node: Node) -> str:
    """The attributes of an element, or of the one that it holds where it has none itself."""
    while not node.attributes and len(node.children) == 1:
        node = node.children[0]
    return node.attributes


def _group(node: Node) -> tuple[str, float]:
    text, width = _row(node)
    return (f"{text}⌉", width + 0.3) if "m-angl" in node.attributes else (text, width)


def _enclosure(node: Node) -> tuple[str, float]:
    text, width = _row(node)
    return (f"∠{text}", width + 0.7) if "phasorangle" in node.attributes else (text, width)


def _base(node: Node, text: str) -> str:
    """What a script belongs to, in brackets where it would else belong to its last letter alone."""
    if node.children and node.children[0].name in _TOKENS:
        return text
    text = text.strip()
    is_whole = (
        len(text) < 2 or text.isalnum() or text[-1] in ")]}|‖⌋⌉⟩" or not any(sign in text for sign in " /√+−")
    )
    return text if is_whole else f"({text})"


def _subscript(node: Node) -> tuple[str, float]:
    (base, width), (script, script_width) = _two(node)
    return _base(node, base) + _lowered(script), width + _SCRIPT * script_width


def _both_scripts(node: Node) -> tuple[str, float]:
    (base, width), (below, width_below), (above, width_above) = _three(node)
    return _base(node, base) + _lowered(below) + _raised(above), width + _SCRIPT * max(
        width_below, width_above
    )


def _over(node: Node) -> tuple[str, float]:
    (base, width), (above, width_above) = _two(node)
    accent = _ACCENTS.get(above.strip())
    if accent == "\u0332":
        accent = "\u0305"  # math-core writes the same character above and below
    if accent and len(base) <= 4:
        return "".join(character + accent for character in base), width
    if base.strip() in _ARROWS:
        return f" {base}[{above.strip()}] ", max(width, width_above) + 1
    if mark := _accent(base, above):
        return mark, width
    return base + _raised(above), max(width, _SCRIPT * width_above)


def _accent(base: str, sign: str) -> str:
    """A long part under an accent, a line or a brace: "vec(ABCDE)", "⏞(a + b)"; empty for any other sign."""
    sign = sign.strip()
    if sign in _LONG_SIGNS:
        return f"{sign}({base.strip()})"
    name = _ACCENT_NAMES.get(sign)
    return f"{name}({base.strip()})" if name else ""


_LONG_SIGNS = frozenset("⏞⏟⏜⏝⏠⏡⎴⎵")
_ACCENT_NAMES = {
    "^": "hat", "ˆ": "hat", "\u0302": "hat", "~": "tilde", "˜": "tilde", "\u0303": "tilde", "ˇ": "check",
    "\u030c": "check", "→": "vec", "\u20d7": "vec", "←": "overleftarrow", "↔": "overleftrightarrow",
    "¯": "overline", "‾": "overline", "ˉ": "overline", "_": "underline", "\u0332": "overline", "⃛": "dddot",
    "⃜": "ddddot", "⇒": "overarrow", "⇀": "overharpoon", "↼": "overharpoon",
}  # fmt: skip


def _under(node: Node) -> tuple[str, float]:
    (base, width), (below, width_below) = _two(node)
    accent = _ACCENTS.get(below.strip())
    if accent and len(base) <= 4:
        return "".join(character + accent for character in base), width
    if base.strip() in {"⇀", "⇁", "↼", "↽"}:
        return f" {base}[{below.strip()}] ", max(width, width_below) + 1
    if mark := _accent(base, below):
        return mark, width
    return f"{base}{_lowered(below)} ", max(width, _SCRIPT * width_below)


def _under_and_over(node: Node) -> tuple[str, float]:
    (base, width), (below, width_below), (above, width_above) = _three(node)
    width = max(width, _SCRIPT * width_below, _SCRIPT * width_above)
    if base.strip() in _ARROWS:
        labels = "; ".join(filter(None, (above.strip(), below.strip())))
        return f" {base}[{labels}] ", width + 1
    return f"{base}{_lowered(below)}{_raised(above)} ", width


def _table(node: Node) -> tuple[str, float]:
    rows = [[_row(cell) for cell in row.children] for row in node.children]
    columns = max(map(len, rows), default=0)
    widths = [
        max((row[index][1] for row in rows if index < len(row)), default=0.0) for index in range(columns)
    ]
    lines = (" ".join(text.strip() for text, _ in row if text.strip()) for row in rows)
    return "; ".join(filter(None, lines)), sum(widths) + _COLUMN_GAP * columns


def _two(node: Node) -> list[tuple[str, float]]:
    return _parts(node, 2)


def _three(node: Node) -> list[tuple[str, float]]:
    return _parts(node, 3)


def _parts(node: Node, count: int) -> list[tuple[str, float]]:
    parts = [_write(child) for child in node.children[:count]]
    return parts + [("", 0.0)] * (count - len(parts))


def _grouped(text: str) -> str:
    text = text.strip()
    return text if _ATOM.fullmatch(text) else f"({text})"


def _raised(text: str, *, bare: bool = False) -> str:
    text = _squeezed(text)
    if all(character in _SUPERSCRIPTS for character in text):
        return "".join(_SUPERSCRIPTS[character] for character in text)
    if bare:
        return text
    return f"^{text}" if _SCRIPT_ATOM.fullmatch(text) else f"^({text})"


def _lowered(text: str) -> str:
    text = _squeezed(text)
    if all(character in _SUBSCRIPTS for character in text):
        return "".join(_SUBSCRIPTS[character] for character in text)
    return f"_{text}" if _SCRIPT_ATOM.fullmatch(text) else f"_({text})"


def _squeezed(text: str) -> str:
    """A script without the spaces around its operators, unless it holds words."""
    text = text.strip()
    return text if re.search(r"[A-Za-z]{2}", text) else text.replace(" ", "")


_WRITERS: dict[str, Callable[[Node], tuple[str, float]]] = {
    "#text": _text,
    "mo": _operator,
    "mspace": _space,
    "mrow": _group,
    "menclose": _enclosure,
    "mphantom": _nothing,
    "mfrac": _fraction,
    "msqrt": _root,
    "mroot": _indexed_root,
    "msup": _superscript,
    "msub": _subscript,
    "msubsup": _both_scripts,
    "mover": _over,
    "munder": _under,
    "munderover": _under_and_over,
    "mtable": _table,
    "mmultiscripts": _scripts_on_both_sides,
}
