r"""Commands that math-core does not know, or draws otherwise than TeX means them, written as TeX that it draws right.

What TeX has no other words for (a background, a size, a box without height) becomes an element around the formula's
part: ``wrap`` marks it in the TeX, and ``unwrap`` puts the element in the place of the mark in the MathML.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from . import units
from .arguments import argument, length, option, rest_of_group
from .colours import COMMANDS, colour, is_light
from .text_commands import TEXT_COMMANDS, TextWriter
from .vocabulary import CHARACTERS, DASHED_BONDS, LIMITS, SIZES
from .wraps import Wraps, mark, without_marks

_SIZE_COMMAND = re.compile(rf"\\(?:{'|'.join(SIZES)})(?![A-Za-z])")
_PLAIN_BOLD = re.compile(r"(?:[A-Za-zΑ-ω\s{}^_]|\\(?:[a-zA-Z]*(?:alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota"
    r"|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi|chi|psi|omega))(?![A-Za-z]))*", re.IGNORECASE)  # fmt: skip
_BARE_LENGTH = re.compile(
    r"\s*(-?(?:\d+(?:\.\d*)?|\.\d+)\s*(?:em|ex|mu|pt|mm|cm|in|bp|pc|dd|cc|nd|nc|sp|px))"
)
_DIGITS = re.compile(r"(\\[A-Za-z]+)|(\d+(?:\.\d+)?)")


def write_out(tex: str, *, is_display: bool) -> tuple[str, Wraps]:
    """The formula in TeX that math-core reads, and the elements that ``unwrap`` needs."""
    wraps: Wraps = []
    tex = without_marks(tex)
    if _OTHER_COMMAND.search(tex) or (("--" in tex or "\\(" in tex) and "text" in tex):
        tex = _Writer(wraps, is_display=is_display).write(tex)
    return tex, wraps


class _Writer(TextWriter):
    """Writes one formula; each handler gets the TeX and the position behind its command, and returns both anew."""

    def __init__(self, wraps: Wraps, *, is_display: bool) -> None:
        self.wraps = wraps
        self.is_display = is_display

    def write(self, tex: str) -> str:
        out = []
        position = 0
        while match := _COMMAND.search(tex, position):
            out.append(tex[position : match.start()])
            if match[1] is None:  # an escaped character or a row break: nothing that begins a command
                out.append(match[0])
                position = match.end()
                continue
            written, position = _HANDLERS[match[1]](self, match[1], tex, match.end())
            out.append(written)
        out.append(tex[position:])
        return "".join(out)

    def wrap(self, opening: str, tex: str, closing: str = "</mrow>") -> str:
        """Marks a part of the formula, given as TeX that is written out already, for ``unwrap``."""
        return mark(self.wraps, opening, tex, closing)

    def argument(self, tex: str, position: int) -> tuple[str, int]:
        body, position = argument(tex, position)
        return self.write(body), position

    # Handlers.

    def smash(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        kind, position = option(tex, position)
        body, position = self.argument(tex, position)
        padding = {"t": 'height="0"', "b": 'depth="0"'}.get(kind or "", 'height="0" depth="0"')
        return self.wrap(f"<mpadded {padding}>", body, "</mpadded>"), position

    def lap(self, name: str, tex: str, position: int) -> tuple[str, int]:
        body, position = argument(tex, position)
        body = self.write(body) if name.startswith("math") else self.text(body)
        side = {"l": ' class="m-pull"', "c": ' class="m-pull-half"'}.get(name[-4], "")
        return self.wrap(f'<mpadded width="0"><mrow{side}>', body, "</mrow></mpadded>"), position

    def size(self, name: str, tex: str, position: int) -> tuple[str, int]:
        end = rest_of_group(tex, position)
        if another := _SIZE_COMMAND.search(tex, position, end):
            # The next one replaces this, unless it stands in a group of its own.
            inside = tex[position : another.start()]
            end = another.start() if inside.count("{") == inside.count("}") else end
        body = self.write(tex[position:end])
        return self.wrap(f'<mrow class="{SIZES[name]}">', body), end

    def strike(self, name: str, tex: str, position: int) -> tuple[str, int]:
        body, position = self.argument(tex, position)
        return self.wrap(f'<mrow class="m-{name}">', body), position

    def cancel_to(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        value, position = self.argument(tex, position)
        body, position = self.argument(tex, position)
        struck = self.wrap('<mrow class="m-strike-to">', body)
        return rf"{{{{{struck}}}^{{{value}}}}}", position

    def angl(self, name: str, tex: str, position: int) -> tuple[str, int]:
        body, position = ("n", position) if name == "angln" else self.argument(tex, position)
        return self.wrap('<mrow class="m-angl">', body), position

    def bold(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        body, position = self.argument(tex, position)
        if "\\mathbf" not in body:
            written = _DIGITS.sub(lambda match: match[1] or rf"\mathbf{{{match[2]}}}", body)
            if _PLAIN_BOLD.fullmatch(re.sub(r"\\mathbf\{[\d.]+\}", "", written)):
                return rf"\bm{{{body}}}" if written == body else self._bold_pieces(written), position
        return self.wrap('<mrow class="m-bold">', body), position

    @staticmethod
    def _bold_pieces(tex: str) -> str:
        pieces = re.split(r"(\\mathbf\{[\d.]+\})", tex)
        if "{" in "".join(pieces[::2]) or "_" in tex or "^" in tex:
            # Groups may begin in one piece and end in another: each letter is made bold for itself.
            return re.sub(r"(\\mathbf\{[\d.]+\}|\\[A-Za-z]+)|([A-Za-z])",
                lambda match: match[0] if match[0].startswith("\\mathbf") else rf"\bm{{{match[0]}}}", tex)  # fmt: skip
        return "".join(
            piece if index % 2 or not piece.strip() else rf"\bm{{{piece}}}"
            for index, piece in enumerate(pieces)
        )

    def coloured(self, name: str, tex: str, position: int) -> tuple[str, int]:
        start = position
        model, position = option(tex, position)
        value, position = argument(tex, position)
        found = colour(value, model)
        if name == "color":
            end = rest_of_group(tex, position)
        if not found:  # one of math-core's own names, or a mistake that it explains
            return rf"\{name}{tex[start:position]}", position
        if name == "textcolor":
            body, end = self.argument(tex, position)
        else:
            body = self.write(tex[position:end])
        return self.wrap(f'<mrow mathcolor="{found}">', body), end

    def colour_box(self, name: str, tex: str, position: int) -> tuple[str, int]:
        frame = ""
        start = position
        if name == "fcolorbox":
            value, position = argument(tex, position)
            frame = colour(value, None)
        value, position = argument(tex, position)
        found = colour(value, None)
        body, position = argument(tex, position)
        if not found or (name == "fcolorbox" and not frame):
            return rf"\textcolor{{{tex[start:position]}}}", position
        ink = "#000000" if is_light(found) else "#FFFFFF"
        inside = f'<mrow class="m-ground" mathbackground="{found}" mathcolor="{ink}">'
        if not frame:
            return self.wrap(inside, self.text(body)), position
        return self.wrap(
            f'<mrow class="m-frame" mathcolor="{frame}">{inside}', self.text(body), "</mrow></mrow>"
        ), position

    def rule(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        raised, position = option(tex, position)
        width, position = argument(tex, position)
        height, position = argument(tex, position)
        lengths = [length(value or "0em") for value in (width, height, raised)]
        if None in lengths:
            return rf"\rule{{{width}}}{{{height}}}", position
        wide, high, up = (value or 0.0 for value in lengths)
        space = f'<mspace class="m-rule" width="{wide:g}em" height="{high:g}em" depth="0em"></mspace>'
        return self.wrap(f'<mpadded voffset="{up:g}em">{space}', "", "</mpadded>"), position

    def limits(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        r"""``\mathop{..}``, with its limits above and below where TeX puts them."""
        body, position = self.argument(tex, position)
        match = re.compile(r"\s*\\(no)?limits(?![A-Za-z])").match(tex, position)
        if match:
            position = match.end()
        has_limits = not match[1] if match else self.is_display
        return self._operator(rf"\mathop{{{body}}}", tex, position, has_limits=has_limits)

    def _operator(self, written: str, tex: str, position: int, *, has_limits: bool) -> tuple[str, int]:
        scripts = {}
        while (
            has_limits and (mark := re.compile(r"\s*([_^])").match(tex, position)) and mark[1] not in scripts
        ):
            scripts[mark[1]], position = self.argument(tex, mark.end())
        if "_" in scripts:
            written = rf"\underset{{{scripts['_']}}}{{{written}}}"
        if "^" in scripts:
            written = rf"\overset{{{scripts['^']}}}{{{written}}}"
        return rf"\mathop{{{written}}}" if scripts else written, position

    def limit(self, name: str, tex: str, position: int) -> tuple[str, int]:
        return self._operator(rf"\mathop{{{LIMITS[name]}}}", tex, position, has_limits=self.is_display)

    def choice(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        bodies = []
        for _ in range(4):
            body, position = self.argument(tex, position)
            bodies.append(body)
        return f"{{{bodies[0 if self.is_display else 1]}}}", position

    def named_colour(self, name: str, tex: str, position: int) -> tuple[str, int]:
        body, position = self.argument(tex, position)
        return self.wrap(f'<mrow mathcolor="{COMMANDS[name]}">', body), position

    def bond(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        """The bonds of mhchem that are drawn: dashes alone, above one line or two, and between two."""
        kind, position = argument(tex, position)
        if kind not in DASHED_BONDS:
            return rf"\bond{{{kind}}}", position
        space = f'<mspace class="{DASHED_BONDS[kind]}" width="0.9em" height="0.65em" depth="0.1em"></mspace>'
        return self.wrap(f"<mrow>{space}", ""), position

    def root_sign(self, _name: str, _tex: str, position: int) -> tuple[str, int]:
        return self.wrap('<mrow><mo stretchy="false" lspace="0" rspace="0">√</mo>', ""), position

    def small_matrix(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        name, position = argument(tex, position)
        end = tex.find(rf"\end{{{name}}}", position)
        kind = re.fullmatch(r"([pbBvV]?)smallmatrix\*?", name)
        if not kind or end < 0:
            return rf"\begin{{{name}}}", position
        body = self.write(tex[position:end])
        left, right = {
            "p": ("(", ")"), "b": ("[", "]"), "B": (r"\{", r"\}"), "v": (r"\lvert ", r"\rvert "),
            "V": (r"\lVert ", r"\rVert "),
        }.get(kind[1], ("", ""))  # fmt: skip
        matrix = self.wrap('<mrow class="m-small-matrix">', rf"\begin{{matrix}}{body}\end{{matrix}}")
        written = rf"\left{left}{matrix}\right{right}" if left else matrix
        return written, end + len(rf"\end{{{name}}}")

    def html(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        """KaTeX's ``\\htmlClass`` and ``\\htmlData`` name what no reader sees: the formula in them is all there is."""
        _, position = argument(tex, position)
        body, position = self.argument(tex, position)
        return f"{{{body}}}", position

    def in_math(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        _, position = argument(tex, position)
        body, position = self.argument(tex, position)
        return f"{{{body}}}", position

    def sans_italic(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        """Letters by their code points: there is no command that math-core would draw so."""
        body, position = argument(tex, position)
        letters = re.sub("[A-Za-z]", lambda match: chr(_sans_italic(match[0])), body)
        return (f"{{{letters}}}" if re.fullmatch(r"[^\\]*", body) else rf"\mathsfit{{{body}}}"), position

    def space(self, name: str, tex: str, position: int) -> tuple[str, int]:
        """A space with its length in braces or without, with a star or without: TeX and KaTeX take all."""
        if name == "hspace" and tex[position : position + 1] == "*":
            position += 1
        if tex[position:].lstrip()[:1] != "{":
            bare = _BARE_LENGTH.match(tex, position) if name == "hspace" else None
            if bare is None:
                return rf"\{name}", position
            em = length(bare[1])
            return rf"\hspace{{{bare[1] if em is None else f'{em:g}em'}}}", bare.end()
        value, position = argument(tex, position)
        em = length(value)
        return rf"\hspace{{{value if em is None else f'{em:g}em'}}}", position

    def nothing(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        """MathJax's ``\\require`` names a package, which is there already."""
        _, position = argument(tex, position)
        return "", position

    def operator_below(self, name: str, tex: str, position: int) -> tuple[str, int]:
        body, position = self.argument(tex, position)
        return self.wrap(f'<mrow class="m-{name.removeprefix("math")}">', body), position

    def number(self, name: str, tex: str, position: int) -> tuple[str, int]:
        end = position
        _, end = option(tex, end)
        for _ in range(
            {
                "SIrange": 3,
                "qtyrange": 3,
                **dict.fromkeys(
                    ("SI", "qty", "SIlist", "qtylist", "qtyproduct", "numrange", "complexqty"), 2
                ),
            }.get(name, 1)
        ):
            _, end = argument(tex, end)
        written = units.write_out(rf"\{name}{tex[position:end]}")
        return written, end


def _sans_italic(letter: str) -> int:
    return ord("𝘈") + ord(letter) - ord("A") if letter.isupper() else ord("𝘢") + ord(letter) - ord("a")


_Handler = Callable[[_Writer, str, str, int], tuple[str, int]]
_HANDLERS: dict[str, _Handler] = {
    "smash": _Writer.smash,
    **dict.fromkeys(("llap", "rlap", "clap", "mathllap", "mathrlap", "mathclap"), _Writer.lap),
    **dict.fromkeys(SIZES, _Writer.size),
    **dict.fromkeys(("sout", "st"), _Writer.strike),
    "cancelto": _Writer.cancel_to,
    "angl": _Writer.angl,
    "angln": _Writer.angl,
    **dict.fromkeys(("boldsymbol", "pmb", "bm"), _Writer.bold),
    "color": _Writer.coloured,
    "textcolor": _Writer.coloured,
    "colorbox": _Writer.colour_box,
    "fcolorbox": _Writer.colour_box,
    "fbox": _Writer.framed,
    "rule": _Writer.rule,
    "mathop": _Writer.limits,
    **dict.fromkeys(LIMITS, _Writer.limit),
    "mathchoice": _Writer.choice,
    "char": _Writer.character,
    "unicode": _Writer.unicode,
    "verb": _Writer.verbatim,
    **dict.fromkeys(TEXT_COMMANDS, _Writer.text_group),
    **dict.fromkeys(CHARACTERS, _Writer.sign),
    **dict.fromkeys(COMMANDS, _Writer.named_colour),
    "bond": _Writer.bond,
    "surd": _Writer.root_sign,
    "raisebox": _Writer.raised,
    **dict.fromkeys(("LaTeX", "TeX", "KaTeX"), _Writer.logo),
    "begin": _Writer.small_matrix,
    "require": _Writer.nothing,
    **dict.fromkeys(("htmlClass", "htmlData", "htmlId"), _Writer.html),
    **dict.fromkeys(
        ("overlinesegment", "underlinesegment", "reflectbox", "mathreflectbox"), _Writer.operator_below
    ),
    "TextOrMath": _Writer.in_math,
    "mathsfit": _Writer.sans_italic,
    **dict.fromkeys(("hspace", "kern", "mkern", "hskip", "mskip"), _Writer.space),
    **dict.fromkeys(
        (
            "SIrange",
            "qtyrange",
            "SIlist",
            "qtylist",
            "qtyproduct",
            "numproduct",
            "numrange",
            "numlist",
            "SI",
            "si",
            "qty",
            "unit",
            "num",
            "ang",
            "complexnum",
            "complexqty",
        ),
        _Writer.number,
    ),
}


# The environments that are handled are looked for by name: every other formula with a matrix would be read for nothing.
def _pattern(names: set[str]) -> str:
    listed = "|".join(sorted(names - {"begin"}, key=len, reverse=True))
    return rf"\\(begin(?=\{{[pbBvV]?smallmatrix)|{listed})(?![A-Za-z])"


_COMMAND = re.compile(_pattern(set(_HANDLERS)) + r"|\\\\")
# Every third formula has text and nothing else of these: it need not be read.
_OTHER_COMMAND = re.compile(_pattern((set(_HANDLERS) - set(TEXT_COMMANDS)) | {"textcircled"}))
