"""Code blocks: coloured on the server with Pygments' short class names, their language named for readers.

Markdown's own codehilite colours while it parses, with inline styles or long names and without a bound on the time
that a hostile block takes.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer

# Colouring costs about a millisecond for 40 lines, and a hostile text could make a lexer slow: beyond these, in
# characters of one block and of all blocks of an answer, code is shown plainly. The longest block is 2,600.
MAX_BLOCK = 3_000
MAX_TOTAL = 6_000

# What authors write behind a fence: the lexer of Pygments, and the name that readers see. Whatever is not here is
# shown plainly under the name that the author gave it. Plain text has no name.
_LANGUAGES = {
    "asm": ("nasm", "Assembly"),
    "assembly": ("nasm", "Assembly"),
    "awk": ("awk", "Awk"),
    "bash": ("bash", "Bash"),
    "bat": ("bat", "Batch"),
    "batch": ("bat", "Batch"),
    "c": ("c", "C"),
    "c#": ("csharp", "C#"),
    "c++": ("cpp", "C++"),
    "clojure": ("clojure", "Clojure"),
    "cmd": ("bat", "Command Prompt"),
    "cpp": ("cpp", "C++"),
    "cs": ("csharp", "C#"),
    "csharp": ("csharp", "C#"),
    "css": ("css", "CSS"),
    "dart": ("dart", "Dart"),
    "diff": ("diff", "Diff"),
    "dockerfile": ("docker", "Dockerfile"),
    "fortran": ("fortran", "Fortran"),
    "go": ("go", "Go"),
    "golang": ("go", "Go"),
    "haskell": ("haskell", "Haskell"),
    "hs": ("haskell", "Haskell"),
    "html": ("html", "HTML"),
    "ini": ("ini", "INI"),
    "java": ("java", "Java"),
    "javascript": ("javascript", "JavaScript"),
    "js": ("javascript", "JavaScript"),
    "json": ("json", "JSON"),
    "jsx": ("javascript", "JSX"),
    "julia": ("julia", "Julia"),
    "kotlin": ("kotlin", "Kotlin"),
    "latex": ("latex", "LaTeX"),
    "lisp": ("common-lisp", "Lisp"),
    "lua": ("lua", "Lua"),
    "makefile": ("make", "Makefile"),
    "matlab": ("matlab", "MATLAB"),
    "mysql": ("mysql", "MySQL"),
    "nasm": ("nasm", "Assembly"),
    "objectivec": ("objective-c", "Objective-C"),
    "octave": ("octave", "Octave"),
    "perl": ("perl", "Perl"),
    "php": ("php", "PHP"),
    "plsql": ("plpgsql", "PL/SQL"),
    "postgresql": ("postgresql", "PostgreSQL"),
    "powershell": ("powershell", "PowerShell"),
    "prolog": ("prolog", "Prolog"),
    "py": ("python", "Python"),
    "python": ("python", "Python"),
    "python3": ("python", "Python"),
    "r": ("r", "R"),
    "racket": ("racket", "Racket"),
    "rb": ("ruby", "Ruby"),
    "ruby": ("ruby", "Ruby"),
    "rs": ("rust", "Rust"),
    "rust": ("rust", "Rust"),
    "scala": ("scala", "Scala"),
    "scheme": ("scheme", "Scheme"),
    "sh": ("bash", "Shell"),
    "shell": ("bash", "Shell"),
    "sql": ("sql", "SQL"),
    "swift": ("swift", "Swift"),
    "tex": ("latex", "TeX"),
    "toml": ("toml", "TOML"),
    "ts": ("typescript", "TypeScript"),
    "tsx": ("typescript", "TSX"),
    "typescript": ("typescript", "TypeScript"),
    "vb": ("vbnet", "Visual Basic"),
    "vbnet": ("vbnet", "Visual Basic"),
    "verilog": ("verilog", "Verilog"),
    "vhdl": ("vhdl", "VHDL"),
    "xml": ("xml", "XML"),
    "yaml": ("yaml", "YAML"),
    "yml": ("yaml", "YAML"),
}
_UNNAMED = frozenset({"", "markdown", "md", "none", "output", "plain", "plaintext", "text", "txt"})
_NOT_IN_A_CLASS = re.compile(r"[^a-z0-9]+")
_MAX_NAME = 30


def language_of(info: str) -> tuple[str, str]:
    """The first word behind a fence, in small letters, and the name that readers see, empty for plain text."""
    words = info.split(maxsplit=1)
    written = words[0].strip("{}.")[:_MAX_NAME] if words else ""
    key = written.lower()
    if key in _UNNAMED:
        return key, ""
    if key in _LANGUAGES:
        return key, _LANGUAGES[key][1]
    return key, written


def write_block(code: str, info: str, *, is_coloured: bool = True) -> str:
    """The HTML of one code block; ``info`` is what stands behind its fence."""
    key, name = language_of(info)
    alias = _LANGUAGES[key][0] if is_coloured and key in _LANGUAGES else ""
    inside = _colour(code, alias) if alias else escape(code, quote=False)
    named = f' data-language="{escape(name)}"' if name else ""
    slug = _NOT_IN_A_CLASS.sub("-", key.replace("+", "p").replace("#", "sharp")).strip("-")
    classed = f' class="language-{slug}"' if slug else ""
    return f'<div class="code"{named}><pre tabindex="0"><code{classed}>{inside}</code></pre></div>\n'


@cache
def _lexer(alias: str) -> Lexer:
    # get_lexer_by_name looks through Pygments' own table first: no plugin is searched for a name that is there.
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415 -- one answer in ninety has code

    return get_lexer_by_name(alias, stripnl=False)


@cache
def _classes() -> dict[object, str]:
    from pygments.token import STANDARD_TYPES, Token  # noqa: PLC0415

    # Spaces and plain names need no colour: leaving them bare halves the HTML.
    bare = {Token, Token.Text, Token.Text.Whitespace, Token.Name, Token.Punctuation, Token.Other}
    return {kind: name for kind, name in STANDARD_TYPES.items() if name and kind not in bare}


def _colour(code: str, alias: str) -> str:
    classes = _classes()
    out: list[str] = []
    previous = ""
    for kind, value in _lexer(alias).get_tokens(code):
        while kind not in classes and kind.parent is not None and kind.parent.parent is not None:
            kind = kind.parent  # noqa: PLW2901 -- a kind of its own takes the colour of its family
        name = classes.get(kind, "")
        text = escape(value, quote=False)
        if name and name == previous and value.strip():
            out[-1] = f"{out[-1][: -len('</span>')]}{text}</span>"
        else:
            out.append(f'<span class="{name}">{text}</span>' if name and value.strip() else text)
            previous = name if value.strip() else ""
    written = "".join(out)
    return written if code.endswith("\n") else written.removesuffix("\n")
