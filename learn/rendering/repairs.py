"""Repairs of TeX that authors wrote and math-core does not read, or reads otherwise than it was meant.

No library repairs TeX: those that are more forgiving (KaTeX, MathJax) are JavaScript, and some 100 times slower.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_ENVIRONMENTS = {
    "split": "aligned",
    "eqnarray": "aligned",
    "eqnarray*": "aligned",
    "flalign": "align",
    "flalign*": "align*",
    "alignat": "align",
    "alignat*": "align*",
    "alignedat": "aligned",
    "displaymath": "gathered",
    "math": "gathered",
    "tabular": "array",
}

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}%&_^']|[^\\{}%&_^'\s]|\s+", re.DOTALL)
_REFERENCE = re.compile(r"\\(?:label\s*\{[^{}]*\}|(?P<kind>eqref|ref)\s*\{(?P<name>[^{}]*)\})")
_ROW_SPACE = re.compile(r"(\\\\)\s*\[\s*-?[\d.]+\s*(?:em|ex|pt|mm|cm|in|px|mu|pc|\\baselineskip)\s*\]")
_ROW_END = re.compile(r"\\cr(?![A-Za-z])")
_THOUSANDS = re.compile(r"(?<![\d.,_^])\d{1,3}(?:,\d{3})+(?!\d|,\d)")
_LETTERS = re.compile(r"[A-Za-z]{2}")
_ARGUMENT = r"\s*\{(?:[^{}]|\{[^{}]*\})*\}"
_WORDS = re.compile(
    rf"\\(?:text\w*|math\w+|operatorname\*?|mbox|hbox|tag\*?|color|textcolor|bm|boldsymbol|end|ce|pu){_ARGUMENT}"
    rf"|\\begin{_ARGUMENT}(?:{_ARGUMENT})?|\\[A-Za-z]+"
    r"|(?P<words>[A-Za-z]{2,}(?:['’]s?(?=\s+[A-Za-z]{3}))?(?:\s+[A-Za-z]{2,}(?:['’]s?(?=\s+[A-Za-z]{3}))?)*)"
)
_WORD = re.compile(r"(?=[A-Za-z]*[aeiou])(?:[A-Z][a-z]{2,}|[a-z]{5,})")
_FUNCTION = re.compile(r"(?:arc)?(?:sin|cos|tan|cot|sec|csc|log|ln|exp|lim)h?[a-z]?")
_CONNECTIVES = frozenset(
    {
        "and", "as", "at", "by", "for", "from", "if", "in", "is", "mod", "of", "or", "otherwise", "the", "then", "to",
        "when", "where", "with",
    }
)  # fmt: skip
# The first bar of "|-x|" opens; TeX cannot know, and sets the minus as if something were subtracted from the bar.
_MINUS_BEHIND_BAR = re.compile(
    r"((?:\A|[=(,<>+*/\[{]|\\(?:leq?|geq?|neq?|cdot|times|approx|equiv|to|in)(?![A-Za-z]))\s*\|)\s*-(?=\s*[\w\\(])"
)
# The mass of an isotope stands before its symbol, and not behind the operator: "^9Be + ^4He".
_ISOTOPE = re.compile(
    r"(\A|[=+(,\-→←↔⇌⟶]|\\(?:(?:long)?(?:left)?(?:right)?arrow|to)(?![A-Za-z]))(\s*)"
    r"(?=[\^_](?:\d|\{\s*-?\d+\s*\})\s*(?:[\^_](?:\d|\{\s*-?\d+\s*\})\s*)?(?:\\(?:mathrm|text|rm)\s*\{)?[A-Zenp\\])"
)
# math-core drops a space behind these inside text, which TeX does not.
_DROPPED_SPACE = re.compile(r"(?<!\\)(\\[%&#_])(?= )")
_INLINE_DOLLARS = re.compile(r"(?<!\\)\$")
_TAG = re.compile(r"\\tag(\*?)\s*\{([^{}]*)\}")
_PLAIN_NUMBER = re.compile(r"[\w .,:;()'*/+-]+", re.ASCII)
_NUMBERED = re.compile(
    r"\\begin\{(?:align|gather|equation|multline|flalign|alignat|eqnarray)\*?\}.*?\\end\{", re.DOTALL
)
_SPACING = re.compile(r"\\(?:hfill|break|linebreak|noindent|centering|vspace\s*\{[^{}]*\})(?![A-Za-z])")
_BEGIN_END = re.compile(
    r"\\(begin|end)\{(\w+\*?)\}(?:(?<=at\})\{\d+\}|(?<=at\*\})\{\d+\}|(?<=edat\})\{\d+\})?"
)
_TEXT_COMMAND = re.compile(r"\\(?:text(?:bf|it|rm|sf|tt|normal|up|sc)?|mbox|hbox|operatorname\*?)\s*\{")
# Signs that math-core knows by the names of their commands alone, and others that have no name.
_SIGNS = {
    "∅": r"\emptyset ", "∠": r"\angle ", "∡": r"\measuredangle ", "∢": r"\sphericalangle ", "∴": r"\therefore ",
    "∵": r"\because ", "⊤": r"\top ", "⊥": r"\perp ", "⟋": r"\diagup ", "⟍": r"\diagdown ",
}  # fmt: skip
_UNKNOWN_SIGN = re.compile("[∅∠-∢∴∵⊤⊥∛∜⇫-⇳⟀⟁⟃⟄⟊-⟐⟓⟔⟠-⟥⤙⤚⦁⦙-⦴⦺-⦿⧂⧃⧉-⧍⧖⧗⧜-⧞⧧-⧳⧾⧿⫙-⫝⫬⫭⫯-⫱⫴⫵⫻]")
_RELATIONS = frozenset(
    {
        "=", "<", ">", "≤", "≥", "≠", "≈", "≡", r"\leq", r"\geq", r"\le", r"\ge", r"\neq", r"\ne", r"\approx",
        r"\equiv", r"\sim", r"\cong", r"\lt", r"\gt", r"\implies", r"\Rightarrow", r"\iff",
    }
)  # fmt: skip


# Letters, digits and signs that are raised or lowered already: "H₂O", "x²", "Aᵀ". Not those of words: "1ª", "™".
_RAISED = "²³¹ʰ-ʸᴬ-ᵂᵃ-ᵡᵸᶛ-ᶿ⁰ⁱ⁴-ⁿⱽ"
_LOWERED = "ᵢ-ᵪ₀-₎ₐ-ₜⱼ"
_SET_SCRIPT = re.compile(
    rf"\\(?:text\w*|mbox|hbox|operatorname\*?|tag\*?|ce|pu){_ARGUMENT}"
    # Raised twice, it is meant once: "x^²", "10^{⁻³}".
    rf"|\^\s*\{{\s*(?P<group_up>[{_RAISED}]+)\s*\}}|_\s*\{{\s*(?P<group_down>[{_LOWERED}]+)\s*\}}"
    rf"|(?:\^\s*)?(?P<up>[{_RAISED}]+)|(?:_\s*)?(?P<down>[{_LOWERED}]+)"
)


_CFRAC_ALIGNED = re.compile(r"\\cfrac\s*\[\s*[lcr]\s*\]")


# What every formula gets.


def prepare(tex: str) -> str:  # noqa: C901 -- one step after the other, each looked for by its mark first
    if "%" in tex:
        # In TeX a percent sign starts a comment: "95% CI" would lose the end of its line.
        tex = re.sub(r"\\.|%", lambda match: r"\%" if match[0] == "%" else match[0], tex, flags=re.DOTALL)
    if "\\%" in tex or "\\&" in tex:
        tex = _DROPPED_SPACE.sub(r"\1{}", tex)
    if "\\cr" in tex:
        tex = _ROW_END.sub(r"\\\\", tex)
    if _LETTERS.search(tex):
        tex = _WORDS.sub(_word, tex)
    if "\\cfrac" in tex:
        tex = _CFRAC_ALIGNED.sub(r"\\cfrac", tex)
    if "|" in tex:
        tex = _MINUS_BEHIND_BAR.sub(r"\1{-}", tex)
    if "^" in tex or "_" in tex:
        tex = _ISOTOPE.sub(r"\1\2{}", tex)
    if "," in tex:
        tex = _THOUSANDS.sub(_join_thousands, tex)
    if "\\label" in tex or "ref" in tex:
        tex = _REFERENCE.sub(lambda match: rf"(\text{{{match['name']}}})" if match["kind"] else "", tex)
    if "\\\\" in tex:
        tex = _ROW_SPACE.sub(r"\1", tex)
        if "\\begin" not in tex or "\\\\" in _outside_environments(tex):
            tex = _arrange_rows(tex)
    return tex


def _word(match: re.Match[str]) -> str:
    """Words that an author wrote without a text command: "Net Profit" would become the product of nine letters."""
    words = match["words"]
    if words is None:
        return match[0]
    parts = words.split()
    if len(parts) > 1:
        is_text = any(len(part) > 3 or part in _CONNECTIVES for part in parts)
        is_text = is_text and not any(_FUNCTION.fullmatch(part) for part in parts)
    else:
        is_text = words in _CONNECTIVES or _WORD.fullmatch(words) is not None
    if not is_text:
        return match[0]
    # Operators bring their own space; letters and brackets beside the words do not.
    before, after = match.string[: match.start()][-20:], match.string[match.end() :][:20]
    left = " " if re.search(r"[\w})\]]\s+\Z", before) else ""
    right = " " if re.match(r"\s+[\w{(\[|\\]", after) else ""
    if words in _CONNECTIVES and not ((left or not before) and right):
        return match[0]
    return rf"\text{{{left}{words}{right}}}"


def set_scripts(tex: str) -> str:
    """`tex` with raised and lowered characters as exponents and indices; text and chemistry stay as they are."""
    return _SET_SCRIPT.sub(_script, tex)


def _script(match: re.Match[str]) -> str:
    """Raised and lowered characters as an exponent and an index: fonts lack some, and nobody says them as such."""
    if up := match["up"] or match["group_up"]:
        return f"^{{{unicodedata.normalize('NFKC', up)}}}"
    down = match["down"] or match["group_down"]
    return f"_{{{unicodedata.normalize('NFKC', down)}}}" if down else match[0]


def _join_thousands(match: re.Match[str]) -> str:
    """The comma of "10,000" separates nothing; that of "(2,300)" and "{100,200,300}" may, unless a 0 follows it."""
    tex, number = match.string, match[0]
    before = tex[: match.start()].rstrip()[-2:]
    after = tex[match.end() :].lstrip()[:2]
    is_whole_bracket = (before[-1:] in ("(", "[") or before == r"\{") and (
        after[:1] in (")", "]") or after == r"\}"
    )
    if is_whole_bracket and ",0" not in number:
        return number
    return number.replace(",", "{,}")


def _outside_environments(tex: str) -> str:
    depth = 0
    out = []
    for match in re.finditer(r"\\(begin|end)\b|\\.|[^\\]+", tex, re.DOTALL):
        if match[1] == "begin":
            depth += 1
        elif match[1] == "end":
            depth -= 1
        elif depth == 0:
            out.append(match[0])
    return "".join(out)


def _arrange_rows(tex: str) -> str:
    """Rows outside any environment, which math-core would write on one line, as rows aligned at their relations."""
    rows = [row.strip() for row in _split_rows(tex)]
    while rows and not rows[-1]:
        rows.pop()
    if len(rows) < 2:
        return rows[0] if rows else ""
    if "&" in _outside_environments(tex):
        return _environment("aligned", rows)
    relations = [_first_relation(row) for row in rows]
    if all(position >= 0 for position in relations):
        rows = [f"{row[:position]}&{row[position:]}" for row, position in zip(rows, relations, strict=True)]
        return _environment("aligned", rows)
    return _environment("array", rows, "{l}")


def _environment(name: str, rows: list[str], columns: str = "") -> str:
    return f"\\begin{{{name}}}{columns}" + r" \\ ".join(rows) + f"\\end{{{name}}}"


def _top_level(tex: str) -> Iterator[tuple[str, int]]:
    """The marks outside groups, ``\\left`` pairs and environments, with their positions."""
    depth = 0
    for match in _TOKEN.finditer(tex):
        mark = match[0]
        if mark in {"{", "\\left", "\\begin"}:
            depth += 1
        elif mark in {"}", "\\right", "\\end"}:
            depth -= 1
        elif depth <= 0:
            yield mark, match.start()


def _split_rows(tex: str) -> Iterator[str]:
    start = 0
    for mark, position in _top_level(tex):
        if mark == "\\\\":
            yield tex[start:position]
            start = position + 2
    yield tex[start:]


def _first_relation(row: str) -> int:
    return next((position for mark, position in _top_level(row) if mark in _RELATIONS), -1)


# What a formula gets when math-core refuses it.


def repair(tex: str) -> str:
    tex = _BEGIN_END.sub(lambda match: rf"\{match[1]}{{{_ENVIRONMENTS.get(match[2], match[2])}}}", tex)
    tex = _SPACING.sub("", tex)
    tex = tex.replace("\\left<", "\\left\\langle ").replace("\\right>", "\\right\\rangle ")
    tex = re.sub(
        r"√\s*(\d+|[A-Za-z]|(?=[{(]))", lambda match: rf"\sqrt{{{match[1]}}}" if match[1] else r"\surd ", tex
    )
    tex = tex.replace("√", r"\surd ")
    tex = _UNKNOWN_SIGN.sub(lambda match: _SIGNS.get(match[0]) or rf"\mathord{{\text{{{match[0]}}}}}", tex)
    tex = _balance(tex)
    tex = _escape_in_text(tex)
    if "\\begin{align" not in tex and "\\begin{equation" not in tex and "\\begin{gather" not in tex:
        tex = _move_tags(tex)
    tex = _separate_scripts(tex)
    if "&" in "".join(mark for mark, _ in _top_level(tex)):
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return tex


def take_number(tex: str) -> tuple[str, str]:
    r"""A formula without the number that ``\tag`` gives it, and the number; "" where an environment has numbers."""
    tags = _TAG.findall(tex)
    if len(tags) != 1 or "\\tag" in "".join(_NUMBERED.findall(tex)):
        return tex, ""
    star, name = tags[0]
    return _TAG.sub("", tex).strip(), name if star else f"({name})"


def numbered(tex: str, number: str, *, is_display: bool) -> str:
    """The formula with its number: at the edge of its line, or behind it in a line of text."""
    if not number:
        return tex
    if not is_display or not _PLAIN_NUMBER.fullmatch(number):
        return rf"{{{tex}}}\qquad\text{{{number}}}"
    if "\\\\" in _outside_environments(tex):
        tex = _arrange_rows(tex)
    return rf"\begin{{equation}}{tex}\tag*{{{number}}}\end{{equation}}"


def _move_tags(tex: str) -> str:
    """The number that an author gave an equation, behind it, wherever its command stands."""
    tags = [match[2] if match[1] else f"({match[2]})" for match in _TAG.finditer(tex)]
    return _TAG.sub("", tex) + "".join(rf"\qquad\text{{{tag}}}" for tag in tags)


def _balance(tex: str) -> str:
    r"""Closes groups left open, drops braces that close nothing, and drops ``\left`` and ``\right`` without a pair."""
    if len(re.findall(r"\\left(?![A-Za-z])", tex)) != len(re.findall(r"\\right(?![A-Za-z])", tex)):
        tex = re.sub(r"\\(?:left|right)(?![A-Za-z])\s*\.?", "", tex)
    depth = 0
    out = []
    for match in re.finditer(r"\\.|[{}]|[^\\{}]+|\\", tex, re.DOTALL):
        mark = match[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            if not depth:
                continue
            depth -= 1
        out.append(mark)
    return "".join(out) + "}" * depth


def _escape_in_text(tex: str) -> str:
    r"""Characters that are commands in math and plain text inside ``\text{...}``; math inside text moves out of it."""
    out = []
    position = 0
    while match := _TEXT_COMMAND.search(tex, position):
        end = _closing(tex, match.end())
        parts = _INLINE_DOLLARS.split(tex[match.end() : end])
        if len(parts) % 2 == 0:
            parts = [r"\$".join(parts)]  # a lone dollar sign is a price
        written = (part if index % 2 else _plain_text(match[0], part) for index, part in enumerate(parts))
        out += [tex[position : match.start()], *written]
        position = end + 1
    out.append(tex[position:])
    return "".join(out)


def _plain_text(command: str, text: str) -> str:
    r"""Text behind ``\text{``: an underscore belongs to a name, and an exponent ("m^2") is one."""
    text = re.sub(r"\\.|[_&#]", lambda mark: mark[0] if mark[0][0] == "\\" else f"\\{mark[0]}", text)
    text = _DROPPED_SPACE.sub(r"\1{}", text)
    text = re.sub(
        r"(?<!\\)\^(?:\{([^{}]*)\}|(.))", lambda mark: f"}}^{{{mark[1] or mark[2]}}}{command}", text
    )
    return f"{command}{text}}}"


def _closing(tex: str, start: int) -> int:
    depth = 1
    for match in re.finditer(r"\\.|[{}]", tex[start:], re.DOTALL):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if not depth:
                return start + match.start()
    return len(tex)


def _separate_scripts(tex: str) -> str:
    """An empty base before a second exponent or index of the same base: ``x_1_2`` is read as ``x_1{}_2``."""
    out: list[str] = []
    levels: list[set[str]] = [set()]
    is_argument = False
    for match in _TOKEN.finditer(tex):
        mark = match[0]
        seen = levels[-1]
        if mark.isspace():
            out.append(mark)
            continue
        if mark in {"_", "^", "'"}:
            kind = "_" if mark == "_" else "^"
            if kind in seen and not (mark == "'" and out[-1:] == ["'"]):
                out.append("{}")
                seen.clear()
            seen.add(kind)
            is_argument = mark != "'"
        elif mark == "{":
            levels.append(set())
            if not is_argument:
                seen.clear()
            is_argument = False
        elif mark == "}":
            if len(levels) > 1:
                levels.pop()
        elif is_argument:
            is_argument = False
        else:
            seen.clear()
        out.append(mark)
    return "".join(out)
