"""Tells a formula between two dollar signs from two prices, or two variables of a shell, that happen to share a line.

The body is read as tokens first: commands with the text they set, exponents and indices with what they hold, symbols
of elements. None of these is a word, however much ``in``, ``so`` and ``he`` look like one.
markdown-it's dollarmath plugin goes by the characters beside the dollar signs alone.
"""

from __future__ import annotations

import re

# A command, an exponent or an index: nothing that prose puts between two prices.
_TEX = re.compile(r"\\[A-Za-z{}|]|[\^_]")
# What holds or is no word of a sentence: text that a command sets, a command, an exponent or index (a whole word
# behind the mark belongs to it: "V_in"), and a name with an underscore.
_NO_PROSE = re.compile(
    r"\\(?:text\w*|math[a-z]+|mbox|hbox|operatorname\*?|ce|pu|begin|end|label|tag|color)\s*\{(?:[^{}]|\{[^{}]*\})*\}"
    r"|\\[A-Za-z]+"
    r"|[\^_]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\w+|[^\s\\])"
)
_BRACED_SCRIPT = re.compile(r"[\^_]\s*\{|\\[A-Za-z]")
_WORD = re.compile(r"[^\W\d_]+")
_OPERATOR = re.compile(r"[=+*/<>≤≥≠±×÷∈⊂⊆∪∩→⇒|-]")
# "He" and "As" beside a number, an operator or a script are helium and arsenic; beside a word they are words.
_ELEMENT = re.compile(r"(?:[A-Z][a-z]?)+\Z")
_BESIDE_WORD = re.compile(r"\s[a-z]{2,}")
_WORD_BEFORE = re.compile(r"[a-z]{2,}[,;:.]?\s+\Z")

# No formula that is complete ends with one of these.
_LEADS_ON = frozenset("=+*/<>(,:-")
# The name of a variable in a program: $first_name, $_GET, $this->name, $argv[1]. TeX would set its second letter as an
# index, which nobody means with a whole word in front.
_SNAKE = re.compile(r"(?:[A-Za-z]{2,}\w*_[A-Za-z]{2,}|[a-z]\w*_[a-z]\w*_|_[A-Za-z]{2,}|__\w+)")
_PROGRAM_NAME = re.compile(r"(?:[A-Za-z]\w*(?:->|::|\[['\"\w])|[A-Z_]{2,}[:/]|\w+\s*(?:=|\.=|\+=)\s*\Z|\w+;)")

_SHELL_PARAMETERS = frozenset("@#?!")  # "$@ $# $?"; a factorial is "$ ! $"

# Words of a sentence. The one-letter ones ("a") are variables as often, so they do not count.
_STOP_WORDS = frozenset(
    {
        "about", "after", "and", "are", "as", "at", "be", "before", "but", "by", "for", "from", "had", "has",
        "have", "he", "if", "in", "into", "is", "it", "its", "less", "more", "not", "of", "off", "on", "or",
        "out", "over", "per", "she", "so", "than", "that", "the", "their", "then", "they", "this", "to", "up",
        "via", "vs", "was", "we", "were", "when", "which", "while", "will", "with", "you",
    }
)  # fmt: skip

# Names of functions that authors write without a backslash.
_FUNCTIONS = frozenset(
    {
        "arccos", "arcsin", "arctan", "argmax", "argmin", "cosec", "cosh", "cov", "det", "diag", "dim", "exp",
        "grad", "ker", "lim", "ln", "log", "max", "min", "mod", "rank", "sgn", "sign", "sinh", "sqrt", "span",
        "tanh", "trace", "var",
    }
)  # fmt: skip


def is_formula(body: str, following: str) -> bool:
    """Whether the text between two dollar signs on one line is a formula, and not prose between two prices.

    ``following`` is the character after the closing sign, empty at the end of the text. Spaces inside the dollar
    signs, a digit after the first and numbers alone are all common in formulas here, so none of them decides.
    """
    inner = body.strip()
    if not inner or r"\(" in inner:
        return False
    words = _words(inner)
    stop_words = sum(word in _STOP_WORDS for word in words)
    if _TEX.search(inner):
        return not _is_program(body, inner, following) and _is_tex(body, following, words, stop_words)
    return not _is_cut(body, inner, following) and _is_plain_formula(body, words, stop_words)


def _is_tex(body: str, following: str, words: list[str], stop_words: int) -> bool:
    inner = body.strip()
    # "$P_1 = $5" is no formula. "$5 for file_a, and $6": an underscore does not outweigh a sentence.
    if following.isdigit() and (inner[-1] == "=" or _is_lopsided(body)):
        return False
    if stop_words < 2 or inner[0] == "\\":
        return not (stop_words and _is_sentence(body, inner, words))
    # Two and more such words need more than a bare mark to be part of a formula: a whole command and a relation.
    return (
        _BRACED_SCRIPT.search(inner) is not None and not inner[0].isdigit() and len(words) <= stop_words + 2
    )


def _is_plain_formula(body: str, words: list[str], stop_words: int) -> bool:
    inner = body.strip()
    if inner in _SHELL_PARAMETERS and _is_lopsided(body):
        return False
    if len(inner) == 1 or (inner.isalpha() and inner.isascii()):
        # "5$ or 6$": a word between spaces is not the name of a variable.
        return not (stop_words and inner != body)
    long_words = sum(len(word) > 3 for word in words)
    has_relation = "=" in inner
    if inner[0].isdigit():
        is_cut = inner[-1] == ";" or (inner[-1] == "," and not has_relation)
        return not stop_words and not is_cut and long_words <= (2 if has_relation else 0)
    if long_words > 2:
        # "Net Profit = Revenue - Cost of Goods Sold"
        return " = " in inner and stop_words < 2 and inner[0].isalpha() and not _is_lopsided(body)
    return not stop_words or _OPERATOR.search(inner) is not None


def is_formula_over_lines(body: str, following: str) -> bool:
    """Whether the text between two dollar signs, with one line end in it, is a formula that an editor wrapped.

    Two prices in a paragraph are as near to each other, so it must look like a formula all through.
    """
    inner = body.strip()
    if _is_lopsided(body) or following.isdigit() or not is_formula(body.replace("\n", " "), following):
        return False
    words = _words(inner)
    if any(word in _STOP_WORDS or len(word) > 3 for word in words):
        return False
    return _TEX.search(inner) is not None or (
        _OPERATOR.search(inner) is not None and not (inner[0].isdigit() and words)
    )


def _words(inner: str) -> list[str]:
    """The words of a sentence in a body, in small letters."""
    prose = _NO_PROSE.sub(lambda match: "\0" if match[0][0] in "^_" else " ", inner)
    words = []
    for match in _WORD.finditer(prose):
        word = match[0]
        if word.lower() in _FUNCTIONS or _is_symbol(word, prose, match.start(), match.end()):
            continue
        words.append(word.lower())
    return words


def _is_symbol(word: str, prose: str, start: int, end: int) -> bool:
    """Whether a word such as ``SO`` or ``He`` is made of elements: a script or a number is at it, and no word."""
    if not _ELEMENT.match(word) or len(word) > 4:
        return False
    if prose[end : end + 1] == "\0" or prose[max(0, start - 1) : start].isdigit():
        return True
    if "\0" not in prose:
        return False
    return not _BESIDE_WORD.match(prose, end) and not _WORD_BEFORE.search(prose, 0, start)


def _is_lopsided(body: str) -> bool:
    return body[-1].isspace() and not body[0].isspace()


def _is_program(body: str, inner: str, following: str) -> bool:
    """Whether both signs, or the first, begin the name of a variable: ``$first_name and $last_name``."""
    goes_on = following.isalnum() or following in {"_", "{", "("}
    if "\\" in inner and not _SNAKE.match(inner):
        return False
    if _SNAKE.match(inner):
        return (
            goes_on
            or _is_lopsided(body)
            or _is_sentence(body, inner, _words(inner))
            or inner[-1] in _LEADS_ON
        )
    if goes_on and not following.isdigit() and (_is_lopsided(body) or inner[-1] in _LEADS_ON):
        return True
    return goes_on and _PROGRAM_NAME.match(inner) is not None


def _is_sentence(body: str, inner: str, words: list[str]) -> bool:
    """Whether what a mark of TeX stands in reads on as a sentence does: lopsided, with words and without relations."""
    long_words = sum(len(word) > 3 for word in words)
    if body[0].isspace() != body[-1].isspace():
        return True
    return inner[0].isdigit() and long_words > 0 and not _BRACED_SCRIPT.search(inner)


def _is_cut(body: str, inner: str, following: str) -> bool:
    """Whether a body without any TeX reaches from inside one thing into another: it is lopsided, or leads on."""
    is_lopsided = _is_lopsided(body)
    if following.isalnum() and (is_lopsided or inner[-1] in _LEADS_ON or following.isdigit()):
        return True  # what follows belongs to the second sign: "$price * $tax", "$HOME and $USER", "$A$1"
    if following in {"_", "{"} and (is_lopsided or inner[-1] in _LEADS_ON):
        return True
    if inner[-1] == '"' and (following.isalnum() or following in {"_", "{", "("}):
        return True  # of a shell: `foo="$2"; cd "$(dirname "$0")"`
    if len(inner) > 1 and (inner[0] in ",;:.)/" or inner[-1] in "([" or inner.count('"') % 2):
        return True
    # "A fee of $20 if $ x $ is": a formula has a space on both sides or on neither.
    return is_lopsided and inner[0].isdigit()
