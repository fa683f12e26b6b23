r"""The escaped newlines of ``answer``: what the files write as a backslash and an ``n``, editors see as a new line.

Three things look the same in a file. Most backslash-n pairs are newlines. Some begin a LaTeX command (``\neq``,
``\nabla``, ``\nu``). A few are meant to be read, in the string literals of a program: ``printf("Hi\n")``.
No library knows these escapes. Tabs and carriage returns are never escaped in the files: ``\t`` and ``\r`` begin LaTeX
(``\text``, ``\rho``).
"""

from __future__ import annotations

import re

from learn.rendering.dollars import is_formula

ESCAPE = "\\n"

# What follows the ``n`` of a LaTeX command. These are neither words nor variables: a command wherever they stand.
_SURE = (  # noqa: SIM905 -- a list of quoted words would be four times as long
    "Leftarrow Leftrightarrow Rightarrow VDash Vdash abla atural earrow eg eq ewcommand ewline ewpage geq geqq "
    "geqslant gtr icefrac leftarrow leftrightarrow leq leqq leqslant obreak ocite oindent olimits olinebreak "
    "onumber opagebreak ormalfont ormalsize otag otin otni preceq rightarrow shortmid shortparallel subseteq "
    "subseteqq succeq supseteq supseteqq triangleleft trianglelefteq triangleright trianglerighteq vDash vdash "
    "warrow"
).split()
# These are: "exists" is a word, "u" and "i" are variables. A command only where a formula is open.
_IN_FORMULAS = (
    "cong", "e", "exists", "i", "less", "mid", "orm", "ot", "parallel", "prec", "sim", "subset", "succ", "supset",
    "u", "um",
)  # fmt: skip

# "eq." is an equation and not a relation, and no relation takes an exponent or an equals sign: those are variables.
_COMMAND = re.compile(
    rf"(?!eq\.|[ei]\s*[\^_=])(?:(?P<sure>{'|'.join(_SURE)})|{'|'.join(_IN_FORMULAS)})(?![A-Za-z])"
)
# Everything that can make an escape anything but a newline; without any of it decoding is one replacement.
_SUSPECTS = ("`", "~~~", f'"{ESCAPE}"', f"'{ESCAPE}'", f"({ESCAPE})", f"\\r{ESCAPE}")
_ESCAPED_COMMAND = re.compile(re.escape(ESCAPE) + _COMMAND.pattern)

_FENCE = re.compile(
    r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[^\s`]*)[^`]*\Z"
)
_BLOCK_START = re.compile(r"[ \t]*(?:[-*+>#|]|\d{1,9}[.)]|`{3}|~{3}|\Z)")
_TOKEN = re.compile(r"\$\$|\\[()\[\]\\$`]|`+")
_QUOTE = re.compile(r"\\.|\"\"\"|'''|[\"']", re.DOTALL)
_COMMENT = re.compile(r"[ \t]*(?://|/\*|\*[ /]|--[ \t]|#(?![A-Za-z])|;|%[ \t])")
_STRING_PREFIX = re.compile(r"(?<![A-Za-z0-9_])[bBfFrRuUL]{1,2}\Z")
_LINE_BREAK_BEFORE = re.compile(
    r"(?:\$\$|\\\[|\\\\|\\(?:begin|end)\{[^{}]*\}(?:\{[^{}]*\}|\[[^\]]*\])*)[ \t]*\Z"
)
_END_OF_DOLLARS = re.compile(rf"\$|{re.escape(ESCAPE)}(?!{_COMMAND.pattern})")

_CLOSING = {"$$": "$$", "\\(": "\\)", "\\[": "\\]"}

# In these an apostrophe opens a string. Elsewhere it quotes a symbol (Lisp), names a lifetime (Rust) or is prose.
_APOSTROPHE_STRINGS = frozenset(
    {
        "awk", "bash", "c", "c++", "cpp", "cs", "csharp", "c#", "dart", "go", "groovy", "java", "javascript", "js",
        "jsx", "kotlin", "lua", "perl", "php", "powershell", "ps1", "py", "python", "python3", "r", "rb", "ruby",
        "scala", "sh", "shell", "sql", "ts", "tsx", "typescript", "zsh",
    }
)  # fmt: skip
_PROSE_LANGUAGES = frozenset(
    {"", "console", "log", "markdown", "md", "none", "output", "plain", "plaintext", "text", "txt"}
)
_LATEX_LANGUAGES = frozenset({"asciimath", "katex", "latex", "math", "mathjax", "tex"})

# How many escapes one string literal may hold before we believe that a stray quote opened it.
_ESCAPES_IN_A_STRING = 8
_ESCAPES_IN_PROSE_STRING = 2
_ESCAPES_IN_CODE_SPAN = 4
_LONGEST_ESCAPE = 40  # characters before the newline in a code span that ends with it


def decode(text: str) -> str:
    """The text an author meant by a file's ``answer``.

    A text that already holds a real newline comes from a YAML block scalar, where nothing is escaped: it is returned
    as it is. Linear in the length of the text.
    """
    if "\n" in text or ESCAPE not in text:
        return text
    if any(mark in text for mark in _SUSPECTS) or _ESCAPED_COMMAND.search(text):
        return _Decoder(text).decode()
    return text.replace(ESCAPE, "\n")


def encode(text: str) -> str:
    """The one-line form of a text for a file's ``answer``; ``encode(decode(x)) == x`` for every one-line ``x``."""
    return text.replace("\n", ESCAPE)


def is_escapable(text: str) -> bool:
    r"""Whether :func:`decode` reads the one-line form of this text back as the same text.

    It does not where the text itself holds a backslash and an ``n`` that would be taken for a newline (``C:\new``),
    or a newline that would be taken for a command (a line ``eq (1)``). Such a text must be written as a YAML block
    scalar, with real newlines, and read without :func:`decode`.
    """
    return decode(encode(text)) == text


class _Decoder:
    """Walks the escapes from left to right, knowing what is open: a fence, a string, a code span or a formula."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces = text.split(ESCAPE)
        self.fence = ""  # the marker that closes the open fence
        self.language = ""
        self.quote = ""  # in a fence: the quote that closes the open string
        self.code_span = 0  # the length of the run of backticks that closes the open code span
        self.code_start = 0  # where the content of the open code span begins, in the text
        self.formula = ""  # the delimiter that opened a formula
        self.line_start = 0  # where the line begins, in the text
        self.position = 0  # where the escape under decision stands
        self.is_blank = True  # nothing but spaces on this line so far
        self.is_comment = False
        self.next_dollar = (-1, -1)  # a dollar sign and the next one on its line

    def decode(self) -> str:
        out = []
        last = len(self.pieces) - 1
        starts_line = True
        for index, piece in enumerate(self.pieces):
            out.append(piece)
            self._read(piece, starts_line=starts_line)
            if index == last:
                break
            self.position += len(piece)
            starts_line = self._is_newline(index)
            out.append("\n" if starts_line else ESCAPE)
            self.position += len(ESCAPE)
            if starts_line:
                self._end_line()
        return "".join(out)

    def _end_line(self) -> None:
        self.line_start = self.position
        if len(self.quote) == 1:
            self.quote = ""
        if self.is_blank and not self.fence:
            self.code_span = 0
            self.formula = ""
        self.is_blank = True

    # Reading on: what does this piece open and close?

    def _read(self, piece: str, *, starts_line: bool) -> None:
        if starts_line:
            self.is_blank = not piece or piece.isspace()
            self.is_comment = False
            if self.fence:
                closing = piece.strip(" \t>")
                if closing.startswith(self.fence) and not closing.strip(self.fence[0]):
                    self.fence = self.quote = ""
                    return
            elif ("```" in piece or "~~~" in piece) and (opening := _FENCE.match(piece)):
                self.fence = opening["mark"]
                self.language = opening["language"].lower().strip("{}.")
                self.code_span = 0
                self.formula = self.quote = ""
                return
        elif piece and not piece.isspace():
            self.is_blank = False
        if self.fence:
            self._read_code(piece, starts_line=starts_line)
        else:
            self._read_text(piece, starts_line=starts_line)

    def _read_code(self, piece: str, *, starts_line: bool) -> None:
        if starts_line and not self.quote:
            self.is_comment = _COMMENT.match(piece) is not None
        if self.is_comment:
            return
        for match in _QUOTE.finditer(piece):
            mark = match[0]
            if mark[0] == "\\":
                continue
            if self.quote:
                # Three quotes in a string of one are its end and an empty string.
                if mark == self.quote or (len(self.quote) == 1 and mark == self.quote * 3):
                    self.quote = ""
            elif mark[0] == '"' or mark == "'''" or self._opens_string(piece, match.start()):
                self.quote = mark

    @staticmethod
    def _opens_string(piece: str, start: int) -> bool:
        """Whether an apostrophe opens a string: those of ``don't`` and ``A'`` follow a letter."""
        before = piece[start - 1] if start else ""
        return (
            not (before.isalnum() or before in ")]_")
            or _STRING_PREFIX.search(piece, max(0, start - 3), start) is not None
        )

    def _read_text(self, piece: str, *, starts_line: bool) -> None:
        for match in _TOKEN.finditer(piece):
            mark = match[0]
            if mark[0] == "`":
                self._read_backticks(match, starts_line=starts_line)
            elif self.code_span:
                continue
            elif self.formula:
                if mark == _CLOSING[self.formula]:
                    self.formula = ""
            elif mark in _CLOSING:
                self.formula = mark

    def _read_backticks(self, run: re.Match[str], *, starts_line: bool) -> None:
        length = len(run[0])
        if self.formula:
            return
        if not self.code_span:
            self.code_span = length
        elif self.code_span == length:
            if not _only_opens(run, starts_line=starts_line):
                self.code_span = 0
                return
            # A run that can only open shows that the one before it was a stray: the code span begins here.
        else:
            return
        self.code_start = self.position + run.end()

    # Deciding: is this escape a newline?

    def _is_newline(self, index: int) -> bool:
        if self.fence:
            return not self._is_in_string(index) and not self._is_command_in_fence(index)
        if self.code_span and self._is_in_code_span(index):
            return False
        following = self.pieces[index + 1]
        piece = self.pieces[index]
        if following[:1] in {'"', "'"} and piece[-1:] == following[:1]:
            # "\n" in quotes, in the middle of a sentence: the quote before it must be an opening one.
            return not self._is_quoted_alone(following[0])
        if not self.formula and (
            (piece[-1:] == "(" and following[:1] == ")") or (piece[-2:] == "\\r" and piece[-3:-2] != "\\")
        ):
            # "the escape (\n)" and "\r\n" speak of the two characters.
            return False
        command = _COMMAND.match(following)
        if command is None:
            return True
        backslashes = len(piece) - len(piece.rstrip("\\"))
        if backslashes % 2:
            return True
        return not (command["sure"] or self._is_command_in_formula(index))

    def _is_in_string(self, index: int) -> bool:
        if len(self.quote) != 1 or self.is_comment:
            return False
        if self.quote == "'" and self.language not in _APOSTROPHE_STRINGS:
            return self.pieces[index + 1].startswith("'")
        limit = _ESCAPES_IN_PROSE_STRING if self.language in _PROSE_LANGUAGES else _ESCAPES_IN_A_STRING
        for piece in self.pieces[index + 1 : index + 1 + limit]:
            if piece.lstrip(" \t>").startswith(self.fence):
                return False
            if any(match[0][0] == self.quote for match in _QUOTE.finditer(piece)):
                return True
        return False

    def _is_command_in_fence(self, index: int) -> bool:
        if self.language not in _LATEX_LANGUAGES:
            return False
        command = _COMMAND.match(self.pieces[index + 1])
        return command is not None and command["sure"] is not None

    def _is_in_code_span(self, index: int) -> bool:
        """Whether the open code span is closed after this escape, before anything that begins another block."""
        follows_directly = True
        for piece in self.pieces[index + 1 : index + 1 + _ESCAPES_IN_CODE_SPAN]:
            for match in re.finditer("`+", piece):
                if len(match[0]) == self.code_span:
                    if follows_directly and match.start() == 0:
                        return self._is_closed_by(match)
                    return not _only_opens(match, starts_line=True)
            if piece or self.position > self.code_start:
                follows_directly = False
                if _BLOCK_START.match(piece):
                    return False
        return False

    def _is_closed_by(self, run: re.Match[str]) -> bool:
        """Whether a run directly behind this escape closes a code span that speaks of it, and opens none itself."""
        content = self.text[self.code_start : min(self.position, self.code_start + _LONGEST_ESCAPE)]
        if self.position - self.code_start > len(content) or any(map(str.isspace, content)):
            return not _only_opens(run, starts_line=True)
        return not content or not run.string[run.end() : run.end() + 1].isalnum()

    def _is_quoted_alone(self, quote: str) -> bool:
        before = self.text[self.line_start : self.position]
        if quote == '"':
            return before.count(quote) % 2 == 1
        return len(before) == 1 or before[-2] in " (["

    def _is_command_in_formula(self, index: int) -> bool:
        following = self.pieces[index + 1]
        if not self.formula:
            return self._is_between_dollars()
        if self.is_blank:
            # A newline here would leave an empty line inside the formula, which no formula has.
            return self.line_start > 0
        closing = _CLOSING[self.formula]
        if closing in following:
            return True
        return not _LINE_BREAK_BEFORE.search(
            self.text, max(self.line_start, self.position - 80), self.position
        )

    def _is_between_dollars(self) -> bool:
        opening = self.text.rfind("$", self.line_start, self.position)
        if opening < 0:
            return False
        if self.next_dollar[0] != opening or self.next_dollar[1] < self.position:
            closing = _END_OF_DOLLARS.search(self.text, self.position + len(ESCAPE))
            if closing is None or closing[0] != "$":
                return False
            self.next_dollar = (opening, closing.start())
        closing_at = self.next_dollar[1]
        body = (
            f"{self.text[opening + 1 : self.position]}={self.text[self.position + len(ESCAPE) : closing_at]}"
        )
        return is_formula(body, self.text[closing_at + 1 : closing_at + 2])


def _only_opens(run: re.Match[str], *, starts_line: bool) -> bool:
    """Whether a run of backticks can open a code span and not close one: space before it, none after it."""
    piece, start, end = run.string, run.start(), run.end()
    is_after_space = piece[start - 1].isspace() if start else starts_line
    return is_after_space and end < len(piece) and not piece[end].isspace()
